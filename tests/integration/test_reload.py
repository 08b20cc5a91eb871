#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reload: everything that changed takes effect at once, or nothing does; nothing is lost."""
import json
import re
import signal
import threading
import time
import unittest

from harness import automation, event, timestamp, tocsin, wait_for
from reload_case import Reloading


class Definitions(Reloading):
    def test_what_changed_is_printed(self):
        daemon = self.start()
        self.assertTrue(self.reload(daemon).stdout.startswith("nothing changed; looked at "))
        self.automations(automation(expect=["x"], body="other"),
                         automation(name="more", expect=["y"]))
        done = self.reload(daemon)
        self.assertEqual(done.stdout, "~ automation test\n+ automation more\n"
                                      "committed: 2 changes\n")
        self.automations(automation(name="more", expect=["y"]))
        self.assertEqual(self.reload(daemon).stdout,
                         "- automation test\ncommitted: 1 change\n")
        self.assertEqual(daemon.json("/api/status")["engine"]["automations"], 1)

    def test_actions_wait_for_a_block_that_was_renamed_by_mistake(self):
        self.sink.answer = lambda request: 503
        daemon = self.start()
        daemon.post(event("x"))
        self.sink.wait(1)
        wait_for("a retry", lambda: daemon.json("/api/status")["outbox"][0]["retried"] > 0)
        self.automations(automation(expect=["x"]).replace('"sink"', '"snik"'))
        self.write("blocks.d/test.yaml", self.block(self.sink).replace('"sink"', '"snik"'))
        note = 'block "sink" is not there any more: 1 action waits for it until its deadline'
        for arguments in (["--plan"], []):
            self.assertIn("note: " + note, self.reload(daemon, *arguments).stderr)
        for _ in range(2):
            status = tocsin("status", "--url", daemon.url).stdout
            self.assertIn('! block "sink" is not there: 1 action waits for it', status)
            queued = tocsin("outbox", "ls", "--block", "sink", "--url", daemon.url).stdout
            self.assertIn("queued", queued)
            self.sink.answer = lambda request: 200
            daemon.end()
            daemon.start()
            wait_for("it is told", lambda: 'there is no block "sink": its actions wait' in daemon.log())
        seen = len(self.sink.requests)
        self.automations(automation(expect=["x"]))
        self.write("blocks.d/test.yaml", self.block(self.sink))
        self.assertNotIn("note", self.reload(daemon).stderr)
        first, *_, last = self.sink.wait(seen + 1)
        self.assertEqual(first["headers"]["webhook-id"], last["headers"]["webhook-id"])
        self.assertNotIn("is not there", tocsin("status", "--url", daemon.url).stdout)

    def test_a_plan_changes_nothing(self):
        daemon = self.start()
        self.automations(automation(name="more", expect=["y"], body="planned"))
        plan = self.reload(daemon, "--plan").stdout
        self.assertEqual(plan, "+ automation more\n- automation test\nplanned: 2 changes\n")
        daemon.post(event("y"))
        daemon.post(event("x"))
        self.wait_for_body("b")
        self.assertFalse(self.arrived("planned"))

    def test_everything_that_is_wrong_is_told_and_nothing_changes(self):
        daemon = self.start()
        self.write("blocks.d/test.yaml", "- {name: sink, type: webhook, options: {ulr: x}}\n")
        self.write("automations.d/more.yaml", "- {name: more, trigger: {expct: [y]}}\n- {a: 1\n")
        self.write("automations.d/other.yaml", "- {name: other, trigger: {expect: [y]}, actions: "
                   "[{type: send-notification, block: sink, subject: '{{ x', body: b}]}\n")
        with open(daemon.config, "a", encoding="ascii") as file:
            file.write("limits: {headers: 9}\n")
        done = self.reload(daemon, status=1)
        for said in ("blocks.d/test.yaml:1:", "options.ulr", "automations.d/more.yaml:3:",
                     "automations.d/other.yaml:1:", "nothing was changed"):
            self.assertIn(said, done.stderr)
        daemon.post(event("x"))
        self.wait_for_body("b")
        last = daemon.json("/api/status")["reload"]
        self.assertEqual(last["result"], "refused")
        self.assertGreaterEqual(len(last["problems"]), 3)
        answer = daemon.ask("POST", "/api/reload", b"{}")
        self.assertEqual(answer[0], 422)
        self.assertIn("reload refused", json.loads(answer[1])["detail"])

    def test_what_is_wrong_among_many_is_told_in_the_order_of_the_file(self):
        daemon = self.start()
        forms = (("", "- {name: %s, trigger: {expect: [y]}, actions: [{type: do-nothing}]}", "\n", ""),
                 ("[", '{"name": "%s", "trigger": {"expect": ["y"]}, "actions": [{"type": "do-nothing"}]}',
                  ",\n", "]"))
        for before, form, between, behind in forms:
            lines = [form % f"more {i} of {form[0]}" for i in range(400)]
            wrong = lines.copy()
            for i in (10, 199, 200, 390):
                wrong[i] = re.sub(r'\["?y"?\]', "7", wrong[i])
            self.write("automations.d/more.yaml", before + between.join(wrong) + behind)
            said = self.reload(daemon, status=1).stderr
            self.assertEqual(re.findall(r"more\.yaml:(\d+):", said), ["11", "200", "201", "391"], said)
            self.write("automations.d/more.yaml", before + between.join(lines) + behind)
            self.reload(daemon)
            self.assertEqual(daemon.json("/api/status")["engine"]["automations"], 401)

    def test_a_wrong_configuration_is_refused(self):
        daemon = self.start()
        with open(daemon.config, "a", encoding="ascii") as file:
            file.write("listn: []\n")
        self.assertIn('did you mean "listen"?', self.reload(daemon, status=1).stderr)

    def test_a_hangup_reloads(self):
        daemon = self.start()
        self.automations(automation(expect=["x"], body="after"))
        daemon.process.send_signal(signal.SIGHUP)
        wait_for("the run", lambda: [daemon.json("/api/status")["reload"][k]
                                     for k in ("trigger", "result")] == ["signal", "committed"])
        daemon.post(event("x"))
        self.wait_for_body("after")

    def test_many_askers_are_all_answered(self):
        daemon = self.start()
        answers = []

        def ask():
            answers.append(daemon.ask("POST", "/api/reload", b"{}")[0])
        threads = [threading.Thread(target=ask) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [200] * 30)

    def test_what_is_counted_stays(self):
        pair = automation(name="pair", expect=["p"], threshold=2, within=3600, body="pair")
        daemon = self.start(automations=pair)
        daemon.post(event("p"))
        self.automations(pair, automation(name="more", expect=["y"]))
        self.reload(daemon)
        daemon.post(event("p"))
        self.wait_for_body("pair")
        self.assertEqual(len(self.arrived("pair")), 1)

    def test_an_absence_that_is_waited_for_stays(self):
        absence = automation(name="absence", posture="Proactive", expect=["never"],
                             after=["begun"], within=10, threshold=1, body="absent")
        daemon = self.start(automations=absence)
        daemon.post(event("begun", occurred=timestamp(-8)))
        self.automations(automation(name="more", expect=["y"]), absence)
        self.reload(daemon)
        self.wait_for_body("absent")
        self.assertEqual(len(self.arrived("absent")), 1)

    def test_a_restart_goes_on_with_what_was_reloaded(self):
        pair = automation(name="pair", expect=["p"], threshold=2, within=3600, body="pair")
        daemon = self.start()
        self.automations(pair)
        self.reload(daemon)
        daemon.post(event("p"))
        daemon.kill()
        daemon.start()
        self.assertEqual(daemon.json("/api/status")["ingest"]["replay_mismatches"], 0)
        daemon.post(event("p"))
        self.wait_for_body("pair")

    def test_events_flow_meanwhile(self):
        daemon = self.start()
        sent, is_over = [], threading.Event()

        def post():
            while not is_over.is_set():
                one = event("x")
                if daemon.post(one)[0] == 204:
                    sent.append(one["id"])
        thread = threading.Thread(target=post)
        thread.start()
        for i in range(20):
            self.automations(automation(expect=["x"], body=f"body {i}"))
            self.reload(daemon)
        is_over.set()
        thread.join()
        stored = {e["id"] for e in daemon.stored("x")}
        self.assertFalse(set(sent) - stored)
        wait_for("one message for each event",
                 lambda: len(self.sink.requests) >= len(sent))


