"""The study: everything one experiment needs, as checked, immutable models of its YAML file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from pydantic import Field, model_validator

from neuroskyrm.app import quantities as q
from neuroskyrm.errors import ConfigError
from neuroskyrm.validation import FrozenModel, check, read_yaml

if TYPE_CHECKING:
    from neuroskyrm.micromagnetics.track import Track

Positive = Annotated[q.Whole, Field(ge=1)]
Fraction = Annotated[q.Number, Field(ge=0, le=1)]


class FilmSection(FrozenModel):
    """Material of one magnetic layer, and what lies between two of them."""

    Ms: q.Magnetisation = Field(description="saturation magnetisation")
    A: q.ExchangeStiffness = Field(description="exchange stiffness")
    D: q.ArealEnergy = Field(description="interfacial DMI; sign as mumax3's Dind")
    Ku: q.EnergyDensity = Field(description="perpendicular anisotropy")
    alpha: Annotated[q.Number, Field(gt=0, le=10)] = Field(description="Gilbert damping")
    thickness: Annotated[q.Length, Field(gt=0, lt=1e-6)] = Field(
        description="thickness of a magnetic layer"
    )
    period: Annotated[q.Length, Field(gt=0, lt=1e-6)] = Field(
        description="distance from one magnetic layer to the next"
    )
    interlayer: q.ArealEnergy = Field(
        description="exchange through the spacer, positive = ferromagnetic"
    )


class BarrierSection(FrozenModel):
    """Rounded rectangle of raised anisotropy between pre- and post-synapse."""

    along: Annotated[q.Length, Field(ge=0, lt=1e-4)] = Field(description="side along x")
    across: Annotated[q.Length, Field(ge=0, lt=1e-4)] = Field(description="side along y")
    corner: Annotated[q.Length, Field(ge=0, lt=1e-4)] = Field(description="radius of its corners")
    Ku: q.EnergyDensity = Field(description="anisotropy inside")
    shift: q.Length = Field(description="shift across the track")


class RimSection(FrozenModel):
    """Band of raised anisotropy along every edge, which keeps skyrmions off it."""

    width: Annotated[q.Length, Field(ge=0, lt=1e-5)] = Field(description="width; 0 = none")
    Ku: q.EnergyDensity = Field(description="anisotropy inside")


class TrackRegionSection(FrozenModel):
    """A part of the track with another Ku or D, measured from the track's middle."""

    shape: Literal["rectangle", "disc", "image"] = Field(
        "rectangle", description="rectangle, disc, or image stretched over the track, dark inside"
    )
    x: q.Length = Field(0.0, description="middle of the copies along the track")
    y: q.Length = Field(0.0, description="middle across the track")
    along: Annotated[q.Length, Field(ge=0, lt=1e-4)] = Field(
        0.0, description="rectangle: side along x; disc: diameter"
    )
    across: Annotated[q.Length, Field(ge=0, lt=1e-4)] = Field(
        0.0, description="rectangle: side along y"
    )
    corner: Annotated[q.Length, Field(ge=0, lt=1e-4)] = Field(
        0.0, description="rectangle: radius of its corners"
    )
    file: str = Field("", description="image: the picture")
    copies: Annotated[q.Whole, Field(ge=1, le=10000)] = Field(1, description="along the track")
    pitch: Annotated[q.Length, Field(ge=0, lt=1e-4)] = Field(
        0.0, description="from one copy to the next"
    )
    Ku: q.EnergyDensity | None = Field(None, description="anisotropy inside; null = unchanged")
    D: q.ArealEnergy | None = Field(None, description="interfacial DMI inside; null = unchanged")


