#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What hanging sinks cost a healthy one: two daemons side by side, one with a healthy block only, one
with 200 black holes (they accept and never answer) and a block that answers 429 for ever, all with
actions queued. Rounds are measured in turn, on the one and on the other: the latency from a post to its
message (wall), how long the loop worked between the two (CPU of its thread, which other programs do not
lengthen; "floor" and "ratio" are its p99), and the CPU of taking in events that fire nothing.

usage: bench_bulkhead.py PROGRAM PLUGIN_DIR
"""
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path

HOLES, QUEUED, ROUNDS, MESSAGES = 200, 10, 8, 150
BATCHES, BATCH = 20, 500


class Sink:
    """A peer that answers every request with status, or hangs when that is 0."""

    def __init__(self, status):
        self.status, self.times, self.kept = status, [], []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            connection = self.listener.accept()[0]
            if self.status == 0:
                self.kept.append(connection)
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        stream = connection.makefile("rb")
        answer = f"HTTP/1.1 {self.status} x\r\nContent-Length: 0\r\n\r\n".encode()
        try:
            while stream.readline():
                length = 0
                for line in iter(stream.readline, b"\r\n"):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                stream.read(length)
                self.times.append(time.perf_counter())
                connection.sendall(answer)
        except OSError:
            pass


def event(name):
    return {"id": str(uuid.uuid4()), "occurred": datetime.now(timezone.utc).isoformat(),
            "event": name, "resource": {"prefect.resource.id": "bench"}}


def automation(name, expect, blocks):
    return {"name": name, "trigger": {"expect": [expect], "posture": "Reactive", "threshold": 1},
            "actions": [{"type": "send-notification", "block": block, "subject": "s", "body": "b"}
                        for block in blocks]}


class Daemon:
    def __init__(self, program, plugins, blocks, automations):
        self.folder = tempfile.TemporaryDirectory(prefix="tocsin-bench-")
        base = Path(self.folder.name)
        for kind, items in (("blocks", blocks), ("automations", automations)):
            (base / f"{kind}.d").mkdir()
            (base / f"{kind}.d/x.yaml").write_text(json.dumps({kind: items}))
        (base / "tocsin.yaml").write_text(json.dumps({
            "listen": ["127.0.0.1:0"], "listen_file": str(base / "addresses"), "auth": {"mode": "none"},
            "state_dir": str(base / "state"), "store": {"sync": "normal"}, "log": {"level": "error"},
            "plugins": {"dirs": [plugins], "permissions": "warn"}}))
        self.process = subprocess.Popen([program, "serve", "--config", base / "tocsin.yaml"])
        end = time.monotonic() + 30
        while not (base / "addresses").exists():
            if time.monotonic() > end or self.process.poll() is not None:
                raise SystemExit("the daemon does not start")
            time.sleep(0.01)
        host, port = (base / "addresses").read_text().split("\n")[0].rsplit(":", 1)
        self.connection = http.client.HTTPConnection(host, int(port), timeout=60)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, events):
        self.connection.request("POST", "/api/events", json.dumps(events),
                                {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 204:
            raise SystemExit(f"{answer.status}: {body[:200]}")

    def cpu_us(self):
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e3

    def loop_us(self):
        return int(Path(f"/proc/{self.process.pid}/schedstat").read_text().split()[0]) / 1e3

    def memory_kib(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.folder.cleanup()


def latencies(daemon, sink):
    found, loop = [], []
    for _ in range(MESSAGES):
        loop_us = daemon.loop_us()
        count, began = len(sink.times), time.perf_counter()
        daemon.post([event("ring")])
        while len(sink.times) == count:
            if time.perf_counter() - began > 20:
                raise SystemExit("a message did not come")
            time.sleep(0.0002)
        loop.append(daemon.loop_us() - loop_us)
        found.append((sink.times[count] - began) * 1e6)
        time.sleep(0.002)
    return sorted(found), sorted(loop)


def round_of(daemon, sink):
    before = daemon.cpu_us()
    found, loop = latencies(daemon, sink)
    message_cpu = (daemon.cpu_us() - before) / MESSAGES
    before = daemon.cpu_us()
    for _ in range(BATCHES):
        daemon.post([event("nothing") for _ in range(BATCH)])
    ingest_cpu = (daemon.cpu_us() - before) / (BATCHES * BATCH)
    return {"p50_us": found[len(found) // 2], "p99_us": found[int(len(found) * 0.99)],
            "loop_p50_us": loop[len(loop) // 2], "loop_p99_us": loop[int(len(loop) * 0.99)],
            "cpu_us": message_cpu, "ingest_cpu_us": ingest_cpu}


def main():
    program, plugins = sys.argv[1:3]
    sinks, hole, busy = (Sink(200), Sink(200)), Sink(0), Sink(429)
    names = [f"hole-{i}" for i in range(HOLES)]

    def webhook(name, url):
        return {"name": name, "type": "webhook", "options": {"url": url}}
    alone = Daemon(program, plugins, [webhook("sink", sinks[0].url)],
                   [automation("a", "ring", ["sink"])])
    beside = Daemon(program, plugins,
                    [webhook("sink", sinks[1].url), webhook("busy", busy.url)] +
                    [webhook(name, f"{hole.url}/{name}") for name in names],
                    [automation("a", "ring", ["sink"]), automation("b", "burst", names + ["busy"])])
    try:
        for _ in range(QUEUED):
            beside.post([event("burst")])
        time.sleep(3)  # what hangs is known to be slow
        began_kib = beside.memory_kib()
        rounds = ([], [])
        for i in range(ROUNDS):
            for which in ((0, 1), (1, 0))[i % 2]:
                rounds[which].append(round_of((alone, beside)[which], sinks[which]))
        figures = [{key: statistics.median(r[key] for r in found) for key in found[0]}
                   for found in rounds]
        for case, own, more in (("alone", figures[0], {}),
                                ("beside-hanging", figures[1],
                                 {"memory_kib": beside.memory_kib(), "grown_kib":
                                  beside.memory_kib() - began_kib, "hanging": len(hole.kept)})):
            row = {"case": case, "cpu_us": round(own["cpu_us"], 1), "floor": round(figures[0]["loop_p99_us"]),
                   "ratio": round(own["loop_p99_us"] / figures[0]["loop_p99_us"], 3)}
            row.update({key: round(value, 2) for key, value in own.items() if key != "cpu_us"}, **more)
            print(json.dumps(row), flush=True)
    finally:
        alone.stop()
        beside.stop()


if __name__ == "__main__":
    main()