class Settings(Reloading):
    def configure(self, daemon, old, new):
        text = daemon.config.read_text()
        self.assertIn(old, text)
        daemon.config.write_text(text.replace(old, new))

    def test_levels_of_the_log(self):
        daemon = self.start()
        self.configure(daemon, "level: debug", "level: error")
        self.reload(daemon)
        before = daemon.log()
        self.automations(automation(name="more", expect=["y"]))
        self.reload(daemon)
        self.assertEqual(daemon.log(), before)

    def test_limits_of_requests(self):
        daemon = self.start()
        self.configure(daemon, "log:", "limits: {batch_events: 2, request_size: 2k}\nlog:")
        self.assertEqual(daemon.post(event("a"), event("a"), event("a"))[0], 204)
        self.reload(daemon)
        self.assertEqual(daemon.post(event("a"), event("a"), event("a"))[0], 413)
        self.assertEqual(daemon.post(event("a", payload={"x": "y" * 3000}))[0], 413)

    def test_who_may_ask(self):
        daemon = self.start()
        self.configure(daemon, "auth: {mode: none}",
                       "auth: {keys: [{name: k, key: 0123456789abcdefghij}]}")
        self.reload(daemon)
        self.assertEqual(daemon.ask("GET", "/api/status")[0], 401)
        key = {"Authorization": "Bearer 0123456789abcdefghij"}
        self.assertEqual(daemon.ask("GET", "/api/status", headers=key)[0], 200)

    def test_defaults_of_blocks(self):
        daemon = self.start()
        self.configure(daemon, "log:", "actions: {timeout: 7s}\nlog:")
        self.assertEqual(self.reload(daemon).stdout,
                         "~ block sink (webhook)\ncommitted: 1 change\n")
        self.assertEqual(daemon.json("/api/tocsin/blocks/sink")["timeout"], 7)

    def test_what_needs_a_restart_stays_and_is_told(self):
        daemon = self.start()
        self.configure(daemon, "log:", "store: {path: /nowhere/tocsin.db}\nlog:")
        self.assertIn("store.path needs a restart: it stays as it was",
                      self.reload(daemon).stderr)
        self.assertEqual(daemon.post(event("x"))[0], 204)

    def test_limits_of_the_engine_are_in_the_log(self):
        daemon = self.start()
        self.configure(daemon, "log:", "limits: {firings_per_minute: 1}\nlog:")
        self.reload(daemon)
        daemon.post(event("x"), event("x"), event("x"))
        wait_for("more than one a minute are suppressed",
                 lambda: daemon.json("/api/status")["engine"]["suppressed"] >= 1)
        wait_for("a line of the log tells", lambda: re.search(
            r'automation ".+" is suppressed for the rest of this minute: .*limits\.firings_per_minute',
            daemon.log()))
        daemon.kill()
        daemon.start()
        self.assertEqual(daemon.json("/api/status")["ingest"]["replay_mismatches"], 0)


