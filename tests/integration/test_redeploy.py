#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An automation with an owner that is taken out and brought back, as a redeploy does it, goes on with what
it had counted; also when the daemon is killed in between."""
import json
import unittest
from pathlib import Path

import harness
from harness import event, tocsin, wait_for

OWNER = "prefect.deployment.f65d8acd-8f6a-4715-b752-9c23d2f38f93"


def twice(name, owner=None):
    """As JSON, which YAML is: fires at the second event, with its own id in the body."""
    document = json.loads(harness.automation(
        name=name, body=name + " {{ automation.id }}{{ automation.owner_resource }}",
        expect=["x"], threshold=2, within=3600))[0]
    return {**document, "owner_resource": owner} if owner else document


class Redeploy(harness.Case):
    def setUp(self):
        super().setUp()
        self.sink = self.receiver()

    def write(self, *automations):
        text = "automations:" + "".join("\n  - " + json.dumps(one) for one in automations)
        (Path(self.folder) / "automations.d/test.yaml").write_text(text + "\n")

    def reload(self, daemon):
        done = tocsin("reload", "--url", f"unix:{daemon.socket}")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def bodies(self):
        return [json.loads(request["body"])["body"] for request in self.sink.requests]

    def redeploy(self, in_between):
        """The first event, everything is taken out, in_between, everything is back, the second one."""
        daemon = self.daemon(blocks=self.block(self.sink))
        both = twice("owned", OWNER), twice("alone")
        self.write(*both)
        daemon.start()
        daemon.post(event("x"))
        self.write()
        self.assertEqual(self.reload(daemon), "- automation owned\n- automation alone\ncommitted: 2 changes\n")
        daemon.post(event("x"))
        self.assertEqual(daemon.json("/api/status")["engine"]["automations"], 0)
        in_between(daemon)
        self.assertEqual(daemon.json("/api/status")["engine"]["automations"], 0)
        self.write(*both)
        self.reload(daemon)
        daemon.post(event("x"))
        wait_for("the owned one fires", self.bodies)
        self.assertEqual([body.split()[0] for body in self.bodies()], ["owned"])
        daemon.post(event("x"))
        wait_for("the other one, too", lambda: len(self.bodies()) == 2)
        self.assertEqual(self.bodies()[1].split()[0], "alone")
        return daemon

    def test_it_goes_on_with_what_it_had_counted(self):
        self.redeploy(lambda daemon: None)

    def test_also_when_the_daemon_was_killed_meanwhile(self):
        def kill(daemon):
            daemon.kill()
            daemon.start()
        self.redeploy(kill)

    def test_also_when_the_daemon_was_restarted_meanwhile(self):
        def restart(daemon):
            self.assertEqual(daemon.end(), 0)
            daemon.start()
        self.redeploy(restart)

    def test_its_id_follows_from_owner_and_name_and_the_owner_is_not_shown(self):
        daemon = self.redeploy(lambda daemon: None)
        name, shown = self.bodies()[0].split()
        asked = daemon.ask("POST", f"/api/tocsin/explain?automation={name}")
        explained = json.loads(asked[1])["automation"]
        self.assertEqual(explained["id"], shown)
        self.assertNotEqual(shown, self.bodies()[1].split()[1])
        self.assertNotIn(OWNER.encode(), asked[1])

    def test_an_owner_that_is_none_is_told_with_its_place(self):
        path = Path(self.folder) / "wrong.yaml"
        for owner, said in ((7, "Input should be a valid string"),
                            ("", "String should have at least 1 character"),
                            ("x" * 1025, "String should have at most 1024 characters")):
            path.write_text("name: a\n" + f"owner_resource: {json.dumps(owner)}\n"
                            "trigger: {expect: [x]}\nactions: []\n")
            done = tocsin("check", path)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn("wrong.yaml:2:", done.stdout + done.stderr)
            self.assertIn(f"owner_resource: {said}", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
