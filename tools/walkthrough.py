"""Follow docs/operations.md to the letter in a throw-away Debian, from nothing to a consultant's first login.

``python tools/walkthrough.py`` lays a throw-away layer over this machine's own files; ``--fresh`` makes a Debian
from nothing with debootstrap. Needs root on a Debian; says what it skips and why. What it runs are the document's
own code blocks (``server``, ``laptop``); a block marked ``systemd`` runs only where systemd does, and the unit's
own command lines are run in its place. ``--booted`` makes a Debian from nothing, boots it in a container of its own
(systemd-nspawn, no network), and runs the ``systemd`` blocks too. Ends with a nightly import from the sandbox, a
consultant's session over SSH and files exchanged both ways. Exit 77 when the machine does not allow it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tools.booted import Booted
from tools.throwaway import PATIENCE, PROJECT, Failed, Server, expect, layers, supply, unmet

DOCUMENT = PROJECT / "docs" / "operations.md"
BLOCK = re.compile(r"^```sh (\w+)(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SKIPPED = 77
"""What the machine does not allow, as test harnesses say it."""


def main() -> int:
    """Prepare the layers, then follow the document inside them."""
    parser = argparse.ArgumentParser(description="Follow docs/operations.md in a throw-away Debian.")
    parser.add_argument("--fresh", action="store_true", help="a Debian from nothing, by debootstrap")
    parser.add_argument("--booted", action="store_true", help="a Debian from nothing, with systemd at work")
    parser.add_argument("--wheel", type=Path, help="the wheel to install; built when it is left out")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    asked.fresh |= asked.booted
    if asked.inside:
        return inside(asked.inside, fresh=asked.fresh, booted=asked.booted)
    missing = unmet(fresh=asked.fresh, booted=asked.booted)
    if missing:
        print(f"skipped: the walkthrough of docs/operations.md needs {missing}")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="walkthrough-") as place:
        work = Path(place)
        supply(work, asked.wheel, fresh=asked.fresh, booted=asked.booted)
        words = [sys.executable, __file__, "--inside", place]
        words += ["--booted"] if asked.booted else ["--fresh"] if asked.fresh else []
        apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        return subprocess.run([*apart, *words], check=False).returncode


@dataclass(frozen=True)
class Block:
    """A code block of the document that a person would run."""

    where: str
    kind: str
    script: str
    line: int


def blocks() -> Iterator[Block]:
    """The blocks in their order."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        yield Block(match[1], match[2] or "", match[3], text.count("\n", 0, match.start()) + 1)


def inside(work: Path, *, fresh: bool, booted: bool) -> int:
    """Within the namespace: lay the layers, follow the document, look at what came of it."""
    started = time.monotonic()
    root = layers(work, fresh=fresh)
    server = Booted(root) if booted else Server(root)
    try:
        if fresh:
            server.libraries = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/root/brygga/libraries"}
        for block in blocks():
            follow(server, block)
        if isinstance(server, Booted):
            server.serve(partial(exchange, server))
        else:
            service(server)
        results(server)
        if isinstance(server, Booted):
            server.come_back()
    except Failed as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    finally:
        server.close()
    print(f"docs/operations.md holds: {time.monotonic() - started:.0f} s")
    return 0


def follow(server: Server, block: Block) -> None:
    """Do what a block says, where it says."""
    title = next((line for line in block.script.splitlines() if line.strip()), "")
    print(f"-- line {block.line}, {block.where}: {title[:80]}", flush=True)
    if block.where == "systemd":
        server.systemd(block.script)
    elif block.where == "laptop":
        laptop(server)
        if block.kind == "interface":
            interface(server, block.script)
        else:
            server.run(block.script, "anna")
    elif "apt-get" in block.script:
        install(server, block.script)
    else:
        told = server.run(block.script, environ={"ADRESS": server.address})
        if block.kind == "address":
            server.address = approved(told)
    if block.where == "laptop" and "ssh-keygen" in block.script:
        shutil.copy(server.root / "home/anna/.ssh/id_ed25519.pub", server.root / "tmp/anna.pub")
        server.run("ssh-keygen -q -t ed25519 -N '' -f /root/bo && cp /root/bo.pub /tmp/bo.pub")


