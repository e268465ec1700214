"""A throw-away Debian: what this machine must have for it, what is laid in it, its layers and how it is spoken to."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SUITE = "bookworm"
PATIENCE = 120
"""Seconds for anything that is waited for."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def unmet(*, fresh: bool, booted: bool) -> str:
    """What this machine lacks; empty when it can be done here."""
    if os.geteuid() != 0 or not Path("/etc/debian_version").exists():
        return "root on a Debian"
    tools = ["unshare", "mount", "chroot", "setpriv"]
    tools += ["debootstrap"] if fresh else []
    tools += ["nsenter", "systemd-nspawn"] if booted else []
    lacking = [tool for tool in tools if not shutil.which(tool)]
    if lacking:
        return " and ".join(lacking)
    if subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, check=False
    ).returncode:
        return "the right to make a mount namespace (a privileged container)"
    return ""


def supply(work: Path, wheel: Path | None, *, fresh: bool, booted: bool) -> None:
    """What the document says to copy to the server, and for a fresh Debian its files and the libraries."""
    goods = work / "goods"
    goods.mkdir()
    if wheel is None:
        build: list[str | Path] = [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            goods,
        ]
        subprocess.run(build, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
    else:
        shutil.copy(wheel, goods)
    shutil.copytree(PROJECT / "contrib", goods / "contrib")
    if not fresh:
        return
    print("== a Debian from nothing", flush=True)
    packages = ["ca-certificates", *(["systemd", "systemd-sysv", "dbus", "libpam-systemd"] if booted else [])]
    subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={','.join(packages)}", SUITE, work / "root"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    subprocess.run([sys.executable, "-m", "venv", work / "pip"], check=True)
    libraries: list[str | Path] = [
        "--only-binary=:all:",
        "--python-version",
        "3.11",
        "-c",
        PROJECT / "constraints.txt",
    ]
    subprocess.run(
        [
            work / "pip" / "bin" / "pip",
            "download",
            "-qq",
            *libraries,
            "-d",
            goods / "libraries",
            *goods.glob("*.whl"),
        ],
        check=True,
    )


def layers(work: Path, *, fresh: bool) -> Path:
    """The server's root: the fresh Debian, or a layer in memory over this machine's files."""
    root = work / "root"
    if not fresh:
        layer = work / "layer"
        layer.mkdir()
        mount("-t", "tmpfs", "-o", "size=2g", "layer", layer)
        for name in ("upper", "work"):
            (layer / name).mkdir()
        root.mkdir()
        options = f"lowerdir=/,upperdir={layer / 'upper'},workdir={layer / 'work'}"
        mount("-t", "overlay", "-o", options, "root", root)
        for place in ("tmp", "run", "var/lib/brygga", "etc/brygga", "opt/brygga", "srv/brygga"):
            shutil.rmtree(root / place, ignore_errors=True)
    for place, mode in (("tmp", 0o1777), ("run", 0o755)):
        (root / place).mkdir(exist_ok=True)
        (root / place).chmod(mode)
    mount("-t", "proc", "proc", root / "proc")
    mount("--rbind", "/dev", root / "dev")
    if fresh:
        shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    (root / "usr" / "sbin" / "policy-rc.d").write_text("#!/bin/sh\nexit 101\n")  # apt starts no services here
    (root / "usr" / "sbin" / "policy-rc.d").chmod(0o755)
    shutil.copytree(work / "goods", root / "root" / "brygga", dirs_exist_ok=True)
    return root


def mount(*words: str | Path) -> None:
    """Mount something, for this namespace alone."""
    subprocess.run(["mount", *words], check=True)


class Failed(Exception):
    """Something did not go as the document says."""


def expect(claim: str, held: object) -> None:
    """Print a result that holds; end where one does not."""
    if not held:
        raise Failed(claim)
    print(f"   ✓ {claim}", flush=True)


class Server:
    """The throw-away Debian, with a service account to come and a consultant's computer beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = free_port()
        self.address = ""
        self.libraries = {
            name: value
            for name, value in os.environ.items()
            if name.startswith("PIP_") or name.endswith("_proxy")
        }
        """Where pip finds what brygga needs."""
        self.environ = {"PATH": PATH, "LANG": "C.UTF-8", "TERM": "xterm-256color"}

    def installed(self) -> None:
        """The system's packages are in place."""

    def close(self) -> None:
        """The day is over."""

    def systemd(self, script: str) -> None:  # noqa: ARG002 the booted one runs it
        """A block for a server where systemd is at work."""
        print("   skipped: systemd does not run here; the units' own commands are run instead")

    def open_ssh(self) -> None:
        """Let sshd answer."""
        self.run(f"ssh-keygen -A >/dev/null; mkdir -p /run/sshd; /usr/sbin/sshd -p {self.port}")

    def run(self, script: str, who: str = "root", environ: dict[str, str] | None = None) -> str:
        """Run a script; its output. A failure ends the walkthrough."""
        with tempfile.TemporaryFile() as out:
            done = subprocess.run(
                self.command(script, who),
                env=self.environ_of(who) | (environ or {}),
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                check=False,
            )
            out.seek(0)
            told = out.read().decode(errors="replace")
        if done.returncode:
            raise Failed(f"exit {done.returncode}\n{script}\n{told}")
        return told

    def command(self, script: str, who: str = "root") -> list[str]:
        """The words that run a script in the server's files."""
        return [
            "chroot",
            f"--userspec={who}:{who}",
            str(self.root),
            "sh",
            "-euc",
            f"cd {home_of(who)}\n{script}",
        ]

    def environ_of(self, who: str) -> dict[str, str]:
        """The variables of an account there."""
        return self.environ | {"HOME": home_of(who)} | (self.libraries if who == "root" else {})


def home_of(who: str) -> str:
    """The home folder of an account there."""
    return "/root" if who == "root" else f"/home/{who}"


def free_port() -> int:
    """A port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
