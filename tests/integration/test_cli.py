#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Commands that ask a running daemon, and their exit statuses."""
import json
import unittest
import uuid

from harness import Case, event, free_port, timestamp, tocsin, wait_for


class Asking(Case):
    def setUp(self):
        super().setUp()
        self.served = self.daemon().start()

    def emit(self, *arguments, **options):
        return tocsin("event", "emit", *arguments, "--url", self.served.url, **options)

    def test_an_event_goes_in_and_comes_out(self):
        done = self.emit("order.placed", "--resource-id", "order.1", "--resource", "region=eu",
                         "--payload", '{"big": 9007199254740993, "text": "☃"}',
                         "--related", "prefect.resource.id=c.7,prefect.resource.role=customer")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^Successfully emitted event 'order.placed' with ID [-0-9a-f]{36}$")
        stored = self.served.stored()[0]
        self.assertEqual(stored["resource"], {"prefect.resource.id": "order.1", "region": "eu"})
        self.assertEqual(stored["payload"], {"big": 9007199254740993, "text": "☃"})
        self.assertEqual(stored["related"][0]["prefect.resource.role"], "customer")
        listed = tocsin("event", "ls", "--url", self.served.url + "/api", "--name", "order.*")
        self.assertRegex(listed.stdout, r"^\d{4}-\S+Z  order\.placed +order\.1\n$")

    def test_the_unix_socket_is_an_address(self):
        done = tocsin("event", "emit", "x", "--resource-id", "y", "--url", f"unix:{self.served.socket}")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_file_goes_in_as_it_is_and_is_listed_page_by_page(self):
        events = [event("bulk", f"bulk.{i}", payload={"i": i}) for i in range(2500)]
        lines = "\n".join(json.dumps(e) for e in events)
        done = self.emit("--file", "-", stdin=lines)
        self.assertEqual((done.returncode, done.stdout), (0, "2500 events emitted\n"), done.stderr)
        listed = tocsin("event", "ls", "--json", "--url", self.served.url)
        found = [json.loads(line) for line in listed.stdout.splitlines()]
        self.assertEqual([e["id"] for e in found], [e["id"] for e in events])

    def test_a_file_is_checked_before_anything_is_sent(self):
        good, bad = json.dumps(event("good")), '{"event": "bad"}'
        done = self.emit("--file", "-", stdin=f"{good}\n\n{bad}\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard input:3: ", done.stderr.replace("-:3", "standard input:3"))
        self.assertEqual(self.served.stored(), [])

    def test_recorded_events_play_live(self):
        first = event("first", occurred="2020-01-01T00:00:00Z")
        second = event("second", occurred="2020-01-01T00:00:00.2Z", follows=first["id"])
        done = self.emit("--file", "-", "--live", stdin=f"{json.dumps(first)}\n{json.dumps(second)}")
        self.assertEqual(done.returncode, 0, done.stderr)
        stored = self.served.stored()
        self.assertEqual([e["event"] for e in stored], ["first", "second"])
        self.assertNotEqual(stored[0]["id"], first["id"])
        self.assertEqual(stored[1]["follows"], stored[0]["id"])
        self.assertGreater(stored[0]["occurred"], "2024")

    def test_status_for_people_and_for_programs(self):
        done = tocsin("status", "--url", self.served.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        for said in ("tocsin 0.1.0, up ", "configuration ", "last reload ", "automations "):
            self.assertIn(said, done.stdout)
        done = tocsin("status", "--all", "--url", self.served.url)
        self.assertIn("version", done.stdout)
        done = tocsin("status", "--json", "--url", self.served.url)
        self.assertIn("uptime_seconds", json.loads(done.stdout))

    def test_status_tells_the_lag_and_what_limits_have_cost(self):
        self.served.end()
        daemon = self.daemon(configuration="engine: {max_waiting: 100}\n").start()
        self.assertNotIn("!", tocsin("status", "--url", daemon.url).stdout)
        late = event("x", occurred=timestamp(-90))
        daemon.post(late)
        self.assertIn(f"lag            1 min (event {late['id']}); 0 events wait for the one they follow\n",
                      tocsin("status", "--url", daemon.url).stdout)
        daemon.post(*(event("y", follows=str(uuid.uuid4())) for _ in range(103)))
        said = tocsin("status", "--url", daemon.url).stdout
        self.assertIn("; 100 events wait for the one they follow\n", said)
        self.assertIn("! engine.max_waiting: 3 events were evaluated without the one they follow\n", said)

    def test_refusals_are_the_daemons_own_words(self):
        done = self.emit("x" * 1025, "--resource-id", "y")
        self.assertEqual(done.returncode, 1)
        self.assertIn("the daemon answered 422: body[0].event: ", done.stderr)


AUTOMATIONS = json.dumps([
    {"name": "two late orders", "actions": [{"type": "do-nothing"}],
     "trigger": {"expect": ["order.late"], "match": {"prefect.resource.id": "order.*"},
                 "for_each": ["customer"], "posture": "Reactive", "threshold": 2, "within": 60}}])


class Strangers(Case):
    """Names come from events and files: none of them may rule the terminal, or end an answer."""

    def setUp(self):
        super().setUp()
        sink = self.receiver()
        sink.answer = lambda request: 404
        self.served = self.daemon(
            blocks=json.dumps([{"name": "sink", "type": "webhook", "options": {"url": sink.url}}]),
            automations=json.dumps([{"name": "evil\x1b[31m", "trigger": {
                "expect": ["order*"], "threshold": 1, "within": 0}, "actions": [
                    {"type": "send-notification", "block": "sink", "subject": "s", "body": "b"}]}]))
        self.served.start()

    def said(self, *arguments):
        done = tocsin(*arguments, "--url", self.served.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotRegex(done.stdout + done.stderr, "[\x00-\x09\x0b-\x1f\x7f\x9b]")
        return done.stdout

    def test_names_are_printed_without_what_a_terminal_obeys(self):
        self.assertIn("evil\\x1b[31m", self.said("block", "inspect", "sink"))
        self.assertIn("evil\\x1b[31m", self.said("automation", "explain", "evil\x1b[31m"))
        self.served.post(event("order\x1b]0;x\x07\x9b"))
        self.assertIn("order\\x1b]0;x\\x07\\u009b", self.said("event", "ls"))
        path = f"{self.folder}/automations.d/new.yaml"
        with open(path, "w") as file:
            file.write('{name: "new\\e[2J", trigger: {expect: [x], threshold: 1, within: 0}, '
                       'actions: [{type: do-nothing}]}')
        self.assertIn("+ automation new\\x1b[2J", self.said("reload"))
        with open(path, "w") as file:
            file.write('{name: "new", trigger: {expect: [x]}, actions: [], "a\\e[2J": 1}')
        done = tocsin("check", "--config", self.served.config)
        self.assertEqual(done.returncode, 1)
        self.assertIn("a\\x1b[2J", done.stderr)
        self.assertNotIn("\x1b", done.stderr)

    def test_a_nul_character_in_an_event_does_not_end_an_answer(self):
        sent = event("order\x00placed")
        self.assertEqual(self.served.post(sent)[0], 204)
        wait_for("the action is dead", lambda: b"dead" in self.served.ask(
            "GET", "/api/tocsin/outbox?state=dead")[1])
        self.assertIn('"order\\u0000placed"', self.said("outbox", "show", "1"))
        self.assertIn("order\\x00placed", self.said("automation", "explain", "evil\x1b[31m", sent["id"]))
        self.assertIn("1 attempt, failed", self.said("outbox", "ls"))


class Explaining(Case):
    def setUp(self):
        super().setUp()
        self.served = self.daemon(automations=AUTOMATIONS).start()

    def explain(self, *words, **options):
        return tocsin("automation", "explain", *words, "--url", self.served.url, **options)

    def test_a_stored_event_is_explained_with_what_is_missing_and_what_it_completed(self):
        first, second = (event("order.late", "order.1", labels={"customer": "ada"}) for _ in "12")
        other = event("order.late", "invoice.1", labels={"customer": "ada"})
        self.served.post(first, other)
        done = self.explain("two late orders", first["id"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('customer="ada" count 1 of 2 (1 missing)', done.stdout)
        self.assertIn("would fire by this event", done.stdout)
        self.assertIn("completed no firing; 0 firings", done.stdout)
        done = self.explain("two late orders", other["id"])
        self.assertRegex(done.stdout, r'FAILED  match.prefect.resource.id +wants "order.\*", has "invoice.1"')
        self.assertIn("nothing would fire by this event", done.stdout)
        self.served.post(second)
        done = self.explain("two late orders", second["id"])
        self.assertIn("it completed a firing at ", done.stdout)

    def test_an_event_that_has_not_happened_and_none(self):
        done = self.explain("two late orders", "--event", "-", "--json",
                            stdin=json.dumps(event("order.late", "order.9")))
        found = json.loads(done.stdout)
        self.assertEqual(found["trigger"]["role"], "counts")
        self.assertEqual(found["trigger"]["bucket_after"]["count"], 1)
        self.assertEqual(self.served.stored(), [])
        done = self.explain("two late orders")
        self.assertIn("buckets 0\n", done.stdout)

    def test_what_is_not_there_is_said(self):
        for words, text in ((["two late order"], 'did you mean "two late orders"?'),
                            (["two late orders", "12"], '"12" is not the id of an event'),
                            (["two late orders", str(uuid.uuid4())], "the daemon's log holds no event")):
            done = self.explain(*words)
            self.assertEqual((done.returncode, done.stdout), (1, ""), words)
            self.assertIn(text, done.stderr)

    def test_a_template_is_rendered_with_a_stored_event(self):
        sent = event("order.late", "order.1", labels={"customer": "ada"})
        self.served.post(sent)
        done = tocsin("render", "-", "--event", sent["id"], "--url", self.served.url,
                      stdin="{{ event.resource['customer'] }}: {{ event.event }}")
        self.assertEqual((done.returncode, done.stdout), (0, "ada: order.late"), done.stderr)


class Scenarios(Case):
    SCENARIO = {"name": "differs", "automations": json.loads(AUTOMATIONS), "steps": [
        {"at": "2026-01-01T00:00:00Z", "event": {"event": "order.late", "resource": {
            "prefect.resource.id": "invoice.1"}}}],
        "expect": [{"automation": "two late orders", "at": "2026-01-01T00:00:00Z"}]}

    def run_test(self, scenario):
        return tocsin("test", "-", stdin=json.dumps(scenario))

    def test_a_difference_says_which_clause_failed(self):
        step = self.SCENARIO["steps"][0]
        named = {**step, "event": {**step["event"], "id": str(uuid.uuid4())}}
        expect = [{**self.SCENARIO["expect"][0], "event": named["event"]["id"]}]
        done = self.run_test({**self.SCENARIO, "steps": [named], "expect": expect})
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r'FAILED  match.prefect.resource.id +wants "order.\*", has "invoice.1"')
        self.assertTrue(done.stdout.endswith("0 passed, 1 failed\n"))

    def test_a_year_that_is_wrong_ends(self):
        silent = {"name": "silent", "actions": [], "trigger": {
            "posture": "Proactive", "expect": ["beat"], "threshold": 1, "within": 10}}
        done = self.run_test({"name": "long", "automations": [silent], "expect": [], "steps": [
            {"at": "2026-01-01T00:00:00Z"}, {"at": "9999-12-31T23:59:59Z"}]})
        self.assertEqual(done.returncode, 1)
        self.assertIn("steps[1].at: more than 100000 firings until then; is it meant?", done.stderr)

    def test_an_expectation_without_an_event_is_explained_at_its_time(self):
        done = self.run_test(self.SCENARIO)
        self.assertIn("trigger: event, Reactive, threshold 2, within 60 s, buckets 0", done.stdout)

    def test_a_misspelt_member_is_refused_with_its_place(self):
        step = {**self.SCENARIO["steps"][0], "evnt": {}}
        for scenario, text in (({**self.SCENARIO, "expct": []}, 'expct: unknown field, did you mean "expect"?'),
                               ({**self.SCENARIO, "steps": [step]},
                                'steps[0].evnt: unknown field, did you mean "event"?')):
            done = self.run_test(scenario)
            self.assertEqual(done.returncode, 1)
            self.assertIn(text, done.stderr)


class Failing(Case):
    def test_nobody_there(self):
        done = tocsin("status", "--url", f"http://127.0.0.1:{free_port()}")
        self.assertEqual(done.returncode, 1)
        self.assertIn("connection refused (is it running?", done.stderr)
        done = tocsin("status", "--url", "unix:" + self.folder + "/nobody.sock")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nobody.sock: no such file or directory (is it running?", done.stderr)

    def test_wrong_usage(self):
        for words in ([], ["serv"], ["event"], ["event", "emit"], ["status", "--jsn"],
                      ["event", "emit", "x", "--file", "y"]):
            done = tocsin(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
        done = tocsin("status", "--url", "gopher://x")
        self.assertEqual(done.returncode, 1)

    def test_help_and_version(self):
        for words in (["help"], ["--help"], ["version"], ["--version"], ["help", "event", "emit"]):
            done = tocsin(*words)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("tocsin", done.stdout)


if __name__ == "__main__":
    unittest.main()
