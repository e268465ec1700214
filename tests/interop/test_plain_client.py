from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("plain_client.py")


@pytest.fixture(scope="module")
def line(request: pytest.FixtureRequest) -> Iterator[str]:
    command = [sys.executable, "-m", "core.fortnox.sandbox", "--clients", "1", "--until-stdin-closes"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=request.config.rootpath,
        encoding="utf-8",
    ) as child:
        assert child.stdin
        assert child.stdout
        yield child.stdout.readline()
        child.stdin.close()


def test_a_program_written_from_the_reference_alone_can_do_the_whole_job(line: str) -> None:
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT)],
        input=line,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["voucher"].startswith("A ")
