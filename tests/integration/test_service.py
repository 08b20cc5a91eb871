#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tocsin as a service: the manager's end of the notification socket is played here."""
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import unittest
import uuid
from pathlib import Path

from harness import Case, automation, event, tocsin, wait_for
from peer import Peer

SLOW_SYNC = os.environ.get("TOCSIN_SLOW_SYNC")


class Manager:
    """A service manager: a datagram socket and what came through it."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.name = address if address[0] != "\0" else "@" + address[1:]
        self.messages = []
        threading.Thread(target=self.receive, daemon=True).start()

    def receive(self):
        while True:
            text = self.socket.recv(4096).decode()
            self.messages.append((time.monotonic(),
                                  dict(line.split("=", 1) for line in text.split("\n"))))

    def said(self, key):
        return [message for _, message in self.messages if key in message]

    def wait(self, key, count=1):
        wait_for(f"{key} at the manager", lambda: len(self.said(key)) >= count)
        return self.said(key)[count - 1]


class ServiceCase(Case):
    def environ(self, **values):
        for name, value in values.items():
            old = os.environ.get(name)
            os.environ[name] = str(value)
            self.addCleanup(lambda n=name, o=old: os.environ.pop(n) if o is None
                            else os.environ.__setitem__(n, o))

    def manager(self, address=None, **more):
        manager = Manager(address or f"{self.folder}/notify")
        self.addCleanup(manager.socket.close)
        self.environ(NOTIFY_SOCKET=manager.name, **more)
        return manager

    def reload(self, daemon):
        return tocsin("reload", "--url", f"unix:{daemon.socket}")

    def break_automations(self):
        (Path(self.folder) / "automations.d/test.yaml").write_text("- {name: broken\n")


class Journal(ServiceCase):
    """Standard error is the journal: what is wrong is found by its priority, however early or
    late it is told."""

    def journal(self, **options):
        daemon = self.daemon(**options)
        log = daemon.folder / "log"
        log.touch()
        self.environ(JOURNAL_STREAM=f"{log.stat().st_dev}:{log.stat().st_ino}")
        return daemon

    def test_a_start_that_is_refused(self):
        daemon = self.journal(configuration="listn: []\n")
        self.assertEqual(daemon.spawn().wait(30), 1)
        lines = daemon.log().splitlines()
        self.assertTrue(lines[0].startswith(f"<3>{daemon.config}:7:1: unknown key"), lines)
        self.assertEqual(lines[-1], "<3>tocsin: not started: 1 problem")

    def test_a_fatal_signal(self):
        daemon = self.journal().start()
        daemon.end(signal.SIGABRT)
        self.assertEqual(daemon.log().splitlines()[-1], "<3>fatal signal 6 in the daemon")


class Service(ServiceCase):
    def test_ready_comes_when_it_listens(self):
        manager = self.manager()
        daemon = self.daemon()
        daemon.spawn()
        self.assertEqual(manager.wait("READY"),
                         {"READY": "1", "STATUS": "0 automations, 0 blocks"})
        self.assertTrue(daemon.addresses.exists())
        host, port = daemon.addresses.read_text().split("\n")[0].rsplit(":", 1)
        socket.create_connection((host, int(port))).close()
        self.assertEqual(daemon.end(), 0)
        self.assertEqual(manager.wait("STOPPING")["STOPPING"], "1")

    def test_the_socket_may_be_abstract(self):
        manager = self.manager(f"\0tocsin-test-{uuid.uuid4()}")
        self.daemon().start()
        manager.wait("READY")

    def test_a_manager_that_is_gone_does_no_harm(self):
        self.environ(NOTIFY_SOCKET=f"{self.folder}/nowhere", WATCHDOG_USEC=100000)
        daemon = self.daemon().start()
        self.assertEqual(daemon.json("/api/ready"), {"message": "OK"})
        self.assertEqual(daemon.end(), 0)

    def test_around_a_reload(self):
        manager = self.manager()
        daemon = self.daemon().start()
        before_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self.assertEqual(self.reload(daemon).returncode, 0)
        reloading = manager.wait("RELOADING")
        after_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self.assertLessEqual(before_us, int(reloading["MONOTONIC_USEC"]))
        self.assertLessEqual(int(reloading["MONOTONIC_USEC"]), after_us)
        self.assertEqual(manager.wait("READY", 2)["STATUS"], "0 automations, 0 blocks")

    def test_a_reload_that_fails(self):
        manager = self.manager()
        daemon = self.daemon().start()
        self.break_automations()
        done = self.reload(daemon)
        self.assertEqual(done.returncode, 1)
        self.assertIn("automations.d/test.yaml:", done.stderr)
        at = daemon.json("/api/status")["configuration"]["at"][11:19]
        self.assertEqual(manager.wait("READY", 2)["STATUS"],
                         f"reload failed: 1 problem, running configuration of {at}")

    def test_a_start_with_the_last_good_definitions(self):
        manager = self.manager()
        daemon = self.daemon().start()
        daemon.end()
        self.break_automations()
        daemon.start()
        self.assertIn("running the last good definitions: 1 problem",
                      manager.wait("READY", 2)["STATUS"])

    def test_the_watchdog_is_fed_three_times_an_interval(self):
        manager = self.manager(WATCHDOG_USEC=300000)
        self.daemon().start()
        manager.wait("WATCHDOG", 10)
        times = [at for at, message in manager.messages if "WATCHDOG" in message]
        self.assertLess((times[9] - times[0]) / 9, 0.3)

    def test_the_watchdog_of_another_process_is_not_fed(self):
        manager = self.manager(WATCHDOG_USEC=3000, WATCHDOG_PID=1)
        daemon = self.daemon().start()
        self.assertEqual(self.reload(daemon).returncode, 0)
        manager.wait("READY", 2)
        self.assertFalse(manager.said("WATCHDOG"))

    @unittest.skipUnless(SLOW_SYNC, "a sanitizer's runtime must be the first library")
    def test_a_disk_that_hangs_starves_the_watchdog(self):
        hang = Path(self.folder) / "hang"
        manager = self.manager(WATCHDOG_USEC=150000)
        self.environ(LD_PRELOAD=SLOW_SYNC, SLOW_SYNC=hang)
        daemon = self.daemon().start()
        manager.wait("WATCHDOG", 3)
        hang.touch()
        threading.Thread(target=lambda: daemon.post(event("x")), daemon=True).start()
        seen = [0, time.monotonic()]

        def is_silent():
            count = len(manager.said("WATCHDOG"))
            if count != seen[0]:
                seen[:] = [count, time.monotonic()]
            return time.monotonic() - seen[1] > 0.5
        wait_for("no beat for ten beats", is_silent)
        # The loop turns all the while.
        self.assertEqual(daemon.ask("GET", "/api/health"), (200, b"true"))
        hang.unlink()
        manager.wait("WATCHDOG", seen[0] + 3)

    @unittest.skipUnless(SLOW_SYNC, "a sanitizer's runtime must be the first library")
    def test_an_end_without_patience_still_waits_for_the_commit_under_way(self):
        hang = Path(self.folder) / "hang"
        self.environ(LD_PRELOAD=SLOW_SYNC, SLOW_SYNC=hang)
        sink = self.receiver()

        def answer(_):
            hang.touch()  # what is to be committed next is that it was delivered
            return 200
        sink.answer = answer
        daemon = self.daemon(
            blocks=self.block(sink), automations=automation(expect=["x"]),
            configuration="store: {sync: full}\nstop: {drain_timeout: 0}\n").start()
        daemon.post(event("x"))
        wait_for("it was delivered", lambda: "delivered" in daemon.log())
        daemon.process.send_signal(signal.SIGTERM)
        wait_for("it stops", lambda: "notice daemon: stopping" in daemon.log())
        with self.assertRaises(subprocess.TimeoutExpired):
            daemon.process.wait(0.3)
        hang.unlink()
        self.assertEqual(daemon.process.wait(30), 0, daemon.log())
        self.assertNotIn("state was not saved", daemon.log())
        daemon.start()
        self.assertEqual(len(daemon.stored("prefect.automation.action.executed")), 1)

    def test_a_secret_comes_from_the_credentials(self):
        sink = self.receiver()
        secrets = Path(self.folder) / "credentials"
        secrets.mkdir()
        (secrets / "ops").write_text(sink.url + "/secret-path\n")
        self.environ(CREDENTIALS_DIRECTORY=secrets)
        daemon = self.daemon(
            blocks='[{name: sink, type: webhook, options: {url: {credential: ops}}}]',
            automations=automation(expect=["x"])).start()
        daemon.post(event("x"))
        self.assertEqual(sink.wait(1)[0]["path"], "/secret-path")
        self.assertNotIn("secret-path", daemon.log() + json.dumps(daemon.json("/api/status")))

    def test_a_stop_keeps_what_did_not_end(self):
        is_over = threading.Event()
        self.addCleanup(is_over.set)
        sink = self.receiver()
        sink.answer = lambda request: 200 if is_over.wait(60) else 200
        daemon = self.daemon(blocks=self.block(sink), automations=automation(expect=["x"]),
                             configuration="stop: {drain_timeout: 100ms}\n").start()
        daemon.post(event("x"))
        first = sink.wait(1)[0]
        self.assertEqual(daemon.end(signal.SIGTERM), 0)
        sink.answer = lambda request: 200
        daemon.start()
        self.assertEqual(sink.wait(2)[1]["headers"]["webhook-id"],
                         first["headers"]["webhook-id"])


class Manual(ServiceCase):
    """docs/operations.md, as far as it can be done without root and without Slack."""

    def written(self, name):
        """What the page writes to the file of that name."""
        page = (Path(__file__).parents[2] / "docs/operations.md").read_text()
        return re.search(rf"cat > /etc/tocsin/{re.escape(name)} <<'YAML'\n(.*?)\nYAML\n", page,
                         re.S)[1] + "\n"

    def test_the_way_to_one_slack_channel(self):
        slack = Peer()
        self.addCleanup(slack.close)
        secrets = Path(self.folder) / "secrets"
        secrets.mkdir()
        (secrets / "api-key").write_text("0123456789abcdef0123456789abcdef\n")
        (secrets / "slack-ops").write_text(slack.url + "/services/T/B/x\n")
        self.environ(CREDENTIALS_DIRECTORY=secrets)
        daemon = self.daemon(blocks="[]", automations="[]")
        example = (Path(__file__).parents[2] / "service/tocsin.yaml").read_text()
        daemon.config.write_text(daemon.config.read_text().replace("auth: {mode: none}\n", example))
        for name in ("blocks.d/ops.yaml", "automations.d/failures.yaml"):
            (Path(self.folder) / name).write_text(self.written(name))
        done = tocsin("check", "--config", daemon.config)
        self.assertEqual(done.returncode, 0, done.stderr)
        daemon.start()
        done = tocsin("block", "send", "ops", "--subject", "It works", "--body", "from here",
                      "--url", f"unix:{daemon.socket}")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("It works", slack.wait(1)[0]["body"].decode())
        key = {"Authorization": "Bearer 0123456789abcdef0123456789abcdef"}
        self.assertEqual(daemon.ask("GET", "/api/status")[0], 401)
        self.assertEqual(daemon.ask("GET", "/api/status", headers=key)[0], 200)
        failed = event("prefect.flow-run.Failed", f"prefect.flow-run.{uuid.uuid4()}",
                       labels={"prefect.resource.name": "wise-owl"})
        daemon.ask("POST", "/api/events", json.dumps([failed]), key)
        self.assertIn("wise-owl failed", slack.wait(2)[1]["body"].decode())


if __name__ == "__main__":
    unittest.main()
