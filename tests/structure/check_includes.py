#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every #include of core/ and plugins/ stays within the rules of rooms.py."""
import re
import sys

from rooms import HEADERS, ROOMS, ROOT, report, sources

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def room_problem(room, header):
    """Why a file of the room may not include the header; None: it may."""
    if header.startswith("core/"):
        other = header.split("/")[1]
        if other not in ROOMS:
            return f"there is no room {other}"
        if other != room and other not in ROOMS[room].uses:
            return f"{room} may not use {other}"
        if other != room and header.endswith("_int.h"):
            return f"{header} is {other}'s own"
        return None
    for pattern, allowed in HEADERS.items():
        if re.fullmatch(pattern, header) and room not in allowed:
            return f"only {', '.join(sorted(allowed))} may include it"
    return None


def plugin_problem(folder, header, is_quoted):
    if is_quoted and not header.startswith("tocsin/") and not (ROOT / folder / header).exists():
        return "a plugin sees only <tocsin/...> and its own folder"
    return None


def problems_of(path):
    parts = path.parts
    for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        if parts[0] == "core":
            why = room_problem(parts[1], match.group(2))
        else:
            why = plugin_problem(path.parent, match.group(2), match.group(1) == '"')
        if why:
            yield f"{path}:{number}: includes {match.group(2)}: {why}"


def main():
    found = [p for path in sources("core", "plugins") for p in problems_of(path)]
    return report(found, "include edges")


if __name__ == "__main__":
    sys.exit(main())
