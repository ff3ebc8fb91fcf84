"""Prints what a fuzzing run tried: `python tests/fuzz/counts.py var/fuzz/counts.jsonl`."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path


def table(lines: list[str]) -> str:
    """Return the counts as a table of Markdown: what, examples, the slowest in milliseconds."""
    examples: dict[str, int] = defaultdict(int)
    slowest: dict[str, int] = defaultdict(int)
    for line in lines:
        told = json.loads(line)
        examples[told["what"]] += told["examples"]
        slowest[told["what"]] = max(slowest[told["what"]], told["slowest_ms"])
    rows = [f"| {what} | {examples[what]:,} | {slowest[what]:,} |" for what in sorted(examples)]
    whole = f"| **all {len(examples)}** | {sum(examples.values()):,} | {max(slowest.values(), default=0):,} |"
    return "\n".join(["| what | examples | slowest (ms) |", "|---|---:|---:|", *rows, whole])


if __name__ == "__main__":
    print(table(Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()))  # noqa: T201 - that is what it is for
