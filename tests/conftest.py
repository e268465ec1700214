"""What every test shares: a sealed machine, compiled catalogues, and the shared data where it exists."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from core import i18n
from tests.mailserver import MailServer
from tools import catalogues

settings.register_profile("brygga", deadline=None)  # a busy machine's pauses are no fault of the code
settings.load_profile("brygga")

PROJECT = Path(__file__).parents[1]
_KEPT = frozenset({"BRYGGA_SHARED"})
_FOREIGN = ("BRYGGA_", "XDG_", "DBUS_", "CREDENTIALS_")


def pytest_xdist_auto_num_workers() -> int:
    """Two more than the machine has cores: for half of their time the tests wait."""
    return (os.cpu_count() or 1) + 2


@pytest.fixture(scope="session", autouse=True)
def sealed_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Nothing of the machine's user, proxies, keyring, locale or time zone reaches a test."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            is_proxy = name.lower().endswith("_proxy")
            if is_proxy or (name.startswith(_FOREIGN) and name not in _KEPT):
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        for name in ("CONFIG", "DATA", "STATE", "CACHE", "RUNTIME"):
            patch.setenv(f"XDG_{name}_{'DIR' if name == 'RUNTIME' else 'HOME'}", str(home / name.lower()))
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        patch.setenv("LC_ALL", "C.UTF-8")
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield home
    time.tzset()


@pytest.fixture(scope="session", autouse=True)
def compiled_catalogues() -> None:
    """The .mo files follow the .po files."""
    catalogues.compile_all()


@pytest.fixture(autouse=True)
def swedish() -> Iterator[None]:
    """Every test starts and ends in Swedish."""
    i18n.use("sv")
    yield
    i18n.use("sv")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared test data of other programs, which is no part of the project."""
    place = Path(os.environ.get("BRYGGA_SHARED", PROJECT.parent / "shared"))
    if not (place / "data").is_dir():
        pytest.skip(f"no shared data at {place}")
    return place


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A real SMTP server on this machine."""
    server = MailServer().start()
    yield server
    server.stop()
