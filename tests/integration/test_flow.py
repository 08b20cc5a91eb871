#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The main job: events in, a trigger fires, a rendered message arrives; over restarts and kills."""
import json
import threading
import time
import unittest

from harness import Case, automation, event, free_port, timestamp, wait_for

TWICE = dict(expect=["run.failed"], for_each=["prefect.resource.id"], threshold=2, within=600)


class Flow(Case):
    def test_a_story_of_two_failures_arrives_as_one_message(self):
        receiver = self.receiver()
        daemon = self.daemon(
            blocks=self.block(receiver),
            automations=automation("twice", "{{ event.resource.id }} failed",
                                   "{{ event.payload.why }}", **TWICE)).start()
        self.assertEqual(daemon.post(event("run.failed", "run.1"))[0], 204)
        second = event("run.failed", "run.1", payload={"why": 'a "quote" and ☃'})
        self.assertEqual(daemon.post(event("run.failed", "run.2"), second)[0], 204)
        request = receiver.wait(1)[0]
        body = json.loads(request["body"])
        self.assertEqual(request["path"], "/hook")
        self.assertEqual(body["subject"], "run.1 failed")
        self.assertEqual(body["body"], 'a "quote" and ☃')
        self.assertEqual(body["automation"]["name"], "twice")
        self.assertEqual(body["event"]["id"], second["id"])
        self.assertEqual(request["headers"]["webhook-id"], body["invocation"])
        self.assertEqual(request["headers"]["webhook-attempt"], "1")
        done = "prefect.automation.action.executed"
        wait_for("the result is in the log", lambda: daemon.stored(done))
        self.assertEqual(len(receiver.requests), 1)

    def test_a_duplicate_counts_once(self):
        receiver = self.receiver()
        daemon = self.daemon(blocks=self.block(receiver), automations=automation(**TWICE)).start()
        same = event("run.failed")
        for _ in range(3):
            self.assertEqual(daemon.post(same)[0], 204)
        self.assertEqual(len(daemon.stored("run.failed")), 1)
        self.assertEqual(daemon.json("/api/status")["engine"]["firings"], 0)
        daemon.post(event("run.failed"))
        receiver.wait(1)

    def test_events_of_one_request_make_a_sequence(self):
        sink = self.receiver()
        children = [{"expect": [name], "posture": "Reactive"} for name in ("order.placed", "order.paid")]
        daemon = self.daemon(blocks=self.block(sink), automations=automation(
            type="sequence", within=60, triggers=children, body="{{ event.event }}"))
        daemon.start()
        daemon.post(event("order.paid"), event("order.placed"))
        self.assertEqual(daemon.stored("prefect.automation.triggered"), [])
        daemon.post(event("order.placed"), event("order.paid"))
        self.assertEqual(json.loads(sink.wait(1)[0]["body"])["body"], "order.paid")

    def test_all_or_nothing_and_the_reason(self):
        daemon = self.daemon().start()
        bad = event("x", related=[{"prefect.resource.id": "y"}])
        status, body = daemon.post(event("good"), bad)
        self.assertEqual(status, 422)
        problem = json.loads(body)["exception_detail"][0]
        self.assertEqual(problem["loc"][:4], ["body", 1, "related", 0])
        self.assertEqual(daemon.stored(), [])

    def test_a_minute_of_many_suppressed_automations_is_a_few_lines(self):
        many = [dict(json.loads(automation(f"many {i}", expect=["x"]))[0], actions=[])
                for i in range(30)]
        daemon = self.daemon(automations=json.dumps(many),
                             configuration="limits: {firings_per_minute: 1}").start()
        # One request has one instant, so all of it is in the same minute.
        self.assertEqual(daemon.post(event("x"), event("x"), event("x"))[0], 204)
        self.assertEqual(len(daemon.stored("tocsin.automation.suppressed")), 30)
        daemon.end()
        self.assertEqual(daemon.log().count("is suppressed for the rest of this minute"), 10)
        self.assertEqual(daemon.log().count("20 more automations were suppressed"), 1)

    def test_a_restart_keeps_a_bucket(self):
        receiver = self.receiver()
        daemon = self.daemon(blocks=self.block(receiver), automations=automation(**TWICE)).start()
        daemon.post(event("run.failed"))
        daemon.end()
        daemon.start()
        self.assertEqual(daemon.json("/api/status")["engine"]["buckets"], 1)
        daemon.post(event("run.failed"))
        receiver.wait(1)

    def test_a_kill_keeps_a_bucket_too(self):
        receiver = self.receiver()
        daemon = self.daemon(blocks=self.block(receiver), automations=automation(**TWICE)).start()
        daemon.post(event("run.failed"))
        daemon.kill()
        daemon.start()
        daemon.post(event("run.failed"))
        receiver.wait(1)

    def test_absence_fires_at_its_time(self):
        receiver = self.receiver()
        daemon = self.daemon(blocks=self.block(receiver), automations=automation(
            posture="Proactive", after=["run.started"], expect=["run.ended"],
            for_each=["prefect.resource.id"], threshold=1, within=10)).start()
        daemon.post(event("run.started", "run.1"), event("run.started", "run.2"))
        daemon.post(event("run.ended", "run.2"))
        request = receiver.wait(1)[0]
        self.assertEqual(json.loads(request["body"])["automation"]["name"], "test")
        self.assertEqual(len(receiver.requests), 1)


