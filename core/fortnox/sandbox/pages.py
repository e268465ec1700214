"""The pages for people: the consent page of a Fortnox login, and the control page for training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from core.fortnox.sandbox.world import Tenant

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:3rem auto;padding:0 1rem;color:#1d2b25}
main{max-width:34rem}h1{font-size:1.4rem}label{display:block;margin:1rem 0 .3rem;font-weight:600}
select,button,input{font:inherit;padding:.5rem .8rem}button{margin:1.2rem .6rem 0 0;cursor:pointer}
button.go{background:#14674a;color:#fff;border:1px solid #14674a}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.2rem .6rem;border-bottom:1px solid #d9e0dc}small{color:#5b6b63}
"""
SCOPE_NAMES = {
    "bookkeeping": "Bokföring",
    "companyinformation": "Företagsinformation",
    "settings": "Inställningar",
    "invoice": "Kundfakturor",
    "supplierinvoice": "Leverantörsfakturor",
    "payment": "Betalningar",
    "archive": "Arkivplats",
    "inbox": "Inkorg",
    "connectfile": "Koppla filer",
    "profile": "Profil",
}


def page(title: str, body: str) -> str:
    """A whole page."""
    return (
        '<!doctype html><html lang="sv"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )


def consent(query: Mapping[str, str], tenants: Iterable[Tenant], scopes: Iterable[str]) -> str:
    """The question to the customer: may this program read and write in your company?"""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in query.items()
    )
    options = "".join(
        f'<option value="{tenant.number}">'
        f"{escape(tenant.profile.name)} ({tenant.profile.orgnr}, {tenant.number})</option>"
        for tenant in tenants
    )
    wanted = "".join(f"<li>{escape(SCOPE_NAMES.get(scope, scope))}</li>" for scope in scopes)
    service = (
        "<p>Ett <b>servicekonto</b> skapas. Endast en systemadministratör kan godkänna det.</p>"
        if query.get("account_type") == "service"
        else ""
    )
    return page(
        "Godkänn koppling",
        "<main><h1>brygga vill ansluta till ditt företag</h1><p><small>Övningsmiljö: detta är inte Fortnox, "
        f"och företagen är påhittade.</small></p><p>Programmet får läsa och skriva i:</p><ul>{wanted}</ul>{service}"
        f'<form method="post" action="/oauth-v1/auth">{hidden}<label for="tenant">Företag</label>'
        f'<select name="tenant" id="tenant">{options}</select><div>'
        '<button class="go" type="submit" name="decision" value="approve">Godkänn</button>'
        '<button type="submit" name="decision" value="deny">Avbryt</button></div></form></main>',
    )


def refusal(text: str) -> str:
    """A mistake that cannot be sent back to the program, because nobody knows where that is."""
    return page("Fel", f"<main><h1>Det gick inte att ansluta</h1><p>{escape(text)}</p></main>")
