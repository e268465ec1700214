"""A whole session through a real sshd: what a person with a key can do, and what nobody can."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import pty
import select
import shutil
import socket
import stat
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from typing import Any

import pytest

from bridge.cli import forced
from bridge.cli.commands import COMMANDS
from bridge.cli.options import Options
from core.config import load
from core.errors import BryggaError
from core.register import Role
from core.usecases.clients import add_client
from core.usecases.context import open_context
from core.usecases.users import add_user
from tests.ports import free_port

PROJECT = Path(__file__).parents[2]
SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin:" + os.environ.get("PATH", ""))
pytestmark = pytest.mark.skipif(
    not (SSHD and shutil.which("ssh")), reason="openssh-server and openssh-client are not installed"
)

CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {here}/host
PidFile {here}/sshd.pid
AuthorizedKeysFile {here}/authorized_keys
StrictModes no
UsePAM {pam}
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
AllowAgentForwarding yes
AllowTcpForwarding yes
X11Forwarding yes
AcceptEnv *
Subsystem sftp internal-sftp
LogLevel ERROR
"""
"""Everything is open here: what is refused is refused by the line in the key file and by the session."""


@dataclass
class Server:
    """A running sshd and a brygga that lets people in through it."""

    here: Path
    port: int
    brygga: Any

    def options(self, person: str) -> list[str]:
        return [
            "-F", "none", "-p", str(self.port), "-i", str(self.here / person), "-o", "IdentitiesOnly=yes",
            "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "LogLevel=ERROR",
            "-o", f"UserKnownHostsFile={self.here / 'known_hosts'}",
        ]  # fmt: skip

    def ssh(self, person: str, *words: str, stdin: bytes = b"", more: tuple[str, ...] = ()) -> Any:
        command = ["ssh", *self.options(person), *more, f"{getpass.getuser()}@127.0.0.1", *words]
        return subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False)

    def audit(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.brygga("audit", "show", "--json").json["events"]
        return events


def _is_locked() -> bool:
    """Whether this account has a locked password: without PAM sshd lets nobody in to it."""
    with contextlib.suppress(OSError):
        lines = Path("/etc/shadow").read_text(encoding="utf-8", errors="replace").splitlines()
        return any(line.startswith(f"{getpass.getuser()}:!") for line in lines)
    return False


def _keygen(path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)


async def _let_in(brygga: Any, keys: Path, people: dict[str, Role]) -> None:
    brygga.use_config(f'[people]\nauthorized_keys = "{keys}/authorized_keys"\n[ui]\nlanguage = "en"\n')
    settings = load(brygga.config, brygga.directory / "data", environ={})
    command = [sys.executable, "-I", "-m", "brygga", "--config", str(settings.config_file)]
    command += ["--data-dir", str(settings.data_dir)]
    async with open_context(settings, person="root") as ctx:
        await add_client(ctx, name="Bageri AB", orgnr="5566778899")
        for name, role in people.items():
            await add_user(ctx, name, role, (keys / f"{name}.pub").read_bytes(), command)


@pytest.fixture
def server(brygga: Any, tmp_path: Path) -> Iterator[Server]:
    here = tmp_path / "ssh"
    here.mkdir(mode=0o700)
    port = free_port()
    for name in ("host", "anna", "rut", "eva"):
        _keygen(here / name)
    (here / "known_hosts").write_text(f"[127.0.0.1]:{port} {(here / 'host.pub').read_text()}")
    (here / "sshd_config").write_text(
        CONFIG.format(port=port, here=here, pam="yes" if _is_locked() else "no")
    )
    asyncio.run(_let_in(brygga, here, {"anna": Role.CONSULTANT, "rut": Role.READER, "eva": Role.ADMIN}))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    assert SSHD
    with subprocess.Popen([SSHD, "-D", "-e", "-f", here / "sshd_config"], stderr=subprocess.PIPE) as daemon:
        try:
            _wait_for(port, daemon)
            yield Server(here, port, brygga)
        finally:
            daemon.terminate()


def _wait_for(port: int, daemon: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and daemon.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    daemon.kill()
    assert daemon.stderr
    pytest.skip(f"sshd does not run here: {daemon.stderr.read().decode(errors='replace')[-300:]}")


class Terminal:
    """ssh on a terminal of its own, 80 by 24."""

    def __init__(self, command: list[str]) -> None:
        self.seen = b""
        self.child, self.end = pty.fork()
        if self.child == 0:
            os.execvpe(command[0], command, {**os.environ, "TERM": "xterm-256color"})
        ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def until(self, piece: bytes, seconds: float = 30) -> bool:
        stop = time.monotonic() + seconds
        while piece not in self.seen and time.monotonic() < stop:
            if select.select([self.end], [], [], 0.2)[0]:
                try:
                    self.seen += os.read(self.end, 65536)
                except OSError:
                    break
        return piece in self.seen

    def press(self, keys: bytes) -> None:
        os.write(self.end, keys)

    def exit_code(self, seconds: float = 30) -> int:
        self.until(b"\0never\0", 0.1)
        stop = time.monotonic() + seconds
        while time.monotonic() < stop:
            done, status = os.waitpid(self.child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            self.until(b"\0never\0", 0.2)
        os.kill(self.child, 9)
        os.waitpid(self.child, 0)
        return -1

    def close(self) -> None:
        os.close(self.end)


@pytest.fixture
def terminal(server: Server) -> Iterator[Terminal]:
    made = Terminal(["ssh", *server.options("anna"), "-t", f"{getpass.getuser()}@127.0.0.1"])
    yield made
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(made.child, 9)
        os.waitpid(made.child, 0)
    made.close()


def test_a_person_asks_for_the_status(server: Server) -> None:
    told = server.ssh("rut", "status")
    assert (told.returncode, b"Bageri AB" in told.stdout) == (0, True), told


def test_the_audit_names_the_person_who_worked(server: Server) -> None:
    assert server.ssh("anna", "client add --name 'Bygg [AB]; id' --orgnr 556012-5790").returncode == 0
    added = next(event for event in server.audit() if event["action"] == "client.added")
    assert added["person"] == "anna"


def test_a_reader_is_refused_what_changes_something(server: Server) -> None:
    told = server.ssh("rut", "client", "add", "--name", "X", "--orgnr", "5560125790")
    assert told.returncode == 7
    assert b"takes another role" in told.stderr


def test_the_role_is_the_stores_and_not_the_clients(server: Server) -> None:
    told = server.ssh("rut", "doctor", more=("-o", "SetEnv=BRYGGA_ROLE=admin"))
    assert told.returncode == 7


HOSTILE = (
    "bash", "sh -i", "/bin/sh", "status; id",
    "status\nid", "status\rid", "status\0", "'", '"status', "scp -t /tmp", "rsync --server . /", "internal-sftp",
    "/usr/lib/openssh/sftp-server", "tmux", "vi", "python -c 1", "brygga --config /tmp/x status",
    "status --data-dir=/tmp", "status --data-dir /tmp", "status --as eva", "--as=eva status", "session --as eva",
    "brygga session", "brygga brygga status", "users add x --role admin --key k", "users remove anna",
    "users sync", "secrets doctor", "secrets rekey", "config init", "demo", "sandbox serve", "bridge run",
    "backup create", "backup restore x", "-c id", "--", "-- bash", "status" + " x" * 4096, "", "   ",
)  # fmt: skip


@pytest.mark.parametrize("asked", HOSTILE)
def test_only_a_command_of_a_session_is_understood(asked: str) -> None:
    with pytest.raises(BryggaError):
        forced.options_of(Options(person="anna"), forced.words_of(asked), Role.ADMIN)


def test_help_lists_the_commands_of_the_role(brygga_asked: Any) -> None:
    told = brygga_asked("help")
    assert (told.code, "\n  status " in told.out) == (0, True)
    for servers in ("sandbox serve", "secrets rekey", "--data-dir"):
        assert servers not in told.out
    assert "client forget" in brygga_asked("client --help").out


SERVER = frozenset(
    {
        "demo", "sandbox serve", "bridge run", "session", "users add", "users remove", "users sync", "paths",
        "config check", "config init", "secrets init", "secrets set", "secrets doctor", "secrets rekey",
        "backup create", "backup list", "backup verify", "backup restore",
    }
)  # fmt: skip
"""Commands of the server's own account, which no session over SSH runs."""


def test_every_command_is_either_a_sessions_or_the_servers() -> None:
    """A new command belongs in ``bridge.cli.forced`` under the role that may run it over SSH, or here."""
    assert {command.name for command in COMMANDS} == forced.ALLOWED[Role.ADMIN] | SERVER
    assert not forced.ALLOWED[Role.ADMIN] & SERVER


def test_nobody_gets_a_shell_or_the_servers_own_commands(brygga_asked: Any) -> None:
    for asked in (
        "bash",
        "status; id",
        "status && id",
        "status | id",
        "status `id`",
        "status $(id)",
        "status\nid",
        "status --as eva",
        "session --as eva",
        "demo",
        "",
    ):
        told = brygga_asked(asked)
        assert told.code in {2, 7}, told
        assert "uid=" not in told.out + told.err


@pytest.fixture
def brygga_asked(brygga: Any, tmp_path: Path) -> Any:
    """The forced command as sshd runs it, without sshd between."""
    _keygen(tmp_path / "anna")
    asyncio.run(_let_in(brygga, tmp_path, {"anna": Role.ADMIN}))

    def ask(words: str, stdin: str = "", **environ: str) -> Any:
        place = ("--config", brygga.config, "--data-dir", brygga.directory / "data")
        told = {"SSH_ORIGINAL_COMMAND": words, **environ}
        return brygga(*place, "session", "--as", "anna", stdin=stdin, environ=told)

    return ask


def test_a_shell_is_refused_through_sshd_and_written_to_the_audit(server: Server) -> None:
    told = server.ssh("eva", "bash -c id")
    assert (told.returncode, told.stdout) == (7, b"")
    event = server.audit()[0]
    assert (event["person"], event["action"]) == ("eva", "session.refused")
    assert event["details"]["asked"] == "bash -c id"


def test_sftp_and_scp_are_refused(server: Server) -> None:
    target = f"{getpass.getuser()}@127.0.0.1:/etc/passwd"
    options = ["-P" if word == "-p" else word for word in server.options("eva")]
    for program in (["scp"], ["scp", "-O"]):
        told = subprocess.run(
            [*program, *options, target, server.here / "copy"], capture_output=True, timeout=60, check=False
        )
        assert told.returncode != 0
    told = subprocess.run(
        ["sftp", *options, "-b", "-", target.partition(":")[0]],
        input=b"ls\n", capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert told.returncode != 0
    assert not (server.here / "copy").exists()


def test_no_port_is_forwarded(server: Server) -> None:
    port = free_port()
    forward = ("-N", "-R", f"127.0.0.1:{port}:127.0.0.1:{server.port}", "-o", "ExitOnForwardFailure=yes")
    assert server.ssh("eva", more=forward).returncode != 0
    told = server.ssh("eva", more=("-W", f"127.0.0.1:{server.port}"))
    assert not told.stdout.startswith(b"SSH-")


def test_an_unknown_key_is_not_let_in(server: Server) -> None:
    assert server.brygga("users", "remove", "rut").code == 0
    assert server.ssh("rut", "status").returncode == 255


def test_a_file_goes_both_ways_through_the_hand_over_folder(server: Server) -> None:
    content = b"#FLAGGA 0\n" + bytes(range(256))
    assert server.ssh("anna", "file put 'b 1.se'", stdin=content).returncode == 0
    assert server.ssh("anna", "file get 'b 1.se'").stdout == content
    assert server.ssh("rut", "file get 'b 1.se'").returncode == 2


def test_the_interface_opens_on_a_terminal_and_is_left(server: Server, terminal: Terminal) -> None:
    assert terminal.until(b"Bageri AB"), terminal.seen[-2000:]
    terminal.press(b"q")
    assert terminal.exit_code() == 0
    started = next(event for event in server.audit() if event["action"] == "session.started")
    assert (started["person"], started["details"]["asked"]) == ("anna", "")


def sessions(server: Server) -> list[Path]:
    """The processes of anna's sessions."""
    mark = f"{server.here.parent}/data\0session\0--as\0anna".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cmdline").read_bytes().rstrip(b"\0").endswith(mark):
                found.append(process)
    return found


def test_the_kernel_holds_the_interface_of_a_session(server: Server, terminal: Terminal) -> None:
    if not wall_is_here():
        pytest.skip("this kernel has no Landlock")
    assert terminal.until(b"Bageri AB"), terminal.seen[-2000:]
    held = ["NoNewPrivs:\t1" in (process / "status").read_text() for process in sessions(server)]
    assert held
    assert all(held)


def test_the_wall_leaves_open_what_a_session_looks_into(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[exchange]\ndir = "/srv/firm"\n[backup]\ndir = "/mnt/copies"\n')
    settings = load(config, tmp_path, environ={})
    assert {Path("/srv/firm"), Path("/mnt/copies")} <= set(forced.readable(settings))
    assert Path("/mnt/copies") not in set(forced.writable(settings, tmp_path, Role.ADMIN))


@pytest.mark.parametrize(
    ("role", "may"), [(Role.ADMIN, True), (Role.CONSULTANT, False), (Role.READER, False)]
)
def test_only_who_may_forget_a_client_removes_from_the_exchange_folder(
    tmp_path: Path, role: Role, may: bool
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[exchange]\ndir = "/srv/firm"\n')
    settings = load(config, tmp_path, environ={})
    assert (Path("/srv/firm") in set(forced.writable(settings, tmp_path, role))) is may


def wall_is_here() -> bool:
    script = "from core.fence import wall_in; print(wall_in(['/'], ['/']))"
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    return told.stdout.strip() == "True"


def test_a_dropped_connection_ends_the_session(server: Server, terminal: Terminal) -> None:
    assert terminal.until(b"Bageri AB"), terminal.seen[-2000:]
    os.kill(terminal.child, 9)
    until = time.monotonic() + 30
    while sessions(server) and time.monotonic() < until:
        time.sleep(0.1)
    assert not sessions(server)


def test_no_code_of_the_clients_runs_even_where_sshd_takes_its_environment(server: Server) -> None:
    evil = server.here / "evil"
    evil.mkdir()
    for name in ("sitecustomize.py", "usercustomize.py", "brygga.py"):
        (evil / name).write_text(f"open({str(server.here / 'ran')!r}, 'w')\n")
    told = server.ssh(
        "rut", "status", more=("-o", f"SetEnv=PYTHONPATH={evil} PYTHONSTARTUP={evil}/brygga.py")
    )
    assert told.returncode == 0
    assert not (server.here / "ran").exists()


def test_the_interface_says_that_it_needs_a_terminal(server: Server) -> None:
    told = server.ssh("anna")
    assert told.returncode == 2
    assert b"terminal" in told.stderr


OUTSIDE = (
    "sie check /etc/passwd", "sie summary ../../brygga.db", "sie check link.se", "sie check folder/x.se",
    "sie check ~/../anna/../../master.key", "sie check /proc/self/environ", "sie check hard.se",
    "client import /etc/passwd", "audit export /tmp/x.jsonl", "audit export ../../out.jsonl",
    "audit export link-out.jsonl", "audit verify --head /tmp/h", "file get ../../brygga.db", "file put ../x",
    "file put /tmp/x", "file get link.se", "report 1 trial -o /tmp/x", "audit export --force link-out.jsonl",
    "file put .ssh",
)  # fmt: skip


def test_no_file_outside_the_hand_over_folder_is_reached(brygga_asked: Any, brygga: Any) -> None:
    folder = brygga.directory / "data" / "handover" / "anna"
    folder.mkdir(parents=True)
    secret = brygga.directory / "secret.se"
    secret.write_text("#FLAGGA 0\n#PROGRAM secret 1\n#FNAMN secret\n")
    (folder / "link.se").symlink_to(secret)
    (folder / "folder").symlink_to("/etc")
    (folder / "link-out.jsonl").symlink_to(brygga.directory / "written")
    os.link(secret, folder / "hard.se")
    for asked in OUTSIDE:
        told = brygga_asked(asked, stdin="x")
        assert told.code in {2, 7}, told
        assert "secret" not in told.out
        assert "root:" not in told.out
    assert not (brygga.directory / "written").exists()
    assert secret.read_text().count("\n") == 3


def test_a_secret_in_what_was_asked_does_not_reach_the_audit(brygga_asked: Any, brygga: Any) -> None:
    brygga_asked("connect --paste 'http://localhost:8573/callback?code=CanaryCode123&state=x'")
    assert "CanaryCode123" not in brygga("audit", "show", "--json").out


def test_a_path_that_was_refused_is_in_the_audit(brygga_asked: Any, brygga: Any) -> None:
    brygga_asked("sie check /etc/passwd")
    event = brygga("audit", "show", "--json").json["events"][0]
    assert (event["action"], event["details"]["asked"]) == ("session.refused", "/etc/passwd")


def test_a_files_own_place_is_read_and_written(brygga_asked: Any, brygga: Any) -> None:
    assert brygga_asked("audit export audit.jsonl").code == 0
    written = brygga.directory / "data" / "handover" / "anna" / "audit.jsonl"
    assert written.is_file()
    assert stat.S_IMODE(written.parent.stat().st_mode) == 0o700


def test_the_clients_environment_chooses_nothing(brygga_asked: Any) -> None:
    names = (
        "BRYGGA_CONFIG",
        "BRYGGA_DATA_DIR",
        "TEXTUAL_DRIVER",
        "PAGER",
        "EDITOR",
        "BROWSER",
        "BRYGGA_LANG",
    )
    elsewhere = dict.fromkeys(names, "/tmp/elsewhere")
    assert brygga_asked("client list --json", **elsewhere).out == brygga_asked("client list --json").out
