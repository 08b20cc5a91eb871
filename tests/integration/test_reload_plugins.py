#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reload: the file of a plugin is replaced, spoilt and deleted while messages go through it."""
import os
import shutil
import threading
import time
import unittest
from pathlib import Path

from harness import PLUGINS, automation, event, wait_for
from reload_case import TEST_PLUGINS, Reloading


class PluginFiles(Reloading):
    def setUp(self):
        super().setUp()
        self.plugins = Path(self.folder) / "plugins"
        self.plugins.mkdir()
        self.file = self.plugins / "webhook.so"
        shutil.copy(Path(PLUGINS) / "webhook.so", self.file)
        self.good = self.file.read_bytes()
        self.sent = 0
        self.is_over = threading.Event()

    def start(self, **options):
        daemon = self.daemon(blocks=options.pop("blocks", self.block(self.sink)),
                             automations=automation(expect=["x"]), **options)
        text = daemon.config.read_text()
        daemon.config.write_text(text.replace(os.path.abspath(PLUGINS), str(self.plugins)))
        daemon.start()

        def post():
            while not self.is_over.is_set():
                self.sent += daemon.post(event("x"))[0] == 204
        self.load = threading.Thread(target=post)
        self.load.start()
        self.addCleanup(self.is_over.set)
        return daemon

    def rename(self, content):
        new = self.plugins / "new"
        new.write_bytes(content)
        os.rename(new, self.file)

    def end(self, daemon):
        """Nothing of all that was acknowledged is missing, and nothing came twice."""
        self.is_over.set()
        self.load.join()
        wait_for("all have arrived", lambda: len(self.sink.requests) >= self.sent)
        ids = [r["headers"]["webhook-id"] for r in self.sink.requests]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(len(ids), self.sent)
        self.assertGreater(self.sent, 0)
        self.assertEqual(daemon.end(), 0)

    def generations(self, daemon):
        return {p["generation"]: p["state"] for p in daemon.json("/api/status")["plugins"]
                if "generation" in p}

    def test_replaced_by_rename(self):
        daemon = self.start()
        for build in range(5):
            self.rename(self.good + bytes([build]))
            done = self.reload(daemon, "--wait")
            self.assertIn("~ plugin webhook (0.1.0, new build)", done.stdout)
        self.assertEqual(self.generations(daemon),
                         {1: "retired", 2: "retired", 3: "retired", 4: "retired",
                          5: "retired", 6: "active"})
        self.end(daemon)

    def test_overwritten_in_place(self):
        daemon = self.start()
        with open(self.file, "r+b") as file:
            file.write(self.good + b"in place")
        self.assertIn("new build", self.reload(daemon).stdout)
        self.end(daemon)

    def test_spoilt_and_deleted(self):
        daemon = self.start()
        for content, said in ((b"", "is empty"), (b"\x7fELF" + b"x" * 5000, "plugin "),
                              (b"garbage", "is not an ELF file"),
                              (self.good[:5000], "plugin ")):
            with open(self.file, "r+b") as file:
                file.truncate(0)
                file.write(content)
            done = self.reload(daemon, status=1)
            self.assertIn(said, done.stderr)
            self.assertIn(f"plugin {self.file}: ", done.stderr)
        os.unlink(self.file)
        said = self.reload(daemon, status=1).stderr
        self.assertIn('no plugin "webhook" is loaded, which block', said)
        self.assertEqual(len(said.splitlines()), 2, said)
        self.assertEqual(self.generations(daemon), {1: "active"})
        self.rename(self.good)
        self.assertTrue(self.reload(daemon).stdout.startswith("nothing changed; looked at "))
        self.end(daemon)

    def test_a_constructor_that_crashes_or_hangs(self):
        daemon = self.start()
        for name, said in (("crashes", "crashes when it is loaded"),
                           ("undefined", "cannot be loaded: undefined symbol")):
            shutil.copy(TEST_PLUGINS / f"{name}.so", self.plugins / "other.so")
            self.assertIn(said, self.reload(daemon, status=1).stderr)
        os.unlink(self.plugins / "other.so")
        self.end(daemon)

    def test_a_start_that_never_ends_and_a_sigterm(self):
        daemon = self.start()
        shutil.copy(TEST_PLUGINS / "puppet.so", self.plugins / "puppet.so")
        self.write("blocks.d/more.yaml",
                   "- {name: p, type: puppet, options: {life: start_never}}\n")
        answers = []
        asking = threading.Thread(
            target=lambda: answers.append(daemon.ask("POST", "/api/reload", b"{}")))
        asking.start()
        wait_for("the instance is being started", lambda: any(
            p.get("id") == "puppet" for p in daemon.json("/api/status")["plugins"]))
        self.is_over.set()
        self.load.join()
        began = time.monotonic()
        self.assertEqual(daemon.end(), 0)
        self.assertLess(time.monotonic() - began, 8)
        asking.join()
        self.assertEqual(answers[0][0], 503)


if __name__ == "__main__":
    unittest.main()
