#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Teams from an event to the channel: the real daemon against a peer that answers as a workflow
does, and that fails as networks do. What arrives is judged by the schema of Adaptive Cards 1.4."""
import json
import unittest

from harness import event
from peer import EXECUTED, Answer, PeerCase

STYLES = ("default", "emphasis", "good", "attention", "warning", "accent")
# What the schema says of the elements that we write: member -> its type or its values.
ELEMENT = {"id": str, "spacing": ("default", "none", "small", "medium", "large", "extraLarge",
                                  "padding"), "separator": bool, "isVisible": bool}
ELEMENTS = {
    "TextBlock": {"text": str, "wrap": bool, "isSubtle": bool, "maxLines": int,
                  "size": ("default", "small", "medium", "large", "extraLarge"),
                  "weight": ("default", "lighter", "bolder"), "color": ("default", "dark", "light",
                  "accent", "good", "warning", "attention")},
    "Container": {"items": list, "style": STYLES, "bleed": bool},
    "FactSet": {"facts": list},
}
REQUIRED = {"TextBlock": "text", "Container": "items", "FactSet": "facts"}


def element_problems(element):
    kind = element.get("type")
    if kind not in ELEMENTS:
        yield f"unknown element {kind}"
        return
    if REQUIRED[kind] not in element:
        yield f"{kind} without {REQUIRED[kind]}"
    for key, value in element.items():
        rule = {**ELEMENT, **ELEMENTS[kind], "type": str}.get(key)
        if rule is None:
            yield f"{kind}.{key} is not in the schema"
        elif isinstance(rule, tuple) and value.lower() not in [word.lower() for word in rule]:
            yield f"{kind}.{key}: {value}"
        elif isinstance(rule, type) and not isinstance(value, rule):
            yield f"{kind}.{key} is no {rule.__name__}"
    for fact in element.get("facts", []):
        if set(fact) != {"title", "value"} or not all(isinstance(x, str) for x in fact.values()):
            yield f"fact {fact}"
    for item in element.get("items", []):
        yield from element_problems(item)


def card_problems(body):
    """What a workflow or Teams would refuse or not show."""
    if len(body) > 28 * 1024:
        yield f"{len(body)} bytes"
    message = json.loads(body)
    attachment = message["attachments"][0]
    card = attachment["content"]
    if message["type"] != "message" or len(message["attachments"]) != 1:
        yield "message"
    if attachment["contentType"] != "application/vnd.microsoft.card.adaptive":
        yield "contentType"
    if card["type"] != "AdaptiveCard" or card["version"] != "1.4" or not card["body"]:
        yield "card"
    if set(card) - {"$schema", "type", "version", "body", "actions", "msteams"}:
        yield f"members {list(card)}"
    for element in card["body"]:
        yield from element_problems(element)
    texts = json.dumps(card["body"], ensure_ascii=False)
    for entity in card.get("msteams", {}).get("entities", []):
        if json.dumps(entity["text"], ensure_ascii=False)[1:-1] not in texts:
            yield f"{entity['text']} is mentioned nowhere"


class Teams(PeerCase):
    sink = "teams"
    path = "/workflows/w/triggers/manual/paths/invoke?api-version=2016-06-01&sig=canary-sig"

    def cards(self, peer, count):
        requests = peer.wait(count)
        for request in requests:
            self.assertEqual(list(card_problems(request["body"])), [])
        return [json.loads(request["body"])["attachments"][0]["content"] for request in requests]

    def test_a_failure_arrives_as_a_card(self):
        peer = self.peer(Answer(202, b""))
        facts = {"Run": "{{ event.resource.id }}", "Queue": "{{ work_queue.name }}"}
        daemon = self.start(self.blocks(peer, options={"facts": facts}),
                            "{{ event.resource.id }} failed",
                            "Reason: {{ event.payload.why }}\n[Runbook](https://wiki) <at>Ada</at>")
        daemon.post(event("run.failed", "run_1", payload={"why": "*a* <at>Bob</at> [x](y)"}))
        card = self.cards(peer, 1)[0]
        self.assertEqual(peer.requests[0]["path"], self.path)
        title, text, facts, footer = card["body"]
        self.assertEqual(title["items"][0]["text"], "run\\_1 failed")
        self.assertEqual(text["text"], "Reason: \\*a\\* <at\\>Bob</at\\> \\[x\\]\\(y\\)\n\n"
                                       "[Runbook](https://wiki) <at>Ada</at>")
        self.assertEqual(facts["facts"], [{"title": "Run", "value": "run\\_1"}])
        self.assertTrue(footer["text"].startswith("two failures · {{DATE("))
        self.assertEqual([e["text"] for e in card["msteams"]["entities"]], ["<at>Ada</at>"])
        self.ended(daemon, EXECUTED)

    def test_hostile_texts_arrive_whole_and_harmless(self):
        peer = self.peer(Answer(202, b""))
        daemon = self.start(self.blocks(peer, options={"facts": {"Text": "{{ event.payload.text }}"}}),
                            "{{ event.payload.text }}", "{{ event.payload.text }}")
        texts = ["<at>all</at> **a** {{ 7*7 }} {% raw %}", "NUL \u0000 \u0007 \u001b[0m end",
                 "\U0001f525" * 9000, "x" * 900000, '"' * 70000, "```" * 9000, "a\r\nb\rc\u2028d",
                 "<at>" * 9000, "- line\n" * 9000, "&<>*" * 240000, "[a](" + "y" * 90000 + ") end", "[" * 60000]
        for text in texts:
            daemon.post(event("run.failed", payload={"text": text}))
        self.ended(daemon, EXECUTED, len(texts))
        for card in self.cards(peer, len(texts)):
            self.assertNotIn("entities", card["msteams"])
            self.assertNotIn("\\u0000", json.dumps(card))

    def test_a_retry_sends_the_same_bytes(self):
        self.check_faults(Answer(500, b""), Answer(fault="reset"), Answer(fault="garbage"),
                          Answer(body=b"12345678", fault="cut"), good=Answer(202, b""))

    def test_retry_after_is_obeyed(self):
        self.check_retry_after(Answer(429, b"", {"Retry-After": "1"}),
                               Answer(503, b"", {"Retry-After": "1"}), good=Answer(200, b""))

    def test_a_slow_peer_is_a_timeout(self):
        self.check_slow(Answer(202, b""))

    def test_a_workflow_that_is_switched_off_fails_at_once_and_says_so(self):
        self.check_failure(Answer(400, {"error": {"code": "WorkflowTriggerIsNotEnabled"}}),
                           "(the workflow is switched off)")

    def test_a_certificate_that_nobody_signed_is_refused(self):
        self.check_certificate("canary-sig")

    def test_a_block_of_prefect_s_type_sends_prefect_s_bytes(self):
        peer = self.peer(Answer(202, b""))
        daemon = self.prefect("ms-teams-webhook", {"url": peer.url + self.path, "wrap": False})
        daemon.post(event("run.failed"))
        body = peer.wait(1)[0]["body"].decode()
        self.assertTrue(body.endswith(
            '"body": [{"type": "TextBlock", "text": "a & b", "style": "heading", "weight": '
            '"Bolder", "size": "Large", "id": "title"}, {"type": "TextBlock", "text": "see '
            '<https://x.io?a=1&b=2|the page>", "style": "default", "wrap": false, "id": "body"}], '
            '"msteams": {"width": "full"}}}]}'), body)
        self.ended(daemon, EXECUTED)


if __name__ == "__main__":
    unittest.main()
