# SPDX-License-Identifier: Apache-2.0
"""Blocks from the outside: what is shown of them, and test messages through them."""
import json
import os
import unittest

from harness import PLUGINS, Case, automation, event, free_port, tocsin, wait_for

SECRETS = {"url": "canary-path", "header": "canary-header", "token": "canary-token",
           "key": "canary-signing"}


def secret_block(url, name="ops", **more):
    return {"name": name, "type": "webhook", "options": {
        "url": f"{url}/{SECRETS['url']}", "headers": {"X-Key": SECRETS["header"]},
        "auth": "bearer", "token": SECRETS["token"], "sign": "github",
        "signing_key": SECRETS["key"], **more}}


class BlockCase(Case):
    def run_block(self, daemon, *arguments, status=0):
        done = tocsin("block", *arguments, "--url", daemon.url)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def assert_hides_secrets(self, text):
        for what, secret in SECRETS.items():
            self.assertNotIn(secret, text, what)


class Shown(BlockCase):
    def test_ls_and_inspect_show_blocks_without_their_secrets(self):
        daemon = self.daemon(blocks=json.dumps([secret_block("http://127.0.0.1:9")]),
                             automations=automation().replace('"sink"', '"ops"')).start()
        listed = self.run_block(daemon, "ls")
        self.assertRegex(listed, r"ops +webhook +file +active +[0-9a-f-]{36}")
        block = json.loads(self.run_block(daemon, "inspect", "ops", "--json"))
        self.assertEqual(block["options"]["url"], "********")
        self.assertEqual(block["options"]["headers"], {"X-Key": "********"})
        self.assertEqual(block["options"]["auth"], "bearer")
        self.assertEqual(block["used_by"], ["test"])
        by_id = self.run_block(daemon, "inspect", block["id"])
        self.assert_hides_secrets(listed + json.dumps(block) + by_id)

    def test_a_block_of_a_file_is_not_deleted(self):
        daemon = self.daemon(blocks=self.block(self.receiver()), automations=automation(expect=["x"])).start()
        for arguments in ([], ["--force"]):
            self.assertIn("Block 'sink' is managed by", self.run_block(daemon, "delete", "sink", *arguments, status=1))
        for words in (["inspect"], ["send"], ["delete"]):
            self.assertIn('there is no block "snk", did you mean "sink"?',
                          self.run_block(daemon, *words, "snk", status=1))

    def test_a_block_that_is_not_there_is_an_error(self):
        daemon = self.daemon().start()
        self.assertEqual(self.run_block(daemon, "ls"), "no blocks\n")
        for command in ("inspect", "send"):
            self.assertIn('here is no block "nope"',
                          self.run_block(daemon, command, "nope", status=1))


class Missing(BlockCase):
    def test_a_plugin_that_is_not_there_is_told_once_for_all_blocks_of_the_api(self):
        daemon = self.daemon().start()
        for name in ("a", "b", "c"):
            self.run_block(daemon, "create", "--name", name, "--type", "webhook", "--option",
                           "url=http://127.0.0.1:9/")
        daemon.end()
        text = daemon.config.read_text()
        empty = os.path.join(self.folder, "empty")
        os.mkdir(empty)
        daemon.config.write_text(text.replace(os.path.abspath(PLUGINS), empty))
        before = len(daemon.log())
        daemon.start()
        told = (r'no plugin "webhook" is loaded, which blocks [abc], [abc], [abc] need; searched: '
                rf'{empty} \(no \*.so in it\)')
        self.assertEqual(daemon.log()[before:].count('no plugin "webhook"'), 1, daemon.log())
        self.assertRegex(daemon.log(), told)
        done = tocsin("reload", "--url", f"unix:{daemon.socket}")
        self.assertEqual((done.returncode, done.stderr.count("no plugin")), (0, 1), done.stderr)
        self.assertRegex(self.run_block(daemon, "inspect", "b"), 'no plugin "webhook" is loaded')
        daemon.end()
        daemon.config.write_text(text)
        self.assertRegex(self.run_block(daemon.start(), "ls"), r"b +webhook +api +active")


