#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A reload with a thousand automations: how long it takes, what of it the loop pays (CPU of its
thread), and how long a request and an event wait meanwhile (until the answer, so with the commit),
beside how long they wait without a reload. The cases: no file is touched; the file is written again,
with the same content, with one automation changed, with all of them changed.

usage: bench_reload.py PROGRAM PLUGIN_DIR [AUTOMATIONS]
"""
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path

ROUNDS, PER_FILE = 15, 1000
SETTLES_S = 2.2  # when a file has stood there so long, a reload trusts it


def automations(count, text, changed):
    """A typical automation each: some conditions, a threshold, a message. The first `changed` ones
    say something else with each text."""
    return [{"name": f"automation {i}", "trigger": {
        "match": {"prefect.resource.id": f"prefect.flow-run.{i}.*"},
        "match_related": {"prefect.resource.role": "flow", "prefect.resource.id": f"flow.{i}"},
        "expect": ["prefect.flow-run.Failed", "prefect.flow-run.Crashed"],
        "for_each": ["prefect.resource.id"], "threshold": 2, "within": 600 + (text if i < changed else 0)},
        "actions": [{"type": "send-notification", "block": "sink",
                     "subject": "{{ flow_run.name }} failed in {{ flow.name }}",
                     "body": "{% for r in event.related %}{{ r.id }} {% endfor %}" +
                             f"{text if i < changed else ''}"}]} for i in range(count)]


class Bench:
    def __init__(self, program, plugins, folder, count):
        self.folder, self.count = Path(folder), count
        (self.folder / "automations.d").mkdir()
        (self.folder / "blocks.d").mkdir()
        (self.folder / "blocks.d/sink.json").write_text(json.dumps(
            [{"name": "sink", "type": "webhook", "options": {"url": "http://127.0.0.1:9/"}}]))
        self.write(0, 0)
        (self.folder / "tocsin.yaml").write_text(
            f"listen: ['127.0.0.1:0']\nlisten_file: {folder}/listen\nauth: {{mode: none}}\n"
            f"state_dir: {folder}/state\nplugins: {{dirs: ['{plugins}'], permissions: warn}}\n"
            "store: {sync: normal}\nlog: {format: text, level: error}\n")
        self.process = subprocess.Popen([program, "serve", "--config", f"{folder}/tocsin.yaml"])
        until = time.monotonic() + 60
        while not (self.folder / "listen").exists() and time.monotonic() < until:
            time.sleep(0.01)
        self.host, port = (self.folder / "listen").read_text().split()[0].rsplit(":", 1)
        self.port = int(port)
        self.waits, self.events, self.is_over = [], [], False

    def write(self, text, changed):
        new = self.folder / "automations.d/.new"
        all_ = automations(self.count, text, changed)
        for first in range(0, self.count, PER_FILE):
            new.write_text(json.dumps(all_[first:first + PER_FILE]))
            os.rename(new, self.folder / f"automations.d/{first:06}.json")

    def connect(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=30)

    def ping(self):
        """Asks all the time, or sends an event, and notes when that was and how long it waited."""
        connection = self.connect()
        while not self.is_over:
            asked = time.perf_counter()
            connection.request("GET", "/api/health")
            connection.getresponse().read()
            self.waits.append((asked, time.perf_counter() - asked))
            event = json.dumps([{"id": str(uuid.uuid4()), "event": "prefect.flow-run.Failed",
                                 "occurred": datetime.now(timezone.utc).isoformat(),
                                 "resource": {"prefect.resource.id": "prefect.flow-run.1.x"}}])
            asked = time.perf_counter()
            connection.request("POST", "/api/events", event, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 204, answer.status
            self.events.append((asked, time.perf_counter() - asked))
            time.sleep(0.0005)
        connection.close()

    def loop_ms(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/schedstat") as file:
            return int(file.read().split()[0]) / 1e6

    @staticmethod
    def longest_ms(waits, began, ended):
        return max((1000 * wait for at, wait in list(waits) if began - wait <= at <= ended), default=0.0)

    def longest(self, began, ended):
        return [self.longest_ms(waits, began, ended) for waits in (self.waits, self.events)]

    def reload(self, connection):
        """What one run took by its own clock, what the loop paid, the longest waits meanwhile."""
        before, began = self.loop_ms(), time.perf_counter()
        connection.request("POST", "/api/reload", b"{}", {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        ended = time.perf_counter()
        assert answer["result"] in ("committed", "unchanged"), answer
        time.sleep(0.05)
        return (answer["took_ms"], self.loop_ms() - before, *self.longest(began, ended))

    def idle(self, seconds=0.1):
        began, before = time.perf_counter(), self.loop_ms()
        time.sleep(seconds)
        return (self.loop_ms() - before, *self.longest(began, time.perf_counter()))

    def run(self, case, changed=None):
        """changed: so many automations are other ones in each round; None: no file is touched."""
        connection = self.connect()
        rounds, idle = [], []
        if changed is None:
            time.sleep(SETTLES_S)
        for round_ in range(ROUNDS + 1):
            if changed is not None:
                self.write(round_ + 1, changed)
            idle.append(self.idle())
            rounds.append(self.reload(connection))
        took, loop, wait, event = (sorted(values[1:]) for values in zip(*rounds))
        idle_loop, idle_wait, idle_event = (sorted(values[1:]) for values in zip(*idle))
        row = {"bench": "reload", "case": f"{self.count} automations, {case}",
               "took_ms": round(statistics.median(took), 1), "took_ms_max": round(took[-1], 1),
               "loop_cpu_ms": round(statistics.median(loop), 1),
               "floor": "the same in 100 ms without a reload",
               "loop_cpu_floor_ms": round(statistics.median(idle_loop), 1)}
        for name, values in (("longest_wait", wait), ("longest_wait_floor", idle_wait),
                             ("longest_event", event), ("longest_event_floor", idle_event)):
            row[f"{name}_ms"] = round(statistics.median(values), 2)
            row[f"{name}_ms_max"] = round(values[-1], 2)
        print(json.dumps(row), flush=True)


def main():
    program, plugins = sys.argv[1], os.path.abspath(sys.argv[2])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    folder = tempfile.mkdtemp(prefix="tocsin-reload-", dir="/var/tmp")
    bench = Bench(program, plugins, folder, count)
    pinging = threading.Thread(target=bench.ping)
    pinging.start()
    try:
        bench.run("nothing is touched")
        bench.run("the same again", 0)
        bench.run("one changes", 1)
        bench.run("all change", count)
    finally:
        bench.is_over = True
        pinging.join()
        bench.process.terminate()
        bench.process.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
