#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills the daemon with SIGKILL at random moments while events are posted, again and again, and then
asks three questions: is every acknowledged event in the log, did every firing happen exactly once
(told by the webhook-id of what arrived), and was every action delivered at least once?

With --end term it is told to end and has no patience (drain_timeout: 0), while others read from it:
whatever was under way then, it must end in order, with status 0.

usage: kill.py PROGRAM PLUGIN_DIR [--cycles N] [--seed N] [--sync full|normal] [--end kill|term]
"""
import argparse
import collections
import datetime
import http.client
import http.server
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid

DEADLINE = 60

AUTOMATIONS = """
automations:
  - name: each
    trigger: { expect: [kill.each] }
    actions:
      - { type: send-notification, block: sink, subject: each, body: "{{ event.id }}" }
  - name: pair
    trigger: { expect: [kill.pair], for_each: [customer], threshold: 2, within: 86400 }
    actions:
      - { type: send-notification, block: sink, subject: pair, body: "{{ event.resource['customer'] }}" }
"""


class Sink(http.server.ThreadingHTTPServer):
    """Answers 200 to everything and remembers which ids came with which message."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), SinkHandler)
        self.lock = threading.Lock()
        self.ids = collections.defaultdict(lambda: collections.defaultdict(int))
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass  # the killed daemon's connections


class SinkHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            key = (body["subject"], body["body"])
            self.server.ids[key][self.headers["webhook-id"]] += 1
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Daemon:
    def __init__(self, program, plugins, folder, sink_port, sync):
        self.program, self.folder = program, folder
        self.process, self.port = None, None
        os.makedirs(f"{folder}/automations.d")
        os.makedirs(f"{folder}/blocks.d")
        with open(f"{folder}/tocsin.yaml", "w") as f:
            f.write(
                f"listen: ['127.0.0.1:0']\nlisten_file: {folder}/listen\nauth: {{mode: none}}\n"
                f"state_dir: {folder}/state\nstore: {{sync: {sync}, save_events: 300}}\n"
                f"plugins: {{dirs: ['{plugins}'], permissions: warn}}\n"
                "stop: {drain_timeout: 0}\nlog: {format: text, level: warning}\n"
            )
        with open(f"{folder}/blocks.d/sink.yaml", "w") as f:
            f.write(
                "blocks:\n  - name: sink\n    type: webhook\n    concurrency: 16\n"
                f"    options: {{url: 'http://127.0.0.1:{sink_port}/'}}\n"
            )
        with open(f"{folder}/automations.d/all.yaml", "w") as f:
            f.write(AUTOMATIONS)

    def start(self):
        if os.path.exists(f"{self.folder}/listen"):
            os.unlink(f"{self.folder}/listen")
        log = open(f"{self.folder}/log", "a")
        self.process = subprocess.Popen(
            [self.program, "serve", "--config", f"{self.folder}/tocsin.yaml"], stderr=log
        )
        until = time.monotonic() + DEADLINE
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise SystemExit(f"the daemon ended at once; see {self.folder}/log")
            try:
                with open(f"{self.folder}/listen") as f:
                    self.port = int(f.readline().rsplit(":", 1)[1])
                return
            except (OSError, IndexError, ValueError):
                time.sleep(0.005)
        raise SystemExit("the daemon did not start")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(DEADLINE)


class Poster(threading.Thread):
    """Posts batches as fast as it can; keeps the ids that were acknowledged."""

    def __init__(self, daemon, number, seed):
        super().__init__(daemon=True)
        self.target, self.number = daemon, number
        self.random = random.Random(seed * 1000 + number)
        self.acknowledged, self.unsure = [], 0
        self.count, self.is_stopped = 0, False

    def event(self):
        self.count += 1
        is_pair = self.count % 5 == 0
        customer = f"c{self.number}-{self.count // 10}"
        return {
            "id": str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            "occurred": datetime.datetime.now(datetime.timezone.utc).isoformat(),
            "event": "kill.pair" if is_pair else "kill.each",
            "resource": {"prefect.resource.id": f"kill.{self.number}", "customer": customer},
        }

    def run(self):
        while not self.is_stopped:
            batch = [self.event() for _ in range(self.random.choice([1, 1, 2, 7, 20]))]
            # What was not answered may have been taken: it is sent again until it is, under its id.
            while not self.is_stopped and not self.post(batch):
                time.sleep(0.002)

    def post(self, batch):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.target.port, timeout=10)
            connection.request(
                "POST", "/api/events", json.dumps(batch), {"Content-Type": "application/json"}
            )
            status = connection.getresponse().status
            connection.close()
        except (OSError, http.client.HTTPException):
            return False
        if status == 204:
            self.acknowledged.extend(e["id"] for e in batch)
        return status == 204


