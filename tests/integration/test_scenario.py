# SPDX-License-Identifier: Apache-2.0
"""Random scenarios, played on the daemon in real time and killed with SIGKILL between the steps: what fired
must be what the naive evaluator makes of the events and of the times at which they were received."""
import json
import pathlib
import random
import sys
import time

from harness import Case, unittest, wait_for

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "reference"))
import evaluator
import scenarios

STEPS = 14
TRIGGERED = "prefect.automation.triggered"


def has(trigger, what):
    return what(trigger) or any(has(child, what) for child in trigger.get("triggers", []))


def is_quick(trigger):
    """Reactive all through: nothing that time alone makes fire, and nothing that feeds itself."""
    names = {TRIGGERED, "*", "*.*", "**", "!*", "prefect.*", "*t"}
    return not has(trigger, lambda t: t.get("posture") == "Proactive" or "posture" in t and (
        not t.get("expect") or names & set(t["expect"] + t.get("after", []))))


def random_automations(r):
    automations = []
    while len(automations) < 4:
        automation = scenarios.random_automation(r, len(automations))
        if is_quick(automation["trigger"]):
            automations.append({**automation, "enabled": True})
    return automations


class ScenarioTest(Case):
    def play(self, daemon, r, automations):
        """Posts steps with kills between them; the events as they were accepted, in order."""
        sent, ids = [], []
        for _ in range(STEPS):
            at = time.time_ns() // 1000
            batch = [scenarios.random_event(r, at, ids) for _ in range(r.randint(1, 4))]
            for event in batch:
                event.setdefault("occurred", evaluator.format_time(at))
            status, body = daemon.post(*batch)
            self.assertEqual(status, 204, body)
            sent.extend(batch)
            if r.random() < 0.35:
                daemon.kill()
                daemon.start()
        return sent

    def expected(self, automations, sent, stored):
        received = {event["id"]: event["received"] for event in stored}
        known = set()
        naive = evaluator.Evaluator(automations, 0)
        for event in sent:
            if event["id"] not in known:
                known.add(event["id"])
                naive.take(evaluator.read_event({**event, "received": received[event["id"]]}))
        return sorted((f.at, f.automation, f.event["id"] if f.event["id"] in known else "emitted",
                       sorted(f.labels.items())) for f in naive.firings)

    def fired(self, stored, sent):
        known = {event["id"] for event in sent}
        firings = []
        for event in stored:
            if event["event"] != TRIGGERED:
                continue
            cause = event["payload"]["triggering_event"]["id"]
            firings.append((evaluator.parse_time(event["occurred"]), event["resource"]["prefect.resource.name"],
                            cause if cause in known else "emitted",
                            sorted(event["payload"]["triggering_labels"].items())))
        return sorted(firings)

    def run_seed(self, seed):
        r = random.Random(seed)
        automations = random_automations(r)
        daemon = self.daemon(automations=json.dumps(automations))
        daemon.start()
        sent = self.play(daemon, r, automations)
        accepted = {event["id"] for event in sent}
        stored = wait_for("the events are stored", lambda: (
            lambda events: events if accepted <= {e["id"] for e in events} else None)(daemon.stored()))
        self.assertEqual(self.fired(stored, sent), self.expected(automations, sent, stored), f"seed {seed}")
        self.assertNotIn("differs", daemon.log())
        return len(self.fired(stored, sent))

    def test_kills_between_steps_change_no_firing(self):
        self.assertGreater(self.run_seed(11), 0)

    def test_kills_with_other_automations(self):
        self.assertGreater(self.run_seed(12), 0)

    def test_kills_with_a_third_set(self):
        self.assertGreater(self.run_seed(13), 0)


if __name__ == "__main__":
    unittest.main()
