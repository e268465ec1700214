"""TOML -> typed settings. ``config.example.toml`` shows every key with its default.

Two files are read: the configuration, which a person owns and brygga never writes, and ``settings.toml`` in
the data directory, which holds what the interface changed and lies over the first.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from core.config_tables import Tables
from core.errors import UsageError
from core.i18n import _
from core.paths import LANGUAGE_VARIABLE, Paths, default_config_file, default_data_dir
from core.reasons import reason

SECRET_VARIABLE = "BRYGGA_FORTNOX_CLIENT_SECRET"  # noqa: S105 the name of a variable, not a secret
_CLOCK_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z", re.ASCII)
_HIGHEST_PORT = 65_535
_LARGEST = 1_000_000
"""More of anything (seconds, days, megabytes) than anybody means; times stay within the calendar."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Settings(Tables, frozen=True, kw_only=True):
    """The typed settings together with where they came from."""

    data_dir: Path
    config_file: Path
    person_file: Path | None = None
    """Where the interface's look is kept for the person of a session over SSH; None where the firm's settings hold."""
    client_secret: str = msgspec.field(default="")
    """From the environment only; otherwise it lies encrypted in the store."""

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Settings(data_dir={str(self.data_dir)!r}, config_file={str(self.config_file)!r})"

    @property
    def paths(self) -> Paths:
        """The places inside the data directory."""
        return Paths(self.data_dir)

    @property
    def store_path(self) -> Path:
        """The SQLite file."""
        return _place(self.store.path) or self.paths.store

    @property
    def keyfile_path(self) -> Path:
        """The master key's file of the ``keyfile`` keeper."""
        return _place(self.secrets.keyfile) or self.paths.keyfile

    @property
    def audit_heads_path(self) -> Path:
        """The file outside the store that the audit's head is written to every day."""
        return _place(self.audit.heads_file) or self.paths.audit_heads

    @property
    def backup_dir(self) -> Path:
        """Where scheduled backups lie."""
        return _place(self.backup.dir) or self.paths.backups

    @property
    def exchange_dir(self) -> Path | None:
        """The exchange folder; None without one."""
        return _place(self.exchange.dir)

    @property
    def authorized_keys_path(self) -> Path:
        """The file in which sshd looks the keys of the service account up."""
        return _place(self.people.authorized_keys) or Path("~/.ssh/authorized_keys").expanduser()

    @property
    def handover_dir(self) -> Path:
        """Holds a hand-over folder for every person."""
        return _place(self.people.handover) or self.paths.handover

    @property
    def log_path(self) -> Path:
        """The diagnostic log's file."""
        return _place(self.log.file) or self.paths.log


def _place(named: str) -> Path | None:
    """A place that the configuration names, ``~`` being the home of whoever runs brygga; None for none."""
    return Path(named).expanduser() if named else None


def load(
    config_file: Path | None = None,
    data_dir: Path | None = None,
    language: str | None = None,
    environ: Mapping[str, str] = os.environ,
    person_file: Path | None = None,
) -> Settings:
    """Read the configuration; arguments win over the environment, the environment over the files.

    Of ``person_file``, which one of several people on a server owns, only the interface's look is used.

    Raises:
        UsageError: ``file_missing`` for a named file that is not there, ``config_invalid`` with the key.
    """
    chosen = config_file or default_config_file(environ)
    named = config_file is not None or chosen == Path(environ.get("BRYGGA_CONFIG", ""))
    directory = (data_dir or default_data_dir(environ)).absolute()
    raw = _read_toml(chosen, must_exist=named)
    tables = _checked(raw, chosen)
    changed = Paths(directory).settings
    for place, changes in (
        (changed, _read_toml(changed, must_exist=False)),
        *_look(person_file),
        (chosen, _language(language or environ.get(LANGUAGE_VARIABLE))),
    ):
        if changes:
            _lay_over(raw, changes)
            tables = _checked(raw, place)
    return Settings(
        **{name: getattr(tables, name) for name in Tables.__struct_fields__},
        data_dir=directory,
        config_file=chosen,
        person_file=person_file,
        client_secret=environ.get(SECRET_VARIABLE, ""),
    )


def _look(person_file: Path | None) -> Iterator[tuple[Path, dict[str, object]]]:
    if person_file is not None:
        chosen = _read_toml(person_file, must_exist=False).get("ui")
        yield person_file, {"ui": chosen} if isinstance(chosen, dict) else {}


def _language(wanted: str | None) -> dict[str, object]:
    return {"ui": {"language": wanted}} if wanted else {}


