"""The ledger: what an array has cost so far in energy, time, area and failures."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Ledger:
    """Costs of one array, or of several added together.

    Counted are programming pulses (energy of the card, Eq. 3 of Chen et al.), the reads of
    write-verify, the power that inputs dissipate in devices, wires, drivers and sense resistors,
    and the footprint of the devices. Not counted are decoders, the digital side, converters
    (the periphery adds those), leakage, and the area of wires.

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


def total(ledgers: list[Ledger]) -> Ledger:
    """Return the sum of the ledgers of several arrays (layers are run one after the other)."""
    result = Ledger()
    for ledger in ledgers:
        result = result + ledger
    return result
