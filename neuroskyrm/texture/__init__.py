"""Textures: topological charge, skyrmion counting and tracking, seeding."""

from neuroskyrm.texture.charge import charge_density, topological_charge
from neuroskyrm.texture.seeding import seed_skyrmion
from neuroskyrm.texture.skyrmions import Skyrmion, count_skyrmions
from neuroskyrm.texture.tracking import SkyrmionPath, follow_skyrmions

__all__ = [
    "Skyrmion",
    "SkyrmionPath",
    "charge_density",
    "count_skyrmions",
    "follow_skyrmions",
    "seed_skyrmion",
    "topological_charge",
]
