#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The hostile requests of hostile.py against the real daemon, which afterwards works as before."""
import subprocess
import sys
import unittest
from pathlib import Path

from harness import Case, event

SCRIPT = Path(__file__).with_name("hostile.py")


class Hostile(Case):
    def test_hostile_requests_do_no_harm(self):
        daemon = self.daemon().start()
        self.assertEqual(daemon.post(event("before"))[0], 204)
        done = subprocess.run([sys.executable, "-B", SCRIPT, "--address",
                               f"{daemon.host}:{daemon.port}"],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:] + done.stderr[-2000:])
        self.assertEqual(daemon.post(event("after"))[0], 204)
        names = [e["event"] for e in daemon.stored()]
        self.assertEqual((names[0], names[-1]), ("before", "after"))
        self.assertEqual(daemon.end(), 0)


if __name__ == "__main__":
    unittest.main()
