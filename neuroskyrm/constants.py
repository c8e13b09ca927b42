"""Physical constants [SI], CODATA 2018, plus the gyromagnetic ratio the papers use."""

from __future__ import annotations

from math import pi

MU0 = 4e-7 * pi
"""Vacuum permeability [T m/A]; the pre-2019 exact value, as OOMMF and mumax3 use it."""

BOLTZMANN = 1.380649e-23
"""Boltzmann constant [J/K]."""

ELEMENTARY_CHARGE = 1.602176634e-19
"""Elementary charge [C]."""

HBAR = 1.054571817e-34
"""Reduced Planck constant [J s]."""

BOHR_MAGNETON = 9.2740100783e-24
"""Bohr magneton [J/T]."""

RYDBERG = 2.1798723611035e-18
"""Rydberg energy [J]."""

GAMMA = 2.211e5 / MU0
"""Gyromagnetic ratio [rad/(s T)]; 2.211e5 m/(A s) over mu0 (Chen et al., Appendix A)."""
