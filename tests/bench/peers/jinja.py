# SPDX-License-Identifier: Apache-2.0
"""The templates of ../templates with Jinja2, or with "prefect" as Prefect renders a notification: compiled
anew each time. See ../bench_templates.py for what is asked and answered."""
import asyncio
import json
import os
import sys
import time
from pathlib import Path

import jinja2

FOLDER = Path(sys.argv[1])
IS_PREFECT = sys.argv[2:] == ["prefect"]
LOADED = {}
ENVIRONMENT = jinja2.Environment()
if IS_PREFECT:
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    from prefect.server.utilities.user_templates import render_user_template
LOOP = asyncio.new_event_loop()


def workload(name):
    if name not in LOADED:
        source = (FOLDER / f"{name.split('-')[0]}.j2").read_text(encoding="utf-8")
        context = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        LOADED[name] = source, context, ENVIRONMENT.from_string(source)
    return LOADED[name]


def turn(work):
    """CPU time of one call, in a turn of at least 20 ms."""
    rounds = 1
    while True:
        start = time.process_time()
        for _ in range(rounds):
            work()
        took = time.process_time() - start
        if took >= 0.02:
            return took / rounds * 1e6
        rounds *= 2


def works(name):
    source, context, compiled = workload(name)
    if IS_PREFECT:
        def whole():
            return LOOP.run_until_complete(render_user_template(source, context))
        return {"render": whole}
    return {"render": lambda: compiled.render(context), "compile": lambda: ENVIRONMENT.compile(source),
            "oneshot": lambda: ENVIRONMENT.from_string(source).render(context)}


def main():
    for line in sys.stdin:
        what, name = line.split()
        work = works(name.lower())
        print(json.dumps(work["render"]()) if what == "output" else turn(work[what]), flush=True)


if __name__ == "__main__":
    main()