class Send(BlockCase):
    def test_a_text_that_is_not_utf_8_is_named(self):
        daemon = self.daemon().start()
        for option in ("--subject", "--body", "--payload"):
            said = self.run_block(daemon, "send", "sink", option, "a\udcff", status=1)
            self.assertIn(f"{option} is not valid UTF-8", said)

    def test_send_delivers_and_prints_what_went_over_the_wire(self):
        receiver = self.receiver()
        daemon = self.daemon(blocks=json.dumps([secret_block(receiver.url)])).start()
        printed = self.run_block(daemon, "send", "ops", "--subject", "at {{ event.event }}")
        [request] = receiver.wait(1)
        self.assertEqual(request["path"], "/canary-path")
        self.assertEqual(request["headers"]["x-key"], SECRETS["header"])
        self.assertEqual(json.loads(request["body"])["subject"], "at tocsin.block.test")
        self.assertIn(request["body"].decode(), printed)
        self.assertIn(f"POST {receiver.url}/***", printed)
        self.assertIn("Authorization: Bearer ********", printed)
        self.assertIn("answer 200", printed)
        self.assertTrue(printed.endswith("delivered\n"), printed)
        self.assert_hides_secrets(printed + daemon.log())

    def test_a_dry_run_prints_the_bytes_and_sends_nothing(self):
        receiver = self.receiver()
        daemon = self.daemon(blocks=json.dumps([secret_block(
            receiver.url, json={"text": "{{ subject }}"})])).start()
        report = json.loads(self.run_block(daemon, "send", "ops", "--dry-run", "--json",
                                           "--subject", 'a "b"'))
        self.assertEqual(report["result"], "dry-run")
        [exchange] = report["exchanges"]
        self.assertEqual(exchange["body"], '{"text": "a \\"b\\""}'.replace(": ", ":"))
        self.assertNotIn("reply", exchange)
        self.assert_hides_secrets(json.dumps(report))
        self.run_block(daemon, "send", "ops", "--subject", "real")
        self.assertEqual(len(receiver.requests), 1)
        self.assertIn(b"real", receiver.requests[0]["body"])

    # What a terminal obeys: ESC, BEL, CR, DEL, CSI of C1, text that is turned around.
    HOSTILE = "a\x1b[2J\x07\rb\x7f\x9b31m\u202ec\nd"

    def assert_is_printable(self, text):
        self.assertEqual([c for c in text if c in set(self.HOSTILE) - set("abcd[2J31m\n")], [], text)

    def test_nothing_that_is_printed_rules_the_terminal(self):
        receiver = self.receiver()
        receiver.answer = lambda request: 410
        receiver.said = self.HOSTILE.encode()
        name = self.HOSTILE.replace("\n", "")
        daemon = self.daemon(blocks=self.block(receiver, body="{{ body }}"),
                             automations=automation(expect=[name])).start()
        for arguments in ([], ["--dry-run"]):
            printed = self.run_block(daemon, "send", "sink", "--body", self.HOSTILE, *arguments,
                                     status=0 if arguments else 1)
            self.assert_is_printable(printed)
            self.assertIn("a\\x1b[2J\\x07\\x0db\\x7f\\u009b31m\\u202ec\nd\n", printed)
        printed = self.run_block(daemon, "send", "sink", "--body", self.HOSTILE, "--json", status=1)
        self.assert_is_printable(printed)
        [exchange] = json.loads(printed)["exchanges"]
        self.assertEqual((exchange["body"], exchange["reply"]["body"]), (self.HOSTILE, self.HOSTILE))

        daemon.post(event(name))
        wait_for("it is dead", lambda: daemon.json("/api/status")["store"]["outbox_dead"] == 1)
        for words in (["event", "ls", "--json"], ["outbox", "ls", "--json"], ["outbox", "show", 1],
                      ["event", "ls"], ["outbox", "ls"],
                      ["status", "--json"], ["event", "emit", name, "--resource", f"prefect.resource.id={name}", "--json"]):
            done = tocsin(*words, "--url", daemon.url)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assert_is_printable(done.stdout)
        listed = tocsin("event", "ls", "--json", "--url", daemon.url).stdout
        self.assertIn(name, [json.loads(line)["event"] for line in listed.splitlines()])

    def test_a_mail_is_shown_with_its_envelope(self):
        if not os.path.exists(os.path.join(PLUGINS, "email.so")):
            self.skipTest("email is not built")
        port = free_port()
        daemon = self.daemon(blocks=json.dumps([{"name": "mail", "type": "email", "options": {
            "transport": "curl", "host": "127.0.0.1", "port": port, "from": "a@x.example", "to": ["b@x.example", "c@x.example"]}}])).start()
        printed = self.run_block(daemon, "send", "mail", "--dry-run")
        self.assertTrue(printed.startswith("MAIL FROM:<a@x.example>\nRCPT TO:<b@x.example>\n"), printed)
        printed = self.run_block(daemon, "send", "mail", status=1)
        self.assertTrue(printed.startswith(f"SMTP 127.0.0.1:{port}, tls: starttls\nMAIL FROM:<a@x.example>\n"
                                           "RCPT TO:<b@x.example>\n"), printed)

    def test_a_failure_says_what_the_peer_answered(self):
        receiver = self.receiver()
        receiver.answer = lambda request: 410
        daemon = self.daemon(blocks=json.dumps([secret_block(receiver.url)])).start()
        printed = self.run_block(daemon, "send", "ops", status=1)
        self.assertIn("answer 410", printed)
        self.assertIn("not delivered (gone)", printed)

    def test_a_peer_that_is_not_there_is_no_answer(self):
        daemon = self.daemon(blocks=json.dumps(
            [secret_block(f"http://127.0.0.1:{free_port()}")])).start()
        printed = self.run_block(daemon, "send", "ops", status=1)
        self.assertIn("no answer: cannot connect", printed)
        self.assertIn("would be tried again (network)", printed)
        self.assert_hides_secrets(printed + daemon.log())

    def test_what_the_guard_refuses_is_said_once(self):
        daemon = self.daemon(blocks=json.dumps([secret_block("http://169.254.169.254")])).start()
        printed = self.run_block(daemon, "send", "ops", status=1)
        self.assertIn("\nno answer: refused to connect to 169.254.169.254 (link-local address)\n",
                      printed)

    def test_a_template_that_does_not_render_is_refused(self):
        daemon = self.daemon(blocks=json.dumps([secret_block("http://127.0.0.1:9")])).start()
        self.assertIn("422: the template does not render",
                      self.run_block(daemon, "send", "ops", "--body", "{{ 1 / 0 }}", status=1))

    def test_the_body_of_the_route_is_checked(self):
        daemon = self.daemon(blocks=json.dumps([secret_block("http://127.0.0.1:9")])).start()
        for body, text in ((b"{", "JSON decode error"), (b"[]", "valid dictionary"),
                           (b'{"subject": 1}', "valid string"),
                           (b'{"dry_run": "x"}', "valid boolean"),
                           (b'{"a":' * 80 + b"1" + b"}" * 80, "nested deeper")):
            status, answer = daemon.ask("POST", "/api/tocsin/blocks/ops/send", body)
            self.assertEqual(status, 422, answer)
            self.assertIn(text, answer.decode())


