"""The error tree: every error a user can cause, each with one clear sentence.

The command line prints the sentence alone and exits with `exit_code`.
"""

from __future__ import annotations


class NeuroSkyrmError(Exception):
    """Root of all errors that neuroskyrm raises on purpose."""

    exit_code = 2


class ConfigError(NeuroSkyrmError, ValueError):
    """A study, an option or an argument holds a value that is not allowed."""


class DataError(NeuroSkyrmError, ValueError):
    """A file from outside (images, trajectory, OVF, table) is missing, truncated or damaged."""


class DeviceError(NeuroSkyrmError, ValueError):
    """A device card is damaged, or is asked for something outside its calibrated range."""


class ExportError(NeuroSkyrmError, ValueError):
    """A network cannot be exported, or a model file is not one of ours."""


class PhysicsError(NeuroSkyrmError, RuntimeError):
    """A simulation diverged: the message says when, where, and the likely cause."""

    exit_code = 3


class ConvergenceError(NeuroSkyrmError, RuntimeError):
    """An iteration ended without reaching its stop criterion."""

    exit_code = 3
