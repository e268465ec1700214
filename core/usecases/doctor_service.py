"""The service: whether it runs, and whether it should."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

from core.config import Settings
from core.errors import Refused
from core.i18n import _
from core.register import Check
from core.usecases.instance import only_instance

PATIENCE_SECONDS = 5.0
_LARGEST_ANSWER = 100_000


def examine_service(settings: Settings) -> list[Check]:
    """Look whether a bridge holds the data directory, and ask its health page. May wait some seconds."""
    return list(_examine(settings))


def _examine(settings: Settings) -> Iterator[Check]:
    wanted = bool(settings.exchange.dir or settings.schedule.import_at)
    if not _runs(settings):
        yield Check(
            "service",
            ok=not wanted,
            warning=True,
            text=_("The service (brygga bridge run) is not running")
            if wanted
            else _("The service (brygga bridge run) is not running, and no setting asks for it"),
            remedy=_("Start it: systemctl start brygga, or brygga bridge run") if wanted else "",
        )
        return
    yield Check("service", ok=True, text=_("The service (brygga bridge run) is running"))
    if settings.service.health_port:
        yield _health(settings.service.health_port)


def _runs(settings: Settings) -> bool:
    try:
        with only_instance(settings):
            return False
    except Refused:
        return True
    except OSError:
        return False


def _health(port: int) -> Check:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    silent = _("Stop the service and start it again; its log tells what it did last.")
    try:
        connection.request("GET", "/health")
        told = json.loads(connection.getresponse().read(_LARGEST_ANSWER))
        well, since = bool(told["ok"]), round(float(told["last_round_seconds_ago"]))
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        text = _("The service does not answer on its health page (port {port})").format(port=port)
        return Check("health", ok=False, text=text, remedy=silent)
    finally:
        connection.close()
    text = _("The service went its last round {seconds} s ago").format(seconds=since)
    return Check("health", ok=well, text=text, remedy="" if well else silent)