@unittest.skipUnless(os.path.exists(os.path.join(PLUGINS, "email.so")), "email is not built")
class References(BlockCase):
    SERVER = {"name": "server", "type": "prefect.email-server-credentials", "options": {
        "username": "ada@example.org", "password": "canary-password",
        "smtp_server": "127.0.0.1", "smtp_type": "STARTTLS", "smtp_port": 2525}}

    def mail(self, **options):
        return {"name": "mail", "type": "prefect.email-notify",
                "options": {"to_emails": ["ops@example.org"], **options}}

    def test_a_block_of_a_file_refers_to_another_by_name(self):
        for reference in ("server", {"block": "server"}):
            daemon = self.daemon(blocks=json.dumps([self.mail(credentials=reference),
                                                    self.SERVER])).start()
            listed = self.run_block(daemon, "ls")
            self.assertRegex(listed, r"mail +prefect.email-notify +file +active")
            self.assertRegex(listed, r"server +prefect.email-server-credentials +file +stored")
            shown = self.run_block(daemon, "inspect", "mail")
            printed = self.run_block(daemon, "send", "mail", "--dry-run", "--subject", "hello")
            self.assertIn("From: ada@example.org", printed)
            self.assertIn("To: ops@example.org", printed)
            self.assertIn("Subject: hello", printed)
            for text in (shown, printed, daemon.log()):
                self.assertNotIn("canary", text)
            self.assertIn("sends nothing: other blocks refer to it",
                          self.run_block(daemon, "send", "server", status=1))
            daemon.end()

    def test_a_name_that_is_not_there_is_told_with_its_place(self):
        daemon = self.daemon(blocks=json.dumps([self.mail(credentials="nobody")]))
        daemon.spawn()
        self.assertEqual(daemon.process.wait(30), 1)
        self.assertRegex(daemon.log(),
                         r'blocks.d/test.yaml:1:\d+: \S*options.credentials: there is no '
                         r'block "nobody"')

    def test_a_block_of_the_api_refers_to_another_one(self):
        daemon = self.daemon().start()
        self.run_block(daemon, "create", "--name", "server", "--type",
                       "prefect.email-server-credentials", "--option", "username=ada@example.org",
                       "--option", "password=canary-password", "--option", "smtp_server=127.0.0.1",
                       "--option", "smtp_type=STARTTLS")
        self.run_block(daemon, "create", "--name", "mail", "--type", "prefect.email-notify",
                       "--option", "credentials={block: server}", "--option",
                       "to_emails=[ops@example.org]")
        self.assertIn("From: ada@example.org",
                      self.run_block(daemon, "send", "mail", "--dry-run"))
        status, _ = daemon.ask("PATCH", f"/api/block_documents/{self.id_of(daemon, 'server')}",
                               b'{"data": {"username": "bob@example.org"}}')
        self.assertEqual(status, 204)
        self.assertIn("From: bob@example.org",
                      self.run_block(daemon, "send", "mail", "--dry-run"))
        self.assertIn("is used by block 'mail'",
                      self.run_block(daemon, "delete", "server", status=1))

    def id_of(self, daemon, name):
        return json.loads(self.run_block(daemon, "inspect", name, "--json"))["id"]


if __name__ == "__main__":
    unittest.main()