class Reader(threading.Thread):
    """Asks for whatever takes the daemon a while, and does not care for the answers."""

    ROUTES = (("GET", "/api/status", None),
              ("GET", "/api/tocsin/events?limit=10000", None),
              ("GET", "/api/ready", None),
              ("GET", "/api/tocsin/blocks", None),
              ("GET", "/api/tocsin/outbox", None),
              ("POST", "/api/block_documents/filter", {}),
              ("POST", "/api/tocsin/explain", {"automation": "pair"}),
              ("POST", "/api/reload", None))

    def __init__(self, daemon, seed):
        super().__init__(daemon=True)
        self.target, self.random, self.is_stopped = daemon, random.Random(seed), False

    def run(self):
        while not self.is_stopped:
            method, path, body = self.random.choice(self.ROUTES)
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.target.port, timeout=10)
                connection.request(method, path, None if body is None else json.dumps(body),
                                   {"Content-Type": "application/json"})
                connection.getresponse().read()
                connection.close()
            except (OSError, http.client.HTTPException):
                time.sleep(0.002)


def stored_events(daemon):
    output = subprocess.run(
        [daemon.program, "event", "ls", "--json", "--name", "kill.*", "--url", f"http://127.0.0.1:{daemon.port}/api"],
        check=True, capture_output=True, text=True,
    ).stdout
    return [json.loads(line) for line in output.splitlines()]


def expected_messages(events):
    """Each kill.each is a message; a customer's second kill.pair is one, and the fourth."""
    expected = collections.Counter()
    pairs = collections.Counter()
    for event in events:
        if event["event"] == "kill.each":
            expected[("each", event["id"])] += 1
        else:
            pairs[event["resource"]["customer"]] += 1
    for customer, count in pairs.items():
        if count >= 2:
            expected[("pair", customer)] += 1
    return expected


def wait_for_delivery(sink, expected):
    until = time.monotonic() + DEADLINE
    while time.monotonic() < until:
        with sink.lock:
            if all(key in sink.ids for key in expected):
                return
        time.sleep(0.05)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("plugins")
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sync", choices=["full", "normal"], default="full")
    parser.add_argument("--end", choices=["kill", "term"], default="kill")
    parser.add_argument("--posters", type=int, default=4)
    args = parser.parse_args()

    folder = tempfile.mkdtemp(prefix="tocsin-kill-")
    sink = Sink()
    daemon = Daemon(args.program, os.path.abspath(args.plugins), folder, sink.server_port, args.sync)
    daemon.start()
    posters = [Poster(daemon, n, args.seed) for n in range(args.posters)]
    readers = [Reader(daemon, args.seed + n) for n in range(2 if args.end == "term" else 0)]
    for thread in posters + readers:
        thread.start()
    statuses = collections.Counter()
    moments = random.Random(args.seed)
    for _ in range(args.cycles):
        time.sleep(moments.uniform(0.02, 0.6))
        if args.end == "term":
            statuses[daemon.stop()] += 1
        else:
            daemon.kill()
        daemon.start()
    for thread in posters + readers:
        thread.is_stopped = True
    for thread in posters + readers:
        thread.join(DEADLINE)

    events = stored_events(daemon)
    stored = collections.Counter(e["id"] for e in events)
    acknowledged = [i for p in posters for i in p.acknowledged]
    expected = expected_messages(events)
    wait_for_delivery(sink, expected)
    statuses[daemon.stop()] += 1

    failures = []
    lost = [i for i in acknowledged if i not in stored]
    twice = [i for i, n in stored.items() if n > 1]
    silent = [k for k in expected if k not in sink.ids]
    unknown = [k for k in sink.ids if k not in expected]
    refired = [k for k, ids in sink.ids.items() if len(ids) != 1]
    repeats = sum(n - 1 for ids in sink.ids.values() for n in ids.values())
    for what, items in [
        ("acknowledged but lost", lost), ("stored twice", twice), ("never delivered", silent),
        ("delivered without a firing", unknown), ("fired more than once", refired),
    ]:
        if items:
            failures.append(f"{what}: {len(items)}, first {items[0]}")
    if set(statuses) != {0}:
        failures.append(f"it ended with these statuses: {dict(statuses)}")
    print(
        f"{args.cycles} ends by {args.end}, {len(acknowledged)} events acknowledged, {len(events)} stored, "
        f"{len(expected)} firings, {repeats} repeated deliveries"
    )
    for failure in failures:
        print(failure)
    if failures:
        print(f"folder: {folder}; again with --seed {args.seed}")
        return 1
    subprocess.run(["rm", "-rf", folder], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
