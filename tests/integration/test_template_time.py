# SPDX-License-Identifier: Apache-2.0
"""Templates are rendered on the loop: one that burns CPU ends at its limit, visibly and for good, and
holds up nobody else for longer than that."""
import json
import unittest

from harness import Case, event, wait_for

# Hours of work that keep and write nothing, so that no other limit stands in its way.
STEPS = "templates: {steps: 1000000000000}\n"


def loops(body):
    """body ten thousand times; loops may not stand deeper in one another."""
    return "{% for i in range(100) %}{% for j in range(100) %}" + body + "{% endfor %}{% endfor %}"


BOMB = ("{% macro a() %}" + loops("{% if i > j %}{% endif %}") + "{% endmacro %}"
        "{% macro b() %}" + loops("{% if a() %}{% endif %}") + "{% endmacro %}"
        + loops("{% if b() %}{% endif %}"))
LIMIT = "CPU time of one rendering, in milliseconds, is over the limit of 50"
BOMBS = 40
FAILED = "prefect.automation.action.failed"
EXECUTED = "prefect.automation.action.executed"


def automation(name, block, subject="s", body="b"):
    return {"name": name, "trigger": {"expect": [name], "threshold": 1, "within": 0},
            "actions": [{"type": "send-notification", "block": block, "subject": subject, "body": body}]}


class TemplateTime(Case):
    def start(self, bomb=None, options=None, more=""):
        self.sink = self.receiver()
        blocks = [{"name": name, "type": "webhook", "options": {"url": f"{self.sink.url}/{name}", **more}}
                  for name, more in (("first", options or {}), ("second", {}))]
        automations = [automation("bomb", "first", **(bomb or {})), automation("plain", "second")]
        return self.daemon(configuration=STEPS, blocks=json.dumps(blocks),
                           automations=json.dumps(automations)).start()

    def failed(self, daemon, count):
        """The reasons of so many failures."""
        wait_for(f"{count} failures", lambda: len(daemon.stored(FAILED)) >= count)
        return [failure["payload"]["reason"] for failure in daemon.stored(FAILED)]

    def fails_once(self, **where):
        daemon = self.start(**where)
        self.assertEqual(daemon.post(event("bomb"), event("plain"))[0], 204)
        [reason] = self.failed(daemon, 1)
        self.assertIn(LIMIT, reason)
        self.assertEqual(self.sink.wait(1)[0]["path"], "/second")
        status, lines = daemon.ask("GET", "/api/tocsin/outbox?state=dead")
        [dead] = [json.loads(line) for line in lines.splitlines()]
        self.assertEqual((status, dead["cause"], dead["attempt"]), (200, "template", 1))
        self.assertIn(LIMIT, dead["reason"])
        self.assertIn(LIMIT, daemon.log())
        self.assertEqual(daemon.end(), 0)

    def test_a_subject_fails_once_with_the_name_of_the_limit(self):
        self.fails_once(bomb={"subject": BOMB})

    def test_a_body_fails_once_with_the_name_of_the_limit(self):
        self.fails_once(bomb={"body": BOMB})

    def test_an_option_fails_once_with_the_name_of_the_limit(self):
        self.fails_once(options={"body": BOMB})

    def test_many_of_them_hold_up_nobody_else(self):
        """Not measured in time: requests are answered between them, and the action that was queued
        last does not wait for all of them."""
        daemon = self.start(bomb={"body": BOMB})
        self.assertEqual(daemon.post(*[event("bomb") for _ in range(BOMBS)], event("plain"))[0], 204)
        answers = 0
        while len(daemon.stored(FAILED)) < BOMBS:
            answers += 1
        ends = [e["event"] for e in daemon.stored() if e["event"] in (FAILED, EXECUTED)]
        self.assertGreater(answers, BOMBS)
        self.assertLess(ends.index(EXECUTED), BOMBS // 4)
        self.assertEqual(daemon.end(), 0)


if __name__ == "__main__":
    unittest.main()
