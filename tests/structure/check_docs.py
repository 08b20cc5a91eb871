#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Documents and build files say what the code does: the table of rooms, the version, the list of
commands in the manual page."""
import re
import sys

from rooms import ROOMS, ROOT, report


def table_of_docs():
    """Room to what its row in docs/architecture.md allows."""
    rows, above = {}, []
    for line in (ROOT / "docs/architecture.md").read_text().splitlines():
        match = re.match(r"\| `(\w+)` \|.*\|([^|]*)\|$", line)
        if not match:
            continue
        room, uses = match.group(1), match.group(2).strip()
        names = [n.strip() for n in uses.split(",") if n.strip()]
        rows[room] = list(above) if uses == "everything above" else [n for n in names if n != "sdk"]
        above.append(room)
    return rows


def room_problems():
    rows = table_of_docs()
    if list(rows) != list(ROOMS):
        yield f"docs/architecture.md has the rooms {', '.join(rows)}; rooms.py {', '.join(ROOMS)}"
    for name, room in ROOMS.items():
        if set(rows.get(name, room.uses)) != set(room.uses):
            yield (f"docs/architecture.md lets {name} use {', '.join(rows[name])}; "
                   f"rooms.py {', '.join(room.uses)}")


def version_problems():
    cmake = re.search(r"project\(tocsin VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())
    code = re.search(r'#define TCN_VERSION "([^"]+)"', (ROOT / "core/daemon/daemon.h").read_text())
    if cmake.group(1) != code.group(1):
        yield f"CMakeLists.txt says version {cmake.group(1)}, daemon.h {code.group(1)}"


def manual_problems():
    commands = re.findall(r'^    \{"([a-z ]+)", "', (ROOT / "core/cli/commands.c").read_text(), re.M)
    manual = (ROOT / "docs/man/tocsin.1").read_text()
    for command in commands:
        if f"\n.SS {command}\n" not in manual:
            yield f"docs/man/tocsin.1: nothing about \"{command}\""


def main():
    problems = [*room_problems(), *version_problems(), *manual_problems()]
    return report(problems, "documents")


if __name__ == "__main__":
    sys.exit(main())
