"""A throw-away Debian with systemd at work: booted in a container with no way out, and held to what its units say.

The network is the container's own, with nothing on it but itself. Commands enter by nsenter, so that the machine
outside needs no systemd; all of it ends with the process that started it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tools.throwaway import PATIENCE, Failed, Server, expect, home_of

CLONE_NEWNET = 0x40000000
REBOOTED = 133
"""How systemd-nspawn ends when it is for its caller to boot the system again."""
LONGEST_STOP = 90
"""Seconds in which the service must have stopped."""
SHORT_WATCHDOG = 10
"""Seconds of the watchdog while it is tried; the unit's own are 120."""

SLEPT_THROUGH = """
mkdir /etc/systemd/system/brygga-once.timer.d
printf '[Timer]\\nRandomizedDelaySec=0\\n' >/etc/systemd/system/brygga-once.timer.d/now.conf
systemctl stop brygga-once.timer
touch -d '2 days ago' /var/lib/systemd/timers/stamp-brygga-once.timer
systemctl daemon-reload
systemctl start brygga-once.timer
"""
"""The timer last ran two nights ago, and waits for no random minutes."""

NEXT_MINUTE = """
cp -p /etc/brygga/config.toml /root/config.toml
sed -i "s/^import_at = .*/import_at = \\"$(date -d '+1 minute' +%H:%M)\\"\\nspread_minutes = 0/" /etc/brygga/config.toml
systemctl restart brygga.service
"""
"""The night begins with the next minute, later than every import so far."""

WATCHED_CLOSELY = f"""
mkdir -p /etc/systemd/system/brygga.service.d
printf '[Service]\\nWatchdogSec={SHORT_WATCHDOG}\\nRestartSec=1\\n' >/etc/systemd/system/brygga.service.d/short.conf
systemctl daemon-reload
systemctl restart brygga.service
"""


