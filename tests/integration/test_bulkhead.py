# SPDX-License-Identifier: Apache-2.0
"""One bad sink costs the others nothing: blocks that hang, blocks that are told to wait for ever, threads
that never come back, queues that are full, plugins that answer their own events.
"""
import json
import os
import shutil
import socket
import ssl
import threading
import time
import unittest
from pathlib import Path

import harness
from harness import event, wait_for

TLS = Path(__file__).parents[1] / "unit/net/tls"
TEST_PLUGINS = Path(os.environ.get("TOCSIN_TEST_PLUGINS", "build/dev/tests/plugins"))
HOLES = 120


class Hole:
    """A peer that accepts connections and says nothing."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        try:
            while True:
                self.connections.append(self.listener.accept()[0])
        except OSError:
            pass

    def close(self):
        self.listener.close()
        for connection in self.connections:
            connection.close()


class TicketServer:
    """A TLS server that sends 20 MiB of tickets for sessions before it answers, all of them at once: they
    wait in a relay until the last one is there."""

    def __init__(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(TLS / "good.pem", TLS / "server.key")
        context.num_tickets = 90000
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        try:
            while True:
                connection = self.listener.accept()[0]
                threading.Thread(target=self._relay, args=(connection,), daemon=True).start()
        except OSError:
            pass

    def _relay(self, client):
        inside, outside = socket.socketpair()
        threading.Thread(target=self._serve, args=(inside,), daemon=True).start()
        try:
            outside.sendall(client.recv(65536))  # ClientHello
            client.sendall(outside.recv(65536))  # up to the server's Finished
            outside.sendall(client.recv(65536))  # the client's, perhaps with the request
            outside.settimeout(0.2)
            tickets = b"".join(iter(lambda: self._more(outside, client), b""))
            client.sendall(tickets)
        except OSError:
            pass
        client.close()
        outside.close()

    @staticmethod
    def _more(outside, client):
        while True:
            try:
                return outside.recv(1 << 20)
            except TimeoutError:
                outside.sendall(client.recv(65536))  # the request, if it came apart

    def _serve(self, inside):
        try:
            with self.context.wrap_socket(inside, server_side=True) as connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except OSError:
            pass

    def close(self):
        self.listener.close()


def webhook(name, url, **more):
    return {"name": name, "type": "webhook", "options": {"url": url}, **more}


def notify(name, expect, *blocks):
    return {"name": name, "trigger": {"expect": expect, "posture": "Reactive", "threshold": 1},
            "actions": [{"type": "send-notification", "block": block, "subject": "s", "body": "b"}
                        for block in blocks]}


class Bulkhead(harness.Case):
    def run_daemon(self, blocks, automations, configuration=""):
        daemon = self.daemon(blocks=json.dumps(blocks), automations=json.dumps(automations),
                             configuration=configuration)
        plugins = Path(self.folder) / "plugins"
        plugins.mkdir(exist_ok=True)
        shutil.copy(TEST_PLUGINS / "puppet.so", plugins)
        text = daemon.config.read_text()
        daemon.config.write_text(text.replace("dirs: [", f"dirs: ['{plugins}', "))
        return daemon.start()

    def hole(self):
        hole = Hole()
        self.addCleanup(hole.close)
        return hole

    def lanes(self, daemon):
        return {lane["block"]: lane for lane in daemon.json("/api/status")["outbox"]}

    def latencies(self, daemon, sink, count):
        """Seconds from a post to its message, one after the other."""
        found = []
        for _ in range(count):
            before, began = len(sink.requests), time.monotonic()
            self.assertEqual(daemon.post(event("ring"))[0], 204)
            while len(sink.requests) == before:
                self.assertLess(time.monotonic() - began, 10)
                time.sleep(0.0005)
            found.append(time.monotonic() - began)
        return sorted(found)

    def test_a_hundred_hanging_blocks_and_one_that_is_always_told_to_wait(self):
        hole, busy, sink = self.hole(), self.receiver(), self.receiver()
        busy.answer = lambda request: 429
        names = [f"hole-{i}" for i in range(HOLES)]
        daemon = self.run_daemon(
            [webhook(name, f"{hole.url}/{name}") for name in names] +
            [webhook("busy", busy.url), webhook("sink", sink.url)],
            [notify("ringing", ["ring"], "sink"), notify("all", ["burst"], "busy", *names)])
        alone = self.latencies(daemon, sink, 40)
        for _ in range(8):
            daemon.post(event("burst"))
        wait_for("all of them hang", lambda: len(hole.connections) >= HOLES)
        beside = self.latencies(daemon, sink, 40)
        # Where things stand on a busy machine; the bench "bulkhead" measures how near they are.
        self.assertLess(beside[-2], max(3 * alone[-2], alone[-2] + 0.1))
        lanes = self.lanes(daemon)
        for name in names:
            self.assertLessEqual(lanes[name]["in_flight"], 4)
            self.assertEqual(lanes[name]["in_flight"] + lanes[name]["queued"], 8)
        self.assertGreaterEqual(lanes["busy"]["queued"] + lanes["busy"]["in_flight"], 8)
        wait_for("the last answer was read", lambda: self.lanes(daemon)["sink"]["done"] == 80)
        self.assertEqual(lanes["sink"]["dead"], 0)

    def test_a_full_outbox_refuses_events_and_loses_none(self):
        hole, sink = self.hole(), self.receiver()
        daemon = self.run_daemon([webhook("hole", hole.url), webhook("sink", sink.url)],
                                 [notify("a", ["go"], "hole"), notify("b", ["ring"], "sink")],
                                 "actions: {max_outbox: 5}\n")
        for _ in range(5):
            self.assertEqual(daemon.post(event("go"))[0], 204)
        wait_for("five wait", lambda: self.lanes(daemon)["hole"]["in_flight"] +
                 self.lanes(daemon)["hole"]["queued"] == 5)
        status, body = daemon.post(event("ring"))
        self.assertEqual(status, 503)
        self.assertIn("Too many actions are waiting", body.decode())

    def test_too_many_for_one_block_are_dead_and_the_rest_goes_on(self):
        hole, sink = self.hole(), self.receiver()
        daemon = self.run_daemon([webhook("hole", hole.url), webhook("sink", sink.url)],
                                 [notify("a", ["go"], "hole", "sink")],
                                 "actions: {max_outbox_per_block: 3}\n")
        for i in range(6):  # one after the other: the limit is the sink's, too
            self.assertEqual(daemon.post(event("go"))[0], 204)
            sink.wait(i + 1)
        failed = wait_for("three are dead", lambda: [
            e for e in daemon.stored("prefect.automation.action.failed")
            if "too many actions" in e["payload"]["reason"]])
        wait_for("three are dead", lambda: len(
            daemon.stored("prefect.automation.action.failed")) == 3)
        self.assertTrue(failed)

    def test_a_message_goes_on_to_the_fallback(self):
        gone, sink = self.receiver(), self.receiver()
        gone.answer = lambda request: 410
        daemon = self.run_daemon([webhook("gone", gone.url, fallback="sink"),
                                  webhook("sink", sink.url)], [notify("a", ["go"], "gone")])
        daemon.post(event("go"))
        body = json.loads(sink.wait(1)[0]["body"])
        self.assertEqual(body, json.loads(gone.wait(1)[0]["body"]))
        failed = wait_for("it is told", lambda: daemon.stored("prefect.automation.action.failed"))
        self.assertEqual(failed[0]["related"][0]["prefect.resource.name"], "gone")
        executed = wait_for("it is delivered",
                            lambda: daemon.stored("prefect.automation.action.executed"))
        self.assertEqual(executed[0]["related"][0]["prefect.resource.name"], "sink")

    def test_fallbacks_are_checked_with_their_place(self):
        sink = self.receiver()
        daemon = self.daemon(blocks="\n- {name: a, type: webhook, fallback: b, options: {url: '" +
                             sink.url + "'}}\n- {name: c, type: webhook, fallback: c, options: {url: '" +
                             sink.url + "'}}")
        done = harness.tocsin("check", "--config", daemon.config)
        self.assertEqual(done.returncode, 1)
        self.assertIn('test.yaml:2:38: fallback: there is no block "b"', done.stderr)
        self.assertIn("test.yaml:3:38: fallback: leads in a circle", done.stderr)

    def test_a_chain_of_events_that_plugins_emit_is_cut(self):
        echo = json.dumps({"event": "echo", "resource": {"prefect.resource.id": "x"}})
        daemon = self.run_daemon(
            [{"name": "echo", "type": "puppet", "options": {"send": "emit", "event": echo}}],
            [notify("a", ["go", "echo"], "echo")])
        daemon.post(event("go"))
        wait_for("the chain ends", lambda: [
            e for e in daemon.stored("prefect.automation.action.failed")
            if "follows from too many others" in e["payload"]["reason"]])
        self.assertEqual(len(daemon.stored("echo")), 8)

    def test_a_thread_that_never_comes_back_does_not_hold_up_the_end(self):
        gate = Path(self.folder) / "gate"
        os.mkfifo(gate)
        sink = self.receiver()
        daemon = self.run_daemon(
            [{"name": "stuck", "type": "puppet", "timeout": 0.2,
              "options": {"send": "gate", "gate": str(gate), "workers": 1}},
             webhook("sink", sink.url)], [notify("a", ["go"], "stuck", "sink")],
            "stop: {drain_timeout: 0}\n")
        daemon.post(event("go"))
        sink.wait(1)

        def state():
            return next(b for b in daemon.json("/api/status")["blocks"] if b["name"] == "stuck")
        wait_for("it is given up", lambda: state()["state"] == "stuck")
        self.assertEqual(state()["workers"], {"threads": 1, "busy": 1, "stuck": 1, "queued": 0})
        daemon.post(event("go"))
        sink.wait(2)
        began = time.monotonic()
        self.assertEqual(daemon.end(), 0, daemon.log())
        self.assertLess(time.monotonic() - began, 12)
        self.assertIn("block stuck: send of plugin puppet did not end within 5000 ms", daemon.log())
        # The store was closed in order, and what was not delivered is still there.
        daemon.start()
        self.assertEqual(self.lanes(daemon)["stuck"]["queued"] +
                         self.lanes(daemon)["stuck"]["in_flight"], 2)

    def test_a_peer_that_sends_nothing_but_tickets_does_not_hold_the_loop(self):
        server = TicketServer()
        self.addCleanup(server.close)
        block = {**webhook("tickets", server.url), "options": {"url": server.url, "verify": False}}
        daemon = self.daemon(blocks=json.dumps([block])).start()
        status, report = daemon.ask("POST", "/api/tocsin/blocks/tickets/send", b"{}")
        report = json.loads(report)
        # Only between two tickets, where the loop may turn, can it be seen how much came.
        self.assertIn("the answer does not end", str(report["reason"]), report)


if __name__ == "__main__":
    unittest.main()
