# SPDX-License-Identifier: Apache-2.0
"""What the tests of the e-mail plugin share: a daemon with blocks that send to fake mail servers, one
attempt through a block, and messages judged by the strict parser."""
import email
import email.policy
import json
import shutil
import tempfile

import harness
from fake_smtp import Certificates, FakeSmtp

INVOCATION = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def parse(data):
    """The message; fails at the first defect."""
    policy = email.policy.SMTP.clone(raise_on_defect=True)
    message = email.message_from_bytes(data, policy=policy)
    for part in message.walk():
        for name, value in part.items():
            assert not value.defects if hasattr(value, "defects") else True, (name, value)
    lines = data.split(b"\r\n")
    assert b"\n" not in b"".join(lines) and b"\r" not in b"".join(lines), "a bare line end"
    assert max(map(len, lines)) <= 998
    return message


class EmailCase(harness.Case):
    """One daemon for all of a class's tests; blocks are made and replaced by each test."""

    transport = "auto"

    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.mkdtemp(prefix="tocsin-mail-")
        cls.certificates = Certificates(cls.shared)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.shared, ignore_errors=True)

    def server(self, tls="none", **options):
        server = FakeSmtp(tls=tls, certificates=self.certificates, **options)
        self.addCleanup(server.close)
        return server

    def options(self, server, **more):
        """Of a block that sends to the server."""
        # What auto leaves to curl is esmtp's to do, too, where it can.
        transport = "esmtp" if (self.transport, server.tls) == ("auto", "none") else self.transport
        base = {"host": "127.0.0.1", "port": server.port, "tls": server.tls, "transport": transport,
                "from": "tocsin@x.example", "to": ["a@x.example"], "helo": "client.example"}
        if server.tls != "none":
            base["ca_file"] = self.certificates.path("ca")
        base.update(more)
        return {key: value for key, value in base.items() if value is not None}

    def start(self, *blocks, automations="[]", **host):
        """A daemon with blocks "b0", "b1", ... of these options; host: keys of the daemon's own."""
        documents = [{"name": f"b{i}", "type": "email", "options": options, **host}
                     for i, options in enumerate(blocks)]
        self.tocsin = self.daemon(blocks=json.dumps(documents), automations=automations).start()
        return self.tocsin

    def send(self, block="b0", subject="Subject", body="Body", **more):
        """One attempt; its report."""
        status, answer = self.tocsin.ask(
            "POST", f"/api/tocsin/blocks/{block}/send",
            json.dumps({"subject": subject, "body": body, **more}))
        assert status == 200, answer
        return json.loads(answer)

    def outcome(self, report):
        return report["result"], report.get("cause"), report.get("reason")
