#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds the floor to the rows of the program bench_templates: plain Jinja2 on the same workload,
compiled once and cached, the output compared first. Where Jinja2 is not installed the floor is
"not run"."""
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

try:
    import jinja2
except ImportError:
    jinja2 = None

WORKLOADS = Path(__file__).resolve().parent / "templates"
TURNS = 9
TURN_S = 0.02


def cpu_us(work):
    """Median of the turns, for one call."""
    rounds, turns = 1, []
    while len(turns) < TURNS:
        start = time.process_time()
        for _ in range(rounds):
            work()
        took = time.process_time() - start
        if took < TURN_S:
            rounds *= 2
        else:
            turns.append(took / rounds * 1e6)
    return statistics.median(turns)


def floor_of(case):
    name, _, what = case.partition(" ")
    name = name.lower()
    source = (WORKLOADS / f"{name.split('-')[0]}.j2").read_text(encoding="utf-8")
    context = json.loads((WORKLOADS / f"{name}.json").read_text(encoding="utf-8"))
    environment = jinja2.Environment()
    if what == "compile":
        return cpu_us(lambda: environment.compile(source))
    template = environment.from_string(source)
    if template.render(context) != (WORKLOADS / f"{name}.out").read_text(encoding="utf-8"):
        raise SystemExit(f"Jinja2 renders {name} differently")
    return cpu_us(lambda: template.render(context))


def main():
    program = Path(sys.argv[1]).parents[1] / "bench/bench_templates"
    with subprocess.Popen([program], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            row = json.loads(line)
            row["floor"] = "not run"
            if jinja2 is not None:
                row["floor"] = floor_of(row["case"])
                row["ratio"] = row["cpu_us"] / row["floor"]
                row["floor_is"] = f"Jinja2 {jinja2.__version__}"
            print(json.dumps(row), flush=True)
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
