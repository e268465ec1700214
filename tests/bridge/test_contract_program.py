"""The program as a whole: wrong usage, configuration, paths, version, language, start-up."""

from __future__ import annotations

import json
import shlex
import signal
import socket
import subprocess
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ERROR_KEYS = {"code", "title", "message", "hint", "retryable"}


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("client",),
        ("client", "add"),
        ("client", "list", "--nonsense"),
        ("status", "a", "b"),
        ("--lang", "de", "status"),
        ("status", "--config"),
        ("sandbox", "serve", "--port", "65536"),
        ("sandbox", "serve", "--clients", "0"),
        ("sandbox", "serve", "--fault", "nonsense:2"),
        (),
    ],
)
def test_wrong_usage_is_exit_2_three_lines_and_json(brygga: Any, words: tuple[str, ...]) -> None:
    ran = brygga("--json", *words)
    assert ran.code == 2
    assert set(ran.json["error"]) == ERROR_KEYS
    assert ran.json["error"]["code"] == "usage"
    assert len(ran.err.splitlines()) == 3


def test_the_interface_without_a_terminal_is_wrong_usage(brygga: Any) -> None:
    ran = brygga()
    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 3


def test_the_demo_without_a_terminal_asks_for_headless(brygga: Any) -> None:
    ran = brygga("demo")
    assert ran.code == 2
    assert "--headless" in ran.err


def test_version_is_data(brygga: Any) -> None:
    assert brygga("--version").out.startswith("brygga ")
    assert set(brygga("--version", "--json").json) == {"version"}


def test_help_goes_to_stdout(brygga: Any) -> None:
    ran = brygga("voucher", "--help")
    assert ran.code == 0
    assert "voucher ready" in ran.out


def test_sentences_are_swedish_unless_asked_otherwise(brygga: Any) -> None:
    assert "Det finns inget kommando" in brygga("nonsense", environ={"BRYGGA_LANG": ""}).err


def test_the_configured_language_holds_unless_another_is_asked_for(brygga: Any) -> None:
    brygga.use_config('[ui]\nlanguage = "en"\n')
    unset = {"BRYGGA_LANG": ""}
    assert "There is no command" in brygga("nonsense", environ=unset).err
    assert "Det finns inget kommando" in brygga("nonsense", "--lang", "sv", environ=unset).err
    assert "lacks its value" in brygga("status", "--config").err


def test_a_broken_configuration_is_exit_2_and_names_the_key(brygga: Any) -> None:
    brygga.use_config("[connection]\nwarn_day = 3\n")
    ran = brygga("config", "check", "--json")
    assert ran.code == 2
    assert ran.json["error"]["code"] == "config_invalid"
    assert "warn_day" in ran.json["error"]["message"]


def test_a_configuration_that_is_named_but_missing_is_exit_2(brygga: Any) -> None:
    ran = brygga("status", "--config", "nowhere.toml", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "file_missing")


