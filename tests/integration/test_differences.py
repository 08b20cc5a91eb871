#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tocsin test: what it says of a scenario that fails, on the terminal and as JUnit XML."""
import json
import unittest
import xml.etree.ElementTree
from pathlib import Path

import harness
from harness import tocsin

EVENT = "11111111-1111-4111-8111-111111111111"


def at(seconds):
    return f"2026-01-01T00:00:{seconds:02}Z"


def step(seconds, name, **more):
    return {"at": at(seconds), "event": {"event": name, "resource": {"prefect.resource.id": "job.1"}, **more}}


def reactive(*names, **more):
    return {"posture": "Reactive", "expect": list(names), **more}


def scenario(trigger, steps, expect, name="test"):
    return {"name": name, "automations": [{"name": "A", "trigger": trigger, "actions": []}],
            "steps": steps, "expect": expect}


SEQUENCE = {"type": "sequence", "within": 10, "triggers": [reactive("a"), reactive("b"), reactive("c")]}
TWICE = reactive("a", threshold=2, within=30, match={"prefect.resource.id": "job.*", "env": "prod"})


class Differences(harness.Case):
    def run_files(self, *documents, status=1):
        """What tocsin test says, and the suite in the XML."""
        paths = []
        for number, document in enumerate(documents):
            paths.append(Path(self.folder) / f"{number}.json")
            paths[-1].write_text(document if isinstance(document, str) else json.dumps(document))
        junit = Path(self.folder) / "junit.xml"
        done = tocsin("test", "--junit", junit, *paths)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done, xml.etree.ElementTree.parse(junit).getroot()

    def differences(self, trigger, steps, expect):
        return self.run_files(scenario(trigger, steps, expect))[0].stdout

    def test_the_clause_that_fails_is_named(self):
        said = self.differences(TWICE, [step(0, "a", id=EVENT)], [{"automation": "A", "event": EVENT}])
        self.assertIn("expected 1 firing, there were 0\n", said)
        self.assertRegex(said, r'passed  match.prefect.resource.id +wants "job.\*", has "job.1"\n')
        self.assertRegex(said, r'FAILED  match.env +wants "prod", has none\n')

    def test_count_and_window_are_told(self):
        prod = {"prefect.resource.id": "job.1", "env": "prod"}
        said = self.differences(TWICE, [step(0, "a", id=EVENT, resource=prod)], [{"automation": "A", "event": EVENT}])
        self.assertIn("then    count 1 of 2 (1 missing), window 2025-12-31T23:45:00Z to 2026-01-01T00:00:30Z", said)

    def test_a_sequence_tells_what_must_still_fire(self):
        said = self.differences(SEQUENCE, [step(0, "b"), step(1, "a"), step(2, "b", id=EVENT)],
                                [{"automation": "A", "event": EVENT}])
        self.assertIn("now     2 children have fired: triggers[1] at 2026-01-01T00:00:00Z, triggers[0] at "
                      "2026-01-01T00:00:01Z; missing: triggers[1], triggers[2]\n", said)
        self.assertIn("triggers[1] at 2026-01-01T00:00:02Z; missing: triggers[2]\n", said)

    def test_a_child_firing_that_is_too_old_is_missing(self):
        said = self.differences({**SEQUENCE, "type": "compound", "require": 2}, [step(0, "a"), {"at": at(30)}],
                                [{"automation": "A", "at": at(30)}])
        self.assertIn("now     no child has fired; missing: 2 of triggers[0], triggers[1], triggers[2]\n", said)

    def test_without_time_and_event_the_end_is_explained(self):
        said = self.differences(SEQUENCE, [step(0, "a")], [{"automation": "A"}])
        self.assertIn("now     1 child has fired: triggers[0] at 2026-01-01T00:00:00Z; "
                      "missing: triggers[1], triggers[2]\n", said)

    def test_of_an_absence_the_time_is_explained_and_not_its_last_event(self):
        absent = {"posture": "Proactive", "after": ["a"], "expect": ["b"], "within": 10}
        said = self.differences(absent, [step(0, "a", id=EVENT), step(5, "b"), {"at": at(40)}],
                                [{"automation": "A", "at": at(10), "event": EVENT}])
        self.assertIn("enabled; clock 2026-01-01T00:00:09.999999Z", said)
        self.assertIn("nothing would fire by the passing of time\n", said)

    def test_absences_of_different_lengths_are_foreseen(self):
        both = {"type": "compound", "require": "all", "within": 60, "triggers": [
            {"posture": "Proactive", "expect": ["a"], "within": 10},
            {"posture": "Proactive", "expect": ["b"], "within": 90}]}
        said = self.differences(both, [step(5, "b", id=EVENT)], [{"automation": "A", "event": EVENT}])
        self.assertIn("would fire if nothing else comes, at 2026-01-01T00:01:35Z\n", said)

    def test_of_too_many_windows_nothing_is_foreseen(self):
        children = [{"posture": "Proactive", "expect": [f"a.{n}"], "within": 10 + n % 7} for n in range(900)]
        wide = {"type": "compound", "require": "all", "within": 60, "triggers": [reactive("never"), *children]}
        said = self.differences(wide, [step(0, "b", id=EVENT)], [{"automation": "A", "event": EVENT}])
        self.assertIn("what would fire is not told: of so many windows that takes too long\n", said)

    def test_a_log_line_is_told_to_count_nowhere(self):
        said = self.differences(reactive(), [step(0, "prefect.log.write", id=EVENT)],
                                [{"automation": "A", "event": EVENT}])
        self.assertIn("the event is not for this trigger\n", said)
        self.assertRegex(said, r'FAILED  event +wants "no prefect.log.write", has "prefect.log.write"\n')

    def test_an_event_that_no_step_delivers_is_told(self):
        said = self.differences(reactive("a"), [step(0, "b")], [{"automation": "A", "event": EVENT}])
        self.assertIn(f"no step delivers event {EVENT}\n", said)

    def test_one_firing_too_many_does_not_move_the_others(self):
        expect = [{"automation": "A", "at": at(n)} for n in (1, 2, 3)]
        said = self.differences(reactive("a"), [step(n, "a") for n in range(4)], expect)
        self.assertEqual(said.count("not expected:"), 1)
        self.assertIn("not expected: at 2026-01-01T00:00:00Z", said)
        self.assertNotIn("missing:  ", said)
        first, second = ("11111111-1111-4111-8111-11111111111" + digit for digit in "12")
        said = self.differences(reactive("a"), [step(0, "a", id=first), step(1, "a", id=second)],
                                [{"automation": "A", "event": second}, {"automation": "A", "event": first}])
        self.assertIn("  these firings, but in another order\n", said)

    def test_the_scenario_of_the_documentation_passes(self):
        page = (Path(__file__).parents[2] / "docs/automations.md").read_text()
        example = page.split("```json\n")[1].split("```")[0]
        done, suite = self.run_files(example, status=0)
        self.assertEqual((done.stdout.splitlines()[-1], suite.get("tests")), ("1 passed, 0 failed", "1"))

    def test_an_expectation_is_taken_as_it_was_meant_or_not_at_all(self):
        fires = [step(0, "a")]
        for expect, reason in (({"automtion": "A"}, 'expect[0].automtion: unknown field, did you mean "automation"?'),
                               ({"automation": "A", "time": at(0)}, "expect[0].time: unknown field"),
                               ({"at": at(0)}, "expect[0].automation: Field required"),
                               ({"automation": 1}, "expect[0].automation: a name is needed")):
            done, suite = self.run_files(scenario(reactive("a"), fires, [expect]))
            self.assertIn(reason, done.stderr)
            self.assertIn(reason, suite[0][0].text)

    def test_the_xml_counts_what_passed_failed_and_could_not_be_run(self):
        good = scenario(reactive("a"), [step(0, "a")], [{"automation": "A", "comment": "at once"}], name="good")
        done, suite = self.run_files([good, {**good, "expect": []}, {**good, "steps": 1}], "[{", status=1)
        self.assertIn("1 passed, 2 failed\n", done.stdout)
        self.assertEqual(suite.attrib, {"name": "tocsin", "tests": "4", "failures": "1", "errors": "2"})
        self.assertEqual([[child.tag for child in case] for case in suite], [[], ["failure"], ["error"], ["error"]])
        self.assertIn("steps: a list is needed", suite[2][0].text)
        self.assertIn("1.json:", suite[3][0].text)

    def test_the_xml_is_well_formed_whatever_the_names_are(self):
        name = "<&\"'>\u0001\ufffe\uffff\U0010ffff]]> \u00e9"
        _, suite = self.run_files(scenario(reactive("a"), [step(0, name, id=EVENT)],
                                           [{"automation": "A", "event": EVENT}], name=name))
        self.assertEqual(suite[0].get("name"), "<&\"'>" + 7 * "?" + "\U0010ffff]]> \u00e9")
        self.assertIn("]]>", suite[0][0].text)


if __name__ == "__main__":
    unittest.main()