class Booted(Server):
    """The throw-away Debian, once booted."""

    def __init__(self, files: Path) -> None:
        super().__init__(files)
        self.files = files
        self.port = 22
        self.container: subprocess.Popen[bytes] | None = None
        self.leader = 0

    # -- the container -----------------------------------------------------------------------------------

    def installed(self) -> None:
        """Packages came by the outer network; from here on the server runs by itself."""
        (self.files / "usr/sbin/policy-rc.d").unlink()
        for place in ("proc", "dev"):
            subprocess.run(["umount", "--recursive", "--lazy", self.files / place], check=True)
        self._boot()

    def _boot(self) -> None:
        words = ["--boot", "--register=no", "--keep-unit", "--private-network", "--console=pipe", "--quiet"]
        self.container = subprocess.Popen(
            ["systemd-nspawn", f"--directory={self.files}", f"--machine=brygga-{os.urandom(4).hex()}", *words],
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._enter()

    def _enter(self) -> None:
        """Wait until the system is up, and use its network and its files."""
        wait_for("the container's first process", lambda: self._leader() != 0)
        self.leader = self._leader()
        with (Path("/proc") / str(self.leader) / "ns/net").open() as network:
            if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), CLONE_NEWNET):
                raise Failed(f"the container's network: {os.strerror(ctypes.get_errno())}")
        self.root = Path(f"/proc/{self.leader}/root")
        wait_for(
            "systemd to be up",
            lambda: self.told("systemctl is-system-running || :") in {"running", "degraded"},
        )
        expect(f"systemd is up: {self.told('systemctl --version').splitlines()[0]}", self._nothing_failed())

    def _leader(self) -> int:
        """The first process of the container; 0 before it is systemd."""
        if self.container is None or self.container.poll() is not None:
            raise Failed("the container ended")
        outer = self.container.pid
        for child in Path(f"/proc/{outer}/task/{outer}/children").read_text().split():
            with contextlib.suppress(OSError):
                if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                    return int(child)
        return 0

    def close(self) -> None:
        """Switch it off, and leave no control group behind."""
        if self.container is None:
            return
        self.container.send_signal(signal.SIGTERM)
        try:
            self.container.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.container.kill()
            self.container.wait()
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            for mounted in ("", "systemd", "unified"):
                own = Path("/sys/fs/cgroup") / mounted / line.split(":")[2].strip("/")
                for made in ("payload", "supervisor"):
                    remove_groups(own / made)

    def command(self, script: str, who: str = "root") -> list[str]:
        """The words that run a script in there."""
        if not self.leader:
            return super().command(script, who)
        account = [f"--reuid={who}", f"--regid={who}", "--init-groups"]
        entered = ["nsenter", f"--target={self.leader}", "--all", "setpriv", *account]
        return [*entered, "sh", "-euc", f"cd {home_of(who)}\n{script}"]

    def told(self, script: str) -> str:
        """What a script says."""
        return self.run(script).strip()

    # -- what the document says of it ---------------------------------------------------------------------

    def systemd(self, script: str) -> None:
        """Run the block; after the one for the timer, let a night pass and go back to the service."""
        self.run(script)
        if "enable --now brygga-once.timer" in script:
            self._night_by_timer()
            self.run("systemctl disable --now brygga-once.timer\nsystemctl enable --now brygga.service")
            self._night_by_service()

    def open_ssh(self) -> None:
        """Debian started it."""
        expect("sshd is the system's own", self.told("systemctl is-active ssh.service") == "active")

    def _night_by_timer(self) -> None:
        """The timer finds that two nights were slept through, and starts its service."""
        before = self._last_import()
        self.run(SLEPT_THROUGH)
        wait_for("the timer's import", lambda: self._last_import() != before)
        wait_for("its service to end", lambda: self._is("brygga-once.service", "ActiveState", "inactive"))
        expect("brygga-once.timer imported the night", self._is("brygga-once.service", "Result", "success"))
        self.run("rm -r /etc/systemd/system/brygga-once.timer.d\nsystemctl daemon-reload")

    def _night_by_service(self) -> None:
        """The service imports when the clock strikes; the timer's import was before it."""
        before = self._last_import()
        self.run(NEXT_MINUTE)
        wait_for("the service's import", lambda: self._last_import() != before)
        expect("brygga.service imported the night", self._is("brygga.service", "ActiveState", "active"))
        self.run("cp -p /root/config.toml /etc/brygga/config.toml\nsystemctl restart brygga.service")

    def _last_import(self) -> str:
        (row,) = json.loads(self.run("brygga --json status"))["clients"]
        return str(row["last_import"])

    # -- what the unit says of itself ---------------------------------------------------------------------

    def serve(self, exchange: Callable[[], None]) -> None:
        """The service at work, killed, hung and stopped; it stands still afterwards."""
        print("-- the service under systemd", flush=True)
        expect("brygga.service is active", self._is("brygga.service", "ActiveState", "active"))
        exchange()
        with urllib.request.urlopen("http://127.0.0.1:8574/health", timeout=PATIENCE) as page:
            expect("it took a file in and answers on /health", json.load(page))
        limit = self.shown("brygga.service", "WatchdogUSec")
        expect(f"the watchdog waits {limit}", limit == "2min")
        self._killed()
        self._hung()
        started = time.monotonic()
        self.run("systemctl stop brygga.service")
        took = time.monotonic() - started
        expect(f"SIGTERM: stopped in {took:.1f} s", took < LONGEST_STOP)
        expect("and in order", self._is("brygga.service", "Result", "success"))
        expect("systemctl --failed is empty", self._nothing_failed())
        print(self.told("systemd-analyze security --no-pager brygga.service | tail -n 1"))

    def _killed(self) -> None:
        """Kill -9: systemd starts it again."""
        pid, started = self.shown("brygga.service", "MainPID"), time.monotonic()
        self.run(f"kill -9 {pid}")
        self._again(pid)
        expect(f"kill -9: started again after {time.monotonic() - started:.0f} s", held=True)

    def _hung(self) -> None:
        """SIGSTOP: the watchdog, made short, lets it live while it answers and ends it when it does not."""
        self.run(WATCHED_CLOSELY)
        pid = self.shown("brygga.service", "MainPID")
        time.sleep(2 * SHORT_WATCHDOG)
        expect("the watchdog hears from it", self._is("brygga.service", "MainPID", pid))
        started = time.monotonic()
        self.run(f"kill -STOP {pid}")
        self._again(pid)
        expect(f"SIGSTOP: started again after {time.monotonic() - started:.0f} s", held=True)
        self.run(
            "rm /etc/systemd/system/brygga.service.d/short.conf\n"
            "systemctl daemon-reload\nsystemctl restart brygga.service"
        )

    def _again(self, former: str) -> None:
        """Wait until it is active as another process."""
        wait_for(
            "systemd to start it again",
            lambda: (
                self._is("brygga.service", "ActiveState", "active")
                and self.shown("brygga.service", "MainPID") not in {"0", former}
            ),
        )

    def come_back(self) -> None:
        """After a restart of the server the units are there, and so is the consultant's way in."""
        with contextlib.suppress(Failed):  # it may take this very command down with it
            self.run("systemctl reboot")
        if self.container is None or self.container.wait(PATIENCE) != REBOOTED:
            raise Failed("the server did not restart")
        self._boot()
        for unit in ("brygga.service", "ssh.service"):
            wait_for(unit, partial(self._is, unit, "ActiveState", "active"))
        expect("after a restart brygga.service and sshd are active", self._nothing_failed())
        expect("and the consultant is let in", "Bageri" in self.run("ssh brygga@byraserver status", "anna"))

    def shown(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.told(f"systemctl show --property={name} --value {unit}")

    def _is(self, unit: str, name: str, value: str) -> bool:
        return self.shown(unit, name) == value

    def _nothing_failed(self) -> bool:
        failed = self.told("systemctl --failed --no-legend --plain")
        if failed:
            raise Failed(failed)
        return True


def wait_for(what: str, held: Callable[[], bool]) -> None:
    """Wait until something holds."""
    until = time.monotonic() + PATIENCE
    while not held():
        if time.monotonic() > until:
            raise Failed(f"waited {PATIENCE} s for {what}")
        time.sleep(0.3)


def remove_groups(top: Path) -> None:
    """Remove a control group and those in it; one that is in use stays."""
    for place, _folders, _files in os.walk(top, topdown=False):
        with contextlib.suppress(OSError):
            Path(place).rmdir()
