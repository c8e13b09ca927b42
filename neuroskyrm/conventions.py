"""Every sign and axis convention of the toolkit, written once.

Arrays
    m has the shape (3, layers, ny, nx): component, layer from the bottom, y, x. Positions are
    measured from the corner of the sample; the first cell centre is at half a cell. z points from
    the first layer to the last.

Fields and energies
    Fields are flux densities [T], B = -(1 / (Ms V)) dE/dm. Energies [J] are summed in float64.
    Anisotropy: -Ku (m.axis)^2, as mumax3; OOMMF writes Ku (1 - (m.axis)^2), a constant more.
    Interlayer exchange: J (1 - m.m') per area; J > 0 prefers parallel layers.

Equation of motion
    dm/dt = -gamma m x B + alpha m x dm/dt + tau with gamma = `constants.GAMMA` > 0. A torque tau
    is written as the field m x tau / gamma.

Interfacial DMI
    Energy density D (m_z div m - (m.grad) m_z), Rohart and Thiaville 2013, eq. (3). For D > 0 the
    angle of m from +z falls along x: a core down in a background up has its wall pointing
    outwards, a core up inwards. Layers are taken one by one; nothing acts along z.

Bulk DMI
    Energy density D m.(curl m). For D > 0 a core down has its wall turning counter-clockwise.

Free surfaces with DMI
    boundary="omit" (the default): a missing neighbour does nothing, as in OOMMF and magnum.np.
    boundary="extrapolate": it is the ghost spin of 2 A dm/dn = -D v x m, as in mumax3. In the sum
    of exchange and DMI the ghost only leaves an anisotropy D^2 / (2 A) of the edge cells that
    disfavours m along the edge; a wire, whose m has no such part, is the same with both, and
    both converge to the exact tilt with the square of the cell size (tests/physics).

Topological charge
    N = 1/(4 pi) int m.(dm/dx x dm/dy) dx dy: a core down in a background up has N = -1.

Current
    The current density of a drive is positive along +x. A spin-orbit torque acts as the field
    j (damping_like m x p + field_like p); j * damping_like > 0 turns m towards p. Strength, sign
    and p are parameters of the torque, per layer where layers differ.

Skyrmion Hall angle
    atan2(vy, vx) of the centre's velocity.
"""

from __future__ import annotations

DMI_SIGN = {
    "mumax3 Dind": +1,
    "OOMMF Oxs_DMExchange6Ngbr D": +1,
    "OOMMF Oxs_DMI_Cnv D (ubermag)": -1,
    "BORIS iDMExchange D": +1,
    "magnum.np InterfaceDMIField Di": +1,
}
"""Factor from our D to the interfacial-DMI constant of other programs (z up, film normal +z)."""
