"""The ledger: what an array has cost so far in energy, time, area and failures."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Ledger:
    """Costs of one array, or of several added together.

    Counted are programming pulses (energy of the card, Eq. 3 of Chen et al.), the reads of
    write-verify, the power that inputs dissipate in devices, wires, drivers and sense resistors,
    converters where a `MatrixEngine` has any, and the footprint of the devices. Not counted are
    decoders, the digital side, leakage, charging of wires, and the area of wires and periphery.

    Attributes
    ----------
    energy : float
        Energy of all programming pulses and verify reads [J].
    pulses : int
        Programming pulses.
    latency : float
        Time of programming; rows are programmed one after the other, the devices of a row at
        once [s].
    area : float
        Footprint of all devices [m^2].
    devices : int
        Number of devices.
    failures : int
        Devices that did not reach their target state.
    inference_energy : float
        Energy that inputs have dissipated in the array [J].
    inference_latency : float
        Time those inputs were applied, one after the other [s].
    inferences : int
        Input vectors applied.
    macs : int
        Signed multiply-accumulates of those inferences (one for each pair of devices).
    converter_energy : float
        Energy of input and output converters [J].
    """

    energy: float = 0.0
    pulses: int = 0
    latency: float = 0.0
    area: float = 0.0
    devices: int = 0
    failures: int = 0
    inference_energy: float = 0.0
    inference_latency: float = 0.0
    inferences: int = 0
    macs: int = 0
    converter_energy: float = 0.0

    def __add__(self, other: Ledger) -> Ledger:
        return Ledger(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )

    def as_metrics(self, prefix: str) -> dict[str, float]:
        """Return the entries by flat dotted name, ``{prefix}.{entry}``.

        Examples
        --------
        >>> Ledger(pulses=3).as_metrics("layer1")["layer1.pulses"]
        3
        """
        return {f"{prefix}.{f.name}": getattr(self, f.name) for f in fields(self)}

    def against_digital(self, reference: DigitalMac | None = None) -> dict[str, float]:
        """Return the inference energy beside that of a digital 8-bit engine.

        Parameters
        ----------
        reference : DigitalMac, optional
            Energies of the digital engine. Default: Horowitz, 45 nm.

        Returns
        -------
        dict
            ``analog`` (array and converters), ``digital`` (arithmetic alone) and
            ``digital_with_weights`` (and each weight fetched from SRAM), in J; ``advantage`` =
            digital / analog.
        """
        reference = reference or DigitalMac()
        analog = self.inference_energy + self.converter_energy
        digital = self.macs * reference.arithmetic
        return {
            "analog": analog,
            "digital": digital,
            "digital_with_weights": digital + self.macs * reference.weight_fetch,
            "advantage": digital / analog if analog > 0 else 0.0,
        }


@dataclass(frozen=True)
class DigitalMac:
    """Energy of one digital multiply-accumulate with 8-bit operands.

    Defaults: M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014,
    Fig. 1.1.9, 45 nm at 0.9 V: 8-bit multiplication 0.2 pJ, 32-bit addition 0.1 pJ, 64 bits from
    a 32 kB SRAM 20 pJ (2.5 pJ a byte). No data movement beyond that is counted.

    Attributes
    ----------
    multiply, add : float
        Energy of the multiplication and of the accumulation [J].
    weight_fetch : float
        Energy to fetch one 8-bit weight [J].
    """

    multiply: float = 0.2e-12
    add: float = 0.1e-12
    weight_fetch: float = 2.5e-12

    @property
    def arithmetic(self) -> float:
        """Energy of one multiply-accumulate without memory [J]."""
        return self.multiply + self.add


def total(ledgers: list[Ledger]) -> Ledger:
    """Return the sum of the ledgers of several arrays (layers are run one after the other)."""
    result = Ledger()
    for ledger in ledgers:
        result = result + ledger
    return result