def _checked(raw: Mapping[str, object], path: Path) -> Tables:
    """The tables; what is wrong with them is ascribed to the file that was read last."""
    try:
        tables = msgspec.convert(raw, Tables)
    except msgspec.ValidationError as error:
        raise _invalid(path, reason(error)) from error
    _check_addresses(tables, path)
    _check_numbers(tables, path)
    return tables


def save_changes(
    settings: Settings, changes: Mapping[str, Mapping[str, object]], target: Path | None = None
) -> None:
    """Write what the interface changed to ``settings.toml``, or ``target``; the configuration stays untouched.

    Raises:
        UsageError: ``config_invalid``: a value that could not be read again; nothing is written.
    """
    import tomli_w

    from core.files import make_private_directory, write_atomically

    target = target or settings.paths.settings
    make_private_directory(target.parent)
    raw = _read_toml(target, must_exist=False)
    _lay_over(raw, changes)
    _checked(raw, target)
    write_atomically(target, tomli_w.dumps(raw).encode())


def _read_toml(path: Path, *, must_exist: bool) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if not must_exist:
            return {}
        raise UsageError(
            "file_missing",
            _("There is no configuration file {path}.").format(path=path),
            _("It was named on the command line or in the environment."),
            _("Correct the path, or make a file with: brygga config init"),
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise _invalid(path, reason(error)) from error


def _lay_over(base: dict[str, object], changes: Mapping[str, object]) -> None:
    for key, value in changes.items():
        under = base.get(key)
        if isinstance(value, Mapping) and isinstance(under, dict):
            _lay_over(under, value)
        else:
            base[key] = dict(value) if isinstance(value, Mapping) else value


def _check_addresses(tables: Tables, path: Path) -> None:
    for key in ("api_url", "auth_url"):
        if not _is_safe(getattr(tables.fortnox, key)):
            raise _invalid(path, _("fortnox.{key} must be an https address").format(key=key))
    if not _is_safe(tables.sms.api_url):
        raise _invalid(path, _("{key} must be an https address").format(key="sms.api_url"))
    mail = tables.mail
    if mail.host and mail.security == "none" and mail.host not in LOOPBACK:
        raise _invalid(path, _("mail.security may be none only for a server on this machine"))


def _is_safe(address: str) -> bool:
    """Whether tokens may be sent there: https, or plain http that does not leave the machine."""
    try:
        parts = urlsplit(address)
        loopback = parts.scheme == "http" and parts.hostname in LOOPBACK
        return bool(parts.hostname) and (parts.scheme == "https" or loopback)
    except ValueError:
        return False


def _check_numbers(tables: Tables, path: Path) -> None:
    numbers = {
        "sie.largest_megabytes": (tables.sie.largest_megabytes, 1),
        "exchange.scan_seconds": (tables.exchange.scan_seconds, 1),
        "exchange.stable_seconds": (tables.exchange.stable_seconds, 0),
        "schedule.spread_minutes": (tables.schedule.spread_minutes, 0),
        "schedule.catch_up_hours": (tables.schedule.catch_up_hours, 0),
        "schedule.keep_alive_days": (tables.schedule.keep_alive_days, 1),
        "service.health_port": (tables.service.health_port, 0),
        "connection.warn_days": (tables.connection.warn_days, 0),
        "connection.lifetime_days": (tables.connection.lifetime_days, 1),
        "backup.daily": (tables.backup.daily, 1),
        "backup.weekly": (tables.backup.weekly, 0),
        "backup.monthly": (tables.backup.monthly, 0),
        "export.horizon_seconds": (tables.export.horizon_seconds, 0),
        "mail.port": (tables.mail.port, 1),
        "invite.remind_days": (tables.invite.remind_days, 1),
        "invite.keep_days": (tables.invite.keep_days, 1),
    }
    for key, (value, least) in numbers.items():
        if value < least:
            raise _invalid(path, _("{key} must be at least {least}").format(key=key, least=least))
        most = _HIGHEST_PORT if key.endswith("port") else _LARGEST
        if value > most:
            raise _invalid(path, _("{key} must be at most {most}").format(key=key, most=most))
    if tables.schedule.import_at and not _CLOCK_TIME.match(tables.schedule.import_at):
        raise _invalid(path, _("{key} must be a time such as 02:30").format(key="schedule.import_at"))


def _invalid(path: Path, what: str) -> UsageError:
    return UsageError(
        "config_invalid",
        _("The configuration {path} cannot be used.").format(path=path),
        what,
        _("Correct that line; config.example.toml shows every key."),
    )
