#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reload: everything that changed takes effect at once, or nothing does; nothing is lost."""
import json
import os
import re
import shutil
import signal
import threading
import time
import unittest
from pathlib import Path

from harness import PLUGINS, Case, automation, event, timestamp, tocsin, wait_for

TEST_PLUGINS = Path(PLUGINS).parents[2] / "tests/plugins"


class Reloading(Case):
    def setUp(self):
        super().setUp()
        self.sink = self.receiver()

    def start(self, **options):
        options.setdefault("blocks", self.block(self.sink))
        options.setdefault("automations", automation(expect=["x"]))
        return self.daemon(**options).start()

    def write(self, name, text):
        path = Path(self.folder) / name
        (path.parent / ".new").write_text(text)
        os.rename(path.parent / ".new", path)

    def automations(self, *texts):
        self.write("automations.d/test.yaml",
                   json.dumps([one for text in texts for one in json.loads(text)]))

    def reload(self, daemon, *arguments, status=0):
        """The finished command; its exit status is checked."""
        done = tocsin("reload", "--url", f"unix:{daemon.socket}", *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def arrived(self, body):
        return [r for r in self.sink.requests if json.loads(r["body"])["body"] == body]

    def wait_for_body(self, body):
        wait_for(f"{body} at the receiver", lambda: self.arrived(body))


class Definitions(Reloading):
    def test_what_changed_is_printed(self):
        daemon = self.start()
        self.assertTrue(self.reload(daemon).stdout.startswith("nothing changed; looked at "))
        self.automations(automation(expect=["x"], body="other"),
                         automation(name="more", expect=["y"]))
        done = self.reload(daemon)
        self.assertEqual(done.stdout, "~ automation test\n+ automation more\n"
                                      "committed: 2 changes\n")
        self.automations(automation(name="more", expect=["y"]))
        self.assertEqual(self.reload(daemon).stdout,
                         "- automation test\ncommitted: 1 change\n")
        self.assertEqual(daemon.json("/api/status")["engine"]["automations"], 1)

    def test_actions_wait_for_a_block_that_was_renamed_by_mistake(self):
        self.sink.answer = lambda request: 503
        daemon = self.start()
        daemon.post(event("x"))
        self.sink.wait(1)
        wait_for("a retry", lambda: daemon.json("/api/status")["outbox"][0]["retried"] > 0)
        self.automations(automation(expect=["x"]).replace('"sink"', '"snik"'))
        self.write("blocks.d/test.yaml", self.block(self.sink).replace('"sink"', '"snik"'))
        note = 'block "sink" is not there any more: 1 action waits for it until its deadline'
        for arguments in (["--plan"], []):
            self.assertIn("note: " + note, self.reload(daemon, *arguments).stderr)
        for _ in range(2):
            status = tocsin("status", "--url", daemon.url).stdout
            self.assertIn('! block "sink" is not there: 1 action waits for it', status)
            queued = tocsin("outbox", "ls", "--block", "sink", "--url", daemon.url).stdout
            self.assertIn("queued", queued)
            self.sink.answer = lambda request: 200
            daemon.end()
            daemon.start()
            wait_for("it is told", lambda: 'there is no block "sink": its actions wait' in daemon.log())
        seen = len(self.sink.requests)
        self.automations(automation(expect=["x"]))
        self.write("blocks.d/test.yaml", self.block(self.sink))
        self.assertNotIn("note", self.reload(daemon).stderr)
        first, *_, last = self.sink.wait(seen + 1)
        self.assertEqual(first["headers"]["webhook-id"], last["headers"]["webhook-id"])
        self.assertNotIn("is not there", tocsin("status", "--url", daemon.url).stdout)

    def test_a_plan_changes_nothing(self):
        daemon = self.start()
        self.automations(automation(name="more", expect=["y"], body="planned"))
        plan = self.reload(daemon, "--plan").stdout
        self.assertEqual(plan, "+ automation more\n- automation test\nplanned: 2 changes\n")
        daemon.post(event("y"))
        daemon.post(event("x"))
        self.wait_for_body("b")
        self.assertFalse(self.arrived("planned"))

    def test_everything_that_is_wrong_is_told_and_nothing_changes(self):
        daemon = self.start()
        self.write("blocks.d/test.yaml", "- {name: sink, type: webhook, options: {ulr: x}}\n")
        self.write("automations.d/more.yaml", "- {name: more, trigger: {expct: [y]}}\n- {a: 1\n")
        self.write("automations.d/other.yaml", "- {name: other, trigger: {expect: [y]}, actions: "
                   "[{type: send-notification, block: sink, subject: '{{ x', body: b}]}\n")
        with open(daemon.config, "a", encoding="ascii") as file:
            file.write("limits: {headers: 9}\n")
        done = self.reload(daemon, status=1)
        for said in ("blocks.d/test.yaml:1:", "options.ulr", "automations.d/more.yaml:3:",
                     "automations.d/other.yaml:1:", "nothing was changed"):
            self.assertIn(said, done.stderr)
        daemon.post(event("x"))
        self.wait_for_body("b")
        last = daemon.json("/api/status")["reload"]
        self.assertEqual(last["result"], "refused")
        self.assertGreaterEqual(len(last["problems"]), 3)
        answer = daemon.ask("POST", "/api/reload", b"{}")
        self.assertEqual(answer[0], 422)
        self.assertIn("reload refused", json.loads(answer[1])["detail"])

    def test_what_is_wrong_among_many_is_told_in_the_order_of_the_file(self):
        daemon = self.start()
        forms = (("", "- {name: %s, trigger: {expect: [y]}, actions: [{type: do-nothing}]}", "\n", ""),
                 ("[", '{"name": "%s", "trigger": {"expect": ["y"]}, "actions": [{"type": "do-nothing"}]}',
                  ",\n", "]"))
        for before, form, between, behind in forms:
            lines = [form % f"more {i} of {form[0]}" for i in range(400)]
            wrong = lines.copy()
            for i in (10, 199, 200, 390):
                wrong[i] = re.sub(r'\["?y"?\]', "7", wrong[i])
            self.write("automations.d/more.yaml", before + between.join(wrong) + behind)
            said = self.reload(daemon, status=1).stderr
            self.assertEqual(re.findall(r"more\.yaml:(\d+):", said), ["11", "200", "201", "391"], said)
            self.write("automations.d/more.yaml", before + between.join(lines) + behind)
            self.reload(daemon)
            self.assertEqual(daemon.json("/api/status")["engine"]["automations"], 401)

    def test_a_wrong_configuration_is_refused(self):
        daemon = self.start()
        with open(daemon.config, "a", encoding="ascii") as file:
            file.write("listn: []\n")
        self.assertIn('did you mean "listen"?', self.reload(daemon, status=1).stderr)

    def test_a_hangup_reloads(self):
        daemon = self.start()
        self.automations(automation(expect=["x"], body="after"))
        daemon.process.send_signal(signal.SIGHUP)
        wait_for("the run", lambda: [daemon.json("/api/status")["reload"][k]
                                     for k in ("trigger", "result")] == ["signal", "committed"])
        daemon.post(event("x"))
        self.wait_for_body("after")

    def test_many_askers_are_all_answered(self):
        daemon = self.start()
        answers = []

        def ask():
            answers.append(daemon.ask("POST", "/api/reload", b"{}")[0])
        threads = [threading.Thread(target=ask) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [200] * 30)

    def test_what_is_counted_stays(self):
        pair = automation(name="pair", expect=["p"], threshold=2, within=3600, body="pair")
        daemon = self.start(automations=pair)
        daemon.post(event("p"))
        self.automations(pair, automation(name="more", expect=["y"]))
        self.reload(daemon)
        daemon.post(event("p"))
        self.wait_for_body("pair")
        self.assertEqual(len(self.arrived("pair")), 1)

    def test_an_absence_that_is_waited_for_stays(self):
        absence = automation(name="absence", posture="Proactive", expect=["never"],
                             after=["begun"], within=10, threshold=1, body="absent")
        daemon = self.start(automations=absence)
        daemon.post(event("begun", occurred=timestamp(-8)))
        self.automations(automation(name="more", expect=["y"]), absence)
        self.reload(daemon)
        self.wait_for_body("absent")
        self.assertEqual(len(self.arrived("absent")), 1)

    def test_a_restart_goes_on_with_what_was_reloaded(self):
        pair = automation(name="pair", expect=["p"], threshold=2, within=3600, body="pair")
        daemon = self.start()
        self.automations(pair)
        self.reload(daemon)
        daemon.post(event("p"))
        daemon.kill()
        daemon.start()
        self.assertEqual(daemon.json("/api/status")["ingest"]["replay_mismatches"], 0)
        daemon.post(event("p"))
        self.wait_for_body("pair")

    def test_events_flow_meanwhile(self):
        daemon = self.start()
        sent, is_over = [], threading.Event()

        def post():
            while not is_over.is_set():
                one = event("x")
                if daemon.post(one)[0] == 204:
                    sent.append(one["id"])
        thread = threading.Thread(target=post)
        thread.start()
        for i in range(20):
            self.automations(automation(expect=["x"], body=f"body {i}"))
            self.reload(daemon)
        is_over.set()
        thread.join()
        stored = {e["id"] for e in daemon.stored("x")}
        self.assertFalse(set(sent) - stored)
        wait_for("one message for each event",
                 lambda: len(self.sink.requests) >= len(sent))


class Unchanged(Reloading):
    """What is the same is not read again, and what is not is never missed."""

    def start(self, **options):
        daemon = super().start(**options)
        self.file = Path(self.folder) / "automations.d/test.yaml"
        return daemon

    def settle(self, daemon):
        """The files have stood there long enough for a reload to trust them, and one has read them."""
        files = [f for kind in ("blocks.d", "automations.d")
                 for f in (Path(self.folder) / kind).iterdir()]
        wait_for("their last change to be old enough",
                 lambda: all(time.time() - f.stat().st_ctime > 2.1 for f in files))
        self.reload(daemon)

    def looked_at(self, daemon):
        answer = json.loads(daemon.ask("POST", "/api/reload", b"{}")[1])
        return answer["looked_at"]

    def overwrite(self, text):
        """In place, with the times that the file had."""
        before = self.file.stat()
        with open(self.file, "r+", encoding="ascii") as file:
            file.write(text)
            file.truncate()
        os.utime(self.file, ns=(before.st_atime_ns, before.st_mtime_ns))

    def test_what_is_the_same_is_not_read(self):
        daemon = self.start()
        self.assertEqual(self.looked_at(daemon)["definition_files_read"], 2)
        self.settle(daemon)
        looked_at = self.looked_at(daemon)
        self.assertEqual([looked_at[k] for k in ("definition_files", "definition_files_read",
                                                 "automations", "automations_checked", "blocks")],
                         [2, 1, 1, 0, 1])  # blocks are read each time, for the sake of their secrets
        self.assertGreater(looked_at["plugin_files"], 0)
        self.assertEqual(looked_at["plugin_files_read"], 0)
        said = (f"{looked_at['plugin_files']} plugin files (0 read), 2 files of definitions (1 read), "
                "1 block, 1 automation (0 checked)\n")
        self.assertEqual(self.reload(daemon).stdout, "nothing changed; looked at " + said)
        self.assertEqual(self.reload(daemon, "--plan").stdout, "nothing would change; looked at " + said)
        self.assertIn("nothing changed; looked at " + said.strip(), daemon.log())
        daemon.post(event("x"))
        self.wait_for_body("b")

    def test_of_a_changed_file_only_what_changed_is_checked(self):
        many = [automation(name=f"a {i}", expect=[f"e.{i}"]) for i in range(20)]
        daemon = self.start()
        for kind in ("JSON", "YAML"):
            for body in (f"first of {kind}", f"other of {kind}"):
                many[7] = automation(name="a 7", expect=["e.7"], body=body)
                text = json.dumps([json.loads(a)[0] for a in many])
                self.file.write_text(text if kind == "JSON" else f"automations: {text}")
                answer = json.loads(daemon.ask("POST", "/api/reload", b"{}")[1])
            self.assertEqual([c["name"] for c in answer["changes"]], ["a 7"])
            self.assertEqual(answer["looked_at"]["automations_checked"], 1)
            daemon.post(event("e.7"), event("e.8"))
            self.wait_for_body(f"other of {kind}")
        self.wait_for_body("b")

    def test_of_a_list_what_stands_elsewhere_is_not_checked(self):
        many = [json.loads(automation(name=f"a {i}", expect=[f"e.{i}"]))[0] for i in range(20)]
        daemon = self.start()
        self.file.write_text(json.dumps({"automations": many}))
        self.reload(daemon)
        many.insert(3, json.loads(automation(name="new", expect=["new"]))[0])
        many.append(many.pop(0))
        self.file.write_text(json.dumps(many, separators=(",\n", ": ")))
        self.assertEqual(self.looked_at(daemon)["automations_checked"], 21)  # each is another text
        many.append(many.pop(0))
        del many[5]
        self.file.write_text(json.dumps({"automations": many}, separators=(",\n", ": ")))
        answer = json.loads(daemon.ask("POST", "/api/reload", b"{}")[1])
        self.assertEqual([c["change"] for c in answer["changes"]], ["-"])
        self.assertEqual(answer["looked_at"]["automations_checked"], 0)
        many[4]["actions"][0]["type"] = "do-something"
        self.file.write_text(json.dumps({"automations": many}, indent=1))
        line = self.file.read_text().split("\n").index('     "type": "do-something",') + 1
        self.assertRegex(self.reload(daemon, status=1).stderr, rf"test.yaml:{line}:\d+: ")
        self.file.write_text(json.dumps(many)[:-1] + ",]")
        self.assertRegex(self.reload(daemon, status=1).stderr, r"test.yaml:\d+:\d+: ")
        daemon.post(event("new"))
        self.wait_for_body("b")

    def test_a_change_with_the_time_set_back_is_seen(self):
        daemon = self.start()
        self.file.write_text(automation(expect=["x"], body="one"))
        self.settle(daemon)
        before = self.file.stat()
        self.overwrite(automation(expect=["x"], body="two"))
        after = self.file.stat()
        self.assertEqual([before.st_ino, before.st_size, before.st_mtime_ns],
                         [after.st_ino, after.st_size, after.st_mtime_ns])
        self.assertIn("~ automation test", self.reload(daemon).stdout)
        daemon.post(event("x"))
        self.wait_for_body("two")

    def test_a_file_that_is_half_written_is_read_again(self):
        daemon = self.start()
        text = automation(expect=["x"], body="whole")
        self.settle(daemon)
        self.overwrite(text[:len(text) // 2])
        self.assertIn("automations.d/test.yaml:", self.reload(daemon, status=1).stderr)
        self.overwrite("")
        self.assertIn("- automation test", self.reload(daemon).stdout)
        self.overwrite(text)
        self.assertIn("+ automation test", self.reload(daemon).stdout)
        daemon.post(event("x"))
        self.wait_for_body("whole")

    def test_a_file_that_is_copied_over_all_the_time(self):
        daemon = self.start()
        texts = [automation(expect=["x"], body=f"body {i}") for i in range(2)]
        is_over = threading.Event()

        def copy():
            while not is_over.is_set():
                for text in texts:
                    self.file.write_text(text)
        thread = threading.Thread(target=copy)
        thread.start()
        for _ in range(40):
            self.assertIn(daemon.ask("POST", "/api/reload", b"{}")[0], (200, 422))
        is_over.set()
        thread.join()
        self.reload(daemon)
        daemon.post(event("x"))
        self.wait_for_body("body 1")
        self.assertFalse(self.arrived("body 0"))

    def test_a_warning_is_told_each_time(self):
        daemon = self.start(automations=automation(expect=["x"], body="{{ event.nmae }}"))
        self.settle(daemon)
        for _ in range(2):
            self.assertIn("test.yaml:1:", self.reload(daemon).stderr)

    def test_other_blocks_have_the_automations_checked_again(self):
        daemon = self.start()
        self.file.write_text("\n" + automation(expect=["x"]))
        self.settle(daemon)
        self.write("blocks.d/test.yaml", self.block(self.sink).replace('"sink"', '"sinks"'))
        self.assertRegex(self.reload(daemon, status=1).stderr,
                         r'automations.d/test.yaml:2:\d+: .*there is no block "sink", did you mean "sinks"\?')

    def test_a_name_that_one_has_which_was_not_read(self):
        daemon = self.start()
        self.file.write_text("\n" + automation(expect=["x"]))
        self.settle(daemon)
        self.write("automations.d/other.yaml", automation(expect=["y"]))
        self.assertRegex(self.reload(daemon, status=1).stderr,
                         r'the name "test" is taken by .*/automations.d/other.yaml:1')
        os.rename(Path(self.folder) / "automations.d/other.yaml", Path(self.folder) / "automations.d/z.yaml")
        self.assertRegex(self.reload(daemon, status=1).stderr,
                         r'the name "test" is taken by .*/automations.d/test.yaml:2')

    def test_files_that_go_and_change_places(self):
        first, second = (automation(name=n, expect=[n]) for n in ("a", "b"))
        daemon = self.start(automations=first)
        self.write("automations.d/zz.yaml", second)
        self.reload(daemon)
        self.settle(daemon)
        os.rename(Path(self.folder) / "automations.d/zz.yaml", Path(self.folder) / "automations.d/aa.yaml")
        looked_at = json.loads(daemon.ask("POST", "/api/reload", b"{}")[1])
        self.assertEqual([looked_at["result"], looked_at["changes"]], ["committed", []])
        self.assertEqual(looked_at["looked_at"]["automations_checked"], 0)
        self.file.unlink()
        self.assertIn("- automation a", self.reload(daemon).stdout)
        daemon.post(event("b"))
        self.wait_for_body("b")


class Settings(Reloading):
    def configure(self, daemon, old, new):
        text = daemon.config.read_text()
        self.assertIn(old, text)
        daemon.config.write_text(text.replace(old, new))

    def test_levels_of_the_log(self):
        daemon = self.start()
        self.configure(daemon, "level: debug", "level: error")
        self.reload(daemon)
        before = daemon.log()
        self.automations(automation(name="more", expect=["y"]))
        self.reload(daemon)
        self.assertEqual(daemon.log(), before)

    def test_limits_of_requests(self):
        daemon = self.start()
        self.configure(daemon, "log:", "limits: {batch_events: 2, request_size: 2k}\nlog:")
        self.assertEqual(daemon.post(event("a"), event("a"), event("a"))[0], 204)
        self.reload(daemon)
        self.assertEqual(daemon.post(event("a"), event("a"), event("a"))[0], 413)
        self.assertEqual(daemon.post(event("a", payload={"x": "y" * 3000}))[0], 413)

    def test_who_may_ask(self):
        daemon = self.start()
        self.configure(daemon, "auth: {mode: none}",
                       "auth: {keys: [{name: k, key: 0123456789abcdefghij}]}")
        self.reload(daemon)
        self.assertEqual(daemon.ask("GET", "/api/status")[0], 401)
        key = {"Authorization": "Bearer 0123456789abcdefghij"}
        self.assertEqual(daemon.ask("GET", "/api/status", headers=key)[0], 200)

    def test_defaults_of_blocks(self):
        daemon = self.start()
        self.configure(daemon, "log:", "actions: {timeout: 7s}\nlog:")
        self.assertEqual(self.reload(daemon).stdout,
                         "~ block sink (webhook)\ncommitted: 1 change\n")
        self.assertEqual(daemon.json("/api/tocsin/blocks/sink")["timeout"], 7)

    def test_what_needs_a_restart_stays_and_is_told(self):
        daemon = self.start()
        self.configure(daemon, "log:", "store: {path: /nowhere/tocsin.db}\nlog:")
        self.assertIn("store.path needs a restart: it stays as it was",
                      self.reload(daemon).stderr)
        self.assertEqual(daemon.post(event("x"))[0], 204)

    def test_limits_of_the_engine_are_in_the_log(self):
        daemon = self.start()
        self.configure(daemon, "log:", "limits: {firings_per_minute: 1}\nlog:")
        self.reload(daemon)
        daemon.post(event("x"), event("x"), event("x"))
        wait_for("more than one a minute are suppressed",
                 lambda: daemon.json("/api/status")["engine"]["suppressed"] >= 1)
        wait_for("a line of the log tells", lambda: re.search(
            r'automation ".+" is suppressed for the rest of this minute: .*limits\.firings_per_minute',
            daemon.log()))
        daemon.kill()
        daemon.start()
        self.assertEqual(daemon.json("/api/status")["ingest"]["replay_mismatches"], 0)


class Blocks(Reloading):
    def test_a_retry_meets_the_new_block(self):
        self.sink.answer = lambda request: 500
        daemon = self.start()
        daemon.post(event("x"))
        first = self.sink.wait(1)[0]
        other = self.receiver()
        self.write("blocks.d/test.yaml", self.block(other))
        self.assertIn("~ block sink (webhook)", self.reload(daemon).stdout)
        second = other.wait(1)[0]
        self.assertEqual(second["headers"]["webhook-id"], first["headers"]["webhook-id"])
        self.assertEqual(second["body"], first["body"])

    def test_what_is_on_its_way_ends_on_the_old_one(self):
        is_open = threading.Event()

        def answer(_):
            is_open.wait(20)
            return 200
        self.sink.answer = answer
        daemon = self.start()
        daemon.post(event("x"))
        self.sink.wait(1)
        other = self.receiver()
        self.write("blocks.d/test.yaml", self.block(other))
        waiting = threading.Thread(target=lambda: self.reload(daemon, "--wait"))
        waiting.start()
        wait_for("the new block is in force",
                 lambda: daemon.json("/api/status")["reload"]["trigger"] == "api")
        daemon.post(event("x"))
        other.wait(1)
        self.assertTrue(waiting.is_alive())
        is_open.set()
        waiting.join(20)
        self.assertFalse(waiting.is_alive())
        wait_for("both are done",
                 lambda: daemon.json("/api/status")["store"]["outbox_queued"] == 0)
        self.assertEqual(len(self.sink.requests), 1)


class PluginFiles(Reloading):
    """The file of a plugin is replaced, spoilt and deleted while messages go through it."""

    def setUp(self):
        super().setUp()
        self.plugins = Path(self.folder) / "plugins"
        self.plugins.mkdir()
        self.file = self.plugins / "webhook.so"
        shutil.copy(Path(PLUGINS) / "webhook.so", self.file)
        self.good = self.file.read_bytes()
        self.sent = 0
        self.is_over = threading.Event()

    def start(self, **options):
        daemon = self.daemon(blocks=options.pop("blocks", self.block(self.sink)),
                             automations=automation(expect=["x"]), **options)
        text = daemon.config.read_text()
        daemon.config.write_text(text.replace(os.path.abspath(PLUGINS), str(self.plugins)))
        daemon.start()

        def post():
            while not self.is_over.is_set():
                self.sent += daemon.post(event("x"))[0] == 204
        self.load = threading.Thread(target=post)
        self.load.start()
        self.addCleanup(self.is_over.set)
        return daemon

    def rename(self, content):
        new = self.plugins / "new"
        new.write_bytes(content)
        os.rename(new, self.file)

    def end(self, daemon):
        """Nothing of all that was acknowledged is missing, and nothing came twice."""
        self.is_over.set()
        self.load.join()
        wait_for("all have arrived", lambda: len(self.sink.requests) >= self.sent)
        ids = [r["headers"]["webhook-id"] for r in self.sink.requests]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(len(ids), self.sent)
        self.assertGreater(self.sent, 0)
        self.assertEqual(daemon.end(), 0)

    def generations(self, daemon):
        return {p["generation"]: p["state"] for p in daemon.json("/api/status")["plugins"]
                if "generation" in p}

    def test_replaced_by_rename(self):
        daemon = self.start()
        for build in range(5):
            self.rename(self.good + bytes([build]))
            done = self.reload(daemon, "--wait")
            self.assertIn("~ plugin webhook (0.1.0, new build)", done.stdout)
        self.assertEqual(self.generations(daemon),
                         {1: "retired", 2: "retired", 3: "retired", 4: "retired",
                          5: "retired", 6: "active"})
        self.end(daemon)

    def test_overwritten_in_place(self):
        daemon = self.start()
        with open(self.file, "r+b") as file:
            file.write(self.good + b"in place")
        self.assertIn("new build", self.reload(daemon).stdout)
        self.end(daemon)

    def test_spoilt_and_deleted(self):
        daemon = self.start()
        for content, said in ((b"", "is empty"), (b"\x7fELF" + b"x" * 5000, "plugin "),
                              (b"garbage", "is not an ELF file"),
                              (self.good[:5000], "plugin ")):
            with open(self.file, "r+b") as file:
                file.truncate(0)
                file.write(content)
            done = self.reload(daemon, status=1)
            self.assertIn(said, done.stderr)
            self.assertIn(f"plugin {self.file}: ", done.stderr)
        os.unlink(self.file)
        said = self.reload(daemon, status=1).stderr
        self.assertIn('no plugin "webhook" is loaded, which block', said)
        self.assertEqual(len(said.splitlines()), 2, said)
        self.assertEqual(self.generations(daemon), {1: "active"})
        self.rename(self.good)
        self.assertTrue(self.reload(daemon).stdout.startswith("nothing changed; looked at "))
        self.end(daemon)

    def test_a_constructor_that_crashes_or_hangs(self):
        daemon = self.start()
        for name, said in (("crashes", "crashes when it is loaded"),
                           ("undefined", "cannot be loaded: undefined symbol")):
            shutil.copy(TEST_PLUGINS / f"{name}.so", self.plugins / "other.so")
            self.assertIn(said, self.reload(daemon, status=1).stderr)
        os.unlink(self.plugins / "other.so")
        self.end(daemon)

    def test_a_start_that_never_ends_and_a_sigterm(self):
        daemon = self.start()
        shutil.copy(TEST_PLUGINS / "puppet.so", self.plugins / "puppet.so")
        self.write("blocks.d/more.yaml",
                   "- {name: p, type: puppet, options: {life: start_never}}\n")
        answers = []
        asking = threading.Thread(
            target=lambda: answers.append(daemon.ask("POST", "/api/reload", b"{}")))
        asking.start()
        wait_for("the instance is being started", lambda: any(
            p.get("id") == "puppet" for p in daemon.json("/api/status")["plugins"]))
        self.is_over.set()
        self.load.join()
        began = time.monotonic()
        self.assertEqual(daemon.end(), 0)
        self.assertLess(time.monotonic() - began, 8)
        asking.join()
        self.assertEqual(answers[0][0], 503)


class ColdStart(Reloading):
    def test_wrong_files_leave_the_last_good_definitions_in_force(self):
        daemon = self.start()
        daemon.end()
        good = (Path(self.folder) / "automations.d/test.yaml").read_text()
        self.write("automations.d/test.yaml", "- {name: broken\n")
        self.write("blocks.d/test.yaml", "- {name: sink, type: webhook}\n")
        daemon.start()
        ready = daemon.json("/api/ready")
        self.assertEqual(ready["message"], "OK")
        self.assertIn("running the last good definitions: ", ready["note"])
        status = daemon.json("/api/status")
        self.assertEqual(status["reload"]["result"], "fallback")
        self.assertTrue(status["reload"]["problems"])
        daemon.post(event("x"))
        self.wait_for_body("b")
        self.write("automations.d/test.yaml", good)
        self.write("blocks.d/test.yaml", self.block(self.sink))
        self.reload(daemon)
        self.assertEqual(daemon.json("/api/ready"), {"message": "OK"})

    def test_lower_limits_do_not_stop_a_start(self):
        """What is in force was allowed when it was taken; the log is read again whole."""
        daemon = self.start()
        nested = {"expect": ["x"]}
        for _ in range(5):
            nested = {"type": "compound", "require": "any", "within": 60, "triggers": [nested]}
        self.write("automations.d/nested.yaml", json.dumps([{
            "name": "nested", "trigger": nested, "actions": [{"type": "do-nothing"}]}]))
        self.reload(daemon)
        daemon.kill()
        os.unlink(f"{self.folder}/automations.d/nested.yaml")
        with open(daemon.config, "a") as file:
            file.write("limits: {triggers_per_automation: 2, trigger_depth: 2}\n")
        daemon.start()
        self.assertEqual(daemon.json("/api/ready"), {"message": "OK"})
        daemon.post(event("x"))
        self.wait_for_body("b")

    def test_strict_refuses(self):
        daemon = self.start()
        daemon.end()
        self.write("automations.d/test.yaml", "- {name: broken\n")
        done = tocsin("serve", "--strict", "--config", daemon.config)
        self.assertEqual(done.returncode, 1)
        self.assertIn("automations.d/test.yaml:", done.stderr)

    def test_the_first_start_has_nothing_to_go_back_to(self):
        daemon = self.daemon(automations="[{name: broken}]")
        self.assertEqual(daemon.spawn().wait(30), 1)

    def test_a_plugin_that_is_broken_holds_up_only_its_own_block(self):
        plugins = Path(self.folder) / "plugins"
        plugins.mkdir()
        shutil.copy(Path(PLUGINS) / "webhook.so", plugins)
        shutil.copy(TEST_PLUGINS / "puppet.so", plugins)
        daemon = self.daemon(automations=automation(expect=["x"]), blocks=json.dumps(
            json.loads(self.block(self.sink)) + [{"name": "p", "type": "puppet"}]))
        text = daemon.config.read_text()
        daemon.config.write_text(text.replace(os.path.abspath(PLUGINS), str(plugins)))
        daemon.start()
        daemon.end()
        (plugins / "puppet.so").write_bytes(b"no plugin")
        daemon.start()
        states = {b["name"]: b["state"] for b in daemon.json("/api/status")["blocks"]}
        self.assertEqual(states, {"sink": "active", "p": "failed"})
        daemon.post(event("x"))
        self.wait_for_body("b")


class Asking(Reloading):
    def test_a_body_that_says_something_else(self):
        daemon = self.start()
        for body in (b"[]", b'{"plan": 1}', b'{"plam": true}', b"{"):
            self.assertEqual(daemon.ask("POST", "/api/reload", body)[0], 422, body)

    def test_the_status_goes_to_the_log(self):
        daemon = self.start()
        daemon.process.send_signal(signal.SIGUSR1)
        wait_for("it is there", lambda: "status: plugins: {" in daemon.log())

    def test_a_second_sigterm_does_not_wait(self):
        is_over = threading.Event()
        self.addCleanup(is_over.set)
        self.sink.answer = lambda request: 200 if is_over.wait(60) else 200
        daemon = self.start()
        daemon.post(event("x"))
        self.sink.wait(1)
        began = time.monotonic()
        daemon.process.send_signal(signal.SIGTERM)
        wait_for("it stops", lambda: "stopping" in daemon.log())
        self.assertEqual(daemon.end(), 0)
        self.assertLess(time.monotonic() - began, 10)


if __name__ == "__main__":
    unittest.main()