def test_a_data_directory_that_cannot_be_used_is_exit_2(brygga: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", Path("/proc/brygga")):
        ran = brygga("status", "--data-dir", place, "--json")
        assert (ran.code, ran.json["error"]["code"]) == (2, "config_invalid")
        assert len(ran.err.splitlines()) == 3


def test_an_unforeseen_fault_is_three_lines_and_no_traceback(brygga: Any) -> None:
    script = (
        "import brygga, bridge.cli.doctor as doctor\n"
        "from bridge.cli.session import Run\n"
        "def fail(*, run: Run): raise ZeroDivisionError('x')\n"
        "doctor.paths = fail\n"
        "raise SystemExit(brygga.main(['paths', '--json']))"
    )
    done = brygga.python(script)
    assert (done.code, done.json["error"]["code"]) == (1, "internal")
    assert len(done.err.splitlines()) == 3
    log = (brygga.directory / "data" / "brygga.log").read_text(encoding="utf-8")
    assert "ZeroDivisionError" in log


def test_status_watch_prints_a_line_for_a_change_until_it_is_interrupted(brygga: Any) -> None:
    brygga("client", "add", "--name", "A", "--orgnr", "5566778899")
    with subprocess.Popen(
        brygga.command("status", "--watch", "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=brygga.environ,
        cwd=brygga.directory,
        encoding="utf-8",
    ) as child:
        assert child.stdout is not None
        assert len(json.loads(child.stdout.readline())["clients"]) == 1
        brygga("client", "add", "--name", "B", "--orgnr", "559999-1055")
        assert [row["name"] for row in json.loads(child.stdout.readline())["clients"]] == ["B"]
        child.send_signal(signal.SIGINT)
        assert child.wait(20) == 130


def test_config_init_writes_the_example_once(brygga: Any, tmp_path: Path) -> None:
    target = tmp_path / "new" / "config.toml"
    assert brygga("config", "init", "--config", target).code == 0
    assert tomllib.loads(target.read_text(encoding="utf-8"))
    ran = brygga("config", "init", "--config", target, "--json")
    assert (ran.code, ran.json["error"]["code"]) == (7, "file_exists")
    assert brygga("config", "check", "--config", target).code == 0


def test_config_show_is_toml_or_json(brygga: Any) -> None:
    brygga.use_config('[firm]\nname = "Byrån"\n')
    assert tomllib.loads(brygga("config", "show").out)["firm"] == {"name": "Byrån"}
    assert brygga("config", "show", "--json").json["connection"]["warn_days"] == 7


def test_paths_name_every_place(brygga: Any, tmp_path: Path) -> None:
    places = brygga("paths", "--json").json
    assert places["data_dir"] == str(tmp_path / "data")
    assert {"config", "store", "log", "keyfile"} <= set(places)


def test_keys_lists_the_interface_without_opening_it(brygga: Any) -> None:
    keys = brygga("keys", "--json").json["keys"]
    assert {"key", "action", "text"} == set(keys[0])


def test_doctor_is_a_checklist(brygga: Any) -> None:
    ran = brygga("doctor", "--json")
    assert ran.code in {0, 1}
    assert {"code", "ok", "text", "remedy"} <= set(ran.json["checks"][0])


def test_secrets_init_without_a_keeper_is_exit_2(brygga: Any) -> None:
    ran = brygga("secrets", "init", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "no_keeper")


def test_secrets_are_read_from_stdin_and_never_shown(brygga: Any) -> None:
    assert brygga("secrets", "init", "--keeper", "keyfile", "--json").code == 0
    ran = brygga("secrets", "set", "fortnox-client-secret", "--json", stdin="hush-hush\n")
    assert ran.code == 0
    assert "hush-hush" not in ran.out + ran.err
    doctor = brygga("secrets", "doctor", "--json")
    assert doctor.code == 0
    assert all(check["ok"] for check in doctor.json["checks"])
    assert brygga("secrets", "rekey", "--json").code == 0
    assert brygga("secrets", "doctor", "--json").code == 0


def test_secrets_set_without_a_secret_is_exit_2(brygga: Any) -> None:
    brygga("secrets", "init", "--keeper", "keyfile")
    assert brygga("secrets", "set", "fortnox-client-secret", "--json").code == 2


def loaded_by(brygga: Any, code: str) -> set[str]:
    """The modules that are loaded after running the code in a fresh interpreter."""
    script = f"import sys, brygga\n{code}\nprint(*sys.modules, sep='\\n', file=sys.stderr)"
    done = subprocess.run(
        [brygga.command()[0], "-c", script],
        capture_output=True,
        encoding="utf-8",
        env=brygga.environ,
        cwd=brygga.directory,
        timeout=60,
        check=True,
    )
    return set(done.stderr.splitlines())


def test_status_loads_neither_screen_nor_network(brygga: Any) -> None:
    brygga("client", "add", "--name", "A", "--orgnr", "5566778899")
    loaded = loaded_by(brygga, "brygga.main(['status', '--json'])")
    assert loaded.isdisjoint({"textual", "httpx", "starlette", "uvicorn", "keyring", "cryptography"})


def test_the_way_to_the_interface_does_not_load_the_command_parser(brygga: Any) -> None:
    assert loaded_by(brygga, "brygga.main([])").isdisjoint({"cyclopts", "rich", "httpx"})


@pytest.mark.parametrize("redirection", [">/dev/full", ">&-", "2>&-", "<&-", ">/dev/full 2>&-"])
def test_output_that_cannot_be_written_gives_no_traceback(brygga: Any, redirection: str) -> None:
    done = subprocess.run(
        f"{shlex.join(brygga.command('paths', '--json'))} {redirection}",
        shell=True,
        capture_output=True,
        encoding="utf-8",
        env=brygga.environ,
        cwd=brygga.directory,
        timeout=60,
        check=False,
    )
    assert done.returncode == (1 if "full" in redirection else 0)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_the_commands_load_no_screen_library_and_no_client(brygga: Any) -> None:
    code = (
        "from bridge.cli.commands import COMMANDS\n"
        "[command.load() for command in COMMANDS if command.name != 'keys']"
    )
    assert loaded_by(brygga, code).isdisjoint({"textual", "rich", "httpx", "starlette", "uvicorn"})


def test_an_interrupted_demo_leaves_nothing_behind(brygga: Any, tmp_path: Path) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    with subprocess.Popen(
        brygga.command("demo", "--headless", "--clients", "1", "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**brygga.environ, "TMPDIR": str(place)},
        cwd=brygga.directory,
        encoding="utf-8",
    ) as child:
        assert child.stdout is not None
        address = urlsplit(json.loads(child.stdout.readline())["api_url"])
        child.send_signal(signal.SIGTERM)
        assert child.wait(20) == 130
    assert list(place.iterdir()) == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", address.port or 0)) != 0


def test_a_reader_that_goes_away_is_no_crash(brygga: Any) -> None:
    with subprocess.Popen(
        brygga.command("--help"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=brygga.environ,
        cwd=brygga.directory,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert b"Traceback" not in child.stderr.read()