class DeviceSection(FrozenModel):
    """The synapse: track, stack, barrier and skyrmions. What is not given is as in the preset."""

    preset: Literal["demo", "paper", "rim", "compact", "register"] = Field(
        description="demo (small, quick), paper (Appendix A), rim, compact, register (ten wells)"
    )
    length: Annotated[q.Length, Field(ge=20e-9, lt=1e-4)] = Field(description="along x")
    width: Annotated[q.Length, Field(ge=20e-9, lt=1e-4)] = Field(description="along y")
    layers: Annotated[q.Whole, Field(ge=1, le=64)] = Field(description="magnetic layers")
    cell: Annotated[q.Length, Field(ge=1e-10, le=1e-8)] = Field(description="cell size")
    film: FilmSection
    barrier: BarrierSection
    rim: RimSection
    field: Annotated[q.MagneticField, Field(gt=-20, lt=20)] = Field(description="along +z")
    temperature: q.Temperature = Field(description="temperature")
    driven: Literal["outer", "opposite", "all"] = Field(
        description="layers that feel the torque: outer, outer with opposite signs, all"
    )
    skyrmions: Annotated[q.Whole, Field(ge=1, le=1000)] = Field(
        description="seeded in the pre-synapse"
    )
    rows: Annotated[q.Whole, Field(ge=1, le=100)] = Field(description="rows they are seeded in")
    places: list[tuple[q.Length, q.Length]] = Field(
        max_length=1000, description="or where each is seeded: [x, y] from the middle"
    )
    regions: list[TrackRegionSection] = Field(
        max_length=1000, description="parts with a Ku or D of their own; later ones win"
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, given: Any) -> Any:
        from neuroskyrm.micromagnetics.track import PRESETS

        if not isinstance(given, dict):
            return given
        preset = given.get("preset", "demo")
        if not isinstance(preset, str) or preset not in PRESETS:
            return given
        base = asdict(PRESETS[preset])
        base["preset"] = base.pop("name")
        return merge(base, given)

    @model_validator(mode="after")
    def _lies_on_the_mesh(self) -> DeviceSection:
        self.track()
        return self

    def track(self) -> Track:
        """Return the track that this section describes.

        Raises
        ------
        ConfigError
            Its sizes do not fit each other.
        """
        from neuroskyrm.micromagnetics.track import Barrier, Film, Rim, Track
        from neuroskyrm.micromagnetics.track_regions import Region

        parts = {"film": Film, "barrier": Barrier, "rim": Rim}
        values = {"name": self.preset, **self.model_dump(exclude={"preset"})}
        values["places"] = tuple(values["places"])
        values["regions"] = tuple(Region(**region) for region in values["regions"])
        return Track(**{key: parts[key](**v) if key in parts else v for key, v in values.items()})


class DriveSection(FrozenModel):
    """Potentiating (+x) and depressing (-x) pulses. What is not given suits the preset."""

    pulses: Annotated[q.Whole, Field(ge=1, le=1000)] = Field(
        description="pulses of each polarity in a cycle"
    )
    cycles: Annotated[q.Whole, Field(ge=1, le=1000)] = Field(description="LTP/LTD cycles")
    width: Annotated[q.Time, Field(gt=0, lt=1e-6)] = Field(description="of a pulse")
    pause: Annotated[q.Time, Field(gt=0, lt=1e-5)] = Field(description="after a pulse")
    current: Annotated[q.CurrentDensity, Field(gt=0, lt=1e14)] = Field(
        description="effective current density of the torque on one layer"
    )
    nominal: Annotated[q.CurrentDensity, Field(gt=0, lt=1e14)] = Field(
        description="current density in the heavy metal, for the energy"
    )
    heavy_metal: Annotated[q.Length, Field(gt=0, lt=1e-6)] = Field(
        description="thickness of one heavy-metal layer"
    )
    resistivity: q.Resistivity = Field(description="of the heavy metal")
    reads: Annotated[q.Whole, Field(ge=1, le=1000)] = Field(description="reads in each pause")
    seeds: Annotated[q.Whole, Field(ge=1, le=1000)] = Field(
        1, description="noise seeds simulated for the card: the study's seed and those after it"
    )


class ReadSection(FrozenModel):
    """The tunnel junction that reads the post-synapse."""

    G0: q.Conductance = Field(20e-6, description="conductance of the empty device")
    TMR: Annotated[q.Number, Field(gt=0, le=20)] = Field(
        2.8, description="tunnelling magnetoresistance ratio"
    )
    start: q.Length | None = Field(
        None, description="junction from here, along x from the middle; null = barrier's middle"
    )
    end: q.Length | None = Field(None, description="junction to here; null = end of the track")
    across: q.Length | None = Field(
        None, description="width of the junction across the track; null = as wide as the track"
    )


