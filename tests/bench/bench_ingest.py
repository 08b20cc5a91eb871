#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Acknowledged, durable, evaluated events over HTTP: CPU of the daemon per event in batches of 1, 50
and 500, beside an HTTP server on the same library that only reads the body. Events are typical Prefect
events of about 1.5 KB; a hundred automations watch, two of which every event meets.

usage: bench_ingest.py PROGRAM PLUGIN_DIR
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ID = "00000000-0000-4000-8000-000000000000"
ROUNDS = 5
# batch, connections, requests a round, sync
CASES = [(500, 4, 120, "normal"), (500, 4, 120, "full"), (50, 16, 600, "normal"), (50, 16, 600, "full"),
         (1, 64, 20000, "normal"), (1, 64, 20000, "full")]


def typical_event():
    """The recorded event whose JSON is nearest to 1.5 KB, under an id that the generator replaces."""
    lines = (HERE.parent / "data/events/sample.ndjson").read_text().splitlines()
    event = json.loads(min(lines, key=lambda line: abs(len(line) - 1500)))
    event.pop("received", None)
    event["id"], event["follows"] = ID, None
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)


def cpu_seconds(pid):
    """CPU time of all threads of a process."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as f:
            total += int(f.read().split()[0])
    return total / 1e9


def wait_for_file(path, process):
    until = time.monotonic() + 10
    while time.monotonic() < until and process.poll() is None:
        if os.path.exists(path) and os.path.getsize(path) > 0:
            return Path(path).read_text().split()[0]
        time.sleep(0.005)
    sys.exit(f"bench_ingest: {process.args[0]} did not start")


def automations():
    items = [
        {"name": f"other {i}", "trigger": {"match": {"prefect.resource.id": f"prefect.flow-run.{i}"}},
         "actions": []}
        for i in range(98)
    ]
    items.append({"name": "rare", "trigger": {"for_each": ["prefect.resource.id"], "threshold": 1000000000,
                                              "within": 60}, "actions": []})
    items.append({"name": "never", "trigger": {"match": {"prefect.resource.id": "!*"}}, "actions": []})
    return json.dumps({"automations": items})


def start_daemon(program, folder, sync):
    os.makedirs(f"{folder}/automations.d")
    Path(f"{folder}/automations.d/all.json").write_text(automations())
    Path(f"{folder}/tocsin.yaml").write_text(
        f"listen: ['127.0.0.1:0']\nlisten_file: {folder}/listen\nauth: {{mode: none}}\n"
        f"state_dir: {folder}/state\nstore: {{sync: {sync}}}\nplugins: {{dirs: []}}\n"
        "log: {format: text, level: error}\n"
    )
    process = subprocess.Popen([program, "serve", "--config", f"{folder}/tocsin.yaml"])
    return process, wait_for_file(f"{folder}/listen", process)


def start_floor(tools, folder):
    path = f"{folder}/floor-listen"
    process = subprocess.Popen([tools / "bench_http_floor", "--listen-file", path],
                               stdout=subprocess.DEVNULL)
    return process, wait_for_file(path, process)


def load(tools, process, address, path, body, connections, count):
    """CPU microseconds of the server per request, and the generator's figures."""
    before = cpu_seconds(process.pid)
    figures = json.loads(subprocess.run(
        [tools / "bench_load", "--address", address, "--path", path, "--body", body, "--connections",
         str(connections), "--count", str(count), "--fresh", ID],
        check=True, capture_output=True, text=True).stdout)
    if figures["2xx"] != count:
        sys.exit(f"bench_ingest: {figures}")
    return (cpu_seconds(process.pid) - before) * 1e6 / count, figures


def run_case(program, tools, event, batch, connections, count, sync):
    folder = tempfile.mkdtemp(prefix="tocsin-ingest-", dir="/var/tmp")
    body = f"{folder}/body.json"
    Path(body).write_text("[" + ",".join([event] * batch) + "]")
    daemon, address = start_daemon(program, folder, sync)
    floor, floor_address = start_floor(tools, folder)
    ours, floors, rates, p99 = [], [], [], []
    try:
        for round_ in range(ROUNDS + 1):
            cpu, figures = load(tools, daemon, address, "/api/events", body, connections, count)
            floor_cpu, _ = load(tools, floor, floor_address, "/", body, connections, count)
            if round_ > 0:  # the first one warms up
                ours.append(cpu / batch)
                floors.append(floor_cpu / batch)
                rates.append(figures["per_second"] * batch)
                p99.append(figures["p99_us"])
    finally:
        daemon.terminate()
        floor.terminate()
        daemon.wait()
        floor.wait()
        shutil.rmtree(folder)
    cpu, floor_cpu = statistics.median(ours), statistics.median(floors)
    print(json.dumps({
        "bench": "ingest", "case": f"batches of {batch}, {connections} connections, sync {sync}",
        "cpu_us": round(cpu, 3), "per_second": round(statistics.median(rates)),
        "floor": "HTTP that only reads the body", "ratio": round(cpu / floor_cpu, 2),
        "floor_cpu_us": round(floor_cpu, 3), "cpu_us_min": round(min(ours), 3),
        "cpu_us_max": round(max(ours), 3), "per_second_min": round(min(rates)),
        "per_second_max": round(max(rates)), "request_p99_us": round(statistics.median(p99)),
    }), flush=True)


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "build/release/bin/tocsin"
    tools = Path(program).resolve().parents[1] / "bench/tools"
    if not tools.is_dir():
        tools = Path(program).resolve().parents[1] / "tools"
    event = typical_event()
    for batch, connections, count, sync in CASES:
        run_case(program, tools, event, batch, connections, count, sync)


if __name__ == "__main__":
    main()