def install(server: Server, script: str) -> None:
    """Packages; without the network those that are here already will do."""
    try:
        server.run(script, environ={"DEBIAN_FRONTEND": "noninteractive"})
    except Failed:
        server.run("test -x /usr/sbin/sshd && python3 -c 'import ensurepip, venv'")
        print("   skipped: no packages to be had; those of this machine are used")
    server.installed()


def laptop(server: Server) -> None:
    """The consultant's computer, once: an account of its own that knows the way to the server; and sshd."""
    if (server.root / "home/anna/.ssh/config").exists():
        return
    server.run("id -u anna >/dev/null 2>&1 || useradd --create-home anna")
    config = (
        f"Host byraserver\n  HostName 127.0.0.1\n  Port {server.port}\n  StrictHostKeyChecking accept-new\n"
    )
    server.run(f"install -d -m 0700 .ssh\ncat >.ssh/config <<'END'\n{config}END", "anna")
    server.open_ssh()


def approved(told: str) -> str:
    """What a person does in the browser: open the address, choose the company, approve; the address after it."""
    found = re.search(r"https?://\S+", told)
    if found is None:
        raise Failed(f"no address in: {told}")
    with urllib.request.urlopen(found.group()) as page:  # noqa: S310 the sandbox's own address
        form = page.read().decode()
    fields = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form))
    fields = {name: value.replace("&amp;", "&") for name, value in fields.items()}
    tenants = re.findall(r'<option value="([^"]*)"', form)
    answer = urllib.parse.urlencode(fields | {"tenant": tenants[0], "decision": "approve"}).encode()
    action = re.search(r'action="([^"]*)"', form)
    place = urllib.parse.urljoin(found.group(), action.group(1) if action else "")
    opener = urllib.request.build_opener(_Stay)
    try:
        opener.open(urllib.request.Request(place, answer))  # noqa: S310 the same
    except urllib.error.HTTPError as redirect:
        return str(redirect.headers["Location"])
    raise Failed("the consent page did not send the browser on")


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any) -> None:
        """The browser's page is not there; the address is what is wanted."""