class DataSection(FrozenModel):
    """Images to learn: digits28 (embedded), mnist, or a folder of IDX files."""

    source: str = Field("digits28", description="digits28, mnist, or a folder of IDX files")
    train: Positive | None = Field(None, description="training images used; null = all")
    test: Positive | None = Field(None, description="test images used; null = all")
    held_out: Positive | None = Field(
        None, description="last training images, kept for choices; null = a tenth of them"
    )


class CardSection(FrozenModel):
    """The device card that the crossbars use."""

    use: str = Field(
        "paper-n4-300K", description="a shipped card, a card file, or 'calibrated' (this run's)"
    )


class CrossbarSection(FrozenModel):
    """The array that hosts the weights as W+/W- pairs."""

    placement: Literal["separate", "interleaved"] = Field(
        "separate", description="where W+ and W- lie"
    )
    method: Literal["open-loop", "write-verify"] = Field(
        "write-verify", description="how states are programmed"
    )
    verify_reads: Positive = Field(1, description="reads averaged in each comparison of a verify")
    verify_tolerance: q.Conductance | None = Field(
        None, description="a device is done within this of its level; null = half a level step"
    )
    wire: q.Resistance = Field(0.0, description="resistance of one wire segment; 0 = ideal wires")
    trim: Annotated[q.Whole, Field(ge=0, le=100000)] = Field(
        100, description="held-out images that resistive wires are trimmed with; 0 = no trim"
    )
    tile: Annotated[q.Whole, Field(ge=1, le=8192)] = Field(256, description="largest array side")
    reference: bool = Field(
        True, description="a reference column takes the lowest state off the STDP weights"
    )
    spread: bool = Field(True, description="device-to-device variation from the card")
    cycle_to_cycle: bool = Field(True, description="spread between visits of a state")
    read_noise: bool = Field(True, description="read noise from the card")
    read_voltage: Annotated[q.Voltage, Field(gt=0, le=10)] = Field(
        0.1, description="of a spike on a word line, for the energy of inference"
    )
    read_time: Annotated[q.Time, Field(gt=0, le=1)] = Field(
        10e-9, description="length of a read, for energy and latency of inference"
    )

    @model_validator(mode="after")
    def _wires_want_a_reference(self) -> CrossbarSection:
        if self.wire > 0 and not self.reference:
            raise ConfigError(
                f"'wire' = {self.wire:g} ohm needs 'reference' = true: the pedestal of the STDP "
                "weights would have to be attenuated too."
            )
        return self


class DeepSection(FrozenModel):
    """The supervised network: trained as a ReLU net, run as a threshold-scaled spiking net."""

    hidden: list[Positive] = Field([128], min_length=1, max_length=8, description="hidden layers")
    net: str | None = Field(None, description="file of a trained net; null = train one")
    epochs: Positive = Field(15, description="training epochs")
    batch: Positive = Field(100, description="images in a batch")
    learning_rate: Annotated[q.Number, Field(gt=0, le=10)] = Field(0.05, description="of SGD")
    momentum: Annotated[q.Number, Field(ge=0, lt=1)] = Field(0.9, description="Nesterov momentum")
    dropout: Annotated[q.Number, Field(ge=0, lt=1)] = Field(0.2, description="of hidden neurons")
    augment: bool = Field(False, description="train on slightly distorted copies")
    positive: Positive | None = Field(
        None, description="positive weight states; null = all the card has"
    )
    steps: Annotated[q.Whole, Field(ge=1, le=10000)] = Field(20, description="time steps of 1 ms")
    coding: Literal["constant", "poisson"] = Field("constant", description="of the input")
    reset: Literal["subtract", "zero"] = Field("subtract", description="of a neuron that fired")


class StdpSection(FrozenModel):
    """The unsupervised network: Poisson input, lateral inhibition, states moved by pulses."""

    neurons: Annotated[q.Whole, Field(ge=10, le=100000)] = Field(100, description="excitatory")
    rule: Literal["deterministic", "probabilistic", "column", "ideal"] = Field(
        "probabilistic", description="how a spike moves device states"
    )
    train: Positive = Field(1300, description="images shown while learning")
    passes: Positive = Field(3, description="times they are shown")
    label: Positive = Field(1000, description="training images that name the neurons")
    test: Positive = Field(500, description="test images")


