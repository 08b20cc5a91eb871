#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The plugin email against the fake mail server: what goes over the wire, and what each answer means."""
import json
import re
import unittest

from email_case import INVOCATION, EmailCase, parse
from fake_smtp import CLOSE, HANG, RESET
from harness import automation, event, wait_for

LOGIN = {"username": "user", "password": "sesame"}
USERS = {"user": "sesame"}


def refusing(verb_argument, answer):
    """A handler that gives this answer where the argument holds the text."""
    return lambda session, argument: answer if verb_argument in str(argument) else None


class Wire(EmailCase):
    def test_a_message_and_its_envelope(self):
        server = self.server()
        self.start(self.options(server, to=["Ops <a@x.example>", "b@x.example"], cc=["c@x.example"],
                                bcc=["hidden-one@x.example"], reply_to=["r@x.example"],
                                thread_key="run {{ subject }}", headers={"X-Team": "data"}))
        report = self.send(subject="It failed", body="one\ntwo")
        self.assertEqual(report["result"], "done", report)
        self.assertEqual({m.mail_from for m in server.messages}, {"tocsin@x.example"})
        self.assertEqual(server.delivered(),
                         ["a@x.example", "b@x.example", "c@x.example", "hidden-one@x.example"])
        self.assertEqual(len({m.data for m in server.messages}), 1)
        data = server.messages[0].data
        message = parse(data)
        self.assertEqual(message.keys(), [
            "Date", "From", "To", "Cc", "Reply-To", "Subject", "Message-ID", "In-Reply-To",
            "References", "Auto-Submitted", "X-Auto-Response-Suppress", "X-Priority",
            "X-Tocsin-Invocation", "X-Team", "MIME-Version", "Content-Type",
            "Content-Transfer-Encoding"])
        self.assertEqual(message["To"], "Ops <a@x.example>, b@x.example")
        self.assertEqual(message["Subject"], "It failed")
        self.assertRegex(message["Message-ID"], f"^<{INVOCATION}@x.example>$")
        self.assertRegex(message["References"], "^<thread.[0-9a-f]{32}@x.example>$")
        self.assertEqual(message["References"], message["In-Reply-To"])
        self.assertEqual(message["Auto-Submitted"], "auto-generated")
        self.assertEqual(message.get_content(), "one\r\ntwo\r\n")
        self.assertNotIn(b"hidden-one@x.example", data)
        self.assertEqual(server.commands[0], (False, "EHLO client.example"))

    def test_html_beside_text(self):
        server = self.server()
        self.start(self.options(server, html="<p>{{ body }}</p><b>ü</b>"))
        self.assertEqual(self.send(body="a {{ '<' }} b")["result"], "done")
        message = parse(server.messages[0].data)
        self.assertEqual(message.get_content_type(), "multipart/alternative")
        text, html = message.iter_parts()
        self.assertEqual(text.get_content(), "a < b\r\n")
        self.assertEqual(html.get_content(), "<p>a &lt; b</p><b>ü</b>\r\n")

    def test_severity_is_priority(self):
        server = self.server()
        self.start(self.options(server), self.options(server, priority=False),
                   automations=automation(expect=["x.Failed"]).replace('"sink"', '"b0"'))
        self.send("b1")
        self.tocsin.post(event("x.Failed"))
        wait_for("both mails", lambda: len(server.messages) == 2)
        self.assertNotIn(b"X-Priority", server.messages[0].data)
        self.assertIn(b"\r\nX-Priority: 1\r\n", server.messages[1].data)

    def test_dry_run_shows_the_message_and_sends_nothing(self):
        server = self.server()
        self.start(self.options(server))
        report = self.send(dry_run=True)
        self.assertEqual(report["result"], "dry-run", report)
        self.assertIn("Subject: Subject", json.dumps(report["exchanges"]))
        self.assertEqual(server.commands, [])

    def test_a_retry_goes_only_to_the_rest_and_is_the_same_message(self):
        server = self.server()
        tries = []

        def second_time(session, argument):
            if "b@x" not in argument:
                return None
            tries.append(argument)
            return "451 4.7.1 later" if len(tries) == 1 else None
        server.on["RCPT"] = second_time
        self.start(self.options(server, to=["a@x.example", "b@x.example"]),
                   automations=automation(expect=["x"]).replace('"sink"', '"b0"'))
        self.tocsin.post(event("x"))
        wait_for("both mails", lambda: len(server.messages) == 2)
        self.assertEqual([m.rcpts for m in server.messages], [["a@x.example"], ["b@x.example"]])
        self.assertEqual(server.messages[0].data, server.messages[1].data)

    def test_fifty_mails_a_connection(self):
        server = self.server()
        self.start(self.options(server, to=[f"r{i}@x.example" for i in range(60)]))
        self.assertEqual(self.send()["result"], "done")
        self.assertEqual(server.delivered(), [f"r{i}@x.example" for i in range(60)])
        self.assertLessEqual(max(s.count for s in server.sessions), 50)


