#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the benches and prints their rows as a table.

usage: run.py [NAME...] [--json]

A bench is a program bench_<name> in build/release/bench, or bench_<name>.py beside this file. It is
started as "bench_<name> PROGRAM PLUGIN_DIR" and prints one JSON object a row: bench, case, cpu_us,
per_second, floor, ratio, and what else it knows, such as wall-clock figures. What is no JSON object
goes to standard error.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build/release"
COLUMNS = ("bench", "case", "cpu_us", "per_second", "floor", "ratio")


def benches():
    """Name to command."""
    found = {}
    for path in sorted([*(BUILD / "bench").glob("bench_*"), *HERE.glob("bench_*.py")]):
        if path.is_file() and os.access(path, os.X_OK):
            found[path.stem.removeprefix("bench_")] = [str(path)]
    return found


def rows_of(name, command):
    """The rows of one bench as they come; the last item is None when it failed."""
    arguments = [str(BUILD / "bin/tocsin"), str(BUILD / "lib/tocsin/plugins")]
    with subprocess.Popen(command + arguments, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if isinstance(row, dict):
                yield {"bench": name, **row}
            else:
                print(line, end="", file=sys.stderr)
    if process.returncode != 0:
        print(f"bench {name} failed with status {process.returncode}", file=sys.stderr)
        yield None


def text_of(value):
    """A figure as people read it: three digits that say something."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "" if value is None else str(value)
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def cells(row):
    more = ", ".join(f"{k} {text_of(v)}" for k, v in row.items() if k not in COLUMNS)
    return [text_of(row.get(c)) for c in COLUMNS] + [more]


def print_table(rows):
    table = [[*COLUMNS, "more"]] + [cells(row) for row in rows]
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    for line in table:
        parts = [c.ljust(w) if i < 2 or i == len(COLUMNS) else c.rjust(w)
                 for i, (c, w) in enumerate(zip(line, widths))]
        print("  ".join(parts).rstrip())


def main():
    is_json = "--json" in sys.argv
    names = [a for a in sys.argv[1:] if a != "--json"]
    known = benches()
    for name in names:
        if name not in known:
            print(f"there is no bench \"{name}\"; there are: {', '.join(known)}", file=sys.stderr)
            return 2
    rows, failures = [], 0
    for name in names or known:
        print(f"==> {name}", file=sys.stderr, flush=True)
        for row in rows_of(name, known[name]):
            if row is None:
                failures += 1
            elif is_json:
                print(json.dumps(row), flush=True)
            else:
                rows.append(row)
    if rows:
        print_table(rows)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
