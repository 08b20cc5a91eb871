#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tocsin serve: it starts, answers, stops, and refuses what is wrong."""
import json
import os
import signal
import socket
import unittest
import uuid

from harness import PLUGINS, Case, automation, event, tocsin, wait_for


class Serving(Case):
    def test_says_that_it_is_alive_and_ready(self):
        daemon = self.daemon().start()
        self.assertEqual(daemon.ask("GET", "/api/health"), (200, b"true"))
        self.assertEqual(daemon.json("/api/ready"), {"message": "OK"})
        status = daemon.json("/api/status")
        self.assertEqual(status["version"], tocsin("version").stdout.split()[1])
        self.assertEqual(status["ingest"]["events"], 0)

    def test_writes_its_addresses_after_it_listens(self):
        daemon = self.daemon().start()
        lines = daemon.addresses.read_text().splitlines()
        self.assertEqual(lines, [f"127.0.0.1:{daemon.port}", f"unix:{daemon.socket}"])
        self.assertNotEqual(daemon.port, 0)

    def test_stops_cleanly_at_sigterm_and_sigint(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            daemon = self.daemon().start()
            self.assertEqual(daemon.end(number), 0)
            self.assertFalse(os.path.exists(daemon.socket))

    def test_starts_again_where_it_ended(self):
        daemon = self.daemon().start()
        sent = event("kept")
        self.assertEqual(daemon.post(sent)[0], 204)
        daemon.end()
        daemon.start()
        self.assertEqual([e["id"] for e in daemon.stored()], [sent["id"]])

    def test_answers_unknown_routes_and_methods(self):
        daemon = self.daemon().start()
        self.assertEqual(daemon.ask("GET", "/api/nothing")[0], 404)
        self.assertEqual(daemon.ask("DELETE", "/api/events")[0], 405)

    def test_refuses_hosts_that_are_not_its_own(self):
        daemon = self.daemon().start()
        status, _ = daemon.ask("GET", "/api/status", headers={"Host": "rebound.example"})
        self.assertEqual(status, 403)

    def test_refuses_pages_of_other_origins(self):
        daemon = self.daemon(configuration=(
            "public_url: https://tocsin.example/house/\n")).start()
        text = daemon.config.read_text().replace("auth: {mode: none}", json.dumps({"auth": {
            "mode": "none", "allowed_origins": ["https://ops.example", "app://ops"]}})[1:-1])
        daemon.config.write_text(text)
        tocsin("reload", "--url", daemon.url)
        own = f"127.0.0.1:{daemon.port}"
        for origin, status in (
                (f"http://{own}", 200), (f"HTTP://{own}", 200), ("https://ops.example", 200),
                ("app://ops", 200), ("https://tocsin.example", 200),
                (f"https://{own}", 403), (f"app://{own}", 403), (f"://{own}", 403), (own, 403),
                ("http://ops.example", 403), ("http://tocsin.example", 403), ("null", 403),
                ("http://127.0.0.1", 403), (f"http://localhost:{daemon.port}", 403),
                (f"http://{own}.evil.example", 403), ("https://ops.example.evil.example", 403)):
            with self.subTest(origin):
                self.assertEqual(daemon.ask("GET", "/api/status", headers={"Origin": origin})[0], status)


class Refusing(Case):
    def refused(self, daemon):
        """What a daemon that must not start says."""
        process = daemon.spawn()
        self.assertEqual(process.wait(30), 1)
        return daemon.log()

    def test_an_unknown_key_with_its_place(self):
        daemon = self.daemon(configuration="listn: []\n")
        said = self.refused(daemon)
        self.assertIn('tocsin.yaml:7:1: ', said)
        self.assertIn('did you mean "listen"?', said)

    def test_a_key_that_is_not_built_yet(self):
        said = self.refused(self.daemon(configuration="metrics: {enabled: true}\n"))
        self.assertIn("metrics.enabled", said)

    def test_every_problem_at_once(self):
        daemon = self.daemon(configuration="limits: {batch_events: many}\nstore: {sync: often}\n")
        said = self.refused(daemon)
        self.assertIn("limits.batch_events", said)
        self.assertIn("store.sync", said)

    def test_two_automations_of_one_id(self):
        twin = {"id": str(uuid.uuid4()), "trigger": {"expect": ["x"]}, "actions": []}
        said = self.refused(self.daemon(automations=json.dumps([{**twin, "name": "a"},
                                                                {**twin, "name": "b"}])))
        self.assertRegex(said, r'test\.yaml:1:\d+: id: the id is that of automation "a"')

    def test_an_automation_that_names_no_block(self):
        daemon = self.daemon(automations="[{name: a, trigger: {expect: [x]}, actions: "
                                         "[{type: send-notification, block: nowhere, "
                                         "subject: s, body: b}]}]")
        self.assertIn("nowhere", self.refused(daemon))

    def test_a_template_that_does_not_compile(self):
        daemon = self.daemon(
            blocks="[{name: sink, type: webhook, options: {url: 'http://127.0.0.1:9/'}}]",
            automations="[{name: a, trigger: {expect: [x]}, actions: [{type: send-notification, "
                        "block: sink, subject: '{{ broken', body: b}]}]")
        self.assertIn("automations.d/test.yaml:", self.refused(daemon))

    def test_a_plugin_file_that_is_none(self):
        os.mkdir(f"{self.folder}/plugins")
        with open(f"{self.folder}/plugins/fake.so", "w", encoding="ascii") as file:
            file.write("no ELF")
        daemon = self.daemon()
        text = daemon.config.read_text()
        daemon.config.write_text(text.replace("plugins: {dirs: [",
                                              f"plugins: {{dirs: ['{self.folder}/plugins', "))
        daemon.spawn()
        wait_for("it says what is wrong", lambda: "is not an ELF file" in daemon.log())

    def test_a_second_daemon_on_the_same_folder(self):
        first = self.daemon().start()
        second = self.daemon()
        process = second.spawn()
        self.assertEqual(process.wait(30), 1)
        self.assertIn("tocsin.db", second.log())
        # The file of the second one's start is gone; the first still answers.
        self.assertEqual(first.ask("GET", "/api/health")[0], 200)

    def test_an_address_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            daemon = self.daemon(automations=automation(expect=["x"]),
                                 blocks=self.block(self.receiver()))
            port = taken.getsockname()[1]
            text = daemon.config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}")
            daemon.config.write_text(text)
            self.assertIn("address already in use", self.refused(daemon))

    def test_a_pipe_among_the_definitions(self):
        daemon = self.daemon()
        os.mkfifo(f"{self.folder}/automations.d/pipe.yaml")
        self.assertIn("pipe.yaml: is not a regular file", self.refused(daemon))

    def test_a_list_without_entries_is_an_empty_one(self):
        daemon = self.daemon(automations="", blocks="").start()
        self.assertEqual(daemon.end(), 0)

    def test_check_says_the_same_without_starting(self):
        daemon = self.daemon(configuration="listn: []\n")
        done = tocsin("check", "--config", daemon.config)
        self.assertEqual(done.returncode, 1)
        self.assertIn("listn", done.stdout + done.stderr)
        done = tocsin("check", "--config", self.daemon().config)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def without_plugins(self, blocks, plugins):
        """What "check" says of blocks when plugins are searched elsewhere."""
        daemon = self.daemon(blocks=json.dumps(blocks))
        text = daemon.config.read_text()
        start = text.index("plugins: ")
        end = text.index("\n", start)
        daemon.config.write_text(f"{text[:start]}plugins: {json.dumps(plugins)}{text[end:]}")
        done = tocsin("check", "--config", daemon.config)
        self.assertEqual(done.returncode, 1, done.stdout)
        return done.stderr.splitlines(), done.stdout

    def test_plugins_that_are_missing_are_one_problem_each(self):
        empty, spoilt = f"{self.folder}/empty", f"{self.folder}/spoilt"
        os.mkdir(empty)
        os.mkdir(spoilt)
        for name in ("slack.so", "teams.so"):
            with open(f"{spoilt}/{name}", "w") as file:
                file.write("garbage")
        blocks = [{"name": f"hook{i}", "type": "webhook", "options": {"url": "http://x.test/"},
                   "fallback": "chat"} for i in range(10)]
        blocks.append({"name": "chat", "type": "slack", "options": {}})
        lines, _ = self.without_plugins(blocks, {
            "dirs": [f"{self.folder}/nowhere", empty, spoilt], "permissions": "warn"})
        place = f"{self.folder}/blocks.d/test.yaml:1:"
        self.assertEqual([line for line in lines if not line.endswith("(warning)")], [
            f"plugin {spoilt}/slack.so: is not an ELF file",
            f"plugin {spoilt}/teams.so: is not an ELF file",
            f'{place}36: type: no plugin "webhook" is loaded, which blocks '
            "hook0, hook1, hook2, hook3, hook4, hook5, hook6, hook7 and 2 more need; searched: "
            f"{self.folder}/nowhere (is not there), {empty} (no *.so in it), {spoilt} (2 files); "
            "refused: slack.so, teams.so",
            f'{place}995: type: no plugin "slack" is loaded, which block chat needs'])

    def test_a_plugin_that_is_not_allowed_is_told_so(self):
        lines, _ = self.without_plugins(
            [{"name": "a", "type": "webhook", "options": {"url": "http://x.test/"}}],
            {"dirs": [os.path.abspath(PLUGINS)], "permissions": "warn", "allow": ["email"]})
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].endswith('no plugin "webhook" is loaded, which block a needs; '
                                          "plugins.allow does not name it"), lines)


if __name__ == "__main__":
    unittest.main()