class Answers(EmailCase):
    """Each row of the table of answers."""

    def judge(self, server, on, result, cause, reason, **options):
        server.on = on
        self.start(self.options(server, **options))
        report = self.send()
        self.assertEqual(self.outcome(report)[:2], (result, cause), report)
        self.assertRegex(report.get("reason") or "", reason)
        self.tocsin.close()
        return report

    def test_answers_to_one_recipient(self):
        rows = [
            ("RCPT", "550 5.1.1 nobody", "fail", "gone"),
            ("RCPT", "551 elsewhere", "fail", "gone"),
            ("RCPT", "553 no such name", "fail", "gone"),
            ("RCPT", "552 too much", "fail", "too_large"),
            ("RCPT", "523 too much", "fail", "too_large"),
            ("RCPT", "554 no", "fail", "rejected"),
            ("RCPT", "450 greylisted", "retry", "server"),
            ("RCPT", "421 closing", "retry", "server"),
            ("MAIL", "550 not you", "fail", "gone"),
            ("MAIL", "452 later", "retry", "server"),
            ("DATA", "554 no", "fail", "rejected"),
            ("DATA", "451 later", "retry", "server"),
            ("MESSAGE", "554 spam", "fail", "rejected"),
            ("MESSAGE", "552 too much", "fail", "too_large"),
            ("MESSAGE", "451 later", "retry", "server"),
        ]
        server = self.server()
        self.start(self.options(server))
        for verb, answer, result, cause in rows:
            with self.subTest(verb=verb, answer=answer):
                server.on = {verb: lambda session, argument, answer=answer: answer}
                report = self.send()
                self.assertEqual(self.outcome(report)[:2], (result, cause), report)
                self.assertIn(answer, report["reason"])

    def test_answers_before_any_recipient(self):
        rows = [
            ("CONNECT", "554 not here", "fail", "rejected"),
            ("CONNECT", "421 busy", "retry", "server"),
            ("CONNECT", CLOSE, "retry", "network"),
            ("EHLO", "421 busy", "retry", "server"),
            ("MAIL", CLOSE, "retry", "network"),
            ("RCPT", RESET, "retry", "network"),
            ("DATA", CLOSE, "retry", "network"),
            ("MESSAGE", CLOSE, "retry", "network"),
            ("MESSAGE", RESET, "retry", "network"),
        ]
        server = self.server()
        self.start(self.options(server))
        for verb, answer, result, cause in rows:
            with self.subTest(verb=verb, answer=answer):
                # Without TLS libcurl tries HELO after a refused EHLO.
                server.on = {name: lambda session, argument, answer=answer: answer
                             for name in (verb, "HELO")}
                report = self.send()
                self.assertEqual(self.outcome(report)[:2], (result, cause), report)

    def test_some_refused_is_a_failure_that_says_who_got_it(self):
        server = self.server()
        server.on["RCPT"] = refusing("b@x", "550 5.1.1 nobody")
        self.start(self.options(server, to=["a@x.example", "b@x.example", "c@x.example"]))
        report = self.send()
        self.assertEqual(self.outcome(report), (
            "fail", "gone", "1 of 3 recipients refused: 550 5.1.1 nobody (b@x.example); delivered to "
            "a@x.example, c@x.example"))
        self.assertEqual(server.delivered(), ["a@x.example", "c@x.example"])

    def test_some_left_are_tried_again(self):
        server = self.server()
        server.on["RCPT"] = refusing("b@x", "450 4.2.0 later")
        self.start(self.options(server, to=["a@x.example", "b@x.example"]))
        report = self.send()
        self.assertEqual(self.outcome(report), (
            "retry", "server",
            "450 4.2.0 later (b@x.example); 1 of 2 recipients are left"))

    def test_nobody_answers(self):
        server = self.server()
        server.close()
        self.start(self.options(server))
        self.assertEqual(self.outcome(self.send())[:2], ("retry", "network"))

    def test_tarpit_at_each_verb(self):
        server = self.server()
        self.start(self.options(server), timeout="500ms")
        for verb in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "MESSAGE"):
            with self.subTest(verb=verb):
                server.on = {verb: lambda session, argument: HANG}
                report = self.send()
                self.assertEqual(report["result"], "retry", report)
                self.assertIn(report["cause"], ("timeout", "canceled"), report)


