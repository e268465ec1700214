"""Build hook: compile the message catalogues before they are packed."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogueHook(BuildHookInterface[Any]):
    """Compiles every .po to .mo (``tools/catalogues.py``)."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 the hook's interface
        """Called by hatchling before a wheel, an editable install or a source archive is made."""
        runpy.run_path(str(Path(self.root) / "tools" / "catalogues.py"))["compile_all"]()
