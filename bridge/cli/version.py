"""Which brygga this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version


def version() -> str:
    """The installed version, or ``unknown`` when run from a folder that was never installed."""
    try:
        return installed_version("brygga")
    except PackageNotFoundError:
        return "unknown"
