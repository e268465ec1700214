from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.config import Settings, load, save_changes
from core.config_tables import LogSettings, Tables
from core.errors import UsageError

Read = Callable[..., Settings]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def make(text: str = "", changed: str = "", **environ: str) -> Settings:
        config, data = tmp_path / "config.toml", tmp_path / "data"
        config.write_text(text, encoding="utf-8")
        data.mkdir(exist_ok=True)
        if changed:
            (data / "settings.toml").write_text(changed, encoding="utf-8")
        return load(config, data, environ=environ)

    return make


def refusal(read: Read, *arguments: str, **environ: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read(*arguments, **environ)
    assert caught.value.code == "config_invalid"
    return caught.value


def test_an_empty_file_gives_the_defaults(read: Read) -> None:
    assert read().log == LogSettings()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[ui]\nlanguge = 'sv'", "languge"),
        ("[uj]\nlanguage = 'sv'", "uj"),
        ("[ui]\nlanguage = 'da'", "ui.language"),
        ("[exchange]\nscan_seconds = 'fem'", "exchange.scan_seconds"),
        ("[exchange]\nscan_seconds = 0", "exchange.scan_seconds"),
        ("[exchange]\nstable_seconds = -1", "exchange.stable_seconds"),
        ("[schedule]\nspread_minutes = -1", "schedule.spread_minutes"),
        ("[schedule]\nkeep_alive_days = 0", "schedule.keep_alive_days"),
        ("[schedule]\nimport_at = '25:00'", "schedule.import_at"),
        ("[schedule]\nimport_at = 'nattetid'", "schedule.import_at"),
        ("[connection]\nwarn_days = -1", "connection.warn_days"),
        ("[connection]\nlifetime_days = 0", "connection.lifetime_days"),
        ("[export]\nhorizon_seconds = -1", "export.horizon_seconds"),
        ("[secrets]\nkeeper = 'lapp'", "secrets.keeper"),
        ("[secrets]\npassphrase_command = 'cat x'", "secrets.passphrase_command"),
        ("[ui]\ntheme = 'high-contrast'", "ui.theme"),
        ("[mail]\nport = 'x'", "mail.port"),
        ("fortnox = 3", "fortnox"),
        ("[fortnox]\napi_url = 'http://api.example.test/3'", "fortnox.api_url"),
        ("[fortnox]\nauth_url = 'http://127.0.0.1.example.test'", "fortnox.auth_url"),
        ("[fortnox]\napi_url = 'http://127.0.0.1@example.test/3'", "fortnox.api_url"),
        ("[fortnox]\napi_url = 'http://[::1'", "fortnox.api_url"),
        ("[fortnox]\napi_url = 'ftp://localhost/3'", "fortnox.api_url"),
        ("[fortnox]\napi_url = ''", "fortnox.api_url"),
        ("[fortnox]\nclient_secret = 'x'", "client_secret"),
    ],
)
def test_an_error_names_the_key(read: Read, text: str, key: str) -> None:
    assert key in str(refusal(read, text))


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/3", "http://localhost/3", "http://[::1]:8/3", "https://x.test"]
)
def test_addresses_that_keep_tokens_safe(read: Read, address: str) -> None:
    assert read(f"[fortnox]\napi_url = '{address}'").fortnox.api_url == address


def test_what_is_no_toml_names_the_line(read: Read) -> None:
    assert "Rad 2" in str(refusal(read, "[ui]\nlanguage = \n"))


def test_what_the_interface_changed_lies_over_the_file(read: Read) -> None:
    settings = read("[ui]\ntheme = 'dark'\nglyphs = 'ascii'", "[ui]\ntheme = 'light'")
    assert (settings.ui.theme, settings.ui.glyphs) == ("light", "ascii")


def test_a_fault_in_settings_toml_is_ascribed_to_it(read: Read) -> None:
    assert "settings.toml" in refusal(read, "", "[ui]\nlanguage = 7").title


def test_the_environments_language_wins_over_the_files(read: Read) -> None:
    assert read("[ui]\nlanguage = 'sv'", BRYGGA_LANG="en").ui.language == "en"


def test_the_client_secret_comes_from_the_environment_alone(read: Read) -> None:
    assert read(BRYGGA_FORTNOX_CLIENT_SECRET="hemligt").client_secret == "hemligt"


def test_the_client_secret_does_not_show_itself(read: Read) -> None:
    assert "hemligt" not in repr(read(BRYGGA_FORTNOX_CLIENT_SECRET="hemligt"))


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load(tmp_path / "finns-inte.toml", tmp_path, environ={})
    assert caught.value.code == "file_missing"


def test_a_file_named_in_the_environment_must_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        load(data_dir=tmp_path, environ={"BRYGGA_CONFIG": str(tmp_path / "finns-inte.toml")})


def test_the_default_file_may_be_missing(tmp_path: Path) -> None:
    assert load(data_dir=tmp_path, environ={}).config_file.name == "config.toml"


def test_saved_changes_are_read_again(read: Read) -> None:
    save_changes(read(), {"ui": {"theme": "light"}})
    assert read().ui.theme == "light"


def test_saved_changes_keep_earlier_ones(read: Read) -> None:
    save_changes(read(), {"ui": {"theme": "light"}})
    save_changes(read(), {"ui": {"glyphs": "ascii"}})
    assert (read().ui.theme, read().ui.glyphs) == ("light", "ascii")


def test_a_change_that_could_not_be_read_again_is_not_saved(read: Read) -> None:
    settings = read()
    with pytest.raises(UsageError):
        save_changes(settings, {"ui": {"language": "da"}})
    assert not settings.paths.settings.exists()


def test_saving_leaves_the_persons_own_file_alone(read: Read, tmp_path: Path) -> None:
    settings = read("# min kommentar\n[ui]\ntheme = 'dark'")
    save_changes(settings, {"ui": {"theme": "light"}})
    assert (tmp_path / "config.toml").read_text(encoding="utf-8").startswith("# min kommentar")


def test_every_table_has_a_default() -> None:
    assert Tables() == Tables()


def test_of_a_persons_file_only_the_look_is_used(tmp_path: Path) -> None:
    own = tmp_path / "anna.toml"
    own.write_text('[ui]\ntheme = "light"\n[fortnox]\napi_url = "https://elsewhere.example/3"\n')
    settings = load(data_dir=tmp_path / "data", environ={"BRYGGA_CONFIG": ""}, person_file=own)
    assert (settings.ui.theme, settings.fortnox.api_url) == ("light", "https://api.fortnox.se/3")


def test_a_tilde_is_the_home_of_whoever_runs_brygga(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = read('[exchange]\ndir = "~/in"\n[backup]\ndir = "~/copies"\n[log]\nfile = "~/log"\n')
    assert settings.exchange_dir == tmp_path / "in"
    assert (settings.backup_dir, settings.log_path) == (tmp_path / "copies", tmp_path / "log")