class Blocks(Reloading):
    def test_a_retry_meets_the_new_block(self):
        self.sink.answer = lambda request: 500
        daemon = self.start()
        daemon.post(event("x"))
        first = self.sink.wait(1)[0]
        other = self.receiver()
        self.write("blocks.d/test.yaml", self.block(other))
        self.assertIn("~ block sink (webhook)", self.reload(daemon).stdout)
        second = other.wait(1)[0]
        self.assertEqual(second["headers"]["webhook-id"], first["headers"]["webhook-id"])
        self.assertEqual(second["body"], first["body"])

    def test_what_is_on_its_way_ends_on_the_old_one(self):
        is_open = threading.Event()

        def answer(_):
            is_open.wait(20)
            return 200
        self.sink.answer = answer
        daemon = self.start()
        daemon.post(event("x"))
        self.sink.wait(1)
        other = self.receiver()
        self.write("blocks.d/test.yaml", self.block(other))
        waiting = threading.Thread(target=lambda: self.reload(daemon, "--wait"))
        waiting.start()
        wait_for("the new block is in force",
                 lambda: daemon.json("/api/status")["reload"]["trigger"] == "api")
        daemon.post(event("x"))
        other.wait(1)
        self.assertTrue(waiting.is_alive())
        is_open.set()
        waiting.join(20)
        self.assertFalse(waiting.is_alive())
        wait_for("both are done",
                 lambda: daemon.json("/api/status")["store"]["outbox_queued"] == 0)
        self.assertEqual(len(self.sink.requests), 1)


class Asking(Reloading):
    def test_a_body_that_says_something_else(self):
        daemon = self.start()
        for body in (b"[]", b'{"plan": 1}', b'{"plam": true}', b"{"):
            self.assertEqual(daemon.ask("POST", "/api/reload", body)[0], 422, body)

    def test_the_status_goes_to_the_log(self):
        daemon = self.start()
        daemon.process.send_signal(signal.SIGUSR1)
        wait_for("it is there", lambda: "status: plugins: {" in daemon.log())

    def test_a_second_sigterm_does_not_wait(self):
        is_over = threading.Event()
        self.addCleanup(is_over.set)
        self.sink.answer = lambda request: 200 if is_over.wait(60) else 200
        daemon = self.start()
        daemon.post(event("x"))
        self.sink.wait(1)
        began = time.monotonic()
        daemon.process.send_signal(signal.SIGTERM)
        wait_for("it stops", lambda: "stopping" in daemon.log())
        self.assertEqual(daemon.end(), 0)
        self.assertLess(time.monotonic() - began, 10)


if __name__ == "__main__":
    unittest.main()
