"""The way to Fortnox: proxies, certificates, the clock."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from core.config import LOOPBACK, Settings
from core.fortnox.transport import NotSent, Request, TransportFailure
from core.i18n import _
from core.register import Check
from core.text import clean
from core.usecases.context import Context
from core.usecases.tokens import transport

LARGEST_SKEW_SECONDS = 120
"""Tokens live an hour and are renewed two minutes early; a clock further off than that breaks logins."""
PATIENCE_SECONDS = 10.0
_PROXIES = ("https_proxy", "http_proxy", "all_proxy", "no_proxy")
_CERTIFICATES = ("ssl_cert_file", "ssl_cert_dir")


async def examine_network(ctx: Context) -> list[Check]:
    """Look at the proxies, and ask Fortnox once, without logging in; nothing leaves where no app is configured."""
    checks = list(_environment(ctx.settings, os.environ))
    if ctx.settings.fortnox.client_id:
        checks += await _ask(ctx)
    return checks


def _environment(settings: Settings, environ: Mapping[str, str]) -> Iterator[Check]:
    """Proxies and certificates that the environment sets, without the passwords in them."""
    found = {name.upper(): value for name, value in environ.items() if value and name.lower() in _PROXIES}
    certificates = {name: value for name, value in environ.items() if value and name.lower() in _CERTIFICATES}
    if found:
        named = ", ".join(f"{name} {_without_password(value)}" for name, value in sorted(found.items()))
        host = urlsplit(settings.fortnox.api_url).hostname
        text = (
            _("The environment sets a proxy ({names}); what stays on this machine goes without it")
            if host in LOOPBACK
            else _("Fortnox is reached as the environment says: {names}")
        )
        yield Check("proxy", ok=True, text=text.format(names=named))
    else:
        yield Check("proxy", ok=True, text=_("No proxy is set"))
    for name, value in sorted(certificates.items()):
        if not os.path.exists(value):  # noqa: PTH110 a value of the environment, which may be anything
            yield Check(
                "certificates",
                ok=False,
                text=_("{name} names certificates that are not there: {path}").format(
                    name=name, path=clean(value)
                ),
                remedy=_("Correct or remove that variable in the environment."),
            )


def _without_password(value: str) -> str:
    scheme, mark, rest = value.rpartition("://")
    return clean(scheme + mark + rest.rpartition("@")[2], 80)


async def _ask(ctx: Context) -> list[Check]:
    """One request without any login: any answer will do, for its certificate and its clock."""
    url = ctx.settings.fortnox.api_url.rstrip("/") + "/companyinformation"
    try:
        answer = await transport(ctx).send(Request("GET", url, read_seconds=PATIENCE_SECONDS))
    except TransportFailure as error:
        return [
            Check(
                "fortnox_reached",
                ok=False,
                text=_("Fortnox cannot be reached at {url}").format(url=ctx.settings.fortnox.api_url),
                why=str(error),
                remedy=_("Look at the network, the proxy and the certificates of this machine.")
                if isinstance(error, NotSent)
                else _("Fortnox or something on the way to it is slow or broken; try again later."),
            )
        ]
    secure = url.startswith("https:")
    reached = (
        _("Fortnox answers, and its certificate is trusted")
        if secure
        else _("The sandbox at {url} answers").format(url=ctx.settings.fortnox.api_url)
    )
    return [Check("fortnox_reached", ok=True, text=reached), _clock(answer.clock_skew)]


def _clock(skew: float) -> Check:
    seconds = round(abs(skew))
    if seconds <= LARGEST_SKEW_SECONDS:
        return Check("clock", ok=True, text=_("This computer's clock agrees with Fortnox's"))
    text = (
        _("This computer's clock is {seconds} s behind Fortnox's")
        if skew > 0
        else _("This computer's clock is {seconds} s ahead of Fortnox's")
    )
    return Check(
        "clock",
        ok=False,
        text=text.format(seconds=seconds),
        remedy=_("Let the system set the clock from the network: timedatectl set-ntp true"),
    )