class Killed(Case):
    def test_an_absence_of_the_downtime_fires_once_and_its_record_says_when_it_was_due(self):
        sink = self.receiver()
        sink.answer = lambda request: 503
        daemon = self.daemon(blocks=self.block(sink), automations=automation(
            posture="Proactive", after=["run.started"], expect=["run.done"], within=10)).start()
        daemon.post(event("run.started", occurred=timestamp(-8)))
        daemon.post(event("other"))  # so that nothing is late any more
        daemon.kill()
        time.sleep(3)
        daemon.start()
        fired = wait_for("the absence fires", lambda: daemon.stored("prefect.automation.triggered"))
        daemon.kill()
        daemon.start()
        self.assertEqual(daemon.stored("prefect.automation.triggered"), fired)
        entry = json.loads(daemon.ask("GET", "/api/tocsin/outbox/1")[1])["firing"]
        self.assertEqual(entry["triggered"], fired[0]["occurred"])
        self.assertLess(entry["due"], entry["triggered"])

    def test_every_acknowledged_event_is_there_afterwards(self):
        daemon = self.daemon().start()
        acknowledged, lock = [], threading.Lock()

        def post_until_it_dies():
            while True:
                events = [event("counted") for _ in range(20)]
                try:
                    status, _ = daemon.post(*events)
                except OSError:
                    return
                except Exception:  # half an answer: http.client has many names for it
                    return
                if status == 204:
                    with lock:
                        acknowledged.extend(e["id"] for e in events)

        threads = [threading.Thread(target=post_until_it_dies) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_for("some are acknowledged", lambda: len(acknowledged) >= 400)
        daemon.kill()
        for thread in threads:
            thread.join()
        daemon.start()
        page, stored = daemon.stored("counted"), set()
        stored.update(e["id"] for e in page)
        self.assertLess(len(page), 10000)
        self.assertEqual(set(acknowledged) - stored, set())
        self.assertEqual(len(page), len(stored))

    def test_a_message_is_sent_after_the_receiver_comes_back(self):
        receiver = self.receiver()
        receiver.answer = lambda request: 503 if len(receiver.requests) < 2 else 200
        daemon = self.daemon(blocks=self.block(receiver),
                             automations=automation(expect=["one"])).start()
        daemon.post(event("one"))
        first, second = receiver.wait(2)
        self.assertEqual(first["headers"]["webhook-id"], second["headers"]["webhook-id"])
        self.assertEqual(second["headers"]["webhook-attempt"], "2")
        self.assertEqual(first["body"], second["body"])

    def test_a_receiver_that_is_down_does_not_fill_the_log(self):
        closed = f"http://127.0.0.1:{free_port()}"
        daemon = self.daemon(
            blocks=json.dumps([{"name": "sink", "type": "webhook", "options": {"url": closed}}]),
            automations=automation(expect=["one"])).start()
        for _ in range(20):
            daemon.post(event("one"))
        wait_for("second attempts",
                 lambda: daemon.json("/api/status")["outbox"][0]["retried"] >= 30)
        self.assertNotIn("do not wait", daemon.log())
        self.assertLess(len([line for line in daemon.log().splitlines() if " failed" in line]), 5)

    def test_what_a_peer_says_stays_readable_over_a_kill(self):
        receiver = self.receiver()
        receiver.answer = lambda request: 404
        failed = "prefect.automation.action.failed"
        daemon = self.daemon(blocks=self.block(receiver), automations=automation(expect=["one"])).start()
        for said in (b"\xff", ("A" + "\u00e9" * 700).encode(), b"\xc2\x9b31m \xe2\x80\xae", b"/hook-of-secrets"):
            receiver.said, before = said, len(receiver.requests)
            daemon.post(event("one"))
            receiver.wait(before + 1)
        wait_for("four failures", lambda: len(daemon.stored(failed)) == 4)
        daemon.kill()
        daemon.start()
        reasons = [e["payload"]["reason"] for e in daemon.stored(failed)]
        self.assertEqual(len(reasons), 4)
        for sign in ("\u009b", "\u202e", "\n"):
            self.assertNotIn(sign, "".join(reasons))

    def test_what_follows_the_host_of_a_secret_url_is_masked_in_answers(self):
        receiver = self.receiver()
        receiver.answer = lambda request: 404
        receiver.said = b"Cannot POST /secret-path"
        blocks = json.dumps([{"name": "sink", "type": "webhook",
                              "options": {"url": receiver.url + "/secret-path"}}])
        daemon = self.daemon(blocks=blocks, automations=automation(expect=["one"])).start()
        daemon.post(event("one"))
        failed = wait_for("a failure", lambda: daemon.stored("prefect.automation.action.failed"))
        self.assertIn("Cannot POST ********", failed[0]["payload"]["reason"])
        self.assertNotIn("secret-path", json.dumps(daemon.json("/api/status")))

    def test_a_queued_message_survives_a_kill(self):
        receiver = self.receiver()
        closed = f"http://127.0.0.1:{free_port()}"
        daemon = self.daemon(
            blocks=json.dumps([{"name": "sink", "type": "webhook", "options": {"url": closed}}]),
            automations=automation(expect=["one"])).start()
        daemon.post(event("one"))
        wait_for("it is queued", lambda: daemon.json("/api/status")["store"]["outbox_queued"] == 1)
        daemon.kill()
        (daemon.folder / "blocks.d/test.yaml").write_text("blocks: " + self.block(receiver))
        daemon.start()
        self.assertEqual(json.loads(receiver.wait(1)[0]["body"])["subject"], "s")


if __name__ == "__main__":
    unittest.main()
