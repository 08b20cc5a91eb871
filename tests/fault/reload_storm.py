#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A storm of reloads under load, every second one broken: definitions that do not parse, a block that
is wrong, a plugin file that was spoilt in place, truncated, or replaced by another build. Then: is
every acknowledged event in the log, was every action delivered, how often twice, and are descriptors,
threads and mappings what they were?

usage: reload_storm.py PROGRAM PLUGIN_DIR [--reloads N] [--every MS] [--seed N]
"""
import argparse
import collections
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

BUILDS = 4  # different contents of the plugin's file


def automations(number, last):
    """What stays, and one that is another one each time. The last set leaves the other one out."""
    notify = {"type": "send-notification", "block": "sink", "subject": "s"}
    kept = [{"name": "each", "trigger": {"expect": ["storm.each"]},
             "actions": [{**notify, "body": "{{ event.id }}"}]},
            {"name": "pair", "trigger": {"expect": ["storm.pair"], "for_each": ["customer"],
                                         "threshold": 2, "within": 86400},
             "actions": [{**notify, "body": "pair {{ event.resource['customer'] }}"}]}]
    if last:
        return kept
    return kept + [{"name": f"changing {number % 7}", "trigger": {"expect": [f"never.{number}"]},
                    "actions": []}]


class Storm:
    def __init__(self, harness, arguments, folder):
        self.harness, self.arguments, self.folder = harness, arguments, Path(folder)
        self.random = random.Random(arguments.seed)
        self.sink = harness.Receiver()
        self.plugins = self.folder / "plugins"
        self.plugins.mkdir()
        self.good = (Path(arguments.plugins) / "webhook.so").read_bytes()
        self.build = 0
        self.acknowledged, self.pairs = [], []
        self.is_over = threading.Event()
        self.results = collections.Counter()

    # ---- files

    def replace(self, path, content):
        path = self.folder / path
        new = path.parent / ".new"
        new.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        os.rename(new, path)

    def put_plugin(self):
        self.replace("plugins/webhook.so", self.good + bytes([self.build]))

    def blocks(self, number):
        options = {"url": self.sink.url + "/hook"}
        if number % 3 == 0:
            options["headers"] = {"x-number": str(number % 5)}
        return [{"name": "sink", "type": "webhook", "options": options, "timeout": 5 + number % 2}]

    def put_right(self, number, last=False):
        if number % 5 == 0:
            self.build = (self.build + 1) % BUILDS
        self.put_plugin()
        self.replace("blocks.d/test.yaml", self.blocks(number))
        self.replace("automations.d/test.yaml", automations(number, last))

    def put_wrong(self):
        """Spoils one file; a signal to the daemon must then change nothing."""
        plugin = self.plugins / "webhook.so"
        kind = self.random.randrange(6)
        if kind == 0:
            self.replace("automations.d/test.yaml", b"- {name: broken")
        elif kind == 1:
            self.replace("blocks.d/test.yaml", [{"name": "sink", "type": "webhook",
                                                 "options": {"ulr": "x"}}])
        elif kind == 2:
            with open(plugin, "r+b") as file:
                file.write(b"\xcc" * 4096)
        elif kind == 3:
            os.truncate(plugin, 0)
        elif kind == 4:
            os.unlink(plugin)
        else:
            self.replace("plugins/webhook.so", self.random.randbytes(20000))

    # ---- load and reloads

    def post(self):
        event = self.harness.event
        while not self.is_over.is_set():
            customer = f"c{len(self.pairs)}"
            batch = [event("storm.each"), event("storm.pair", labels={"customer": customer})]
            if self.daemon.post(*batch)[0] == 204:
                self.acknowledged += [one["id"] for one in batch]
                self.pairs.append(customer)
            time.sleep(0.002)

    def reload(self, is_good):
        """By the API, or by a signal and then the API, which has its own run."""
        if self.random.random() < 0.3:
            self.daemon.process.send_signal(signal.SIGHUP)
        status, _ = self.daemon.ask("POST", "/api/reload", b"{}")
        self.results[status] += 1
        if status != (200 if is_good else 422):
            raise AssertionError(f"a reload that is {'right' if is_good else 'wrong'}: {status}")

    def figures(self):
        process = Path(f"/proc/{self.daemon.process.pid}")
        return {"descriptors": len(os.listdir(process / "fd")),
                "threads": len(os.listdir(process / "task")),
                "mappings": len((process / "maps").read_text().splitlines())}

    def wait(self, what, look):
        self.harness.wait_for(what, look, 120)

    def is_drained(self):
        store = self.daemon.json("/api/status")["store"]
        return store["outbox_queued"] == 0

    def run(self):
        self.daemon = self.harness.Daemon(self.folder,
                                          configuration="reload: {drain_timeout: 2s}\n")
        text = self.daemon.config.read_text()
        self.daemon.config.write_text(text.replace(os.path.abspath(self.harness.PLUGINS),
                                                   str(self.plugins)).replace("level: debug",
                                                                              "level: warning"))
        self.put_right(0)
        self.daemon.start()
        # Every content of the plugin's file is loaded once before anything is counted.
        for build in range(BUILDS):
            self.put_right(5 * build)
            self.reload(True)
        # As many connections as there will ever be.
        self.daemon.post(*[self.harness.event("storm.each") for _ in range(200)])
        self.wait("the first messages", lambda: len(self.sink.requests) >= 200 and
                  self.is_drained())
        self.sink.requests.clear()
        before = self.figures()
        loader = threading.Thread(target=self.post)
        loader.start()
        self.wait("the load", lambda: len(self.sink.requests) > 20)
        began = time.monotonic()
        for number in range(self.arguments.reloads):
            if number % 2:
                self.put_wrong()
                self.reload(False)
            self.put_right(number)
            if number % 2 == 0:
                self.reload(True)
            time.sleep(self.arguments.every / 1000)
        took = time.monotonic() - began
        self.put_right(0, last=True)
        self.reload(True)
        self.is_over.set()
        loader.join()
        return before, took

    def check(self, before, took):
        problems = []
        # The second half of each pair: the first must still be counted after all those reloads.
        event = self.harness.event
        for i in range(0, len(self.pairs), 200):
            batch = [event("storm.pair", labels={"customer": c}) for c in self.pairs[i:i + 200]]
            assert self.daemon.post(*batch)[0] == 204
            self.acknowledged += [one["id"] for one in batch]
        wanted = {one: 1 for one in self.pairs}
        expected = len(self.acknowledged) // 3 + len(wanted)
        self.wait("all actions are done", lambda: len(self.sink.requests) >= expected
                  and self.is_drained())
        stored = {e["id"] for e in self.all_events()}
        lost = set(self.acknowledged) - stored
        if lost:
            problems.append(f"{len(lost)} acknowledged events are not in the log")
        bodies = collections.Counter(json.loads(r["body"])["body"] for r in self.sink.requests)
        ids = collections.Counter(r["headers"]["webhook-id"] for r in self.sink.requests)
        each = set(self.acknowledged[0:2 * len(self.pairs):2])
        missing = [b for b in each | {f"pair {c}" for c in self.pairs} if b not in bodies]
        if missing:
            problems.append(f"{len(missing)} actions were never delivered")
        again = sum(count - 1 for count in ids.values())
        if len(ids) != len(bodies):
            problems.append(f"{len(ids)} invocations for {len(bodies)} messages")
        # A delivery that was canceled at the end of a drain may have arrived: one for each
        # place of the block at each reload that replaced it. Here none is so slow.
        if again > 0:
            problems.append(f"{again} messages came more than once")
        self.wait("nothing drains", lambda: all(
            p.get("instances", 0) <= 1 and p.get("state") != "draining"
            for p in self.daemon.json("/api/status")["plugins"]))
        try:
            self.wait("descriptors and threads as before",
                      lambda: self.figures()["descriptors"] <= before["descriptors"]
                      and self.figures()["threads"] <= before["threads"])
        except AssertionError:
            problems.append("descriptors or threads grew")
        after = self.figures()
        if after["mappings"] > before["mappings"] + 40:
            problems.append(f"mappings grew from {before['mappings']} to {after['mappings']}")
        print(f"{sum(self.results.values())} reloads ({self.results[422]} refused) in {took:.1f} s, "
              f"{len(self.acknowledged)} events acknowledged, {len(self.sink.requests)} messages, "
              f"{again} of them again; before {before}, after {after}")
        if self.daemon.end() != 0:
            problems.append("the daemon did not end well")
        return problems

    def all_events(self):
        """The log, page by page."""
        after = 0
        while after is not None:
            connection = http.client.HTTPConnection(self.daemon.host, self.daemon.port, timeout=60)
            connection.request("GET", f"/api/tocsin/events?limit=10000&name=storm.*&after={after}")
            answer = connection.getresponse()
            yield from (json.loads(line) for line in answer.read().splitlines())
            after = answer.getheader("Tocsin-Next")
            connection.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("plugins")
    parser.add_argument("--reloads", type=int, default=1000)
    parser.add_argument("--every", type=float, default=0, metavar="MS")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = parser.parse_args()
    os.environ["TOCSIN_PROGRAM"], os.environ["TOCSIN_PLUGINS"] = arguments.program, arguments.plugins
    import harness
    print(f"seed {arguments.seed}")
    folder = tempfile.mkdtemp(prefix="tocsin-storm-")
    storm = Storm(harness, arguments, folder)
    try:
        problems = storm.check(*storm.run())
        for problem in problems:
            print(problem)
        return 1 if problems else 0
    except BaseException:
        print(storm.daemon.log()[-3000:])
        raise
    finally:
        storm.is_over.set()
        storm.daemon.close()
        storm.sink.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
