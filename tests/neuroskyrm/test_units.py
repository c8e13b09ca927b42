import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroskyrm import units


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("2 ns", units.TIME, 2e-9),
        ("80 mT", units.FIELD, 0.08),
        ("800 Oe", units.FIELD, 0.08),
        ("30 MA/cm^2", units.CURRENT_DENSITY, 3e11),
        ("3e11", units.CURRENT_DENSITY, 3e11),
        ("1e-11", units.EXCHANGE, 1e-11),
        ("10 pJ/m", units.EXCHANGE, 1e-11),
        ("1.7 mJ/m^2", units.AREAL_ENERGY, 1.7e-3),
        ("717 kJ/m^3", units.ENERGY_DENSITY, 717e3),
        ("956kA/m", units.MAGNETISATION, 956e3),
        ("34 uohm cm", units.RESISTIVITY, 34e-8),
        ("20 µS", units.CONDUCTANCE, 20e-6),
        ("180 deg", units.ANGLE, 3.141592653589793),
        ("-1.5e2 nm", units.LENGTH, -1.5e-7),
        (300, units.TEMPERATURE, 300.0),
        ("5 %", units.PURE, 0.05),
    ],
)
def test_quantity_is_read_in_si(text, dimension, value):
    assert units.parse_quantity(text, dimension) == pytest.approx(value, rel=1e-14, abs=0)


@pytest.mark.parametrize(
    ("text", "dimension"),
    [
        ("2 kg", units.TIME),
        ("2 T", units.TIME),
        ("fast", units.TIME),
        ("", units.TIME),
        (True, units.TIME),
        (None, units.TIME),
        ([1], units.TIME),
        ("2 ns ns", units.TIME),
        ("30 MA/cm", units.CURRENT_DENSITY),
    ],
)
def test_wrong_unit_or_text_is_refused(text, dimension):
    with pytest.raises(ValueError, match="must be"):
        units.parse_quantity(text, dimension)


@given(st.floats(min_value=1e-3, max_value=1e3))
def test_printed_quantity_is_read_back(value):
    for dimension in (units.FIELD, units.CURRENT_DENSITY, units.LENGTH, units.PURE, units.ANGLE):
        text = units.format_quantity(value, dimension)
        assert units.parse_quantity(text, dimension) == pytest.approx(value, rel=1e-11)
