from __future__ import annotations

import io
import json

from bridge.cli.output import Output
from core.errors import UsageError

ERROR = UsageError("usage", "One \x1b[31mred.", "Two.", "Three.")


def written(*, as_json: bool) -> tuple[Output, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    return Output(json=as_json, out=out, err=err), out, err


def test_an_answer_is_one_line_of_json_when_asked_for() -> None:
    output, out, _err = written(as_json=True)
    output.answer({"a": None, "b": "å"}, lambda: ["text"])
    assert out.getvalue() == '{"a":null,"b":"å"}\n'


def test_an_answer_is_lines_for_people_otherwise() -> None:
    output, out, _err = written(as_json=False)
    output.answer({"a": 1}, lambda: ["one", "two"])
    assert out.getvalue() == "one\ntwo\n"


def test_an_error_has_three_lines_without_control_characters() -> None:
    output, out, err = written(as_json=False)
    output.error(ERROR)
    assert err.getvalue() == "One [31mred.\nTwo.\nThree.\n"
    assert out.getvalue() == ""


def test_an_error_is_json_on_stdout_too_when_asked_for() -> None:
    output, out, err = written(as_json=True)
    output.error(ERROR)
    assert json.loads(out.getvalue())["error"]["code"] == "usage"
    assert err.getvalue().count("\n") == 3


def test_progress_is_silent_where_stderr_is_no_terminal() -> None:
    output, _out, err = written(as_json=False)
    output.progress("1/7")
    assert err.getvalue() == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_replaces_its_line_and_leaves_none_behind() -> None:
    err = Terminal()
    output = Output(json=False, out=io.StringIO(), err=err)
    output.progress("1/7")
    output.progress("2/7")
    output.narrate("done")
    assert err.getvalue() == "\r\x1b[K1/7\r\x1b[K2/7\r\x1b[Kdone\n"


def test_foreign_text_loses_control_characters() -> None:
    output, out, _err = written(as_json=False)
    output.line("Nya Bygg [Norr] AB\x1b]0;x\x07")
    assert out.getvalue() == "Nya Bygg [Norr] AB]0;x\n"
