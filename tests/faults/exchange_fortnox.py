"""The part of ``exchange_harness.py`` that reaches Fortnox: vouchers posted by themselves, documents uploaded.

One client, 4, is connected to a sandbox without request limit. Its vouchers and documents meet faults of the
sandbox and kill -9 around every write to the store and every request; what came of them is counted in the
sandbox's own books. An answer may take one second, and the horizon is four seconds.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import random
import ssl
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from core.config_tables import FortnoxSettings
from core.fortnox import api, limits, transport
from core.fortnox.api import Api
from core.fortnox.transport import Request
from core.register import ConnectionMode, SourceKind
from core.store.database import Store
from core.usecases import tokens
from core.usecases.clients import add_client
from core.usecases.connect import begin_consent, finish_consent
from core.usecases.context import Context
from core.usecases.engagements import add_engagement
from core.usecases.exchangerules import set_rules
from core.usecases.imports import import_year
from core.usecases.secrets import init_keeper, set_client_secret

NUMBER, SERIES = "4", "I"
HORIZON_SECONDS, READ_SECONDS, LATE_SECONDS = 4, 1.0, 0.6
FAULTS = ("drop-before", "drop-after", "late-commit", "500-before", "500-after", "429")
VOUCHER = (
    '#FLAGGA 0\n#PROGRAM "Prov" 1\n#FORMAT PC8\n#GEN 20260110\n#SIETYP 4\n#ORGNR {orgnr}\n#FNAMN "Prov AB"\n'
    '#VER "" "" {day} "{text}"\n{{\n#TRANS 6530 {{}} {amount}.00\n#TRANS 2990 {{}} -{amount}.00\n}}\n'
)
_TRUST = ssl.create_default_context()


class Fortnox:
    """The sandbox, what was meant for it, and what came of it."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.child = subprocess.Popen(
            [sys.executable, "-m", "core.fortnox.sandbox", "--clients", "6", "--until-stdin-closes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).resolve().parents[2],
        )
        assert self.child.stdout is not None
        self.info: dict[str, Any] = json.loads(self.child.stdout.readline())
        self.tenant = self.info["tenants"][5]
        self.texts: list[str] = []
        self.documents: list[str] = []
        """sha256 of each."""
        self.contents: list[bytes] = []
        self.faults: Counter[str] = Counter()
        self.ask("limit", {"requests": None})
        hurry()

    @property
    def config(self) -> str:
        """The sandbox's configuration, with the right to the inbox."""
        scopes = FortnoxSettings().scopes + " inbox"
        text = self.info["config"].replace("[fortnox]\n", f'[fortnox]\nscopes = "{scopes}"\n')
        return f"{text}\n[export]\nhorizon_seconds = {HORIZON_SECONDS}\n"

    async def prepare(self, ctx: Context) -> None:
        """Client 4 with its year, connected, imported, and let through."""
        await init_keeper(ctx.settings, "keyfile")
        await set_client_secret(ctx, self.info["client_secret"])
        client = await add_client(ctx, name=self.tenant["name"], orgnr=self.tenant["orgnr"], number=NUMBER)
        years = [(year["from"], year["to"]) for year in self.tenant["years"]]
        from_date, to_date = years[1]
        self.year = date.fromisoformat(to_date)
        engagement = await add_engagement(
            ctx, client.id, date.fromisoformat(from_date), self.year, SourceKind.FORTNOX
        )
        pending = await begin_consent(ctx, client.id, mode=ConnectionMode.SERVICE)
        fields = dict(parse_qsl(urlsplit(pending.address).query))
        fields |= {"tenant": self.tenant["tenant"], "decision": "approve"}
        page = pending.address.partition("?")[0]
        answer = await tokens.transport(ctx).send(Request("POST", page, form=fields))
        await finish_consent(ctx, answer.headers["location"])
        await import_year(ctx, engagement.id, ledgers=frozenset())
        await set_rules(ctx, client.id, auto_export=True, series=SERIES, underlag=True)

    def voucher(self, serial: int) -> bytes:
        """A 4I file whose voucher is to be posted once, and perhaps a fault that lies in wait for it."""
        text = f"Utbyte {serial} av manga"
        self.texts.append(text)
        self._trap("POST /3/vouchers")
        day = f"{self.year.year}{self.rng.randint(1, self.year.month):02d}{self.rng.randint(1, 28):02d}"
        body = VOUCHER.format(orgnr=self.tenant["orgnr"], day=day, text=text, amount=serial + 1)
        return body.replace("\n", "\r\n").encode("cp437")

    def document(self, serial: int) -> bytes:
        """A PDF that is to be uploaded once."""
        made = b"%%PDF-1.4\n%d\n%%%%EOF\n" % serial
        self.documents.append(hashlib.sha256(made).hexdigest())
        self.contents.append(made)
        self._trap("POST /3/inbox")
        return made

    def _trap(self, path: str) -> None:
        if self.rng.random() < 0.4:
            name = self.rng.choice(FAULTS)
            given = {"name": name, "path": path, "tenant": self.tenant["tenant"], "count": 1}
            if name == "late-commit":
                given["delay_s"] = READ_SECONDS + LATE_SECONDS
            self.ask("faults", given)

    def heal(self) -> None:
        """Count the faults that struck and take the others away."""
        for one in self.ask("faults")["faults"]:
            self.faults[one["name"]] += int(bool(one["struck"]))
        self.ask("faults", method="DELETE")

    def there(self) -> set[str]:
        """The texts of the vouchers in the books."""
        return {one["text"] for one in self.ask(f"books/{self.tenant['tenant']}")["vouchers"]}

    def judge(self) -> dict[str, int]:
        """Posted and uploaded against what was meant."""
        books = self.ask(f"books/{self.tenant['tenant']}")
        posted = Counter(one["text"] for one in books["vouchers"] if one["text"].startswith("Utbyte "))
        there = Counter(one["sha256"] for one in books["documents"])
        meant, papers = set(self.texts), set(self.documents)
        return {
            "posted": sum(1 for text in meant if posted[text]),
            "uploaded": sum(1 for sha in papers if there[sha]),
            "doubled": sum(max(posted[one] - 1, 0) for one in posted)
            + sum(max(there[one] - 1, 0) for one in papers),
            "lost": sum(1 for text in meant if not posted[text]) + sum(1 for sha in papers if not there[sha]),
            "wrong": len(posted.keys() - meant),
        }

    def ask(self, path: str, given: Any = None, method: str = "") -> Any:
        """The sandbox's controls."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(
            f"{self.info['control'].rstrip('/')}/{path}",
            None if given is None else json.dumps(given).encode(),
            {"Content-Type": "application/json"},
            method=method or ("GET" if given is None else "POST"),
        )
        with opener.open(request, timeout=60) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def close(self) -> None:
        """End the sandbox."""
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        with contextlib.suppress(OSError):
            self.child.stdin.close()
        self.child.wait(20)
        self.child.stdout.close()


def hurry() -> None:
    """Cut the waiting times; exactly-once does not rest on how long they are."""
    vars(transport)["_build"] = lambda: httpx.AsyncClient(verify=_TRUST, trust_env=False)
    vars(limits)["REQUESTS"] = vars(limits)["BACKGROUND_REQUESTS"] = 10**6
    vars(api)["Request"] = functools.partial(transport.Request, read_seconds=READ_SECONDS)


def trace(reached: Callable[[str], None]) -> None:
    """Let ``reached`` know of every write to the store and every request that changes something, around each."""
    write, post = Store.write, Api.post

    async def traced_write(self: Store, work: Any) -> Any:
        reached("STORE_BEFORE")
        result = await write(self, work)
        reached("STORE_AFTER")
        return result

    async def traced_post(self: Api, *arguments: Any, **options: Any) -> Any:
        reached("POST_BEFORE")
        result = await post(self, *arguments, **options)
        reached("POST_AFTER")
        return result

    Store.write = traced_write  # type: ignore[method-assign]
    Api.post = traced_post  # type: ignore[method-assign]
