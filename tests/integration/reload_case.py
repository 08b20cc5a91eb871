# SPDX-License-Identifier: Apache-2.0
"""What the tests of reloads share: a daemon whose files change, and a receiver of what it sends."""
import json
import os
from pathlib import Path

from harness import PLUGINS, Case, automation, tocsin, wait_for

TEST_PLUGINS = Path(PLUGINS).parents[2] / "tests/plugins"


class Reloading(Case):
    def setUp(self):
        super().setUp()
        self.sink = self.receiver()

    def start(self, **options):
        options.setdefault("blocks", self.block(self.sink))
        options.setdefault("automations", automation(expect=["x"]))
        return self.daemon(**options).start()

    def write(self, name, text):
        path = Path(self.folder) / name
        (path.parent / ".new").write_text(text)
        os.rename(path.parent / ".new", path)

    def automations(self, *texts):
        self.write("automations.d/test.yaml",
                   json.dumps([one for text in texts for one in json.loads(text)]))

    def reload(self, daemon, *arguments, status=0):
        """The finished command; its exit status is checked."""
        done = tocsin("reload", "--url", f"unix:{daemon.socket}", *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def arrived(self, body):
        return [r for r in self.sink.requests if json.loads(r["body"])["body"] == body]

    def wait_for_body(self, body):
        wait_for(f"{body} at the receiver", lambda: self.arrived(body))
