"""Rights are asked for in the use cases: nothing that a front end can call writes without a right."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.errors import Refused
from core.register import Person, Role
from core.store import people
from core.usecases.activity import activity
from core.usecases.clients import add_client, list_clients, remove_client
from core.usecases.context import Context
from core.usecases.rights import Right

PROJECT = Path(__file__).parents[3]
USECASES = PROJECT / "core" / "usecases"
UPKEEP = {
    ("drilldown", "_rebuild"),  # an index that is made again from what is stored
    ("binder", "make_binder"),  # reading the whole closing is noted in the audit
    ("tokens", "_across_bridge"),  # a cut change of master key is finished by whoever opens the vault
    ("rights", "require"),  # the refusal itself is noted in the audit
    ("users", "note_visit"),  # that somebody came in, or was turned away, is noted in the audit
}
"""Writes that change nothing a person could read; a reader may cause them."""

INNER = {("snapshots", "save"), ("tokens", "open_api")}
"""Parts of use cases, not use cases: what calls them has asked."""

Place = tuple[str, str]


@dataclass
class Definition:
    """A function or class of a use-case module: what it names, whether it writes, whether it asks first."""

    names: set[Place] = field(default_factory=set)
    writes: bool = False
    guarded: bool = False
    is_usecase: bool = False


def _imports(tree: ast.AST) -> dict[str, Place]:
    return {
        alias.asname or alias.name: (node.module.removeprefix("core.usecases."), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("core.usecases.")
        and node.module
        for alias in node.names
    }


def _definition(module: str, node: Any, imported: dict[str, Place], own: set[str]) -> Definition:
    made = Definition()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            if inner.id in imported:
                made.names.add(imported[inner.id])
            elif inner.id in own:
                made.names.add((module, inner.id))
        if isinstance(inner, ast.Attribute) and inner.attr == "write" and "store" in ast.unparse(inner.value):
            made.writes = True
    made.guarded = any(ast.unparse(each).startswith("needs(") for each in node.decorator_list)
    first = node.args.args[:1] if isinstance(node, ast.AsyncFunctionDef) else []
    made.is_usecase = bool(first) and first[0].arg == "ctx" and not node.name.startswith("_")
    return made


@cache
def definitions() -> dict[Place, Definition]:
    found = {}
    for path in sorted(USECASES.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        nodes = [node for node in tree.body if isinstance(node, kinds)]
        own = {node.name for node in nodes}
        for node in nodes:
            found[path.stem, node.name] = _definition(path.stem, node, _imports(tree), own)
    return found


def used_by_the_front_ends() -> set[Place]:
    files = [PROJECT / "brygga.py", *(PROJECT / "tui").rglob("*.py"), *(PROJECT / "bridge").rglob("*.py")]
    return {
        place
        for path in files
        for place in _imports(ast.parse(path.read_text(encoding="utf-8"))).values()
        if place in definitions()
    }


def unguarded_writes(start: Place) -> Iterator[Place]:
    """Every definition that writes and is reached without a right having been asked for."""
    seen, waiting = {start}, [start]
    while waiting:
        place = waiting.pop()
        known = definitions().get(place)
        if known is None or known.guarded:
            continue
        if known.writes and place not in UPKEEP:
            yield place
        waiting += [name for name in known.names if name not in seen]
        seen |= known.names


def guarded_usecases() -> list[tuple[str, Right, Callable[..., Any]]]:
    """Every use case that asks for a right, with it."""
    found = []
    for module, name in sorted(place for place, known in definitions().items() if known.guarded):
        usecase = getattr(importlib.import_module(f"core.usecases.{module}"), name)
        found.append((f"{module}.{name}", usecase.right, usecase))
    return found


async def refused(usecase: Callable[..., Any], ctx: Context) -> str:
    """The code with which the use case refuses; its other arguments are never looked at."""
    needed = [
        each
        for each in list(inspect.signature(usecase).parameters.values())[1:]
        if each.default is each.empty and each.kind is not each.VAR_KEYWORD
    ]
    positional = [None for each in needed if each.kind is not each.KEYWORD_ONLY]
    named = {each.name: None for each in needed if each.kind is each.KEYWORD_ONLY}
    with pytest.raises(Refused) as error:
        await usecase(ctx, *positional, **named)
    return error.value.code


def test_no_use_case_writes_without_asking_for_a_right() -> None:
    starts = {place for place, known in definitions().items() if known.is_usecase} - INNER
    assert len(starts) > 90
    assert not {
        f"put @needs(Right.WORK) over {module}.{name}: it reaches {reached}"
        for module, name in starts
        for reached in unguarded_writes((module, name))
    }


def test_the_front_ends_do_not_call_the_inner_parts() -> None:
    assert not used_by_the_front_ends() & INNER


async def test_a_reader_is_refused_by_every_use_case_that_writes(bare: Context) -> None:
    bare.role = Role.READER
    usecases = guarded_usecases()
    assert len(usecases) > 50
    codes = {name: await refused(usecase, bare) for name, _right, usecase in usecases}
    assert set(codes.values()) == {"read_only"}, codes


async def test_a_consultant_is_refused_what_belongs_to_an_administrator(bare: Context) -> None:
    bare.role = Role.CONSULTANT
    managing = [usecase for _name, right, usecase in guarded_usecases() if right is Right.MANAGE]
    assert managing
    assert {await refused(usecase, bare) for usecase in managing} == {"read_only"}


async def test_a_refusal_is_in_the_audit_with_the_person_and_what_was_tried(bare: Context) -> None:
    bare.role = Role.READER
    assert await refused(remove_client, bare) == "read_only"
    event = (await activity(bare))[0]
    assert (event.person, event.action, event.outcome) == ("anna", "right.refused", "refused")
    assert event.details == {"what": "remove_client", "role": "reader"}


async def test_a_consultant_works_and_a_reader_reads(bare: Context) -> None:
    bare.role = Role.CONSULTANT
    await add_client(bare, name="Bageri Söder AB", orgnr="5566778899")
    bare.role = Role.READER
    assert [client.name for client in await list_clients(bare)] == ["Bageri Söder AB"]


async def test_an_administrator_may_do_all(bare: Context) -> None:
    client = await add_client(bare, name="Bageri Söder AB", orgnr="5566778899")
    await remove_client(bare, client.id)
    assert await list_clients(bare) == []


@pytest.fixture
async def session(bare: Context, tmp_path: Path) -> Context:
    """Anna's open session over SSH, as a consultant."""
    await bare.store.write(lambda tx: people.put(tx, Person("anna", Role.CONSULTANT, ("key",), bare.now())))
    over_ssh = msgspec.structs.replace(bare.settings, person_file=tmp_path / "people" / "anna.toml")
    return replace(bare, settings=over_ssh, role=Role.CONSULTANT)


async def test_who_is_removed_changes_nothing_more_in_an_open_session(session: Context) -> None:
    await add_client(session, name="Bageri Söder AB", orgnr="5566778899")
    await session.store.write(lambda tx: people.delete(tx, "anna"))
    assert await refused(add_client, session) == "read_only"
    assert (await activity(session))[0].details["what"] == "add_client"


async def test_who_becomes_a_reader_changes_nothing_more_in_an_open_session(session: Context) -> None:
    await session.store.write(lambda tx: people.put(tx, Person("anna", Role.READER, ("key",), session.now())))
    assert await refused(add_client, session) == "read_only"


async def test_a_context_without_a_session_asks_the_store_for_nobody(bare: Context) -> None:
    assert (await add_client(bare, name="Bageri Söder AB", orgnr="5566778899")).name == "Bageri Söder AB"
