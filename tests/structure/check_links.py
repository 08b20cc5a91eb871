#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Links each room alone against the rooms that its row allows, and looks at what it calls.

usage: check_links.py CC BUILD_FOLDER
A forbidden call is an undefined symbol there; calls into the C library and into libraries that
many rooms link are judged by name (rooms.py).
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rooms import PURE, PURE_SYMBOLS, ROOMS, SYMBOLS, linked, report


def archive(build, room):
    return build / "core" / room / f"libtcn_{room}.a"


def libraries(room):
    names = {name for r in (room, *linked(room)) for name in ROOMS[r].libraries}
    if not names:
        return []
    out = subprocess.run(["pkg-config", "--libs", *sorted(names)], check=True,
                         capture_output=True, text=True)
    return out.stdout.split()


def link_problems(compiler, build, room, folder):
    others = [str(archive(build, r)) for r in linked(room)]
    command = [compiler, "-shared", "-o", f"{folder}/{room}.so", "-Wl,--no-undefined",
               "-Wl,--whole-archive", str(archive(build, room)), "-Wl,--no-whole-archive",
               "-Wl,--start-group", *others, "-Wl,--end-group", *libraries(room), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return
    wanted = sorted(set(re.findall(r"undefined reference to `([^']+)'", done.stderr)))
    if not wanted:
        yield f"{room}: does not link: {done.stderr.strip()}"
    for symbol in wanted:
        yield f"{room}: calls {symbol}, which none of its rooms has"


def undefined(build, room):
    out = subprocess.run(["nm", "-u", str(archive(build, room))], check=True,
                         capture_output=True, text=True)
    return {line.split()[-1].split("@")[0] for line in out.stdout.splitlines()
            if line.strip().startswith("U ")}


def call_problems(build, room):
    for symbol in sorted(undefined(build, room)):
        for pattern, allowed in SYMBOLS.items():
            if re.fullmatch(pattern, symbol) and room not in allowed:
                yield f"{room}: calls {symbol}: only {', '.join(sorted(allowed))} may"
        if room in PURE and re.fullmatch(PURE_SYMBOLS, symbol):
            yield f"{room}: calls {symbol}, but it is pure"


def main():
    compiler, build = sys.argv[1], Path(sys.argv[2])
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        for room in ROOMS:
            problems += link_problems(compiler, build, room, folder)
            problems += call_problems(build, room)
    return report(problems, "rooms linked alone")


if __name__ == "__main__":
    sys.exit(main())
