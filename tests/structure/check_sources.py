#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What every source file keeps: the licence line, no banned function, one noun's length."""
import re
import sys

from rooms import BANNED, CLOCK_FILE, ROOT, code_only, report, sources

LINES_MAX = 900
# Generated data, which nobody reads.
TABLES = re.compile(r".*(_tables|html_entities)\.c")
LICENCE = "SPDX-License-Identifier: Apache-2.0"
BANNED_CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
CLOCK_CALL = re.compile(r"(?<![\w.>])(time|clock_gettime|gettimeofday)\s*\(")


def licence_problem(path, lines):
    head = lines[:2] if lines and lines[0].startswith("#!") else lines[:1]
    if not any(LICENCE in line for line in head):
        yield f"{path}:1: the first line is not the SPDX line"


def call_problems(path, text):
    for number, line in enumerate(code_only(text).splitlines(), 1):
        for match in BANNED_CALL.finditer(line):
            yield f"{path}:{number}: {match.group(1)} is banned"
        if str(path) != CLOCK_FILE:
            for match in CLOCK_CALL.finditer(line):
                yield f"{path}:{number}: {match.group(1)} is called in {CLOCK_FILE} only"


def main():
    problems, lengths = [], []
    for path in sources("core", "plugins", "sdk", "tests",
                        suffixes=(".c", ".h", ".py", ".cmake", ".txt")):
        if path.suffix == ".txt" and path.name != "CMakeLists.txt":
            continue
        text = (ROOT / path).read_text()
        lines = text.splitlines()
        problems += licence_problem(path, lines)
        if path.suffix not in (".c", ".h"):
            continue
        problems += call_problems(path, text)
        if TABLES.fullmatch(path.name):
            continue
        lengths.append((len(lines), path))
        if len(lines) > LINES_MAX:
            problems.append(f"{path}: {len(lines)} lines, more than {LINES_MAX}: "
                            "look for the second noun")
    print("longest files: " + ", ".join(f"{p} {n}" for n, p in sorted(lengths)[:-6:-1]))
    return report(problems, "source files")


if __name__ == "__main__":
    sys.exit(main())
