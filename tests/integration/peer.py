# SPDX-License-Identifier: Apache-2.0
"""A peer that speaks HTTP by hand, so that it can also break off, be slow, or show a certificate
that nobody trusts. It follows a script of answers; when that is over it repeats the last one."""
import json
import socket
import ssl
import struct
import threading
import time

from harness import Case, event, wait_for

EXECUTED, FAILED = "prefect.automation.action.executed", "prefect.automation.action.failed"


class Answer:
    """One answer. fault: None, "reset" (after the request), "cut" (in the middle of the body),
    "slow" (nothing, until the peer closes), "garbage" (no HTTP)."""

    def __init__(self, status=200, body=b"ok", headers=None, fault=None):
        self.status, self.fault = status, fault
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.headers = headers or {}


class Peer:
    def __init__(self, *script, context=None):
        self.script = list(script) or [Answer()]
        self.requests, self.lock = [], threading.Lock()
        self.closed, self.context = threading.Event(), context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.closed.set()
        self.listener.close()

    def wait(self, count):
        wait_for(f"{count} requests at the peer", lambda: len(self.requests) >= count)
        return self.requests[:count]

    def _accept(self):
        while not self.closed.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            stream = connection.makefile("rb")
            while self._answer(connection, stream):
                pass
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def _read(self, stream):
        first = stream.readline().split()
        if len(first) < 3:
            return None
        headers = {}
        for line in iter(stream.readline, b"\r\n"):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        return {"method": first[0].decode(), "path": first[1].decode(), "headers": headers,
                "at": time.monotonic(),
                "body": stream.read(int(headers.get("content-length", 0)))}

    def _answer(self, connection, stream):
        request = self._read(stream)
        if request is None:
            return False
        with self.lock:
            self.requests.append(request)
            answer = self.script[min(len(self.requests), len(self.script)) - 1]
        if answer.fault == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if answer.fault == "slow":
            self.closed.wait()
            return False
        if answer.fault == "garbage":
            connection.sendall(b"220 mail.example.com ESMTP\r\n")
            return False
        lines = [f"HTTP/1.1 {answer.status} x", f"Content-Length: {len(answer.body)}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        if answer.fault == "cut":
            connection.sendall(head + answer.body[:len(answer.body) // 2])
            return False
        connection.sendall(head + answer.body)
        return True


class PeerCase(Case):
    """A test of one sink: blocks of that type that send to peers."""
    sink, path = None, "/"

    def peer(self, *script, **options):
        peer = Peer(*script, **options)
        self.addCleanup(peer.close)
        return peer

    def blocks(self, *peers, options=None, **more):
        """The blocks "sink0", "sink1", ... of the sink's type, one for each peer."""
        return [{"name": f"sink{i}", "type": self.sink, "rate": "1000/s",
                 "options": {"url": peer.url + self.path, **(options or {})}, **more}
                for i, peer in enumerate(peers)]

    def prefect(self, kind, options):
        """A daemon with a block of Prefect's type, and test hosts among which peers are."""
        return self.start([{"name": "sink0", "type": f"prefect.{kind}", "options": options}],
                          subject="a & b", body="see <https://x.io?a=1&b=2|the page>",
                          configuration="blocks: {test_hosts: ['127.0.0.1']}\n")

    def start(self, blocks, subject="s", body="b", **daemon):
        """A daemon that tells each of the blocks of every event "run.failed"."""
        actions = [{"type": "send-notification", "block": block["name"], "subject": subject,
                    "body": body} for block in blocks]
        trigger = {"expect": ["run.failed"], "threshold": 1, "within": 0}
        return self.daemon(blocks=json.dumps(blocks), automations=json.dumps(
            [{"name": "two failures", "trigger": trigger, "actions": actions}]), **daemon).start()

    def ended(self, daemon, name, count=1):
        """The events of that name that tell how actions ended, once there are so many."""
        return wait_for(f"{count} {name}",
                        lambda: len(daemon.stored(name)) >= count and daemon.stored(name))

    def check_faults(self, *answers, good):
        """Each answer or fault is tried again once, with the same bytes."""
        peers = [self.peer(answer, good) for answer in answers]
        daemon = self.start(self.blocks(*peers), body="{{ event.payload.n }} {{ range(9)|list }}")
        daemon.post(event("run.failed", payload={"n": 1}))
        for peer in peers:
            first, second = peer.wait(2)
            self.assertEqual(first["body"], second["body"])
        self.ended(daemon, EXECUTED, len(peers))
        self.assertEqual([len(peer.requests) for peer in peers], [2] * len(peers))

    def check_retry_after(self, *answers, good):
        """Each answer says to wait for a second."""
        peers = [self.peer(answer, good) for answer in answers]
        daemon = self.start(self.blocks(*peers))
        daemon.post(event("run.failed"))
        for peer in peers:
            first, second = peer.wait(2)
            self.assertGreaterEqual(second["at"] - first["at"], 0.99)
        self.ended(daemon, EXECUTED, len(peers))

    def check_failure(self, answer, reason):
        """The answer ends the action at once; the event says why."""
        peer = self.peer(answer)
        daemon = self.start(self.blocks(peer))
        daemon.post(event("run.failed"))
        self.assertIn(reason, self.ended(daemon, FAILED)[0]["payload"]["reason"])
        self.assertEqual(len(peer.requests), 1)

    def check_slow(self, good):
        peer = self.peer(Answer(fault="slow"), good)
        daemon = self.start(self.blocks(peer, timeout="300ms"))
        daemon.post(event("run.failed"))
        peer.wait(2)
        self.ended(daemon, EXECUTED)

    def check_certificate(self, secret):
        """A certificate that nobody signed: nothing is sent, and the log does not tell where to."""
        peer = self.peer(context=untrusted(self.folder))
        daemon = self.start(self.blocks(peer))
        daemon.post(event("run.failed"))
        wait_for("the log tells", lambda: "certificate" in daemon.log())
        self.assertEqual(peer.requests, [])
        self.assertNotIn(secret, daemon.log())


def untrusted(folder):
    """A TLS context with a certificate that nobody has signed; needs the openssl program."""
    import subprocess
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    return context
