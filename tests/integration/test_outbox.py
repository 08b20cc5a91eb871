#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Actions that wait and those that are dead: listed, shown, tried again, dropped."""
import json
import unittest

from harness import Case, automation, event, tocsin, wait_for

FAILED = "prefect.automation.action.failed"


class Outbox(Case):
    def setUp(self):
        super().setUp()
        self.receiver_ = self.receiver()
        self.served = self.daemon(blocks=self.block(self.receiver_),
                                  automations=automation("told", expect=["x"])).start()

    def outbox(self, *words):
        return tocsin("outbox", *words, "--url", self.served.url)

    def actions(self, state):
        done = self.outbox("ls", "--state", state, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def die(self, count=1):
        """Actions that the receiver refuses for good."""
        self.receiver_.answer = lambda request: 404
        sent = [event("x", payload={"big": 2 ** 70}) for _ in range(count)]
        self.served.post(*sent)
        wait_for("the actions are dead", lambda: len(self.actions("dead")) == count)
        return sent

    def test_a_dead_action_is_listed_shown_and_tried_again_with_its_invocation(self):
        sent = self.die()[0]
        listed = self.outbox("ls").stdout
        self.assertRegex(listed, r'^\d+ +dead +\S+  "told"  1 attempt, failed \S+  gone: .*404')
        dead = self.actions("dead")[0]
        self.assertEqual((dead["automation"], dead["cause"], dead["code"]), ("told", "gone", 404))
        shown = json.loads(self.outbox("show", dead["id"]).stdout)
        self.assertIn(sent["id"], json.dumps(shown["triggering_event"]))
        self.assertEqual(shown["invocation"], dead["invocation"])

        self.receiver_.answer = lambda request: 200
        done = self.outbox("retry", dead["id"])
        self.assertEqual((done.returncode, done.stdout), (0, "1 queued\n"), done.stderr)
        first, second = self.receiver_.wait(2)
        self.assertEqual(first["headers"]["webhook-id"], second["headers"]["webhook-id"])
        self.assertEqual(json.loads(first["body"])["body"], json.loads(second["body"])["body"])
        self.assertEqual(self.actions("dead"), [])
        wait_for("its end is told", lambda: self.served.stored("prefect.automation.action.executed"))

    def test_all_dead_actions_of_a_block_and_a_restart_between(self):
        self.die(5)
        self.served.end()
        self.served.start()
        self.assertEqual(len(self.actions("dead")), 5)
        self.receiver_.answer = lambda request: 200
        self.assertEqual(self.outbox("retry", "--all", "--block", "nobody").stdout, "0 queued\n")
        self.assertEqual(self.outbox("retry", "--all").stdout, "5 queued\n")
        self.receiver_.wait(10)
        wait_for("nothing waits", lambda: self.actions("queued") == self.actions("dead") == [])

    def test_a_dropped_action_is_gone(self):
        self.die(2)
        first = self.actions("dead")[0]["id"]
        self.assertEqual(self.outbox("drop", first).stdout, "1 dropped\n")
        done = self.outbox("drop", first)
        self.assertEqual((done.returncode, done.stdout), (1, "0 dropped\n"))
        self.assertIn("The outbox holds no such action", done.stderr)
        self.assertEqual(self.outbox("show", first).returncode, 1)
        self.assertEqual(len(self.actions("dead")), 1)
        self.assertEqual(self.served.json("/api/status")["store"]["outbox_dead"], 1)

    def test_one_that_waits_is_tried_now_or_given_up(self):
        self.receiver_.answer = lambda request: 503
        self.served.post(event("x"))
        waiting = wait_for("it has failed three times", lambda: [
            a for a in self.actions("queued") if a["attempt"] >= 3])[0]
        self.receiver_.answer = lambda request: 200
        before = len(self.receiver_.requests)
        self.assertEqual(self.outbox("retry", waiting["id"]).returncode, 0)
        self.receiver_.wait(before + 1)
        wait_for("it is done", lambda: self.actions("queued") == [])

        self.receiver_.answer = lambda request: 503
        self.served.post(event("x"))
        waiting = wait_for("it waits", lambda: [
            a for a in self.actions("queued") if a["attempt"] >= 1])[0]
        done = wait_for("it is not being sent", lambda: (
            lambda d: d if d.returncode == 0 else None)(self.outbox("drop", waiting["id"])))
        self.assertEqual(done.stdout, "1 dropped\n")
        failed = wait_for("the failure is told", lambda: self.served.stored(FAILED))
        self.assertIn("given up by hand", failed[0]["payload"]["reason"])
        wait_for("it is dead", lambda: len(self.actions("dead")) == 1)

    def test_wrong_words(self):
        for words in (["retry"], ["retry", "x"], ["drop", "--all", "1"], ["drop", "--block", "x"],
                      ["ls", "--state", "lost"], ["show"], ["retry", "0"]):
            self.assertEqual(self.outbox(*words).returncode, 2, words)
        self.assertEqual(self.served.ask("GET", "/api/tocsin/outbox?state=x")[0], 422)
        self.assertEqual(self.served.ask("GET", "/api/tocsin/outbox/x")[0], 422)
        self.assertEqual(self.served.ask("POST", "/api/tocsin/outbox/77/retry")[0], 404)


if __name__ == "__main__":
    unittest.main()
