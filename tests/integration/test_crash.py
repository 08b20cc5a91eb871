# SPDX-License-Identifier: Apache-2.0
"""A plugin that crashes takes the daemon with it, and nothing else: the plugin, its instance and what
it did are named, what was queued is still there, the next start is quick, and after three crashes the
rest runs without it.
"""
import json
import os
import shutil
import signal
import tempfile
import time
import unittest
from pathlib import Path

import harness
from harness import event, tocsin, wait_for

TEST_PLUGINS = Path(os.environ.get("TOCSIN_TEST_PLUGINS", "build/dev/tests/plugins"))
# A build with sanitizers leaves fatal signals to the daemon.
os.environ["ASAN_OPTIONS"] = ":".join(
    [os.environ.get("ASAN_OPTIONS", "")] +
    [f"handle_{name}=0" for name in ("segv", "sigbus", "sigfpe", "sigill", "abort")]).strip(":")
# How the puppet crashes, and what is said of it.
WAYS = {"segv": "fatal signal 11", "abort": "fatal signal 6", "overflow": "fatal signal 11",
        "fpe": "fatal signal 8", "exit": "exit called"}


class Crash(harness.Case):
    def crashing(self, how, slot, plugin="puppet", timeout=30, **options):
        """A daemon with a block "bad" that crashes so in that slot while self.trap is there, and a
        block "sink" that does not; an event "go" goes to both."""
        self.folder = tempfile.mkdtemp(prefix="tocsin-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.trap = Path(self.folder) / "trap"
        self.trap.touch()
        self.sink = self.receiver()
        blocks = [{"name": "bad", "type": plugin, "timeout": timeout,
                   "options": {"crash": how, "crash_in": slot, "crash_if": str(self.trap), **options}},
                  {"name": "sink", "type": "webhook", "options": {"url": self.sink.url}}]
        actions = [{"type": "send-notification", "block": name, "subject": "s", "body": "b"}
                   for name in ("sink", "bad")]
        automations = [{"name": "a", "actions": actions,
                        "trigger": {"expect": ["go"], "posture": "Reactive", "threshold": 1}}]
        daemon = self.daemon(blocks=json.dumps(blocks), automations=json.dumps(automations),
                             configuration="stop: {drain_timeout: 0}\n")
        plugins = Path(self.folder) / "plugins"
        plugins.mkdir(exist_ok=True)
        for name in ("puppet.so", "prepared_puppet.so"):
            shutil.copy(TEST_PLUGINS / name, plugins)
        text = daemon.config.read_text()
        daemon.config.write_text(text.replace("dirs: [", f"dirs: ['{plugins}', "))
        return daemon

    def ended(self, daemon):
        return wait_for("the daemon ends", lambda: daemon.process.poll() is not None and
                        (daemon.process.returncode,))[0]

    def check_named(self, daemon, how, slot, plugin="puppet"):
        words = f"{WAYS[how]} in plugin {plugin} 1.0, instance bad, {slot}\n"
        self.assertIn(words, daemon.log())
        status = self.ended(daemon)
        self.assertEqual(status, 70 if how == "exit" else -int(words.split()[2]))
        record = (Path(self.folder) / "state/crashes").read_text().splitlines()[-1].split(" ")
        self.assertEqual(record[2:6], [plugin, "1.0", "bad", slot])

    def queued(self, daemon):
        return {lane["block"]: lane["queued"] + lane["in_flight"]
                for lane in daemon.json("/api/status")["outbox"]}

    def block_state(self, daemon, name="bad"):
        blocks = daemon.json("/api/status")["blocks"]
        return next(block for block in blocks if block["name"] == name)

    def crash_once(self, how, slot, **options):
        daemon = self.crashing(how, slot, **options)
        daemon.start()
        try:
            daemon.post(event("go"))
        except OSError:
            pass  # it crashed before it could answer
        self.ended(daemon)
        self.check_named(daemon, how, slot, plugin=options.get("plugin", "puppet"))
        return daemon

    def check_nothing_is_lost(self, daemon):
        """Without the trap, the next life delivers what was queued."""
        self.trap.unlink()
        began = time.monotonic()
        daemon.start()
        self.assertLess(time.monotonic() - began, 2.0)
        wait_for("both are delivered",
                 lambda: len(daemon.stored("prefect.automation.action.executed")) == 2)
        self.assertGreaterEqual(len(self.sink.requests), 1)
        self.assertFalse(any(self.queued(daemon).values()))
        self.assertEqual(daemon.end(), 0)

    def test_every_way_to_crash_in_send_is_named_and_loses_nothing(self):
        for how in WAYS:
            with self.subTest(how):
                self.check_nothing_is_lost(self.crash_once(how, "send"))

    def test_a_crash_in_a_worker_is_named_and_loses_nothing(self):
        for how in ("segv", "abort", "overflow", "exit"):
            with self.subTest(how):
                self.check_nothing_is_lost(self.crash_once(how, "send", workers=2))

    def test_a_crash_in_each_slot_of_a_delivery_is_named(self):
        for slot, options in (("prepare", {"plugin": "prepared-puppet"}),
                              ("timer", {"send": "timer"}),
                              ("cancel", {"send": "never", "timeout": 0.1})):
            with self.subTest(slot):
                self.crash_once("segv", slot, **options)

    def test_a_crash_at_the_start_is_named(self):
        for slot in ("create", "start"):
            with self.subTest(slot):
                daemon = self.crashing("segv", slot)
                daemon.spawn()
                self.ended(daemon)
                self.check_named(daemon, "segv", slot)

    def test_a_crash_at_the_end_is_named(self):
        for slot in ("drain", "stop", "destroy"):
            with self.subTest(slot):
                daemon = self.crashing("abort", slot)
                daemon.start().end()
                self.check_named(daemon, "abort", slot)

    def test_a_crash_of_the_daemon_itself_blames_nobody(self):
        daemon = self.crashing("segv", "never").start()
        self.assertEqual(daemon.end(signal.SIGSEGV), -signal.SIGSEGV)
        self.assertIn("fatal signal 11 in the daemon\n", daemon.log())
        self.assertEqual((Path(self.folder) / "state/crashes").read_text(), "")

    def crash_three_times(self):
        daemon = self.crash_once("segv", "send")
        for _ in range(2):
            daemon.spawn()
            self.ended(daemon)
        return daemon.start()

    def test_after_three_crashes_the_rest_runs_and_its_actions_wait(self):
        daemon = self.crash_three_times()
        told = self.block_state(daemon)
        self.assertEqual(told["state"], "quarantined")
        self.assertIn("crashed the daemon 3 times within 10 minutes, at last in send",
                      told["last_error"])
        self.assertIn('! block "bad" is quarantined\n', tocsin("status", "--url", daemon.url).stdout)
        before = len(self.sink.requests)
        daemon.post(event("go"))
        self.sink.wait(before + 1)
        wait_for("two wait", lambda: self.queued(daemon)["bad"] == 2)
        self.assertEqual(daemon.end(), 0)
        # It stays so, and nothing is lost.
        daemon.start()
        self.assertEqual(self.block_state(daemon)["state"], "quarantined")
        self.assertEqual(self.queued(daemon)["bad"], 2)

    def test_another_build_ends_the_quarantine(self):
        daemon = self.crash_three_times()
        daemon.end()
        self.trap.unlink()
        with open(Path(self.folder) / "plugins/puppet.so", "ab") as plugin:
            plugin.write(b"another build")
        daemon.start()
        self.assertEqual(self.block_state(daemon)["state"], "active")
        wait_for("it is delivered", lambda: self.queued(daemon)["bad"] == 0)

    def test_a_reload_that_clears_the_quarantine_ends_it(self):
        daemon = self.crash_three_times()
        self.trap.unlink()
        self.assertEqual(harness.tocsin("reload", "--url", daemon.url).returncode, 0)
        self.assertEqual(self.block_state(daemon)["state"], "quarantined")
        done = harness.tocsin("reload", "--clear-quarantine", "--url", daemon.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("blocks that were in quarantine start again\n", done.stdout)
        self.assertIn("block bad leaves its quarantine", daemon.log())
        wait_for("it is delivered", lambda: self.queued(daemon)["bad"] == 0)
        self.assertEqual(self.block_state(daemon)["state"], "active")


if __name__ == "__main__":
    unittest.main()
