#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Slack from an event to the chat: the real daemon against a peer that answers as Slack does, and
that fails as networks do. What arrives is judged by Block Kit's own rules."""
import json
import unittest

from harness import Case, automation, event, wait_for
from peer import Answer, Peer, untrusted

EXECUTED, FAILED = "prefect.automation.action.executed", "prefect.automation.action.failed"
TEXTS = {"header": 150, "section": 3000}


def block_kit_problems(message):
    """What Slack would refuse, by the limits of its documentation."""
    blocks = message.get("blocks", [])
    if not 1 <= len(blocks) <= 50:
        yield f"{len(blocks)} blocks"
    if not message.get("text") or len(message["text"]) > 40000:
        yield "text"
    total = 0
    for block in blocks:
        kind = block["type"]
        texts = [block["text"]] if "text" in block else block.get("elements", [])
        for text in texts:
            if text["type"] not in ("mrkdwn", "plain_text"):
                yield f"{kind} holds {text['type']}"
            total += len(text["text"])
            if not 1 <= len(text["text"]) <= TEXTS.get(kind, 3000):
                yield f"{kind} of {len(text['text'])} characters"
        if kind == "header" and block["text"]["type"] != "plain_text":
            yield "header is no plain text"
        if kind == "context" and not 1 <= len(texts) <= 10:
            yield "context"
    if total > 13200:
        yield f"{total} characters"


class Slack(Case):
    def peer(self, *script, **options):
        peer = Peer(*script, **options)
        self.addCleanup(peer.close)
        return peer

    def start(self, peer, subject="s", body="b", **options):
        url = peer.url + "/services/T0/B0/canary-path"
        blocks = [{"name": "sink", "type": "slack",
                   "options": {"url": url, **options}}]
        return self.daemon(blocks=json.dumps(blocks), automations=automation(
            "two failures", subject, body, expect=["run.failed"], threshold=1, within=0)).start()

    def ended(self, daemon, name):
        return wait_for(name, lambda: daemon.stored(name))[0]

    def messages(self, peer, count):
        found = [json.loads(request["body"]) for request in peer.wait(count)]
        for message in found:
            self.assertEqual(list(block_kit_problems(message)), [])
        return found

    def test_a_failure_arrives_as_blocks(self):
        peer = self.peer()
        daemon = self.start(peer, "{{ event.resource.id }} failed",
                            "Reason: `{{ event.payload.why }}`\n<https://wiki|Runbook> <!here>")
        daemon.post(event("run.failed", "run.<!channel>", payload={"why": "<!channel> & 1 > 0"}))
        message = self.messages(peer, 1)[0]
        header, section, footer = message["blocks"]
        self.assertEqual(header["text"]["text"], "run.&lt;!channel&gt; failed")
        self.assertEqual(section["text"]["text"], "Reason: `&lt;!channel&gt; &amp; 1 &gt; 0`\n"
                                                  "<https://wiki|Runbook> <!here>")
        self.assertIn("two failures", footer["elements"][0]["text"])
        self.ended(daemon, EXECUTED)

    def test_hostile_texts_arrive_whole_and_harmless(self):
        peer = self.peer()
        daemon = self.start(peer, "{{ event.payload.text }}", "{{ event.payload.text }}",
                            overflow="split")
        texts = ["<!channel><@U1> *a* {{ 7*7 }} {% raw %}", "NUL \u0000 \u0007 \u001b[0m end",
                 "\U0001f525" * 4000, "x" * 900000, "&" * 70000, "```" * 9000, "a\r\nb\rc\u2028d",
                 "<" * 30000, "line\n\n" * 9000, "<https://x.io/" + "y" * 9000 + "|z> end"]
        for text in texts:
            daemon.post(event("run.failed", payload={"text": text}))
        wait_for("all are sent", lambda: len(daemon.stored(EXECUTED)) == len(texts))
        for message in self.messages(peer, len(peer.requests)):
            self.assertNotIn("<!channel>", json.dumps(message))
            self.assertNotIn("\\u0000", json.dumps(message))
            self.assertNotIn("49", message["text"])

    def test_a_retry_sends_the_same_bytes(self):
        faults = [Answer(500, b"rollup_error"), Answer(fault="reset"), Answer(fault="garbage"),
                  Answer(body=b"okokokok", fault="cut")]
        peers = [self.peer(fault, Answer()) for fault in faults]
        blocks = [{"name": f"sink{i}", "type": "slack",
                   "options": {"url": peer.url + "/services/T0/B0/x"}}
                  for i, peer in enumerate(peers)]
        actions = [{"type": "send-notification", "block": block["name"], "subject": "s",
                    "body": "{{ event.payload.n }} {{ range(9)|list }}"} for block in blocks]
        daemon = self.daemon(blocks=json.dumps(blocks), automations=json.dumps([{
            "name": "test", "trigger": {"expect": ["run.failed"], "threshold": 1, "within": 0},
            "actions": actions}])).start()
        daemon.post(event("run.failed", payload={"n": 1}))
        for peer in peers:
            first, second = peer.wait(2)
            self.assertEqual(first["body"], second["body"])
        wait_for("all are sent", lambda: len(daemon.stored(EXECUTED)) == len(peers))
        self.assertEqual([len(peer.requests) for peer in peers], [2] * len(peers))

    def test_retry_after_is_obeyed(self):
        for headers, body in (({"Retry-After": "1"}, b""), ({}, {"ok": False, "retry_after": 1})):
            with self.subTest(headers=headers):
                peer = self.peer(Answer(429, body, headers), Answer())
                daemon = self.start(peer)
                daemon.post(event("run.failed"))
                first, second = peer.wait(2)
                self.assertGreaterEqual(second["at"] - first["at"], 0.99)
                self.ended(daemon, EXECUTED)
                daemon.end()

    def test_a_slow_peer_is_a_timeout(self):
        peer = self.peer(Answer(fault="slow"), Answer())
        blocks = [{"name": "sink", "type": "slack", "timeout": "300ms",
                   "options": {"url": peer.url + "/services/T0/B0/canary-path"}}]
        daemon = self.daemon(blocks=json.dumps(blocks), automations=automation(
            expect=["run.failed"], threshold=1, within=0)).start()
        daemon.post(event("run.failed"))
        peer.wait(2)
        self.ended(daemon, EXECUTED)

    def test_a_removed_webhook_fails_at_once_and_says_so(self):
        peer = self.peer(Answer(404, b"no_service"))
        daemon = self.start(peer)
        daemon.post(event("run.failed"))
        reason = self.ended(daemon, FAILED)["payload"]["reason"]
        self.assertIn("no_service (the webhook was removed or switched off)", reason)
        self.assertEqual(len(peer.requests), 1)

    def test_a_certificate_that_nobody_signed_is_refused(self):
        peer = self.peer(context=untrusted(self.folder))
        daemon = self.start(peer)
        daemon.post(event("run.failed"))
        line = wait_for("the log tells", lambda: [x for x in daemon.log().splitlines()
                                                  if "certificate" in x])[0]
        self.assertEqual(peer.requests, [])
        self.assertNotIn("canary", daemon.log())
        self.assertNotIn("services", line)


if __name__ == "__main__":
    unittest.main()
