from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]


def corpus_folder() -> Path:
    shared = os.environ.get("BRYGGA_SHARED")
    return (Path(shared) if shared else REPOSITORY.parent / "shared") / "data" / "sie"


def corpus_entries() -> list[dict[str, Any]]:
    manifest = corpus_folder() / "manifest.json"
    entries: list[dict[str, Any]] = json.loads(manifest.read_bytes()) if manifest.exists() else []
    return entries


@pytest.fixture(scope="session")
def corpus() -> list[tuple[dict[str, Any], bytes]]:
    """Every file of the shared corpus with what is expected of it; skips where the corpus is missing."""
    entries = corpus_entries()
    if not entries:
        pytest.skip(f"no SIE corpus in {corpus_folder()}")
    return [(entry, (corpus_folder() / entry["path"]).read_bytes()) for entry in entries]
