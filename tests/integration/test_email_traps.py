#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What libESMTP does that must not happen: a test for each trap, named after it. plugins/email/README.md
has the list."""
import os
import shutil
import signal
import socket
import stat
import subprocess
import time
import unittest
from pathlib import Path

import harness
from email_case import EmailCase
from fake_smtp import CLOSE, HANG, RESET
from harness import wait_for

LOGIN = {"username": "user", "password": "sesame"}
USERS = {"user": "sesame"}


class Traps(EmailCase):
    transport = "esmtp"

    def send_within(self, seconds, *arguments, **options):
        began = time.monotonic()
        report = self.send(*arguments, **options)
        self.assertLess(time.monotonic() - began, seconds, report)
        return report

    def test_a_session_is_a_success_although_nothing_was_delivered(self):
        server = self.server()
        self.start(self.options(server))
        for verb in ("MAIL", "RCPT", "DATA", "MESSAGE"):
            for end in (CLOSE, RESET):
                server.on = {verb: lambda session, argument, end=end: end}
                self.assertEqual(self.outcome(self.send())[:2], ("retry", "network"), verb)
        server.on = {}
        self.assertEqual(self.send()["result"], "done")

    def test_it_goes_on_without_authentication(self):
        server = self.server("starttls", users={"user": "other"})
        server.mechanisms = "NTLM CRAM-MD5 LOGIN PLAIN"
        self.start(self.options(server, **LOGIN))
        for refusal in (None, "535 5.7.8 no", "500 what", "454 4.7.0 not now"):
            server.on = {"AUTH": lambda session, argument, refusal=refusal: refusal}
            self.assertNotEqual(self.send_within(10)["result"], "done")
        server.users, server.on = {}, {}
        self.assertEqual(self.outcome(self.send_within(10))[:2], ("fail", "auth"))
        self.assertNotIn("MAIL", server.verbs())
        self.assertEqual(server.received, [])

    def test_it_authenticates_in_clear(self):
        server = self.server("starttls", users=USERS)
        server.auth_in_clear = True
        server.on["EHLO"] = lambda session, argument: "250 fake\nAUTH PLAIN LOGIN"
        self.start(self.options(server, **LOGIN))
        self.assertEqual(self.outcome(self.send_within(10))[:2], ("retry", "tls"))
        self.assertEqual(server.verbs()[:1], ["EHLO"])
        self.assertNotIn("AUTH", server.verbs())

    def test_it_falls_back_to_clear_text(self):
        server = self.server("starttls")
        self.start(self.options(server))
        for handlers in ({"EHLO": lambda session, argument: "250 fake"},
                         {"EHLO": lambda session, argument: "502 what"},
                         {"STARTTLS": lambda session, argument: "454 4.7.0 not now"}):
            server.on = handlers
            self.assertEqual(self.outcome(self.send_within(10))[:2], ("retry", "tls"))
        self.assertNotIn("MAIL", server.verbs())

    def test_it_does_not_match_addresses_and_knows_no_name(self):
        server = self.server("starttls", certificate="address")
        other = self.server("starttls", certificate="other")
        named = self.server("starttls")
        self.start(self.options(server), self.options(other),
                   self.options(named, host="localhost"))
        self.assertEqual(self.send("b0")["result"], "done")
        report = self.send("b1")
        self.assertEqual(self.outcome(report)[:2], ("retry", "tls"))
        self.assertIn("IP address mismatch", report["reason"])
        self.assertEqual(self.send("b2")["result"], "done")
        self.assertEqual(named.names, ["localhost"])
        self.assertEqual(server.names, [None])

    def test_it_waits_for_a_connection_without_limit(self):
        full = socket.socket()
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _ in range(4):  # its queue is full now: the kernel answers nobody
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(full.getsockname())
        self.addCleanup(full.close)
        for each in waiting:
            self.addCleanup(each.close)
        options = self.options(self.server())
        options["port"] = full.getsockname()[1]
        self.start(options, timeout="1s")
        for _ in range(3):
            self.assertEqual(self.send_within(5)["result"], "retry")
        began = time.monotonic()
        self.assertEqual(self.tocsin.end(signal.SIGTERM), 0)
        self.assertLess(time.monotonic() - began, 8)

    def test_it_looks_names_up_without_limit(self):
        options = self.options(self.server(), host="no-such-name.invalid")
        self.start(options, timeout="3s")
        report = self.send_within(8)
        self.assertEqual(report["result"], "retry", report)

    def test_its_limits_are_no_seconds(self):
        server = self.server()
        self.start(self.options(server), timeout="1s")
        for verb in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "MESSAGE"):
            server.on = {verb: lambda session, argument: HANG}
            self.assertEqual(self.send_within(4)["result"], "retry")
        # Both workers come back by themselves: nothing could shut their sockets down.
        server.on = {}
        wait_for("a worker", lambda: self.send()["result"] == "done", 10)

    def test_it_cannot_be_canceled(self):
        server = self.server("starttls")
        self.start(self.options(server), timeout="700ms")
        for verb in ("MAIL", "MESSAGE"):
            server.on = {verb: lambda session, argument: HANG}
            self.assertEqual(self.send_within(4)["result"], "retry")
            wait_for("the socket is shut down",
                     lambda: not any(s.is_alive() for s in server.sessions), 1.5)

    def test_it_splits_addresses_at_the_first_colon(self):
        server = self.server(family="v6")
        name = "ip6-localhost"
        try:
            has_name = {a[4][0] for a in socket.getaddrinfo(name, 25)} == {"::1"}
        except OSError:
            has_name = False
        self.start(self.options(server, host="::1", transport="auto"),
                   self.options(server, host=name, transport="esmtp"))
        self.assertEqual(self.send("b0")["result"], "done")
        if has_name:
            self.assertEqual(self.send("b1")["result"], "done")
            self.assertEqual(len(server.messages), 2)

    def test_it_adds_and_changes_headers(self):
        server = self.server()
        options = {"headers": {"X-Note": "häagen " * 20}, "thread_key": "k", "html": "<p>x</p>"}
        self.start(self.options(server, **options), self.options(server, transport="curl", **options))
        self.assertEqual([self.send(block)["result"] for block in ("b0", "b1")], ["done", "done"])
        first, second = (self.without_ids(m.data) for m in server.messages)
        self.assertEqual(first, second)

    @staticmethod
    def without_ids(data):
        kept = [line for line in data.split(b"\r\n")
                if not line.startswith((b"Date:", b"Message-ID:", b"X-Tocsin-Invocation:", b"--=_",
                                        b" boundary="))]
        return b"\r\n".join(kept)

    def test_mechanisms_come_from_a_fixed_folder(self):
        folders = list(Path("/usr/lib").glob("*/esmtp-plugins-*"))
        wrapper, empty = Path(self.folder, "wrapper"), Path(self.folder, "empty")
        empty.mkdir()
        wrapper.write_text("#!/bin/sh\n" + "".join(
            f"mount --bind {empty} {folder} || exit 99\n" for folder in folders) +
            f'exec {harness.PROGRAM} "$@"\n')
        wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
        unshare = [shutil.which("unshare") or "/nonexistent", "-m", str(wrapper)]
        if not folders or subprocess.run([*unshare, "version"], capture_output=True).returncode:
            self.skipTest("this needs the right to mount")
        starter = Path(self.folder, "starter")
        starter.write_text("#!/bin/sh\nexec " + " ".join(unshare) + ' "$@"\n')
        starter.chmod(0o755)
        program, harness.PROGRAM = harness.PROGRAM, str(starter)
        try:
            self.start(self.options(self.server("starttls"), **LOGIN))
        finally:
            harness.PROGRAM = program
        wait_for("the reason", lambda: "sasl-plain.so" in self.tocsin.log(), 10)
        self.assertIn("did not start", self.tocsin.log())

    def test_signals(self):
        server = self.server("starttls")
        self.start(self.options(server))
        server.on["MESSAGE"] = lambda session, argument: RESET
        for _ in range(5):
            self.assertEqual(self.send()["result"], "retry")
        server.on = {}
        self.assertEqual(self.send()["result"], "done")

    # ---- what else was found

    def test_tickets_of_tls_1_3_are_taken_for_an_answer(self):
        server = self.server("starttls", users=USERS)
        self.start(self.options(server, **LOGIN))
        for _ in range(10):
            self.assertEqual(self.send_within(5)["result"], "done")

    def test_answers_in_clear_are_read_as_if_tls_had_carried_them(self):
        server = self.server("starttls", users=USERS)
        server.on["STARTTLS"] = lambda session, argument: (
            b"220 go on\r\n250-fake\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 ok\r\n250 ok\r\n")
        self.start(self.options(server, **LOGIN))
        report = self.send_within(10)
        self.assertEqual(self.outcome(report)[:2], ("retry", "tls"))
        self.assertIn("behind the answer to STARTTLS", report["reason"])
        self.assertNotIn("AUTH", server.verbs())

    def test_a_client_certificate_from_home_is_freed_twice(self):
        home = Path(self.folder, "home")
        for folder in (home, home / ".authenticate/127.0.0.1/private", home / ".authenticate/private"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = Path(self.certificates.path("good")).read_text() + Path(
            self.certificates.key("good")).read_text()
        for path in (home / ".authenticate/127.0.0.1/private/smtp-starttls.pem",
                     home / ".authenticate/private/smtp-starttls.pem"):
            path.write_text(pem)
            path.chmod(0o600)
        before, os.environ["HOME"] = os.environ.get("HOME", "/"), str(home)
        try:
            server = self.server("starttls")
            self.start(self.options(server))
        finally:
            os.environ["HOME"] = before
        for _ in range(3):
            self.assertEqual(self.send()["result"], "done")


if __name__ == "__main__":
    unittest.main()
