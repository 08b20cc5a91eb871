# SPDX-License-Identifier: Apache-2.0
"""The real daemon and its peers, for tests: a daemon in a folder of its own on any free port, a
receiver that keeps what it gets, and waiting that ends as soon as there is something to see.

Environment: TOCSIN_PROGRAM and TOCSIN_PLUGINS, which ctest sets.
"""
import http.client
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

PROGRAM = os.environ.get("TOCSIN_PROGRAM", "build/dev/bin/tocsin")
PLUGINS = os.environ.get("TOCSIN_PLUGINS", "build/dev/lib/tocsin/plugins")
DEADLINE = 30.0


def wait_for(what, look, seconds=DEADLINE):
    """What look() returns once it is true; fails when that takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds:g} s: {what}")


def tocsin(*arguments, stdin=None):
    """Runs a command; the finished process with its output as text."""
    return subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, capture_output=True,
                          text=True, timeout=DEADLINE)


def timestamp(seconds_from_now=0.0):
    at = datetime.now(timezone.utc) + timedelta(seconds=seconds_from_now)
    return at.isoformat().replace("+00:00", "Z")


def event(name, resource="test.resource", occurred=None, **more):
    """An event as a client sends it; labels of the resource with labels={...}."""
    labels = {"prefect.resource.id": resource, **more.pop("labels", {})}
    return {"id": str(uuid.uuid4()), "occurred": occurred or timestamp(), "event": name,
            "resource": labels, "related": [], "payload": {}, **more}


class Receiver:
    """An HTTP server that keeps every request: path, headers (names in lower case), body."""

    def __init__(self):
        self.requests = []
        self.answer = lambda request: 200  # the status, by the request
        self.said = b""  # the body of every answer
        self.lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = {"path": self.path, "body": body,
                           "headers": {k.lower(): v for k, v in self.headers.items()}}
                with receiver.lock:
                    receiver.requests.append(request)
                    said = receiver.said
                self.send_response(receiver.answer(request))
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count):
        """The first count requests, once they are there."""
        wait_for(f"{count} requests at the receiver", lambda: len(self.requests) >= count)
        return self.requests[:count]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Daemon:
    """A daemon that is started and stopped by hand, in one folder for all of its lives."""

    def __init__(self, folder, automations="[]", blocks="[]", configuration="",
                 auth="{mode: none}"):
        self.folder = Path(folder)
        self.process = None
        for name in ("automations.d", "blocks.d"):
            (self.folder / name).mkdir(exist_ok=True)
        (self.folder / "automations.d/test.yaml").write_text(f"automations: {automations}\n")
        (self.folder / "blocks.d/test.yaml").write_text(f"blocks: {blocks}\n")
        self.config = self.folder / "tocsin.yaml"
        self.addresses = self.folder / "addresses"
        self.socket = self.folder / "api.sock"
        self.config.write_text(
            f"listen: ['127.0.0.1:0', 'unix:{self.socket}']\n"
            f"listen_file: {self.addresses}\n"
            f"auth: {auth}\n"
            f"state_dir: {self.folder}/state\n"
            f"plugins: {{dirs: ['{os.path.abspath(PLUGINS)}'], permissions: warn}}\n"
            "log: {format: text, level: debug}\n" + configuration)

    def spawn(self):
        """Starts the process and does not wait for it to be ready."""
        self.addresses.unlink(missing_ok=True)
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([PROGRAM, "serve", "--config", self.config],
                                            stderr=log, stdout=log)
        return self.process

    def start(self):
        self.spawn()

        def is_up():
            if self.process.poll() is not None:
                raise AssertionError(f"the daemon ended ({self.process.returncode}): {self.log()}")
            return self.addresses.exists()
        wait_for("the daemon listens", is_up)
        self.host, port = self.addresses.read_text().split("\n")[0].rsplit(":", 1)
        self.port = int(port)
        wait_for("the daemon is not starting any more",
                 lambda: b"starting" not in self.ask("GET", "/api/ready")[1])
        return self

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    def memory(self):
        """The most that it has had resident so far, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) << 10

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def end(self, number=signal.SIGTERM):
        """Sends the signal; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(DEADLINE)

    def kill(self):
        return self.end(signal.SIGKILL)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def ask(self, method, path, body=None, headers=None):
        """Status and body of one answer on a connection of its own."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=DEADLINE)
        try:
            connection.request(method, path, body,
                               {"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post(self, *events):
        return self.ask("POST", "/api/events", json.dumps(events).encode())

    def json(self, path):
        status, body = self.ask("GET", path)
        assert status == 200, (status, body)
        return json.loads(body)

    def stored(self, name=None):
        """The events of the log, by its own route."""
        status, body = self.ask("GET", "/api/tocsin/events?limit=10000" +
                                (f"&name={name}" if name else ""))
        assert status == 200, (status, body)
        return [json.loads(line) for line in body.splitlines()]


class Case(unittest.TestCase):
    """A test with a folder; what it makes here is closed and removed at its end."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tocsin-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def receiver(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        return receiver

    def daemon(self, **options):
        daemon = Daemon(self.folder, **options)
        self.addCleanup(self._close, daemon)
        return daemon

    def _close(self, daemon):
        daemon.close()
        if self._outcome and any(error for _, error in getattr(self._outcome, "errors", [])):
            print(daemon.log()[-4000:])

    def block(self, receiver, **options):
        """The text of a blocks file with one webhook block, "sink"."""
        return json.dumps([{"name": "sink", "type": "webhook",
                            "options": {"url": receiver.url + "/hook", **options}}])


def automation(name="test", subject="s", body="b", **trigger):
    """The text of an automations file with one automation that notifies through "sink"."""
    return json.dumps([{"name": name, "trigger": trigger, "actions": [
        {"type": "send-notification", "block": "sink", "subject": subject, "body": body}]}])


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