class Refused(EmailCase):
    """What is refused before anything is sent."""

    def test_mistakes_in_a_block(self):
        server = self.server()
        rows = [
            ({"tls": "none", **LOGIN}, "tls"),
            ({"tls": "starttls", "username": "u"}, "password"),
            ({"tls": "starttls", "password": "p"}, "username"),
            ({"tls": "starttls", "oauth_token": "p", **LOGIN}, "oauth_token"),
            ({"from": None}, "from"),
            ({"to": None}, "to"),
            ({"to": []}, "to"),
            ({"from": ""}, "from"),
            ({"to": ["a b@x"]}, r"to\[0\]"),
            ({"from": "a@x\r\nBcc: b@y"}, "from"),
            ({"host": "a b"}, "host"),
            ({"host": "x:25"}, "host"),
            ({"headers": {"Bcc": "x@y"}}, "headers"),
            ({"headers": {"Subject": "x"}}, "headers"),
            ({"headers": {"X-Priority": "1"}}, "headers"),
            ({"helo": "a b"}, "helo"),
            ({"message_id_domain": "a b"}, "message_id_domain"),
        ]
        for options, key in rows:
            with self.subTest(options=options):
                blocks = [{"name": "b", "type": "email", "options": self.options(server, **options)}]
                daemon = self.daemon(blocks=json.dumps(blocks))
                daemon.spawn()
                self.addCleanup(daemon.close)
                self.assertEqual(daemon.process.wait(10), 1)
                self.assertRegex(daemon.log(), rf"options\.{key}")
                (daemon.folder / "log").unlink()

    def test_injection(self):
        server = self.server()
        self.start(self.options(server, to=["{{ subject }}"]),
                   self.options(server, headers={"X-Note": "{{ subject }}"}),
                   self.options(server, **{"from": "{{ subject }} <a@x.example>"}))
        hostile = ["a@x.example\r\nBcc: evil@x.example", "a@x.example\nX: y", "a@x.example\r"]
        for block in ("b0", "b1", "b2"):
            for text in hostile:
                with self.subTest(block=block, text=text):
                    report = self.send(block, subject=text)
                    self.assertEqual(self.outcome(report)[:2], ("fail", "rejected"), report)
                    self.assertIn("holds a line break", report["reason"])
                    self.assertEqual(report["reason"].startswith("header X-Note "), block == "b1")
        self.assertEqual(server.commands, [])

    def test_a_hostile_subject_is_one_line(self):
        server = self.server()
        self.start(self.options(server))
        self.assertEqual(self.send(subject="\r\n a\r\nBcc: evil@x.example\r\n\r\nbody\x01 ")["result"],
                         "done")
        message = parse(server.messages[0].data)
        self.assertEqual(message["Subject"], "a Bcc: evil@x.example body")
        self.assertIsNone(message["Bcc"])
        self.assertEqual(message.get_content(), "Body\r\n")

    def test_an_empty_message(self):
        server = self.server()
        self.start(self.options(server))
        self.assertEqual(self.outcome(self.send(body=" \n ")),
                         ("fail", "rejected", "message is empty"))

    def test_a_local_part_that_is_not_ascii_needs_smtputf8(self):
        server = self.server()
        self.start(self.options(server, to=["mü@x.example"]))
        report = self.send()
        self.assertEqual(self.outcome(report)[:2], ("fail", "rejected"), report)
        self.assertIn("SMTPUTF8", report["reason"])
        self.assertNotIn("MAIL", server.verbs())
        server.smtputf8 = True
        self.assertEqual(self.send()["result"], "done")
        self.assertEqual(server.messages[0].rcpts, ["mü@x.example"])

    def test_a_domain_that_is_not_ascii_becomes_an_a_label(self):
        server = self.server()
        self.start(self.options(server, to=["a@Bücher.example"]))
        self.assertEqual(self.send()["result"], "done")
        self.assertEqual(server.messages[0].rcpts, ["a@xn--bcher-kva.example"])