class MonitorSection(FrozenModel):
    """The recurrent classifier of skyrmion processes, and the process it watches."""

    processes: Annotated[q.Whole, Field(ge=6, le=100000)] = Field(
        120, description="simulated to train on, at theta = 50 deg"
    )
    quantiles: Annotated[q.Whole, Field(ge=4, le=100000)] = Field(
        64, description="of the sorted S_z"
    )
    hidden: Annotated[q.Whole, Field(ge=2, le=100000)] = Field(32, description="hidden neurons")
    alpha: Annotated[q.Number, Field(gt=0, le=10)] = Field(0.36, description="damping, watched run")
    width: Annotated[q.Time, Field(gt=0, lt=1e-9)] = Field(
        28e-12, description="Gaussian width of its field pulse"
    )
    angle: q.Angle = Field(0.698131700797732, description="polar angle of its field pulse")


class ExportSection(FrozenModel):
    """The ONNX model and the proof that it spikes alike."""

    images: Positive = Field(1000, description="images compared spike by spike")


class Study(FrozenModel):
    """One experiment, from the spins to the exported model."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] = Field(
        "demo", description="names the run folder"
    )
    seed: Annotated[q.Whole, Field(ge=0, lt=2**63)] = Field(1, description="of all random numbers")
    data: DataSection = DataSection()
    device: DeviceSection
    drive: DriveSection
    read: ReadSection = ReadSection()
    card: CardSection = CardSection()
    crossbar: CrossbarSection = CrossbarSection()
    deep: DeepSection = DeepSection()
    stdp: StdpSection = StdpSection()
    monitor: MonitorSection = MonitorSection()
    export: ExportSection = ExportSection()

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        device = given.get("device", {})
        preset = device.get("preset", "demo") if isinstance(device, dict) else "demo"
        base = {"device": {}, "drive": _preset_drive(preset)}
        return merge(base, given)


def default_study() -> Study:
    """Return the study with every default: the demo."""
    return Study.model_validate({})


def _preset_drive(preset: Any) -> dict[str, Any]:
    """Return the pulse train that the device preset was designed for, as study values."""
    from neuroskyrm.micromagnetics.track import PRESETS
    from neuroskyrm.micromagnetics.track_drive import default_drive

    drive = default_drive(PRESETS.get(preset if isinstance(preset, str) else "", PRESETS["demo"]))
    first, cycles = drive.steps[0], max(drive.cycles) + 1
    return {
        "pulses": len(drive.steps) // (2 * cycles),
        "cycles": cycles,
        "width": first.width,
        "pause": first.pause,
        "current": drive.current,
        "nominal": drive.nominal,
        "heavy_metal": drive.heavy_metal,
        "resistivity": drive.resistivity,
        "reads": drive.reads,
    }


def merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with the values of `over` put in, section by section."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        both = isinstance(below, dict) and isinstance(value, dict)
        result[key] = merge(below, value) if both else value  # type: ignore[arg-type]
    return result


def parse_override(text: str) -> dict[str, Any]:
    """Return ``a.b=c`` as the nested mapping ``{"a": {"b": c}}``.

    Raises
    ------
    ConfigError
        The text has no ``=`` or an empty key.

    Examples
    --------
    >>> parse_override("device.layers=4")
    {'device': {'layers': 4}}
    """
    path, equals, value = text.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise ConfigError(f"--set '{text}': must look like section.key=value.")
    try:
        content: Any = yaml.safe_load(value)
    except yaml.YAMLError:
        raise ConfigError(f"--set '{text}': the value is not valid YAML.") from None
    for key in reversed(keys):
        content = {key: content}
    return dict(content)


def load_study(path: Path | None, overrides: Iterable[str] = ()) -> Study:
    """Read a study file, apply overrides, and check it.

    Parameters
    ----------
    path : Path or None
        The YAML file; None for the defaults (the demo).
    overrides : iterable of str
        Texts like ``device.layers=4``.

    Returns
    -------
    Study
        Resolved: every value is filled in.

    Raises
    ------
    ConfigError
        Names file, field, value and what is allowed.
    """
    content: dict[str, Any] = {} if path is None else read_yaml(path)
    source = "the demo study" if path is None else str(path)
    for text in overrides:
        content = merge(content, parse_override(text))
        source += f" with --set {text}"
    return check(Study, content, source)


def dump_study(study: Study) -> str:
    """Return the resolved study as YAML text; loading it gives the same study."""
    return yaml.safe_dump(study.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
