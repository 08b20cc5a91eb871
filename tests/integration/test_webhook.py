#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Webhooks against peers that redirect, want certificates, stand behind a proxy, or fail."""
import base64
import hashlib
import hmac
import json
import ssl
import unittest

from harness import event
from peer import EXECUTED, FAILED, Answer, PeerCase, untrusted

SECRET = {"auth": "bearer", "token": "canary-token", "headers": {"X-Own": "canary-header"},
          "cookies": {"session": "canary-cookie"}, "sign": "github", "signing_key": "canary-key"}


class Webhook(PeerCase):
    sink, path = "webhook", "/hook/canary-path"

    def fire(self, peer, *daemon_blocks, **options):
        daemon = self.start(self.blocks(peer, options=options))
        daemon.post(event("run.failed"))
        return daemon

    def test_a_redirect_keeps_method_and_body_and_no_secret_on_another_host(self):
        there = self.peer(Answer())
        here = self.peer(Answer(307, b"", {"Location": there.url + "/there"}))
        daemon = self.fire(here, follow=True, **SECRET)
        first, second = here.wait(1)[0], there.wait(1)[0]
        self.assertEqual((second["method"], second["body"]), ("POST", first["body"]))
        self.assertEqual(second["headers"]["webhook-id"], first["headers"]["webhook-id"])
        self.assertIn("canary", json.dumps(first["headers"]))
        self.assertNotIn("canary", json.dumps(second["headers"]))
        for name in ("authorization", "cookie", "x-own", "x-hub-signature-256"):
            self.assertIn(name, first["headers"])
            self.assertNotIn(name, second["headers"])
        self.ended(daemon, EXECUTED)

    def test_a_redirect_on_the_same_host_keeps_them(self):
        peer = self.peer(Answer(308, b"", {"Location": "/there"}), Answer())
        self.fire(peer, follow=True, **SECRET)
        first, second = peer.wait(2)
        self.assertEqual(second["path"], "/there")
        self.assertEqual(first["headers"]["cookie"], "session=canary-cookie")
        self.assertEqual(first["headers"], second["headers"])

    def test_other_redirects_become_get(self):
        for status in (301, 302, 303):
            with self.subTest(status=status):
                peer = self.peer(Answer(status, b"", {"Location": "/there"}), Answer())
                daemon = self.fire(peer, follow=True)
                second = peer.wait(2)[1]
                self.assertEqual((second["method"], second["body"]), ("GET", b""))
                self.ended(daemon, EXECUTED)
                daemon.end()

    def test_six_redirects_are_too_many(self):
        peer = self.peer(Answer(307, b"", {"Location": "/again"}))
        daemon = self.fire(peer, follow=True)
        self.assertIn("answered 307", self.ended(daemon, FAILED)[0]["payload"]["reason"])
        self.assertEqual(len(peer.requests), 6)

    def test_a_redirect_that_is_not_followed_fails(self):
        peer = self.peer(Answer(307, b"", {"Location": "/there"}))
        self.ended(self.fire(peer), FAILED)
        self.assertEqual(len(peer.requests), 1)

    def test_https_never_goes_to_http(self):
        plain = self.peer()
        peer = self.peer(Answer(307, b"", {"Location": plain.url}), context=untrusted(self.folder))
        daemon = self.fire(peer, follow=True, ca_file=self.folder + "/cert.pem")
        self.ended(daemon, FAILED)
        self.assertEqual((len(peer.requests), len(plain.requests)), (1, 0))

    def test_an_authority_and_a_certificate_of_one_s_own(self):
        context = untrusted(self.folder)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.folder + "/cert.pem")
        peer = self.peer(context=context)
        files = {"ca_file": self.folder + "/cert.pem", "cert_file": self.folder + "/cert.pem",
                 "key_file": self.folder + "/key.pem"}
        self.ended(self.fire(peer, **files), EXECUTED)
        self.assertEqual(len(peer.requests), 1)

    def test_without_verification_any_certificate_will_do(self):
        peer = self.peer(context=untrusted(self.folder))
        self.ended(self.fire(peer, verify=False), EXECUTED)

    def test_a_proxy_gets_the_request(self):
        proxy, peer = self.peer(), self.peer()
        daemon = self.fire(peer, proxy=proxy.url.replace("//", "//user:canary-password@"))
        request = proxy.wait(1)[0]
        self.assertEqual(request["path"], peer.url + self.path)
        self.assertEqual(request["headers"]["proxy-authorization"],
                         "Basic " + base64.b64encode(b"user:canary-password").decode())
        self.ended(daemon, EXECUTED)
        self.assertEqual(peer.requests, [])
        self.assertNotIn("canary", daemon.log())

    def test_the_signature_is_over_the_bytes_that_are_sent(self):
        peer = self.peer()
        self.fire(peer, sign="github", signing_key="canary-key")
        request = peer.wait(1)[0]
        mac = hmac.new(b"canary-key", request["body"], hashlib.sha256).hexdigest()
        self.assertEqual(request["headers"]["x-hub-signature-256"], "sha256=" + mac)
        self.assertEqual(json.loads(request["body"])["event"]["event"], "run.failed")

    def test_a_retry_sends_the_same_bytes(self):
        self.check_faults(Answer(503, b""), Answer(fault="reset"), Answer(fault="garbage"),
                          Answer(body=b"12345678", fault="cut"), good=Answer())

    def test_retry_after_is_obeyed(self):
        self.check_retry_after(Answer(429, b"", {"Retry-After": "1"}),
                               Answer(503, b"", {"Retry-After": "1"}), good=Answer())

    def test_a_slow_peer_is_a_timeout(self):
        self.check_slow(Answer())

    def test_a_certificate_that_nobody_signed_is_refused(self):
        self.check_certificate("canary-path")

    def test_a_custom_webhook_of_prefect_replaces_its_placeholders(self):
        peer = self.peer()
        daemon = self.prefect("custom-webhook", {
            "name": "ops", "url": peer.url + "/{{key}}", "method": "PUT", "timeout": 3,
            "json_data": {"text": "{{subject}}: {{ body }}", "from": "{{name}}", "n": [1, None]},
            "headers": {"X-Key": "{{key}}"}, "cookies": {"c": "{{name}}"},
            "secrets": {"key": "canary-key"}})
        daemon.post(event("run.failed"))
        request = peer.wait(1)[0]
        self.assertEqual((request["method"], request["path"]), ("PUT", "/canary-key"))
        self.assertEqual(json.loads(request["body"]), {
            "text": "a & b: see <https://x.io?a=1&b=2|the page>", "from": "ops", "n": [1, None]})
        self.assertEqual(request["headers"]["x-key"], "canary-key")
        self.assertEqual(request["headers"]["cookie"], "c=ops")
        self.ended(daemon, EXECUTED)
        self.assertNotIn("canary", daemon.log())

    def test_a_webhook_of_prefect_is_called_with_the_payload_and_nothing_more(self):
        peer = self.peer()
        trigger = {"expect": ["run.failed"], "threshold": 1, "within": 0}
        daemon = self.daemon(
            blocks=json.dumps([{"name": "sink0", "type": "prefect.webhook", "options": {
                "url": peer.url + "/x", "method": "PATCH", "headers": {"X-Own": "canary-own"}}}]),
            automations=json.dumps([{"name": "test", "trigger": trigger, "actions": [
                {"type": "call-webhook", "block": "sink0",
                 "payload": '{"run": "{{ event.resource.id }}"}'}]}])).start()
        daemon.post(event("run.failed", "run.1"))
        request = peer.wait(1)[0]
        self.assertEqual((request["method"], request["body"]), ("PATCH", b'{"run": "run.1"}'))
        self.assertNotIn("content-type", request["headers"])
        self.assertEqual(request["headers"]["x-own"], "canary-own")
        self.ended(daemon, EXECUTED)


if __name__ == "__main__":
    unittest.main()
