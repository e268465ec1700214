"""``brygga config``: the settings in use, whether they hold, and a file to start from."""

from __future__ import annotations

from pathlib import Path

import msgspec

import core
from bridge.cli.files import write_new
from bridge.cli.session import Run
from bridge.cli.tables import facts
from core.config import Settings
from core.config_tables import Tables
from core.errors import Internal
from core.files import make_private_directory
from core.i18n import _
from core.paths import default_config_file

EXAMPLE = "config.example.toml"


def show(*, run: Run) -> None:
    """Print the settings in use as TOML, defaults included."""
    record = settings_record(run.settings)
    if run.output.json:
        run.output.record(record)
        return
    import tomli_w

    run.output.raw(tomli_w.dumps(record))


def check(*, run: Run) -> None:
    """Read the configuration and say that it holds; an error says where it does not."""
    settings = run.settings
    run.output.answer(
        {"config": str(settings.config_file), "exists": settings.config_file.exists(), "ok": True},
        lambda: facts(
            [
                (_("Configuration"), str(settings.config_file)),
                (
                    _("Result"),
                    _("valid") if settings.config_file.exists() else _("no file; defaults hold"),
                ),
            ]
        ),
    )


def init(*, run: Run) -> None:
    """Write the commented example as the configuration; an existing one is left alone."""
    target = (run.options.config or default_config_file()).absolute()
    if not target.parent.exists():
        make_private_directory(target.parent)
    write_new(target, example_file().read_bytes())
    run.output.answer({"config": str(target)}, lambda: [_("Wrote {path}.").format(path=target)])


def settings_record(settings: Settings) -> dict[str, object]:
    """The settings by section and key, without what came from elsewhere."""
    return {name: msgspec.to_builtins(getattr(settings, name)) for name in Tables.__struct_fields__}


def example_file() -> Path:
    """``config.example.toml``: beside the packages in a checkout, inside ``core`` once installed."""
    package = Path(core.__file__).parent
    for candidate in (package / EXAMPLE, package.parent / EXAMPLE):
        if candidate.exists():
            return candidate
    raise Internal("internal", f"{EXAMPLE} is missing from the installation.", "", "")
