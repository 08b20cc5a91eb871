#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the disk does to the daemon: a full file system refuses events without losing any, and the
daemon goes on by itself once there is room."""
import json
import os
import subprocess
import unittest

from harness import Case, automation, event, wait_for


class FullDisk(Case):
    def small_disk(self, size):
        """A file system of that size where the daemon keeps its state."""
        state = f"{self.folder}/state"
        os.mkdir(state, 0o700)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", state],
                                 capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("a file system can be mounted by root only")
        self.addCleanup(subprocess.run, ["umount", "-l", state], check=False)
        return state

    def fill(self, path):
        with open(path, "wb", buffering=0) as filler:
            for chunk in (1 << 20, 1 << 12):
                try:
                    while True:
                        filler.write(b"x" * chunk)
                except OSError:
                    pass

    def test_a_full_disk_refuses_and_recovers(self):
        state = self.small_disk("12m")
        receiver = self.receiver()
        daemon = self.daemon(blocks=self.block(receiver), automations=automation(
            expect=["counted"], for_each=["prefect.resource.id"], threshold=2, within=600)).start()
        self.assertEqual(daemon.post(event("counted", "before"))[0], 204)
        self.fill(f"{state}/filler")

        taken, status = [], 204
        while status == 204:
            one = event("big", payload={"text": os.urandom(20000).hex()})
            status, body = daemon.post(one)
            if status == 204:
                taken.append(one["id"])
        self.assertEqual(status, 503)
        self.assertIn("detail", json.loads(body))
        self.assertEqual(daemon.ask("GET", "/api/health")[0], 200)
        self.assertEqual(daemon.ask("GET", "/api/ready")[0], 503)

        os.unlink(f"{state}/filler")
        wait_for("events are taken again", lambda: daemon.post(event("after"))[0] == 204, 5)
        self.assertEqual(daemon.ask("GET", "/api/ready")[0], 200)
        # The bucket from before the failure was rebuilt, and every acknowledged event is there.
        self.assertEqual(daemon.post(event("counted", "before"))[0], 204)
        receiver.wait(1)
        stored = [e["id"] for e in daemon.stored("big")]
        self.assertEqual(stored, taken)
        self.assertEqual(daemon.end(), 0)


class DeadReceiver(Case):
    def test_a_failed_send_is_tried_again_after_a_restart_with_the_same_bytes(self):
        receiver = self.receiver()
        receiver.answer = lambda request: 503
        daemon = self.daemon(blocks=self.block(receiver), automations=automation(
            expect=["it"], body="{{ event.id }}")).start()
        daemon.post(event("it"))
        receiver.wait(1)
        wait_for("the result is recorded",
                 lambda: daemon.json("/api/status")["outbox"][0]["retried"] == 1)
        daemon.kill()
        receiver.answer = lambda request: 200
        daemon.start()
        wait_for("the second attempt", lambda: len(receiver.requests) >= 2)
        first, second = receiver.requests[:2]
        self.assertEqual(first["headers"]["webhook-id"], second["headers"]["webhook-id"])
        self.assertEqual(json.loads(first["body"])["body"], json.loads(second["body"])["body"])
        wait_for("the end is in the log",
                 lambda: daemon.stored("prefect.automation.action.executed"))


if __name__ == "__main__":
    unittest.main()
