"""A cheap sweep: 12 points on the rung of a finished card."""

from __future__ import annotations

import pytest

from devicemodels.reference import soft_bounds

SWEEP = """\
name: energy
rung: card
until: calibrate
set: {{card.use: {card}}}
axes:
  drive.width: {{from: 1 ns, to: 4 ns, count: 3, spacing: log}}
  device.layers: [1, 2]
  drive.nominal: [20 MA/cm^2, 40 MA/cm^2]
metrics: [device.energy_per_update, device.area, card.states]
"""


@pytest.fixture(scope="session")
def card_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("card") / "card.yaml"
    soft_bounds(6).save(path)
    return path


@pytest.fixture
def sweep_file(tmp_path, card_file):
    """Write the cheap sweep, with texts replaced, and return its path."""

    def write(*changes: tuple[str, str]):
        text = SWEEP.format(card=card_file)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "sweep.yaml"
        path.write_text(text)
        return path

    return write
