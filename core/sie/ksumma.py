"""#KSUMMA, the control sum of a file (SIE 4B section 10): CRC-32 over labels and fields as CP437 bytes.

Separators, line ends, enclosing quotation marks and braces are not fed to it. Verified against the files of
real accounting programs.
"""

from __future__ import annotations

import re
import zlib
from itertools import chain

from core.model import Severity
from core.sie.encoding import decode
from core.sie.file import KsummaState, SieFile
from core.sie.findings import Findings
from core.sie.parse import KsummaMark

_FIELD = re.compile(r'"((?:[^"\\\n]++|\\"|\\|"(?![ \t}\r\n]|\Z))*+)"|([^ \t\r\n"{}]+)')


def verify(sie: SieFile, marks: list[KsummaMark], findings: Findings) -> KsummaState:
    """Compare the control sum of a file with what it should be; ``marks`` are its #KSUMMA records."""
    if not marks:
        return "none"
    opening, closing = marks[0], marks[-1]
    has_value = closing.value.isascii() and closing.value.isdecimal()
    if len(marks) == 1 and has_value:
        findings.add(Severity.WARNING, "ksumma_unopened", closing.line)
        return "none"
    if len(marks) == 1 or not has_value:
        findings.add(Severity.FATAL, "ksumma_truncated", closing.line)
        return "mismatch"
    computed = compute(sie, opening.next_offset, closing.offset)
    declared = int(closing.value[:20])
    if computed == declared:
        return "ok"
    severity = Severity.FATAL if sie.encoding in {"cp437", "ascii"} else Severity.WARNING
    findings.add(severity, "ksumma_mismatch", closing.line, declared=declared, computed=computed)
    return "mismatch"


def compute(sie: SieFile, start: int, end: int) -> int:
    """The control sum of the records between two offsets."""
    crc = 0
    while start < end:
        stop = sie.data.find(b"\n", min(start + 65536, end), end) + 1 or end
        crc = zlib.crc32(content(decode(sie.data[start:stop], sie.encoding)), crc)
        start = stop
    return crc


def content(text: str) -> bytes:
    """What the records of some whole lines feed to the control sum."""
    fields = "".join(chain.from_iterable(_FIELD.findall(text)))
    return fields.replace('\\"', '"').encode("cp437", "replace")