class Tls(EmailCase):
    def check_delivered(self, server, **options):
        self.start(self.options(server, **options))
        report = self.send()
        self.assertEqual(report["result"], "done", report)
        self.assertTrue(server.messages[0].is_tls)
        self.assertEqual(server.in_clear() if server.tls == "implicit" else
                         server.in_clear().split("\n"),
                         "" if server.tls == "implicit" else ["EHLO client.example", "STARTTLS"])

    def test_starttls(self):
        self.check_delivered(self.server("starttls"))

    def test_implicit(self):
        self.check_delivered(self.server("implicit"))

    def test_starttls_with_login(self):
        server = self.server("starttls", users=USERS)
        self.check_delivered(server, **LOGIN)
        self.assertEqual(server.messages[0].user, "user")

    def test_implicit_with_login_of_a_server_that_has_only_that(self):
        server = self.server("implicit", users=USERS)
        server.mechanisms = "LOGIN"
        self.check_delivered(server, **LOGIN)
        self.assertEqual(server.messages[0].user, "user")

    def test_tokens(self):
        for mechanism in ("OAUTHBEARER", "XOAUTH2"):
            with self.subTest(mechanism=mechanism):
                server = self.server("implicit", users={"user": "token"})
                server.mechanisms = mechanism
                self.check_delivered(server, username="user", oauth_token="token")
                self.tocsin.close()

    def nothing_said(self, server):
        """No credentials, no envelope, no message."""
        self.assertEqual(server.received, [])
        for verb in ("AUTH", "MAIL", "RCPT", "DATA"):
            self.assertNotIn(verb, server.verbs())
        self.assertNotIn("sesame", server.in_clear())

    def test_certificates_that_must_not_be_believed(self):
        for tls in ("starttls", "implicit"):
            for certificate in ("self", "other", "expired"):
                with self.subTest(tls=tls, certificate=certificate):
                    server = self.server(tls, certificate=certificate, users=USERS)
                    self.start(self.options(server, **LOGIN))
                    report = self.send()
                    self.assertEqual(self.outcome(report)[:2], ("retry", "tls"), report)
                    self.nothing_said(server)
                    self.tocsin.close()

    def test_any_certificate_where_the_user_says_so(self):
        server = self.server("starttls", certificate="self", users=USERS)
        self.start(self.options(server, verify=False, **LOGIN))
        self.assertEqual(self.send()["result"], "done")

    def test_no_old_version_of_tls(self):
        import ssl
        for tls in ("starttls", "implicit"):
            server = self.server(tls, users=USERS)
            server.context.minimum_version = ssl.TLSVersion.TLSv1
            server.context.maximum_version = ssl.TLSVersion.TLSv1_1
            server.context.set_ciphers("ALL:@SECLEVEL=0")
            self.start(self.options(server, **LOGIN))
            report = self.send()
            self.assertEqual(self.outcome(report)[:2], ("retry", "tls"), report)
            self.nothing_said(server)
            self.tocsin.close()

    def test_starttls_stripped(self):
        server = self.server("starttls", users=USERS)
        server.on["EHLO"] = lambda session, argument: "250 fake\nAUTH PLAIN LOGIN\nSIZE 1000000"
        self.start(self.options(server, **LOGIN))
        report = self.send()
        self.assertEqual(self.outcome(report)[:2], ("retry", "tls"), report)
        self.nothing_said(server)

    def test_ehlo_refused_so_that_helo_would_do(self):
        server = self.server("starttls", users=USERS)
        server.on["EHLO"] = lambda session, argument: "502 what"
        self.start(self.options(server, **LOGIN))
        self.assertNotEqual(self.send()["result"], "done")
        self.nothing_said(server)

    def test_starttls_refused(self):
        for answer in ("454 4.7.0 not now", "502 no"):
            server = self.server("starttls", users=USERS)
            server.on["STARTTLS"] = lambda session, argument, answer=answer: answer
            self.start(self.options(server, **LOGIN))
            report = self.send()
            self.assertEqual(self.outcome(report)[:2], ("retry", "tls"), report)
            self.nothing_said(server)
            self.tocsin.close()

    def test_answers_injected_after_starttls(self):
        server = self.server("starttls", users=USERS)
        injected = (b"220 go on\r\n250-fake\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 ok\r\n250 ok\r\n"
                    b"354 go\r\n250 queued\r\n")
        server.on["STARTTLS"] = lambda session, argument: injected
        self.start(self.options(server, **LOGIN))
        report = self.send()
        self.assertEqual(self.outcome(report)[:2], ("retry", "tls"), report)
        self.nothing_said(server)


