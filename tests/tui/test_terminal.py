"""A terminal that is gone."""

from __future__ import annotations

import errno
import io
from pathlib import Path

from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from tui.terminal import Lasting


def test_the_writing_thread_ends_though_the_terminal_is_gone() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.EIO, text)

        def flush(self) -> None:
            raise OSError(errno.EIO, "flush")

    writer = WriterThread(Lasting(Gone()))  # type: ignore[arg-type] # all that it asks for
    writer.start()
    for _ in range(2 * MAX_QUEUED_WRITES):
        writer.write("text")
    writer.stop()
    assert not writer.is_alive()


def test_what_is_written_arrives_while_there_is_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "screen"
    with path.open("w", encoding="utf-8") as file:
        lasting = Lasting(file)
        lasting.write("åäö")
        lasting.flush()
        assert path.read_text(encoding="utf-8") == "åäö"
        assert lasting.fileno() == file.fileno()
        assert not lasting.isatty()
