#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A start whose files are wrong: the last good definitions are in force."""
import json
import os
import shutil
import unittest
from pathlib import Path

from harness import PLUGINS, automation, event, tocsin
from reload_case import TEST_PLUGINS, Reloading


class ColdStart(Reloading):
    def test_wrong_files_leave_the_last_good_definitions_in_force(self):
        daemon = self.start()
        daemon.end()
        good = (Path(self.folder) / "automations.d/test.yaml").read_text()
        self.write("automations.d/test.yaml", "- {name: broken\n")
        self.write("blocks.d/test.yaml", "- {name: sink, type: webhook}\n")
        daemon.start()
        ready = daemon.json("/api/ready")
        self.assertEqual(ready["message"], "OK")
        self.assertIn("running the last good definitions: ", ready["note"])
        status = daemon.json("/api/status")
        self.assertEqual(status["reload"]["result"], "fallback")
        self.assertTrue(status["reload"]["problems"])
        daemon.post(event("x"))
        self.wait_for_body("b")
        self.write("automations.d/test.yaml", good)
        self.write("blocks.d/test.yaml", self.block(self.sink))
        self.reload(daemon)
        self.assertEqual(daemon.json("/api/ready"), {"message": "OK"})

    def test_lower_limits_do_not_stop_a_start(self):
        """What is in force was allowed when it was taken; the log is read again whole."""
        daemon = self.start()
        nested = {"expect": ["x"]}
        for _ in range(5):
            nested = {"type": "compound", "require": "any", "within": 60, "triggers": [nested]}
        self.write("automations.d/nested.yaml", json.dumps([{
            "name": "nested", "trigger": nested, "actions": [{"type": "do-nothing"}]}]))
        self.reload(daemon)
        daemon.kill()
        os.unlink(f"{self.folder}/automations.d/nested.yaml")
        with open(daemon.config, "a") as file:
            file.write("limits: {triggers_per_automation: 2, trigger_depth: 2}\n")
        daemon.start()
        self.assertEqual(daemon.json("/api/ready"), {"message": "OK"})
        daemon.post(event("x"))
        self.wait_for_body("b")

    def test_strict_refuses(self):
        daemon = self.start()
        daemon.end()
        self.write("automations.d/test.yaml", "- {name: broken\n")
        done = tocsin("serve", "--strict", "--config", daemon.config)
        self.assertEqual(done.returncode, 1)
        self.assertIn("automations.d/test.yaml:", done.stderr)

    def test_the_first_start_has_nothing_to_go_back_to(self):
        daemon = self.daemon(automations="[{name: broken}]")
        self.assertEqual(daemon.spawn().wait(30), 1)

    def test_a_plugin_that_is_broken_holds_up_only_its_own_block(self):
        plugins = Path(self.folder) / "plugins"
        plugins.mkdir()
        shutil.copy(Path(PLUGINS) / "webhook.so", plugins)
        shutil.copy(TEST_PLUGINS / "puppet.so", plugins)
        daemon = self.daemon(automations=automation(expect=["x"]), blocks=json.dumps(
            json.loads(self.block(self.sink)) + [{"name": "p", "type": "puppet"}]))
        text = daemon.config.read_text()
        daemon.config.write_text(text.replace(os.path.abspath(PLUGINS), str(plugins)))
        daemon.start()
        daemon.end()
        (plugins / "puppet.so").write_bytes(b"no plugin")
        daemon.start()
        states = {b["name"]: b["state"] for b in daemon.json("/api/status")["blocks"]}
        self.assertEqual(states, {"sink": "active", "p": "failed"})
        daemon.post(event("x"))
        self.wait_for_body("b")


if __name__ == "__main__":
    unittest.main()
