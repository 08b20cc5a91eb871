#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reload: what is the same is not read again, and what is not is never missed."""
import json
import os
import threading
import time
import unittest
from pathlib import Path

from harness import automation, event, wait_for
from reload_case import Reloading


class Unchanged(Reloading):
    def start(self, **options):
        daemon = super().start(**options)
        self.file = Path(self.folder) / "automations.d/test.yaml"
        return daemon

    def settle(self, daemon):
        """The files have stood there long enough for a reload to trust them, and one has read them."""
        files = [f for kind in ("blocks.d", "automations.d")
                 for f in (Path(self.folder) / kind).iterdir()]
        wait_for("their last change to be old enough",
                 lambda: all(time.time() - f.stat().st_ctime > 2.1 for f in files))
        self.reload(daemon)

    def looked_at(self, daemon):
        answer = json.loads(daemon.ask("POST", "/api/reload", b"{}")[1])
        return answer["looked_at"]

    def overwrite(self, text):
        """In place, with the times that the file had."""
        before = self.file.stat()
        with open(self.file, "r+", encoding="ascii") as file:
            file.write(text)
            file.truncate()
        os.utime(self.file, ns=(before.st_atime_ns, before.st_mtime_ns))

    def test_what_is_the_same_is_not_read(self):
        daemon = self.start()
        self.assertEqual(self.looked_at(daemon)["definition_files_read"], 2)
        self.settle(daemon)
        looked_at = self.looked_at(daemon)
        self.assertEqual([looked_at[k] for k in ("definition_files", "definition_files_read",
                                                 "automations", "automations_checked", "blocks")],
                         [2, 1, 1, 0, 1])  # blocks are read each time, for the sake of their secrets
        self.assertGreater(looked_at["plugin_files"], 0)
        self.assertEqual(looked_at["plugin_files_read"], 0)
        said = (f"{looked_at['plugin_files']} plugin files (0 read), 2 files of definitions (1 read), "
                "1 block, 1 automation (0 checked)\n")
        self.assertEqual(self.reload(daemon).stdout, "nothing changed; looked at " + said)
        self.assertEqual(self.reload(daemon, "--plan").stdout, "nothing would change; looked at " + said)
        self.assertIn("nothing changed; looked at " + said.strip(), daemon.log())
        daemon.post(event("x"))
        self.wait_for_body("b")

    def test_of_a_changed_file_only_what_changed_is_checked(self):
        many = [automation(name=f"a {i}", expect=[f"e.{i}"]) for i in range(20)]
        daemon = self.start()
        for kind in ("JSON", "YAML"):
            for body in (f"first of {kind}", f"other of {kind}"):
                many[7] = automation(name="a 7", expect=["e.7"], body=body)
                text = json.dumps([json.loads(a)[0] for a in many])
                self.file.write_text(text if kind == "JSON" else f"automations: {text}")
                answer = json.loads(daemon.ask("POST", "/api/reload", b"{}")[1])
            self.assertEqual([c["name"] for c in answer["changes"]], ["a 7"])
            self.assertEqual(answer["looked_at"]["automations_checked"], 1)
            daemon.post(event("e.7"), event("e.8"))
            self.wait_for_body(f"other of {kind}")
        self.wait_for_body("b")

    def test_of_a_list_what_stands_elsewhere_is_not_checked(self):
        many = [json.loads(automation(name=f"a {i}", expect=[f"e.{i}"]))[0] for i in range(20)]
        daemon = self.start()
        self.file.write_text(json.dumps({"automations": many}))
        self.reload(daemon)
        many.insert(3, json.loads(automation(name="new", expect=["new"]))[0])
        many.append(many.pop(0))
        self.file.write_text(json.dumps(many, separators=(",\n", ": ")))
        self.assertEqual(self.looked_at(daemon)["automations_checked"], 21)  # each is another text
        many.append(many.pop(0))
        del many[5]
        self.file.write_text(json.dumps({"automations": many}, separators=(",\n", ": ")))
        answer = json.loads(daemon.ask("POST", "/api/reload", b"{}")[1])
        self.assertEqual([c["change"] for c in answer["changes"]], ["-"])
        self.assertEqual(answer["looked_at"]["automations_checked"], 0)
        many[4]["actions"][0]["type"] = "do-something"
        self.file.write_text(json.dumps({"automations": many}, indent=1))
        line = self.file.read_text().split("\n").index('     "type": "do-something",') + 1
        self.assertRegex(self.reload(daemon, status=1).stderr, rf"test.yaml:{line}:\d+: ")
        self.file.write_text(json.dumps(many)[:-1] + ",]")
        self.assertRegex(self.reload(daemon, status=1).stderr, r"test.yaml:\d+:\d+: ")
        daemon.post(event("new"))
        self.wait_for_body("b")

    def test_a_change_with_the_time_set_back_is_seen(self):
        daemon = self.start()
        self.file.write_text(automation(expect=["x"], body="one"))
        self.settle(daemon)
        before = self.file.stat()
        self.overwrite(automation(expect=["x"], body="two"))
        after = self.file.stat()
        self.assertEqual([before.st_ino, before.st_size, before.st_mtime_ns],
                         [after.st_ino, after.st_size, after.st_mtime_ns])
        self.assertIn("~ automation test", self.reload(daemon).stdout)
        daemon.post(event("x"))
        self.wait_for_body("two")

    def test_a_file_that_is_half_written_is_read_again(self):
        daemon = self.start()
        text = automation(expect=["x"], body="whole")
        self.settle(daemon)
        self.overwrite(text[:len(text) // 2])
        self.assertIn("automations.d/test.yaml:", self.reload(daemon, status=1).stderr)
        self.overwrite("")
        self.assertIn("- automation test", self.reload(daemon).stdout)
        self.overwrite(text)
        self.assertIn("+ automation test", self.reload(daemon).stdout)
        daemon.post(event("x"))
        self.wait_for_body("whole")

    def test_a_file_that_is_copied_over_all_the_time(self):
        daemon = self.start()
        texts = [automation(expect=["x"], body=f"body {i}") for i in range(2)]
        is_over = threading.Event()

        def copy():
            while not is_over.is_set():
                for text in texts:
                    self.file.write_text(text)
        thread = threading.Thread(target=copy)
        thread.start()
        for _ in range(40):
            self.assertIn(daemon.ask("POST", "/api/reload", b"{}")[0], (200, 422))
        is_over.set()
        thread.join()
        self.reload(daemon)
        daemon.post(event("x"))
        self.wait_for_body("body 1")
        self.assertFalse(self.arrived("body 0"))

    def test_a_warning_is_told_each_time(self):
        daemon = self.start(automations=automation(expect=["x"], body="{{ event.nmae }}"))
        self.settle(daemon)
        for _ in range(2):
            self.assertIn("test.yaml:1:", self.reload(daemon).stderr)

    def test_other_blocks_have_the_automations_checked_again(self):
        daemon = self.start()
        self.file.write_text("\n" + automation(expect=["x"]))
        self.settle(daemon)
        self.write("blocks.d/test.yaml", self.block(self.sink).replace('"sink"', '"sinks"'))
        self.assertRegex(self.reload(daemon, status=1).stderr,
                         r'automations.d/test.yaml:2:\d+: .*there is no block "sink", did you mean "sinks"\?')

    def test_a_name_that_one_has_which_was_not_read(self):
        daemon = self.start()
        self.file.write_text("\n" + automation(expect=["x"]))
        self.settle(daemon)
        self.write("automations.d/other.yaml", automation(expect=["y"]))
        self.assertRegex(self.reload(daemon, status=1).stderr,
                         r'the name "test" is taken by .*/automations.d/other.yaml:1')
        os.rename(Path(self.folder) / "automations.d/other.yaml", Path(self.folder) / "automations.d/z.yaml")
        self.assertRegex(self.reload(daemon, status=1).stderr,
                         r'the name "test" is taken by .*/automations.d/test.yaml:2')

    def test_files_that_go_and_change_places(self):
        first, second = (automation(name=n, expect=[n]) for n in ("a", "b"))
        daemon = self.start(automations=first)
        self.write("automations.d/zz.yaml", second)
        self.reload(daemon)
        self.settle(daemon)
        os.rename(Path(self.folder) / "automations.d/zz.yaml", Path(self.folder) / "automations.d/aa.yaml")
        looked_at = json.loads(daemon.ask("POST", "/api/reload", b"{}")[1])
        self.assertEqual([looked_at["result"], looked_at["changes"]], ["committed", []])
        self.assertEqual(looked_at["looked_at"]["automations_checked"], 0)
        self.file.unlink()
        self.assertIn("- automation a", self.reload(daemon).stdout)
        daemon.post(event("b"))
        self.wait_for_body("b")


if __name__ == "__main__":
    unittest.main()
