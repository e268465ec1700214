"""``python -m benchmarks [NAME ...]``: every benchmark, or those named."""

from __future__ import annotations

import importlib
import sys

NAMES = ("startup", "interface", "editor", "spine", "sie")


def main(arguments: list[str]) -> None:
    """Run the named benchmarks, all without names."""
    for name in arguments or NAMES:
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
