"""Whatever is asked, the sandbox answers in Fortnox's words and never falls over."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from core.fortnox.sandbox import gateway
from core.fortnox.sandbox.child import TenantInfo
from core.fortnox.sandbox.routes import TABLE

VALUES = (
    "", "0", "-1", "1", "3", "abc", "2025-12-31", "2025-13-45", "9" * 5000, "²", "٣", "null", "%00", "unpaid",
    "A", "å", "2025-12-31 12:00", "2025-12-31T12:00:00+01:00", "1e5", "descending",
)  # fmt: skip
SEGMENTS = ("1", "A", "1510", "x", "9" * 40, "inbox_v", "²", "CUSTCLAIM", "4")
HEAD = b'{"Voucher":{"Description":"x","TransactionDate":"2025-12-31","VoucherSeries":"I","VoucherRows":'
BODIES = (
    b"", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"Voucher":null}',
    b'{"Voucher":{"VoucherRows":[{}]}}',
    b'{"Voucher":{"Description":1,"TransactionDate":5,"VoucherSeries":[]}}',
    b'{"Account":{"Number":1234,"Description":"x","SRU":"q"}}',
    b'{"VoucherSeries":{"Code":{}}}',
    b'{"VoucherFileConnection":{"FileId":[],"VoucherSeries":{},"VoucherNumber":[]}}',
    HEAD + b'[{"Account":1e3,"Debit":true}]}}',
    HEAD + b'[{"Account":{},"Debit":1,"Credit":[]}]}}',
    HEAD + b'[{"Account":1930,"Debit":1,"CostCenter":{}}]}}',
)  # fmt: skip
PER_COMPANY = 24


@pytest.mark.parametrize("seed", range(4))
def test_nonsense_is_refused_and_never_a_server_error(program: Any, tenant: TenantInfo, seed: int) -> None:
    assert gateway.RESOURCES
    rng = random.Random(seed)
    program.connect(tenant.tenant)
    for _each in range(PER_COMPANY):
        row = rng.choice(TABLE)
        path = re.sub(r"\(\?P<\w+>[^)]*\)", lambda _match: rng.choice(SEGMENTS), row.pattern.pattern)
        names = rng.sample(
            sorted(row.parameters | {"page", "limit", "sortby", "sortorder"}), rng.randrange(4)
        )
        options: dict[str, Any] = {"params": {name: rng.choice(VALUES) for name in names}}
        if row.method == "POST":
            kind = rng.choice(["application/json"] * 4 + ["multipart/form-data; boundary=x"])
            options |= {"content": rng.choice(BODIES), "headers": {"Content-Type": kind}}
        answer = program.call(row.method, path.removeprefix("/3/").removesuffix("/?"), **options)
        assert answer.status_code < 500, (row.method, path, options, answer.text)
        if answer.status_code >= 400:
            assert "ErrorInformation" in answer.json()


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("faults", {"name": "slow", "count": "many"}),
        ("faults", {"name": "slow", "colour": "red"}),
        ("clock", {"seconds": "soon"}),
        ("tenants/410137", {"act": "dance"}),
        ("tenants/410137", {"locked_to": "never"}),
        ("vouchers/410137/1/A", {"date": "2025-01-01", "text": "x", "rows": [["1930", "1"]]}),
    ],
)
def test_a_control_without_sense_is_refused(program: Any, path: str, document: dict[str, Any]) -> None:
    answer = program.http.post(f"{program.info.control}/{path}", json=document)
    assert answer.status_code == 400
    assert answer.json()["error"]
