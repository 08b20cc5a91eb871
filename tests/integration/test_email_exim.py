#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The plugin email against Exim, a mail server of the world outside: STARTTLS, TLS from the first byte,
AUTH, refusals of single recipients. Exim runs from a folder of its own and delivers nothing: what it took
is read from its queue."""
import os
import pwd
import shutil
import subprocess
import unittest
from pathlib import Path

from email_case import EmailCase, parse
from harness import free_port, wait_for

EXIM = shutil.which("exim4") or shutil.which("exim4", path="/usr/sbin")
LOGIN = {"username": "user", "password": "sesame"}

CONFIGURATION = """
spool_directory = {folder}/spool
log_file_path = {folder}/log-%s
pid_file_path = {folder}/pid
primary_hostname = mail.example
daemon_smtp_ports = {port} : {tls_port}
local_interfaces = 127.0.0.1
tls_on_connect_ports = {tls_port}
tls_advertise_hosts = *
tls_certificate = {folder}/good.pem
tls_privatekey = {folder}/good.key
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
message_size_limit = 200K
queue_only = true
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max_per_connection = 1000
acl_smtp_rcpt = rcpt
acl_smtp_data = data

begin acl
rcpt:
  deny  local_parts = nobody
        message = 5.1.1 no such user
  defer local_parts = busy
        message = 4.2.0 the mailbox is busy
  deny  !authenticated = *
        local_parts = members
        message = 5.7.1 for members only
  accept
data:
  deny  condition = ${{if match{{$h_subject:}}{{spam}}}}
        message = 5.7.0 this is spam
  accept

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${{if and{{{{eq{{$auth2}}{{user}}}}{{eq{{$auth3}}{{sesame}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = User Name : Password
  server_condition = ${{if and{{{{eq{{$auth1}}{{user}}}}{{eq{{$auth2}}{{sesame}}}}}}}}
  server_set_id = $auth1
"""


@unittest.skipUnless(EXIM, "exim4 is not installed")
class Exim(EmailCase):
    def setUp(self):
        super().setUp()
        self.place = Path(self.shared, f"exim-{self.id().rsplit('.', 1)[-1]}")
        (self.place / "spool").mkdir(parents=True)
        for name in ("good.pem", "good.key"):
            shutil.copy(self.certificates.folder / name, self.place / name)
        self.port, self.tls_port = free_port(), free_port()
        self.configuration = self.place / "exim.conf"
        self.configuration.write_text(CONFIGURATION.format(
            folder=self.place, port=self.port, tls_port=self.tls_port))
        self.give_away()
        self.process = subprocess.Popen([EXIM, "-C", self.configuration, "-bdf"],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(self.end)
        wait_for("exim listens", self.is_up)

    def give_away(self):
        """Exim leaves root's rights behind when it is given a configuration."""
        if os.geteuid() != 0:
            return
        os.chmod(self.shared, 0o711)
        user = pwd.getpwnam("Debian-exim")
        for path in (self.place, *self.place.rglob("*")):
            if path != self.configuration:
                os.chown(path, user.pw_uid, user.pw_gid)
        self.configuration.chmod(0o644)

    def is_up(self):
        if self.process.poll() is not None:
            self.skipTest("exim does not run here: " + self.process.stdout.read().decode()[:300])
        return (self.place / "pid").exists()

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def block(self, tls="starttls", **more):
        base = {"host": "127.0.0.1", "port": self.tls_port if tls == "implicit" else self.port, "tls": tls,
                "from": "tocsin@x.example", "to": ["a@x.example"], "transport": self.transport,
                "ca_file": self.certificates.path("ca")}
        return {**base, **more}

    def queue(self):
        """Bytes of what Exim took, with its recipients."""
        found = []
        for head in sorted((self.place / "spool/input").rglob("*-H")):
            name = head.name[:-2]
            done = subprocess.run([EXIM, "-C", self.configuration, "-Mvc", name], capture_output=True)
            assert done.returncode == 0, done.stderr
            found.append((done.stdout, head.read_text(errors="replace")))
        return found

    def test_starttls_with_login(self):
        self.start(self.block(**LOGIN, to=["members@x.example", "Ünal <b@x.example>"],
                              html="<b>{{ body }}</b>"))
        report = self.send(subject="größere Änderung", body="Zeile\n.\nZeile ü")
        self.assertEqual(report["result"], "done", report)
        queue = self.queue()
        heads = "\n".join(head for _, head in queue)
        self.assertIn("members@x.example", heads)
        self.assertIn("b@x.example", heads)
        self.assertIn("user", heads)
        data, _ = queue[0]
        data = data[data.index(b"Date: "):].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        message = parse(data)
        self.assertEqual(message["Subject"], "größere Änderung")
        text, html = message.iter_parts()
        self.assertEqual(text.get_content(), "Zeile\r\n.\r\nZeile ü\r\n")

    def test_implicit_tls_with_login(self):
        self.start(self.block("implicit", **LOGIN, to=["members@x.example"]))
        report = self.send()
        self.assertEqual(report["result"], "done", report)
        self.assertEqual(len(self.queue()), 1)

    def test_in_clear(self):
        self.start(self.block("none"))
        self.assertEqual(self.send()["result"], "done")

    def test_refusals_of_single_recipients(self):
        self.start(self.block(to=["a@x.example", "nobody@x.example", "b@x.example"]),
                   self.block(to=["a@x.example", "busy@x.example"]),
                   self.block(to=["members@x.example"]))
        report = self.send("b0")
        self.assertEqual(self.outcome(report)[:2], ("fail", "gone"), report)
        self.assertIn("1 of 3 recipients refused: 550", report["reason"])
        self.assertIn("no such user (nobody@x.example); delivered to a@x.example, b@x.example",
                      report["reason"])
        report = self.send("b1")
        self.assertEqual(self.outcome(report)[:2], ("retry", "server"), report)
        self.assertIn("1 of 2 recipients are left", report["reason"])
        self.assertEqual(self.outcome(self.send("b2"))[:2], ("fail", "gone"))

    def test_refusals_of_the_message(self):
        self.start(self.block())
        self.assertEqual(self.outcome(self.send(subject="this is spam"))[:2], ("fail", "gone"))
        report = self.send(body="x" * 300_000)
        self.assertEqual(self.outcome(report)[:2], ("fail", "too_large"), report)
        self.assertEqual(self.queue(), [])

    def test_a_wrong_password(self):
        self.start(self.block(username="user", password="wrong"))
        report = self.send()
        self.assertEqual(self.outcome(report)[:2], ("fail", "auth"), report)
        self.assertEqual(self.queue(), [])

    def test_a_certificate_of_nobody(self):
        self.start(self.block(ca_file=self.certificates.path("self")), self.block(verify=False))
        self.assertEqual(self.outcome(self.send("b0"))[:2], ("retry", "tls"))
        self.assertEqual(self.send("b1")["result"], "done")


@unittest.skipUnless(EXIM, "exim4 is not installed")
class CurlExim(Exim):
    transport = "curl"


if __name__ == "__main__":
    unittest.main()
