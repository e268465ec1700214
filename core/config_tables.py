"""The tables of the configuration: every key with its type and default, as ``config.example.toml`` shows them."""

from __future__ import annotations

from typing import Literal

import msgspec


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the configuration; an unknown key is an error, so that a misspelling is seen."""


class Firm(_Section, frozen=True):
    """The accounting firm."""

    name: str = ""


class FortnoxSettings(_Section, frozen=True):
    """The app registered in Fortnox's developer portal, and where Fortnox is."""

    client_id: str = ""
    api_url: str = "https://api.fortnox.se/3"
    auth_url: str = "https://apps.fortnox.se/oauth-v1"
    redirect_uri: str = "http://localhost:8573/callback"
    scopes: str = "bookkeeping companyinformation settings invoice supplierinvoice payment"
    mode: Literal["service", "code"] = "service"


class SecretsSettings(_Section, frozen=True):
    """Who keeps the master key. Chosen once, never guessed at run time."""

    keeper: Literal["", "keyring", "systemd", "keyfile", "passphrase"] = ""
    keyring_backend: str = ""
    keyfile: str = ""
    passphrase_command: list[str] = []


class StoreSettings(_Section, frozen=True):
    """Where the store lies; empty is the data directory."""

    path: str = ""


class SieSettings(_Section, frozen=True):
    """SIE files; a larger one is refused before it is read."""

    largest_megabytes: int = 100

    @property
    def largest_bytes(self) -> int:
        """The same in bytes."""
        return self.largest_megabytes * 1024 * 1024


class ExchangeSettings(_Section, frozen=True):
    """The exchange folder for SIE files; empty is none."""

    dir: str = ""
    scan_seconds: int = 5
    stable_seconds: int = 10
    require_ready: bool = False
    create_engagements: bool = False
    auto_export: bool = False


class ScheduleSettings(_Section, frozen=True):
    """What the service does by itself."""

    import_at: str = ""
    spread_minutes: int = 60
    catch_up_hours: int = 12
    keep_alive_days: int = 7


class ServiceSettings(_Section, frozen=True):
    """The long-running bridge."""

    health_port: int = 0


class UiSettings(_Section, frozen=True):
    """The interface."""

    language: Literal["sv", "en"] = "sv"
    theme: Literal["dark", "light", "contrast", "ansi"] = "dark"
    glyphs: Literal["unicode", "ascii"] = "unicode"
    keys: dict[str, str] = {}


class ConnectionSettings(_Section, frozen=True):
    """How long a connection is promised to live after the last import or export, in days."""

    warn_days: int = 7
    lifetime_days: int = 30


class ExportSettings(_Section, frozen=True):
    """Posting of closing vouchers."""

    horizon_seconds: int = 120
    create_missing_accounts: bool = False


class MailSettings(_Section, frozen=True):
    """The server that sends letters to clients; empty host writes files instead."""

    host: str = ""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    sender: str = msgspec.field(default="", name="from")
    reply_to: str = ""


class SmsSettings(_Section, frozen=True):
    """The provider that sends text messages to clients; empty is none."""

    provider: Literal["", "46elks"] = ""
    api_url: str = "https://api.46elks.com/a1"
    username: str = ""
    sender: str = msgspec.field(default="", name="from")


class InviteSettings(_Section, frozen=True):
    """The invitation desk."""

    order: Literal["name", "number"] = "name"
    remind_days: int = 7
    keep_days: int = 365


class AuditSettings(_Section, frozen=True):
    """The audit; empty is a file in the data directory."""

    heads_file: str = ""


class BackupSettings(_Section, frozen=True):
    """The backups that the service makes by itself, and how many of them are kept."""

    dir: str = ""
    scheduled: bool = True
    daily: int = 7
    weekly: int = 5
    monthly: int = 12


class PeopleSettings(_Section, frozen=True):
    """The people who enter a firm's server over SSH."""

    authorized_keys: str = ""
    handover: str = ""


class LogSettings(_Section, frozen=True):
    """The diagnostic log; empty file is the data directory."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    file: str = ""


class Tables(_Section, frozen=True):
    """The configuration file as it stands."""

    firm: Firm = Firm()
    fortnox: FortnoxSettings = FortnoxSettings()
    secrets: SecretsSettings = SecretsSettings()
    store: StoreSettings = StoreSettings()
    sie: SieSettings = SieSettings()
    exchange: ExchangeSettings = ExchangeSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    service: ServiceSettings = ServiceSettings()
    ui: UiSettings = UiSettings()
    connection: ConnectionSettings = ConnectionSettings()
    export: ExportSettings = ExportSettings()
    mail: MailSettings = MailSettings()
    backup: BackupSettings = BackupSettings()
    people: PeopleSettings = PeopleSettings()
    sms: SmsSettings = SmsSettings()
    invite: InviteSettings = InviteSettings()
    log: LogSettings = LogSettings()
    audit: AuditSettings = AuditSettings()
