"""`python -m schemas [--check]`: write `schemas/json/`, or say which of its files are stale."""

from __future__ import annotations

import sys
from pathlib import Path

from schemas.export import exported

FOLDER = Path(__file__).parent / "json"


def stale_files() -> list[str]:
    """Return the names of files that are missing, left over, or differ from what the models say now."""
    wanted = exported()
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def main() -> int:
    """Write or check; the exit status is 1 when a check finds a stale file."""
    stale = stale_files()
    if "--check" in sys.argv[1:]:
        if stale:
            sys.stderr.write(f"schemas/json is stale: {', '.join(stale)}. Run: make generate\n")
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for name in stale:
        (FOLDER / name).unlink(missing_ok=True)
    for name, content in exported().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
