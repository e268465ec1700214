"""``brygga bridge run``: the exchange folder and the schedule, as a service or once for cron."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from bridge.cli.exits import Exit, error_record
from bridge.cli.parameters import option
from bridge.cli.session import Run
from bridge.exchange.run import open_exchange
from bridge.jobs import JobDone
from bridge.service import Done, run_once, serve
from core import i18n
from core.i18n import _, mark
from core.usecases.instance import only_instance


async def run_bridge(
    *,
    once: Annotated[bool, option(mark("take in what waits, do what is due, and end"))] = False,
    run: Run,
) -> int:
    """Run the exchange folder and the schedule. What it writes into the folder is always Swedish."""
    with only_instance(run.settings):
        async with run.context() as ctx, open_exchange(ctx) as exchange:
            spoken = i18n.language()
            i18n.use("sv")
            try:
                if not once:
                    await serve(ctx, exchange)
                    return Exit.DONE
                done = await run_once(ctx, exchange)
            finally:
                i18n.use(spoken)
    run.output.answer(record(done), lambda: lines(done))
    return Exit.PARTLY if done.failed else Exit.DONE


def record(done: Done) -> dict[str, object]:
    """What a round did, as JSON."""
    return {
        "files": [
            {"name": one.name, "client": one.client, "outcome": one.outcome, "receipt": one.receipt}
            for one in done.files
        ],
        "jobs": [
            {
                "job": job.job,
                "client": job.client,
                "outcome": "waiting" if job.waits else "failed" if job.error else "done",
                "file": job.file or None,
                "error": error_record(job.error) if job.error else None,
            }
            for job in done.jobs
        ],
    }


def lines(done: Done) -> Iterator[str]:
    """What a round did, for people."""
    words = {"done": _("taken in"), "failed": _("refused"), "duplicate": _("had before")}
    for one in done.files:
        yield f"{one.client}/{one.name}: {words[one.outcome]} ({one.receipt})"
    for job in done.jobs:
        yield _job_line(job)
    if not done.files and not done.jobs:
        yield _("Nothing waited.")


def _job_line(job: JobDone) -> str:
    names = {
        "out": _("written to out"),
        "keep_alive": _("connection renewed"),
        "outbox": _("uncertain vouchers looked up"),
        "import": _("imported"),
        "export": _("vouchers posted"),
        "upload": _("supporting document uploaded"),
        "fiscal_year": _("vouchers taken up whose fiscal year exists"),
        "backup": _("backup made"),
        "audit": _("the audit's head was written"),
    }
    what = " ".join(part for part in (job.client, names[job.job], job.file) if part)
    why = " ".join(str(job.error).splitlines()) if job.error else ""
    if job.waits:
        return _("{what}: waits. {why}").format(what=what, why=why or _("Fortnox is asked again."))
    return f"{what}: {why}" if why else what
