# SPDX-License-Identifier: Apache-2.0
"""What authors of plugins run: plugin new, inspect and ls."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import PLUGINS, PROGRAM, Case, tocsin

TEST_PLUGINS = os.environ.get("TOCSIN_TEST_PLUGINS", "build/dev/tests/plugins")
WEBHOOK = f"{PLUGINS}/webhook.so"


class New(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def new(self, *arguments):
        return subprocess.run([os.path.abspath(PROGRAM), "plugin", "new", *arguments],
                              cwd=self.folder, capture_output=True, text=True)

    def test_it_writes_four_files_with_the_name_filled_in(self):
        done = self.new("my-sink")
        self.assertEqual(done.returncode, 0, done.stderr)
        written = sorted(p.name for p in (self.folder / "my-sink").iterdir())
        self.assertEqual(written,
                         ["CMakeLists.txt", "README.md", "my-sink.c", "test_my-sink.c"])
        for name in written:
            text = (self.folder / "my-sink" / name).read_text()
            self.assertIn("my-sink", text)
            self.assertNotRegex(text, r"@[A-Z]+@")
            self.assertIn(f"my-sink/{name}\n", done.stdout)

    def test_names_that_cannot_be_are_refused_with_a_better_one(self):
        for name, better in (("My Sink", "my-sink"), ("9lives", "lives"), ("a_b", "a-b"),
                             ("../up", "up"), ("é", None), ("a" * 33, "a" * 32)):
            done = self.new(name)
            self.assertEqual(done.returncode, 2, name)
            self.assertIn("a plugin's name begins with a-z", done.stderr)
            if better:
                self.assertIn(f'did you mean "{better}"?', done.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_what_is_there_is_left_alone(self):
        (self.folder / "taken").mkdir()
        done = self.new("taken")
        self.assertEqual(done.returncode, 1)
        self.assertIn("taken is there already; choose another name or remove it", done.stderr)
        self.assertEqual(list((self.folder / "taken").iterdir()), [])

    def test_the_names_of_shipped_plugins_are_refused(self):
        done = self.new("webhook")
        self.assertEqual(done.returncode, 1)
        self.assertIn("comes with tocsin", done.stderr)


class Inspect(unittest.TestCase):
    def test_people_see_options_with_types_and_defaults(self):
        done = tocsin("plugin", "inspect", WEBHOOK)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"method +enum: POST, PUT, .*; default POST\n")
        self.assertRegex(done.stdout, r"url +url; required, secret, template\n")
        self.assertRegex(done.stdout, r"capabilities +notify, action\n")

    def test_programs_see_everything(self):
        plugin = json.loads(tocsin("plugin", "inspect", WEBHOOK, "--json").stdout)
        self.assertEqual(plugin["id"], "webhook")
        self.assertEqual(plugin["abi"], {"major": 1, "minor": 0, "min_minor": 0})
        schema = plugin["block_schema"]
        self.assertEqual(schema["block_type_slug"], "tocsin-webhook")
        self.assertIn("headers.*", schema["secret_fields"])
        self.assertEqual([o["key"] for o in plugin["options"]], list(schema["properties"]))

    def test_a_page_of_documentation_has_a_row_for_each_option(self):
        page = tocsin("plugin", "inspect", WEBHOOK, "--markdown").stdout
        self.assertIn("| `sign` | enum: none, standard, github | `none` |  |", page)

    def test_code_that_misbehaves_is_an_error(self):
        for name, text in (("crashes", "crashes when it is loaded (signal 6, Aborted)"),
                           ("exits", "ends the process when it is loaded (exit 3)"),
                           ("no_send", "lacks send")):
            path = f"{TEST_PLUGINS}/{name}.so"
            done = tocsin("plugin", "inspect", path)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertEqual(done.stderr, f"plugin {path}: {text}\n")


class Ls(Case):
    def test_ls_asks_the_daemon(self):
        daemon = self.daemon().start()
        done = tocsin("plugin", "ls", "--url", daemon.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"webhook +0\.1\.0 +1\.0 +\d+ +active")
        listed = json.loads(tocsin("plugin", "ls", "--json", "--url", daemon.url).stdout)
        self.assertEqual([p["id"] for p in listed if p["id"] == "webhook"], ["webhook"])


if __name__ == "__main__":
    unittest.main()
