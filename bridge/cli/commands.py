"""The table of commands: the words, the function, what it does. Help and the reference are made from it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.i18n import mark


@dataclass(frozen=True, slots=True)
class Command:
    """A command. ``target`` is ``module:function``, imported when the command is asked for."""

    words: tuple[str, ...]
    target: str
    help: str
    """One sentence, an English message id."""

    @property
    def name(self) -> str:
        """``client add``."""
        return " ".join(self.words)

    def load(self) -> Callable[..., Any]:
        """Import the function that runs the command."""
        module, _colon, function = self.target.partition(":")
        found: Callable[..., Any] = getattr(importlib.import_module(f"bridge.cli.{module}"), function)
        return found


def _command(words: str, target: str, text: str) -> Command:
    return Command(tuple(words.split()), target, text)


COMMANDS = (
    _command("demo", "demo:demo", mark("start the sandbox with a sample firm and open the interface on it")),
    _command(
        "sandbox serve", "sandbox:serve", mark("run the loopback Fortnox alone, for training and tests")
    ),
    _command("status", "status:status", mark("show the overview: what each engagement needs next")),
    _command("dashboard", "dashboard:dashboard", mark("show the overview full-screen, read-only, on a wall")),
    _command("client add", "client:add", mark("add a client")),
    _command("client list", "client:show_all", mark("list the clients")),
    _command("client show", "client:show", mark("show one client")),
    _command("client change", "client:change", mark("change a client's details and its default series")),
    _command("client remove", "client:remove", mark("remove a client with its engagements")),
    _command("client retention", "forget:retention", mark("list until when each client must be kept")),
    _command("client forget", "forget:forget", mark("remove everything of a client after the retention")),
    _command("client import", "client:import_file", mark("add the clients of a CSV file")),
    _command("engagement add", "engagement:add", mark("add a fiscal year to be closed")),
    _command("engagement list", "engagement:show_all", mark("list the engagements")),
    _command("engagement source", "engagement:source", mark("choose where the books come from")),
    _command("engagement roll", "engagement:roll", mark("add the next fiscal year for every client")),
    _command(
        "engagement settings",
        "source:settings",
        mark("show or change how chart and balances are handled"),
    ),
    _command("engagement import", "source:import_list", mark("add the engagements of a CSV file")),
    _command("engagement lock", "engagement:lock", mark("sign an engagement off")),
    _command("engagement unlock", "engagement:unlock", mark("open a signed-off engagement again")),
    _command("connect", "connect:connect", mark("connect a client to Fortnox")),
    _command("disconnect", "connect:disconnect", mark("end a client's connection to Fortnox")),
    _command("import", "imports:import_books", mark("fetch the books and the ledgers")),
    _command("annex", "annex:annex", mark("show the annexes: open items against the books")),
    _command(
        "reconcile",
        "reconcile:reconcile_list",
        mark("show every balance account against what supports it"),
    ),
    _command("account rows", "reconcile:rows", mark("show an account's vouchers with a running balance")),
    _command("account support", "reconcile:support", mark("enter what an account should stand at")),
    _command("account done", "reconcile:done", mark("sign accounts off as reconciled")),
    _command("account review", "reconcile:review", mark("read signed-off accounts as second reader")),
    _command("account reopen", "reconcile:reopen", mark("open signed-off accounts again")),
    _command("account decline", "reconcile:decline", mark("keep the signed-off annex of an account")),
    _command("account draft", "reconcile:draft", mark("make a closing voucher of an account's difference")),
    _command("account name", "source:name_account", mark("edit an account's name in the engagement")),
    _command("item note", "report:item_note", mark("keep a note on an item of an annex")),
    _command("report", "report:report", mark("show the balance sheet, income statement or trial balance")),
    _command("binder", "report:binder", mark("write the whole closing to one zip")),
    _command("diff", "diff:diff", mark("show what changed in the books between the two latest imports")),
    _command("voucher add", "voucher:add", mark("add closing vouchers from a JSON or SIE 4I file")),
    _command("voucher list", "voucher:show_all", mark("list an engagement's closing vouchers")),
    _command("voucher show", "voucher:show", mark("show one closing voucher with its rows")),
    _command("voucher ready", "voucher:ready", mark("mark closing vouchers as ready to export")),
    _command("voucher draft", "voucher:draft", mark("make ready closing vouchers drafts again")),
    _command("voucher change", "voucher:change", mark("replace a closing voucher's content")),
    _command("voucher remove", "voucher:remove", mark("remove closing vouchers that were not posted")),
    _command("voucher copy", "voucher_make:copy", mark("copy closing vouchers as drafts")),
    _command(
        "voucher reverse", "voucher_make:reverse", mark("make reversals on the next fiscal year's first day")
    ),
    _command(
        "voucher correct", "voucher_make:correct", mark("make vouchers that take posted ones out again")
    ),
    _command("voucher recurring", "voucher_make:recurring", mark("take over last year's closing vouchers")),
    _command("voucher result", "voucher_make:result", mark("make the voucher that moves the year's result")),
    _command(
        "voucher effect", "voucher_make:effect", mark("show what the closing vouchers do to the accounts")
    ),
    _command("voucher move", "voucher_make:move", mark("move a closing voucher in the order")),
    _command("voucher undo", "voucher_make:undo", mark("undo the latest local change of closing vouchers")),
    _command("voucher exclude", "voucher_make:exclude", mark("leave a closing voucher out for good")),
    _command(
        "voucher include",
        "voucher_make:include",
        mark("take a closing voucher that was left out back as a draft"),
    ),
    _command(
        "voucher release", "voucher_make:release", mark("say that an uncertain voucher is not in Fortnox")
    ),
    _command("template list", "voucher_make:templates", mark("list the templates of closing vouchers")),
    _command("template save", "voucher_make:save_template", mark("keep a closing voucher as a template")),
    _command("template use", "voucher_make:use_template", mark("make a closing voucher from a template")),
    _command("template remove", "voucher_make:remove_template", mark("remove a template of the firm")),
    _command("proof", "proof:proof", mark("show that an export changed the books by our vouchers alone")),
    _command("receipt", "proof:receipt", mark("show the receipts of exports")),
    _command("carry", "proof:carry", mark("list the clients whose opening balances lag behind")),
    _command("audit show", "audit:show", mark("show who did what")),
    _command("audit verify", "audit:verify", mark("find changed or removed rows of the audit")),
    _command("audit export", "audit:export", mark("write the whole audit as JSON lines")),
    _command("export", "export:export", mark("post the ready closing vouchers, or write them to a file")),
    _command("users add", "users:add", mark("let a person in over SSH")),
    _command("users list", "users:show_all", mark("list the people who may log in over SSH")),
    _command("users remove", "users:remove", mark("shut a person out")),
    _command("users sync", "users:sync", mark("write everybody's keys to the key file anew")),
    _command("session", "forced:session", mark("what sshd runs for a person who logs in; never typed")),
    _command("file list", "handover:show_all", mark("list the files of your hand-over folder")),
    _command("file put", "handover:put", mark("write standard input to your hand-over folder")),
    _command("file get", "handover:get", mark("write a file of your hand-over folder to standard output")),
    _command("file remove", "handover:remove", mark("remove a file of your hand-over folder")),
    _command("bridge run", "service:run_bridge", mark("run the exchange folder and the schedule")),
    _command(
        "exchange rules",
        "exchange:rules",
        mark("choose what the exchange folder does by itself for a client"),
    ),
    _command(
        "exchange show",
        "exchange:show",
        mark("show the exchange folder's rules, what waits and the latest files"),
    ),
    _command("invite list", "invite:show_all", mark("list the clients without a user of their own")),
    _command("invite add", "invite:add", mark("add a user to invite, with a suggested username")),
    _command("invite change", "invite:change", mark("change a row of the invitation desk")),
    _command("invite import", "invite:import_file", mark("read a list of users to invite")),
    _command("invite export", "invite:export", mark("write the next batch for Digital byrå")),
    _command("invite send", "invite_letters:send", mark("send the letters of invitation, once to each")),
    _command("invite remind", "invite_letters:remind", mark("send the reminders that are due")),
    _command("invite mark", "invite:mark_rows", mark("say where rows stand and what was seen in Fortnox")),
    _command("invite letter", "invite_letters:letter", mark("show, preview or change a letter")),
    _command("invite remove", "invite:remove", mark("remove rows of the invitation desk")),
    _command("invite purge", "invite:purge", mark("forget people who were invited")),
    _command("sie check", "sie:check", mark("check SIE files")),
    _command("sie summary", "sie:summary", mark("show what a SIE file holds")),
    _command("sie write4e", "sie:write4e", mark("write the year with its closing vouchers as SIE 4E")),
    _command("backup create", "backup:create", mark("copy the store and the settings while others work")),
    _command("backup list", "backup:show_all", mark("list the scheduled backups")),
    _command("backup verify", "backup:verify", mark("look through a backup")),
    _command(
        "backup restore", "backup:restore", mark("go back to a backup; the store in use is kept beside")
    ),
    _command("doctor", "doctor:doctor", mark("examine whether everything is in order")),
    _command("paths", "doctor:paths", mark("show where everything lies")),
    _command("keys", "doctor:keys", mark("list the keys of the interface")),
    _command("config show", "config:show", mark("show the settings in use")),
    _command("config check", "config:check", mark("check the configuration")),
    _command("config init", "config:init", mark("write a configuration file to start from")),
    _command("secrets init", "secrets:init", mark("make the master key with a keeper")),
    _command("secrets set", "secrets:set_secret", mark("store a secret, read from standard input")),
    _command("secrets doctor", "secrets:doctor", mark("examine the keeper and the stored secrets")),
    _command("secrets rekey", "secrets:rekey", mark("change the master key and encrypt everything anew")),
)

GROUPS = {
    "sandbox": mark("the loopback Fortnox"),
    "client": mark("the client register"),
    "engagement": mark("engagements: one client's one fiscal year"),
    "account": mark("the accounts of the reconciliation"),
    "item": mark("the items of the annexes"),
    "voucher": mark("closing vouchers"),
    "template": mark("templates of closing vouchers"),
    "audit": mark("the audit: who did what"),
    "backup": mark("copies of the store, and the way back"),
    "users": mark("the people who log in over SSH"),
    "file": mark("your hand-over folder on the server"),
    "bridge": mark("the exchange folder and the schedule"),
    "exchange": mark("what the exchange folder does by itself"),
    "invite": mark("client users for Digital byrå, fifty at a time"),
    "sie": mark("SIE files"),
    "config": mark("the configuration"),
    "secrets": mark("the master key and the stored secrets"),
}


def find(words: tuple[str, ...]) -> tuple[Command, tuple[str, ...]] | None:
    """The command that the words begin with, and the words left for it."""
    for length in (2, 1):
        for command in COMMANDS:
            if len(command.words) == length and words[:length] == command.words:
                return command, words[length:]
    return None


def beginning_with(words: tuple[str, ...]) -> list[Command]:
    """The commands of a group, or all of them for no words."""
    return [command for command in COMMANDS if command.words[: len(words)] == words]
