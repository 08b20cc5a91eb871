#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What hanging sinks cost a healthy one. Three daemons side by side: two with a healthy block only,
and one with 200 black holes beside it (they accept and never answer) and a block that answers 429 for
ever, all with actions queued. Messages are measured in turn, one through each, so that whatever else
the machine does meets all three alike: the latency from the post of an event to its message (wall), and
how long the loop worked between the two (CPU of its thread, which other programs do not lengthen).

The second lonely daemon is the control: its ratio to the first one is what the bench itself makes of
equals. p99 is over all messages, its interval comes from drawing the rounds again (bootstrap, 95 %).
"cpu_us", "floor" and "ratio" are CPU of the loop; "wall_ratio" is the one that counts: p99, beside what
hangs over alone.

usage: bench_bulkhead.py PROGRAM PLUGIN_DIR
"""
import http.client
import json
import os
import random
import select
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

HOLES, QUEUED, ROUNDS, MESSAGES = 200, 10, 20, 150
BATCHES, BATCH, DRAWS = 40, 500, 2000


class Crowd:
    """Peers in a process of their own: one never answers, one answers 429."""

    def __init__(self):
        listeners = [socket.create_server(("127.0.0.1", 0), backlog=4096) for _ in range(2)]
        self.hole, self.busy = (f"http://127.0.0.1:{one.getsockname()[1]}" for one in listeners)
        self.child = os.fork()
        if self.child == 0:
            try:
                serve_crowd(*listeners)
            finally:
                os._exit(0)
        for one in listeners:
            one.close()

    def stop(self):
        os.kill(self.child, 9)
        os.waitpid(self.child, 0)


def serve_crowd(hole, busy):
    kept, poll = {}, select.poll()
    for one in (hole, busy):
        poll.register(one, select.POLLIN)
    while True:
        for fd, _ in poll.poll():
            if fd in (hole.fileno(), busy.fileno()):
                connection = (hole if fd == hole.fileno() else busy).accept()[0]
                kept[connection.fileno()] = connection
                if fd == busy.fileno():
                    poll.register(connection, select.POLLIN)
            elif not kept[fd].recv(65536):
                poll.unregister(fd)
                kept.pop(fd).close()
            else:
                kept[fd].sendall(b"HTTP/1.1 429 x\r\nContent-Length: 0\r\n\r\n")


class Sink:
    """The healthy peer, served by whoever waits for a message: no thread stands between."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.connection = None

    def message(self):
        """Waits for one, answers it, and returns when it was there."""
        text = b""
        while b"\r\n\r\n" not in text or not self._is_whole(text):
            more = self.connection.recv(65536) if self.connection else b""
            if not more:
                self.listener.settimeout(20)
                self.connection = self.listener.accept()[0]
                self.connection.settimeout(20)
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                text = b""
            text += more
        at = time.perf_counter()
        self.connection.sendall(b"HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n")
        return at

    @staticmethod
    def _is_whole(text):
        head, body = text.split(b"\r\n\r\n", 1)
        length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        return len(body) >= int(length[0].split(b":")[1])


def event(name):
    return {"id": str(uuid.uuid4()), "occurred": datetime.now(timezone.utc).isoformat(),
            "event": name, "resource": {"prefect.resource.id": "bench"}}


def automation(name, expect, blocks):
    return {"name": name, "trigger": {"expect": [expect], "posture": "Reactive", "threshold": 1},
            "actions": [{"type": "send-notification", "block": block, "subject": "s", "body": "b"}
                        for block in blocks]}


def webhook(name, url):
    return {"name": name, "type": "webhook", "options": {"url": url}}


class Daemon:
    def __init__(self, program, plugins, blocks, automations):
        self.sink = Sink()
        self.folder = tempfile.TemporaryDirectory(prefix="tocsin-bench-", dir="/var/tmp")
        base = Path(self.folder.name)
        blocks = [webhook("sink", self.sink.url)] + blocks
        automations = [automation("a", "ring", ["sink"])] + automations
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

    def ring(self):
        """Wall clock and CPU of the loop from the post of an event to its message."""
        loop_us, began = self.loop_us(), time.perf_counter()
        self.post([event("ring")])
        at = self.sink.message()
        return (at - began) * 1e6, self.loop_us() - loop_us

    def ingest_cpu_us(self):
        """Of an event that fires nothing."""
        before = self.cpu_us()
        for _ in range(BATCHES):
            self.post([event("nothing") for _ in range(BATCH)])
        return (self.cpu_us() - before) / (BATCHES * BATCH)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.folder.cleanup()


def p99(rounds):
    values = sorted(value for one in rounds for value in one)
    return values[int(len(values) * 0.99)]


def interval(rounds, floor):
    """Of the ratio of their p99, from rounds that are drawn again, both of one time."""
    ratios = []
    for _ in range(DRAWS):
        drawn = [random.randrange(len(rounds)) for _ in rounds]
        ratios.append(p99([rounds[i] for i in drawn]) / p99([floor[i] for i in drawn]))
    ratios.sort()
    return [round(ratios[int(DRAWS * at)], 3) for at in (0.025, 0.975)]


def measure(daemons):
    """Of each daemon rounds of (wall, loop); the messages take turns."""
    found = [[] for _ in daemons]
    for _ in range(ROUNDS):
        for one in found:
            one.append([])
        for i in range(MESSAGES):
            for k in range(len(daemons)):
                which = (i + k) % len(daemons)
                found[which][-1].append(daemons[which].ring())
                time.sleep(0.001)
    return [[[[message[kind] for message in round_] for round_ in one] for kind in (0, 1)]
            for one in found]


def main():
    program, plugins = sys.argv[1:3]
    crowd = Crowd()
    names = [f"hole-{i}" for i in range(HOLES)]
    daemons = [Daemon(program, plugins, [], []), Daemon(program, plugins, [], []),
               Daemon(program, plugins, [webhook("busy", crowd.busy)] +
                      [webhook(name, f"{crowd.hole}/{name}") for name in names],
                      [automation("b", "burst", names + ["busy"])])]
    beside = daemons[2]
    try:
        for _ in range(QUEUED):
            beside.post([event("burst")])
        time.sleep(3)  # what hangs is known to be slow
        began_kib = beside.memory_kib()
        found = measure(daemons)
        for case, own, daemon in zip(("alone", "alone-again", "beside-hanging"), found, daemons):
            wall, loop = own
            row = {"case": case, "cpu_us": round(p99(loop), 1), "floor": round(p99(found[0][1])),
                   "ratio": round(p99(loop) / p99(found[0][1]), 3),
                   "wall_p50_us": round(statistics.median(v for r in wall for v in r)),
                   "wall_p99_us": round(p99(wall)), "wall_ratio": round(p99(wall) / p99(found[0][0]), 3),
                   "wall_ratio_95": interval(wall, found[0][0]),
                   "ingest_cpu_us": round(daemon.ingest_cpu_us(), 2)}
            if daemon is beside:
                row.update(memory_kib=beside.memory_kib(), grown_kib=beside.memory_kib() - began_kib)
            print(json.dumps(row), flush=True)
    finally:
        for daemon in daemons:
            daemon.stop()
        crowd.stop()


if __name__ == "__main__":
    main()
