#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tocsin sink: what it prints and how it answers."""
import http.client
import json
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from harness import PROGRAM, tocsin, wait_for

BODY = '{"a": [1, {}],  "n": 1.50, "s": "x\\u0041\\"q"}'


class Sink:
    """The command, running; end() gives its exit status and what it wrote."""

    def __init__(self, *arguments):
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name, "address")
        self.process = subprocess.Popen(
            [PROGRAM, "sink", "--listen", "127.0.0.1:0", "--listen-file", path, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for("the address of the sink", path.exists)
        self.address = path.read_text().strip()

    def ask(self, method, target, body=None, headers=None):
        connection = http.client.HTTPConnection(self.address, timeout=10)
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        self.said = answer.read()
        connection.close()
        return answer.status

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=10)
        self.folder.cleanup()
        return self.process.returncode, out, err


class SinkTest(unittest.TestCase):
    def test_prints_requests_for_people(self):
        sink = Sink()
        headers = {"webhook-id": "inv-1", "Content-Type": "application/json"}
        self.assertEqual(sink.ask("POST", "/hook?x=1", BODY, headers), 204)
        self.assertEqual(sink.ask("PUT", "/text", "one\ntwo \x1b[31m"), 204)
        status, out, err = sink.end(signal.SIGINT)
        self.assertEqual(status, 0)
        self.assertEqual(err, "2 requests\n")
        lines = out.splitlines()
        self.assertEqual(lines[0], f"listening on http://{sink.address}")
        self.assertRegex(lines[1], r"^\d{4}-\d\d-\d\dT\S+Z POST /hook\?x=1$")
        self.assertIn("  webhook-id: inv-1", lines)
        self.assertNotIn("  Host", out)
        shown = '  {\n    "a": [\n      1,\n      {}\n    ],\n    "n": 1.50,\n    "s": "x\\u0041\\"q"\n  }\n'
        self.assertIn(shown, out)
        self.assertIn("  one\n  two \\x1b[31m\n", out)

    def test_prints_one_object_a_line(self):
        sink = Sink("--json")
        sink.ask("POST", "/a", BODY, {"X-Test": "1"})
        sink.ask("POST", "/b", "no JSON")
        sink.ask("POST", "/c", b"\xff\x00")
        _, out, _ = sink.end()
        first, second, third = map(json.loads, out.splitlines())
        self.assertEqual((first["method"], first["path"]), ("POST", "/a"))
        self.assertEqual(first["headers"]["X-Test"], "1")
        self.assertEqual(first["body"], json.loads(BODY))
        self.assertEqual(second["body"], "no JSON")
        self.assertEqual(third["body"], "\u00ff\u0000")

    def test_answers_as_told(self):
        sink = Sink("--status", "503", "--delay", "100ms")
        began = time.monotonic()
        self.assertEqual(sink.ask("GET", "/"), 503)
        self.assertGreaterEqual(time.monotonic() - began, 0.09)
        self.assertEqual(sink.said, b"")
        self.assertEqual(sink.end()[0], 0)

    def test_answers_with_a_body(self):
        for more in ([], ["--delay", "10ms"]):
            sink = Sink("--status", "200", "--body", "ok", *more)
            self.assertEqual((sink.ask("POST", "/"), sink.said), (200, b"ok"))
            sink.end()

    def test_refuses_what_it_cannot_do(self):
        self.assertEqual(tocsin("sink", "--status", "99").returncode, 2)
        self.assertEqual(tocsin("sink", "operand").returncode, 2)
        done = tocsin("sink", "--listen", "nowhere")
        self.assertEqual(done.returncode, 1)
        self.assertIn('"nowhere" is not host:port', done.stderr)


if __name__ == "__main__":
    unittest.main()
