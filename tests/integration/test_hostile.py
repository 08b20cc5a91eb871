#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The hostile requests of hostile.py against the real daemon, which afterwards works as before."""
import json
import subprocess
import sys
import unittest
from pathlib import Path
from urllib.parse import quote

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

    def test_what_is_told_is_json_wherever_the_sender_s_words_were_cut(self):
        daemon = self.daemon().start()
        long = "a" + "\u00e9" * 600
        hook = {"name": "a", "type": "webhook"}
        rows = (
            ("POST", "/api/tocsin/explain?automation=" + "%01" * 1000, None, 404),
            ("GET", "/api/tocsin/blocks/" + quote(long), None, 404),
            ("POST", "/api/tocsin/blocks", {**hook, "options": {"url": {"block": long}}}, 422),
            ("POST", "/api/tocsin/blocks", {**hook, "options": {long: 1}}, 422),
            ("POST", "/api/tocsin/blocks", {**hook, "type": long}, 422),
            ("POST", "/api/reload", {long: True}, 422))
        for method, path, body, expected in rows:
            with self.subTest(path=path[:30], body=str(body)[:60]):
                status, told = daemon.ask(method, path, body and json.dumps(body))
                self.assertEqual(status, expected, told)
                self.assertTrue(json.loads(told))

    def test_a_body_of_very_many_values_is_not_made_into_objects(self):
        daemon = self.daemon().start()
        before = daemon.memory()
        body = b'{"a": ["[,", ' + b"{}," * 2500000 + b"{}]}"
        status, told = daemon.ask("POST", "/api/block_documents/filter", body)
        self.assertEqual(status, 413, told)
        self.assertLess(daemon.memory() - before, 64 << 20)
        body = b'{"a": [' + b'"[,\\\\",' * 40000 + b"{}]}"
        self.assertEqual(daemon.ask("POST", "/api/block_documents/filter", body), (200, b"[]"))


if __name__ == "__main__":
    unittest.main()