def interface(server: Server, script: str) -> None:
    """Open the interface on a terminal, see the client, leave it with q."""
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (24, 80))
    child = subprocess.Popen(
        server.command(script, "anna"),
        env=server.environ_of("anna"),
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    seen, until, pressed = b"", time.monotonic() + PATIENCE, False
    while child.poll() is None and time.monotonic() < until:
        if select.select([master], [], [], 0.2)[0]:
            try:
                seen += os.read(master, 65536)
            except OSError:
                break
        if not pressed and "Bageri Söder".encode() in seen:
            pressed = True
            os.write(master, b"q")
    if child.poll() is None and not pressed:
        child.kill()
    code = child.wait(PATIENCE)
    os.close(master)
    if not pressed or code:
        raise Failed(f"the interface did not open (exit {code}): {seen[-2000:].decode(errors='replace')}")
    print("   the interface opened, showed the client and was left with q")


def service(server: Server) -> None:
    """The unit's own command line as systemd would run it: says that it is ready, works, stops at SIGTERM."""
    unit = (server.root / "etc/systemd/system/brygga.service").read_text(encoding="utf-8")
    (command,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
        notices.bind(str(server.root / "run" / "notify"))
        (server.root / "run" / "notify").chmod(0o777)
        notices.settimeout(PATIENCE)
        account = ["setpriv", "--reuid=brygga", "--regid=brygga", "--init-groups"]
        child = subprocess.Popen(
            ["chroot", str(server.root), *account, *command.split()],
            env=server.environ | {"HOME": "/var/lib/brygga", "NOTIFY_SOCKET": "/run/notify"},
        )
        try:
            while b"READY=1" not in notices.recv(4096):
                pass
            exchange(server)
            with urllib.request.urlopen("http://127.0.0.1:8574/health", timeout=PATIENCE) as page:
                json.load(page)
        except TimeoutError as error:
            raise Failed("the service did not say that it was ready") from error
        finally:
            child.send_signal(signal.SIGTERM)
            code = child.wait(PATIENCE)
    if code:
        raise Failed(f"the service ended with exit {code}")
    print("-- the unit's command: ready, took a file in, answered on /health, stopped at SIGTERM")


VOUCHER = """#FLAGGA 0
#PROGRAM "Bokslut" 1
#FORMAT PC8
#GEN 20260115
#SIETYP 4
#ORGNR 559999-1014
#FNAMN "Bageri"
#VER "" "" 20251231 "Periodiserad hyra"
{
#TRANS 1710 {} 9000.00
#TRANS 5010 {} -9000.00
}
"""


def exchange(server: Server) -> None:
    """A closing program leaves a SIE 4I file; it becomes a draft, and a receipt comes back."""
    folders = [place for place in (server.root / "srv/brygga").iterdir() if not place.name.startswith(".")]
    incoming = folders[0] / "in"
    draft = incoming / "bokslut.si.tmp"
    draft.write_text(VOUCHER, encoding="cp437")
    shutil.chown(draft, *(incoming.stat().st_uid, incoming.stat().st_gid))
    draft.rename(incoming / "bokslut.si")
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if list(folders[0].glob("done/*/*/*.receipt.json")):
            return
        if failed := list((folders[0] / "failed").glob("*.error.txt")):
            raise Failed(failed[0].read_text(encoding="utf-8"))
        time.sleep(0.2)
    raise Failed("the exchange folder did not take the file in")


def results(server: Server) -> None:
    """What the day was for."""
    ask = "brygga --json "
    (row,) = json.loads(server.run(ask + "status"))["clients"]
    expect("the nightly import from the sandbox is in the store", bool(row["last_import"]))
    books = list((server.root / "srv/brygga").glob("*/out/*.se"))
    expect("the fresh books lie whole in out", books and all(map(whole, books)))
    texts = {one["text"] for one in json.loads(server.run(ask + "voucher list 559999-1014"))["vouchers"]}
    expect("the consultant's file and the closing program's file are drafts", len(texts) == 2)
    expect(
        "the consultant has the annexes", (server.root / "home/anna/bilagor.xlsx").read_bytes()[:2] == b"PK"
    )
    events = json.loads(server.run(ask + "audit show --limit 500"))["events"]
    anna = {event["action"] for event in events if event["person"] == "anna"}
    expect("the audit names the consultant", {"session.started", "voucher.added"} <= anna)
    expect("the consultant gets no shell", refused(server, "bash"))
    expect(
        "who was removed is out", "bo" not in server.run("cat /var/lib/brygga/.ssh/authorized_keys").split()
    )
    server.run("brygga backup create")
    latest = max((server.root / "var/lib/brygga/data/backups").glob("*.tar")).name
    told = server.run(ask + f"backup restore /var/lib/brygga/data/backups/{latest}")
    expect("a backup goes back over the configuration that root owns", not json.loads(told)["missed"])
    print(server.run("/root/brygga/contrib/verify.sh").rstrip())


def whole(file: Path) -> bool:
    """Whether a file in ``out`` is what the sum beside it says."""
    told = file.with_name(file.name + ".sha256").read_text(encoding="ascii").split()[0]
    return hashlib.sha256(file.read_bytes()).hexdigest() == told


def refused(server: Server, words: str) -> bool:
    """Whether the consultant's session refuses a command."""
    done = subprocess.run(
        server.command(f"ssh -n brygga@byraserver {words}", "anna"),
        env=server.environ_of("anna"),
        capture_output=True,
        check=False,
    )
    return done.returncode == 7


if __name__ == "__main__":
    sys.exit(main())
