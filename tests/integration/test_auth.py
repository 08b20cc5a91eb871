#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may do what: keys with scopes, a name and password, and callers on the Unix socket."""
import base64
import json
import os
import socket
import unittest

from harness import Case, event, tocsin

READ, EMIT, ALL = ("reader-key-of-this-test", "emitter-key-of-this-test", "admin-key-of-this-test")
KEYS = (f"{{keys: [{{name: reader, key: {READ}, scopes: [read]}},"
        f" {{name: emitter, key: {EMIT}, scopes: [emit]}}, {{name: all, key: {{env: TEST_KEY}}}}],"
        " basic: 'ada:secret of ada'}")


def ask_socket(path):
    """The status of one answer on a Unix socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(b"GET /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return int(connection.recv(100).split()[1])


def as_stranger(call):
    """What call() returns to a process of nobody's; 400 to 654, to fit an exit status."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            os._exit(call() - 400)
        finally:
            os._exit(255)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) + 400


class Asking(Case):
    def setUp(self):
        super().setUp()
        os.environ["TEST_KEY"] = ALL
        self.addCleanup(os.environ.pop, "TEST_KEY")
        self.served = self.daemon(auth=KEYS).start()

    def status(self, method, path, authorization=None, body=None):
        headers = {"Authorization": authorization} if authorization else {}
        return self.served.ask(method, path, body, headers)[0]

    def test_scopes_decide(self):
        body = json.dumps([event("x")]).encode()
        for key, read, emit in ((None, 401, 401), ("wrong key of that length", 401, 401),
                                (READ, 200, 403), (EMIT, 403, 204), (ALL, 200, 204),
                                (ALL[:-1], 401, 401), (ALL + "x", 401, 401), ("", 401, 401)):
            words = f"Bearer {key}" if key is not None else None
            self.assertEqual(self.status("GET", "/api/status", words), read, key)
            self.assertEqual(self.status("POST", "/api/events", words, body), emit, key)
        self.assertEqual(self.status("GET", "/api/nothing"), 401)
        self.assertEqual(self.status("GET", "/api/nothing", f"Bearer {READ}"), 404)

    def test_basic_is_for_clients_that_send_it(self):
        def basic(text):
            return "basic " + base64.b64encode(text.encode()).decode()
        self.assertEqual(self.status("GET", "/api/status", basic("ada:secret of ada")), 200)
        for wrong in (basic("ada:secret of bob"), basic(""), "Basic !!!", "Basic", "Digest x"):
            self.assertEqual(self.status("GET", "/api/status", wrong), 401, wrong)

    def test_health_needs_no_key_and_refusals_are_prefects(self):
        self.assertEqual(self.status("GET", "/api/health"), 200)
        self.assertEqual(self.status("GET", "/api/ready"), 200)
        status, body = self.served.ask("GET", "/api/status")
        self.assertEqual((status, json.loads(body)), (401, {"exception_message": "Unauthorized"}))

    def test_commands_take_the_key_from_the_environment(self):
        self.assertEqual(tocsin("status", "--url", self.served.url).returncode, 1)
        os.environ["TOCSIN_API_KEY"] = ALL
        self.addCleanup(os.environ.pop, "TOCSIN_API_KEY")
        self.assertEqual(tocsin("status", "--url", self.served.url).returncode, 0)

    def test_the_socket_is_for_the_daemons_own_user(self):
        done = tocsin("status", "--url", f"unix:{self.served.socket}")
        self.assertEqual(done.returncode, 0, done.stderr)

    @unittest.skipUnless(os.getuid() == 0, "needs root to become somebody else")
    def test_the_socket_is_not_for_others(self):
        for path in (self.served.folder, *list(self.served.folder.parents)[:-2]):
            os.chmod(path, 0o755)
        os.chmod(self.served.socket, 0o666)
        self.assertEqual(as_stranger(lambda: ask_socket(self.served.socket)), 401)
        self.assertEqual(ask_socket(self.served.socket), 200)

    def test_keys_are_not_in_the_log(self):
        self.status("GET", f"/api/status?key={READ}", f"Bearer {READ}")
        self.assertNotIn(READ, self.served.log())
        self.assertNotIn("secret of ada", self.served.log())


class Configuring(Case):
    def check(self, auth):
        served = self.daemon(auth=auth)
        os.chmod(served.config, 0o600)
        return served, tocsin("check", "--config", served.config)

    def test_wrong_keys_are_told_with_their_place(self):
        for auth, text in (
                ("{keys: [{name: a, key: short}]}", "auth.keys[0].key: must have at least 20 characters"),
                ("{keys: [{name: a}]}", "auth.keys[0].key: is required"),
                ("{keys: [{key: abcdefghijklmnopqrstu}]}", "auth.keys[0].name: must be a text"),
                ("{keys: [{name: a, key: {file: /nowhere}}]}", "auth.keys[0].key: "),
                ("{keys: [{name: a, kye: x}]}", "auth.keys[0].kye: unknown key"),
                ("{keys: [{name: a, key: 'abcdefghijklmnopqrstu', scopes: [reed]}]}",
                 "auth.keys[0].scopes[0]: must be one of read, emit, write, admin"),
                ("{keys: 5}", "auth.keys: must be a list")):
            _, done = self.check(auth)
            self.assertEqual(done.returncode, 1, auth)
            self.assertIn("tocsin.yaml:3:", done.stderr)
            self.assertIn(text, done.stderr)

    def test_a_key_that_others_can_read_is_a_warning(self):
        served, done = self.check("{keys: [{name: a, key: abcdefghijklmnopqrstuvw}]}")
        self.assertNotIn("others can read", done.stderr)
        os.chmod(served.config, 0o644)
        done = tocsin("check", "--config", served.config)
        self.assertEqual(done.returncode, 0)
        self.assertIn("others can read", done.stderr)
        self.assertNotIn("abcdefghijklmnopqrstuvw", done.stderr)


if __name__ == "__main__":
    unittest.main()
