#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Slack from an event to the chat: the real daemon against a peer that answers as Slack does, and
that fails as networks do. What arrives is judged by Block Kit's own rules."""
import json
import unittest

from harness import event
from peer import EXECUTED, Answer, PeerCase

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


class Slack(PeerCase):
    sink, path = "slack", "/services/T0/B0/canary-path"

    def messages(self, peer, count):
        found = [json.loads(request["body"]) for request in peer.wait(count)]
        for message in found:
            self.assertEqual(list(block_kit_problems(message)), [])
        return found

    def test_a_failure_arrives_as_blocks(self):
        peer = self.peer()
        daemon = self.start(self.blocks(peer), "{{ event.resource.id }} failed",
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
        daemon = self.start(self.blocks(peer, options={"overflow": "split"}),
                            "{{ event.payload.text }}", "{{ event.payload.text }}")
        texts = ["<!channel><@U1> *a* {{ 7*7 }} {% raw %}", "NUL \u0000 \u0007 \u001b[0m end",
                 "\U0001f525" * 4000, "x" * 900000, "&" * 70000, "&<>*" * 240000, "```" * 9000, "a\r\nb\rc\u2028d",
                 "<" * 30000, "line\n\n" * 9000, "<https://x.io/" + "y" * 9000 + "|z> end"]
        for text in texts:
            daemon.post(event("run.failed", payload={"text": text}))
        self.ended(daemon, EXECUTED, len(texts))
        for message in self.messages(peer, len(peer.requests)):
            self.assertNotIn("<!channel>", json.dumps(message))
            self.assertNotIn("\\u0000", json.dumps(message))
            self.assertNotIn("49", message["text"])

    def test_a_retry_sends_the_same_bytes(self):
        self.check_faults(Answer(500, b"rollup_error"), Answer(fault="reset"),
                          Answer(fault="garbage"), Answer(body=b"okokokok", fault="cut"),
                          good=Answer())

    def test_retry_after_is_obeyed(self):
        self.check_retry_after(Answer(429, b"", {"Retry-After": "1"}),
                               Answer(429, {"ok": False, "retry_after": 1}), good=Answer())

    def test_a_slow_peer_is_a_timeout(self):
        self.check_slow(Answer())

    def test_a_removed_webhook_fails_at_once_and_says_so(self):
        self.check_failure(Answer(404, b"no_service"),
                           "no_service (the webhook was removed or switched off)")

    def test_a_certificate_that_nobody_signed_is_refused(self):
        self.check_certificate("canary-path")

    def test_the_rate_is_slack_s_own_unless_the_block_says_otherwise(self):
        peer = self.peer()
        blocks = self.blocks(peer)
        del blocks[0]["rate"]
        daemon = self.start(blocks)
        daemon.post(*[event("run.failed") for _ in range(5)])
        times = [request["at"] for request in peer.wait(5)]
        self.assertLess(times[3] - times[0], 0.9)
        self.assertGreater(times[4] - times[0], 0.9)

    def test_a_block_of_prefect_s_type_sends_prefect_s_bytes(self):
        peer = self.peer()
        daemon = self.prefect("slack-webhook", {"url": peer.url + "/services/T0/B0/X",
                                                "notify_type": "warning"})
        daemon.post(event("run.failed"))
        body = peer.wait(1)[0]["body"].decode()
        begin, _, end = body.partition('"ts": ')
        self.assertEqual(begin, '{"mrkdwn": true, "attachments": [{"title": "a &amp; b", "text": '
                         '"see <https://x.io?a=1&b=2|the page>", "color": "#CACF29", '
                         '"footer": "Prefect Notifications", ')
        self.assertRegex(end, r"^\d{10}\.\d{1,3}\}\]\}$")
        self.ended(daemon, EXECUTED)


if __name__ == "__main__":
    unittest.main()
