#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Commands that ask a running daemon, and their exit statuses."""
import json
import unittest

from harness import Case, event, free_port, tocsin


class Asking(Case):
    def setUp(self):
        super().setUp()
        self.served = self.daemon().start()

    def emit(self, *arguments, **options):
        return tocsin("event", "emit", *arguments, "--url", self.served.url, **options)

    def test_an_event_goes_in_and_comes_out(self):
        done = self.emit("order.placed", "--resource-id", "order.1", "--resource", "region=eu",
                         "--payload", '{"big": 9007199254740993, "text": "☃"}',
                         "--related", "prefect.resource.id=c.7,prefect.resource.role=customer")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^Successfully emitted event 'order.placed' with ID [-0-9a-f]{36}$")
        stored = self.served.stored()[0]
        self.assertEqual(stored["resource"], {"prefect.resource.id": "order.1", "region": "eu"})
        self.assertEqual(stored["payload"], {"big": 9007199254740993, "text": "☃"})
        self.assertEqual(stored["related"][0]["prefect.resource.role"], "customer")
        listed = tocsin("event", "ls", "--url", self.served.url + "/api", "--name", "order.*")
        self.assertRegex(listed.stdout, r"^\d{4}-\S+Z  order\.placed +order\.1\n$")

    def test_the_unix_socket_is_an_address(self):
        done = tocsin("event", "emit", "x", "--resource-id", "y", "--url", f"unix:{self.served.socket}")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_file_goes_in_as_it_is_and_is_listed_page_by_page(self):
        events = [event("bulk", f"bulk.{i}", payload={"i": i}) for i in range(2500)]
        lines = "\n".join(json.dumps(e) for e in events)
        done = self.emit("--file", "-", stdin=lines)
        self.assertEqual((done.returncode, done.stdout), (0, "2500 events emitted\n"), done.stderr)
        listed = tocsin("event", "ls", "--json", "--url", self.served.url)
        found = [json.loads(line) for line in listed.stdout.splitlines()]
        self.assertEqual([e["id"] for e in found], [e["id"] for e in events])

    def test_a_file_is_checked_before_anything_is_sent(self):
        good, bad = json.dumps(event("good")), '{"event": "bad"}'
        done = self.emit("--file", "-", stdin=f"{good}\n\n{bad}\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard input:3: ", done.stderr.replace("-:3", "standard input:3"))
        self.assertEqual(self.served.stored(), [])

    def test_recorded_events_play_live(self):
        first = event("first", occurred="2020-01-01T00:00:00Z")
        second = event("second", occurred="2020-01-01T00:00:00.2Z", follows=first["id"])
        done = self.emit("--file", "-", "--live", stdin=f"{json.dumps(first)}\n{json.dumps(second)}")
        self.assertEqual(done.returncode, 0, done.stderr)
        stored = self.served.stored()
        self.assertEqual([e["event"] for e in stored], ["first", "second"])
        self.assertNotEqual(stored[0]["id"], first["id"])
        self.assertEqual(stored[1]["follows"], stored[0]["id"])
        self.assertGreater(stored[0]["occurred"], "2024")

    def test_status_for_people_and_for_programs(self):
        done = tocsin("status", "--url", self.served.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("version", done.stdout)
        done = tocsin("status", "--json", "--url", self.served.url)
        self.assertIn("uptime_seconds", json.loads(done.stdout))

    def test_refusals_are_the_daemons_own_words(self):
        done = self.emit("x" * 1025, "--resource-id", "y")
        self.assertEqual(done.returncode, 1)
        self.assertIn("the daemon answered 422: body[0].event: ", done.stderr)


class Failing(Case):
    def test_nobody_there(self):
        done = tocsin("status", "--url", f"http://127.0.0.1:{free_port()}")
        self.assertEqual(done.returncode, 1)
        self.assertIn("is it running?", done.stderr)

    def test_wrong_usage(self):
        for words in ([], ["serv"], ["event"], ["event", "emit"], ["status", "--jsn"],
                      ["event", "emit", "x", "--file", "y"]):
            done = tocsin(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
        done = tocsin("status", "--url", "gopher://x")
        self.assertEqual(done.returncode, 1)

    def test_help_and_version(self):
        for words in (["help"], ["--help"], ["version"], ["--version"], ["help", "event", "emit"]):
            done = tocsin(*words)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("tocsin", done.stdout)


if __name__ == "__main__":
    unittest.main()
