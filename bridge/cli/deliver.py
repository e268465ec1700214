"""How a command answers with a document: on the terminal, or as a file that must not exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from bridge.cli.files import refuse_existing, write_new
from bridge.cli.parameters import option
from bridge.cli.session import Run
from bridge.cli.shape import Json
from core.errors import UsageError
from core.i18n import _, mark

if TYPE_CHECKING:
    from core.usecases.documents import Document

Format = Literal["text", "csv", "xlsx", "pdf"]
FormatOption: TypeAlias = Annotated[
    Format, option(mark("how to write it; xlsx and pdf need --output"), "--format")
]


def check_target(form: Format, output: Path | None) -> None:
    """Stop before the work when the answer could not be delivered.

    Raises:
        Refused: ``file_exists``.
        UsageError: ``usage``: a binary document without a file.
    """
    if output is not None:
        refuse_existing(output)
    elif form in {"xlsx", "pdf"}:
        raise UsageError(
            "usage",
            _("--format {format} needs --output FILE.").format(format=form),
            _("A binary document is not printed on a terminal."),
            _("For example: -o annexes.{format}").format(format=form),
        )


def deliver(
    run: Run,
    form: Format,
    output: Path | None,
    record: Json,
    lines: Callable[[], Iterable[str]],
    document: Callable[[], Document],
) -> None:
    """Answer with the record, the lines for people, or the document's bytes."""
    if form == "text":
        if output is not None:
            write_new(output, ("\n".join(lines()) + "\n").encode())
            run.output.narrate(_("Wrote {path}.").format(path=output))
        if output is None or run.output.json:
            run.output.answer(record, lines)
        return
    from core.usecases.documents import render

    data = render(document(), form)
    if output is None:
        run.output.data(data)
        return
    write_new(output, data)
    run.output.answer({**record, "file": str(output)}, lambda: [_("Wrote {path}.").format(path=output)])
