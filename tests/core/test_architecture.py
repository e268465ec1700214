from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SCREENS = {"textual", "rich", "cyclopts"}
LETTERS = {"aiosmtplib", "email_validator", "phonenumbers"}


def modules(package: str) -> list[str]:
    """The modules of a package, as names."""
    return [
        ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((PROJECT / package).rglob("*.py"))
        if path.name != "__main__.py"
    ]


def loaded_by(program: str, *arguments: str, environ: dict[str, str] | None = None) -> set[str]:
    """The top-level packages that a program has loaded when it ends."""
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('LOADED', *sorted({n.partition('.')[0] for n in sys.modules})))\n"
        + program
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, **(environ or {})},
    )
    return set(done.stdout.rpartition("LOADED ")[2].split())


def test_the_core_loads_no_screen_library_and_no_command_parser() -> None:
    program = "".join(f"import {name}\n" for name in modules("core"))
    assert not loaded_by(program) & (SCREENS | {"bridge", "tui"})


def test_the_bridge_loads_no_screen_library() -> None:
    program = "".join(f"import {name}\n" for name in modules("bridge") if not name.endswith("cli.interface"))
    assert not loaded_by(program) & {"textual", "tui"}


def test_status_loads_neither_screen_nor_network(tmp_path: Path) -> None:
    program = "import runpy\nruns = runpy.run_module('brygga', run_name='__main__')"
    loaded = loaded_by(
        program.replace("runs = ", "import sys\nsys.argv[1:] = ['status']\ntry:\n    ").replace(
            "run_name='__main__')", "run_name='__main__')\nexcept SystemExit:\n    pass"
        ),
        environ={"BRYGGA_DATA_DIR": str(tmp_path), "BRYGGA_CONFIG": ""},
    )
    assert not loaded & ({"textual", "httpx", "starlette", "uvicorn", "keyring", "cryptography"} | LETTERS)


def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("package", ["core", "bridge", "tui"])
def test_packages_have_empty_init_files(package: str) -> None:
    assert [path for path in (PROJECT / package).rglob("__init__.py") if path.read_bytes()] == []


def test_time_is_asked_for_through_the_clock() -> None:
    allowed = {"core/clock.py", "core/fortnox/sandbox/world.py"}
    asking = {
        str(path.relative_to(PROJECT))
        for package in ("core", "bridge", "tui")
        for path in (PROJECT / package).rglob("*.py")
        if any(
            call in path.read_text(encoding="utf-8") for call in ("datetime.now(", "date.today(", "utcnow(")
        )
    }
    assert asking <= allowed