class Auth(EmailCase):
    def judge(self, answer, result, cause):
        server = self.server("starttls", users=USERS)
        server.on["AUTH"] = lambda session, argument: answer
        self.start(self.options(server, **LOGIN))
        report = self.send()
        self.assertEqual(self.outcome(report)[:2], (result, cause), report)
        self.assertNotIn("MAIL", server.verbs())
        self.assertNotIn("sesame", json.dumps(report))
        self.tocsin.close()

    def test_refusals(self):
        for code in (530, 534, 535, 538):
            with self.subTest(code=code):
                self.judge(f"{code} 5.7.8 no", "fail", "auth")
        for code in (454, 432):
            with self.subTest(code=code):
                self.judge(f"{code} 4.7.0 not now", "retry", "auth")
        self.judge("421 4.7.0 closing", "retry", "server")

    def test_wrong_credentials(self):
        server = self.server("starttls", users={"user": "other"})
        self.start(self.options(server, **LOGIN))
        report = self.send()
        self.assertEqual(self.outcome(report)[:2], ("fail", "auth"), report)
        self.assertIn("535", report["reason"])
        self.assertNotIn("MAIL", server.verbs())

    def test_no_mechanism_in_common_or_none_at_all(self):
        for users, mechanisms in ((USERS, "GSSAPI SCRAM-SHA-256"), ({}, "")):
            with self.subTest(mechanisms=mechanisms):
                server = self.server("starttls", users=users)
                server.mechanisms = mechanisms
                self.start(self.options(server, **LOGIN))
                report = self.send()
                self.assertEqual(self.outcome(report)[:2], ("fail", "auth"), report)
                self.assertNotIn("MAIL", server.verbs())
                self.tocsin.close()


class Prefect(EmailCase):
    """Block types of Prefect: email-server-credentials, and email-notify, which sends through one."""

    def notify(self, server, credentials, **more):
        data = {"smtp_server": "127.0.0.1", "smtp_port": server.port, "verify": False, **credentials}
        return {"name": "n", "type": "prefect.email-notify", "options": {
            "credentials": {"$block": {"slug": "email-server-credentials", "name": "c", "data": data}},
            "to_emails": ["a@x.example", "b@x.example"], **more}}

    def run_block(self, document):
        self.tocsin = self.daemon(blocks=json.dumps([document])).start()
        return self.send("n")

    def test_each_smtp_type_by_name_and_by_port(self):
        for tls, names in (("implicit", ("SSL", 465)), ("starttls", ("STARTTLS", 587)),
                           ("none", ("INSECURE", 25))):
            for name in names:
                with self.subTest(name=name):
                    server = self.server(tls, users=USERS)
                    login = {} if tls == "none" else {"username": "user", "password": "sesame"}
                    report = self.run_block(self.notify(server, {"smtp_type": name, **login},
                                                        from_email="t@x.example"))
                    self.assertEqual(report["result"], "done", report)
                    self.assertEqual(server.delivered(), ["a@x.example", "b@x.example"])
                    self.assertEqual(server.messages[0].mail_from, "t@x.example")
                    self.assertEqual(server.messages[0].user, login.get("username"))
                    self.tocsin.close()

    def test_the_sender_is_the_user_name_by_default(self):
        server = self.server("starttls", users={"user@x.example": "sesame"})
        report = self.run_block(self.notify(server, {
            "smtp_type": "STARTTLS", "username": "user@x.example", "password": "sesame"}))
        self.assertEqual(report["result"], "done", report)
        self.assertEqual(server.messages[0].mail_from, "user@x.example")

    def test_what_is_refused(self):
        server = self.server()
        rows = [
            (self.notify(server, {"smtp_type": "INSECURE", **LOGIN}, from_email="t@x.example"),
             "clear text"),
            (self.notify(server, {"smtp_type": "MAGIC"}, from_email="t@x.example"), "smtp_type"),
            (self.notify(server, {"smtp_type": "INSECURE"}), "from"),
            (self.notify(server, {"smtp_type": "INSECURE"}, to_emails=[]), "to"),
        ]
        for document, text in rows:
            with self.subTest(text=text):
                daemon = self.daemon(blocks=json.dumps([document]))
                daemon.spawn()
                self.addCleanup(daemon.close)
                self.assertEqual(daemon.process.wait(10), 1)
                self.assertIn(text, daemon.log())
                (daemon.folder / "log").unlink()

    def test_credentials_alone_are_a_block_that_sends_nothing(self):
        document = {"name": "n", "type": "prefect.email-server-credentials",
                    "options": {"username": "u", "password": "p", "smtp_server": "GMAIL"}}
        self.tocsin = self.daemon(blocks=json.dumps([document])).start()
        status, answer = self.tocsin.ask("POST", "/api/tocsin/blocks/n/send", "{}")
        self.assertTrue(status != 200 or json.loads(answer)["result"] == "fail", answer)


# The same through the other transport.
for case in (Wire, Answers, Refused, Tls, Auth):
    globals()["Curl" + case.__name__] = type("Curl" + case.__name__, (case,), {"transport": "curl"})
del case

if __name__ == "__main__":
    unittest.main()
