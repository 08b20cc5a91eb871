# SPDX-License-Identifier: Apache-2.0
"""The conformance kit: what is good passes everything, and each thing that a plugin must not do is
found by the check that is there for it, and never ends the kit."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import PLUGINS, PROGRAM, Receiver

TEST_PLUGINS = os.environ.get("TOCSIN_TEST_PLUGINS", "build/dev/tests/plugins")

# Whether this build is under AddressSanitizer, which ends a process in its own way.
SANITIZED = b"__asan_init" in Path(PROGRAM).read_bytes()

# What tests/plugins/hostile.c does, the check that finds it, and a part of what that says.
HOSTILE = [
    ("always_retries", "send", "an answer 200 is RETRY: "),
    ("attempt_forgets", "attempts", "attempt 2 lacks the invocation id"),
    ("bad_json", "text", "CR LF: the body is not the JSON that its Content-Type says"),
    ("bad_method", "send", "the host refused a request of plugin hostile: the method is not one word): let send"),
    ("body_cut", "arrival", "a body of 100 KiB arrives without \"kitlast\" at its end"),
    ("cancel_ignored", "cancel", "done is not called within 2 s of a cancel"),
    ("chdir", "process", "changed the working directory to /"),
    ("create_crashes", "block", "the plugin crashed (signal 6, Aborted)"),
    ("create_leaks_when_failing", "create-memory",
     "when allocation 2 of create fails, 1 block of memory is lost"),
    ("create_silent", "options", "create refuses option level: its minimum without a reason"),
    ("create_slow", "slots", "create takes more than 20 ms"),
    ("done_and_refused", "send", "done is called, and the message refused"),
    ("done_never", "send", "done is not called"),
    ("done_twice", "send", "done is called twice for one delivery"),
    ("entry_changes", "entry", "the entry does not give one static table"),
    ("exports", "exports", "exports helper: compile with -fvisibility=hidden"),
    ("handler", "process", "changed what SIGUSR1 does"),
    ("header_long", "arrival", "a subject of 9 KiB is lost, and the reason does not name the limit"),
    ("leaks_descriptor", "lives", "1000 descriptors are left open"),
    ("leaks_memory", "lives", "1000 blocks of memory are left of 1000 instances"),
    ("leaks_thread", "threads", "1 thread is left running after destroy"),
    ("limit", "process", "changed a resource limit"),
    ("locale", "process", "changed the locale from C to C.UTF-8"),
    ("mask", "process", "changed the signal mask (SIGUSR2)"),
    ("memory_unchecked", "create-memory", "null pointer" if SANITIZED else "crashed (signal 11, Segmentation fault)"),
    ("retries_forever", "answers", "an answer 404 is RETRY, not FAIL"),
    ("retries_unsent", "send", "a message is to be tried again, and nothing was sent (later): let send "
     "send it, or give the options that it needs with --options FILE"),
    ("says_done", "answers", "an answer 500 is DONE, not RETRY"),
    ("secret_gives_up", "unreadable", "while a secret cannot be read, the message is given up for good"),
    ("secret_logged", "secrets", "the log holds a secret"),
    ("secret_told", "secrets", "the reason holds a secret"),
    ("send_crashes", "send", "the plugin crashed (signal 6, Aborted)"),
    ("send_exits", "send", "the plugin ended the process (exit 3)"),
    ("send_hangs", "send", "the plugin did not end within"),
    ("send_leaks", "send-memory", "each send loses memory: 20 blocks are left of 20 messages"),
    ("send_refuses", "send", "a message with nothing wrong in it is refused for good, and nothing was sent "
     "(plugin hostile did not accept the message (E_INVALID, -1)): let send accept it, or give the options"),
    ("send_slow", "slots", "send holds the loop for"),
    ("setenv", "process", "changed the environment"),
    ("shares_state", "instances", "a message of one block went where another's go"),
    ("size_unset", "send", "(E_INVALID, -1): http: its struct_size is not set"),
    ("stop_never", "block", "stop did not end within 5 s"),
    ("speaks", "send", "standard output or error, not to host->log: sent one"),
    ("subject_in_header", "arrival", "a subject with CR LF is lost: plugin hostile did not accept the message "
     "(E_INVALID, -1): http: header Title holds a line break or another control character"),
    ("umask", "process", "changed the umask from 0022 to 0000"),
    ("wants_sent", "send", "(if success looks otherwise, give its body with --answer TEXT)"),
]

# Slack and Teams have no place for the id; SMTP has no such answers.
SKIPPED = {
    "slack": ("attempts", "deliver"),
    "teams": ("attempts", "deliver"),
    "email": ("retry-after", "bodies", "unreadable", "deliver"),
}


def check(path, *arguments):
    """Exit status, and the checks of the report by name."""
    done = subprocess.run([PROGRAM, "plugin", "check", path, "--json", *arguments],
                          capture_output=True, text=True, timeout=200, umask=0o022)
    if not done.stdout:
        raise AssertionError(done.stderr)
    return done.returncode, json.loads(done.stdout)


def names_of(report, result):
    return [c["name"] for c in report["checks"] if c["result"] == result]


class Kit(unittest.TestCase):
    maxDiff = None

    def assert_good(self, name, checked, skipped=("deliver",)):
        status, report = checked
        with self.subTest(name):
            bad = [(c["name"], c["reason"]) for c in report["checks"] if c["result"] == "FAIL"]
            self.assertEqual((status, bad), (0, []))
            self.assertEqual(names_of(report, "skip"), list(skipped))

    def test_good_plugins_pass_everything(self):
        """The shipped ones, what "plugin new" writes, and the hostile one without its fault."""
        paths = [*sorted(Path(PLUGINS).glob("*.so")), Path(TEST_PLUGINS, "shout.so"),
                 Path(TEST_PLUGINS, "hostile_good.so")]
        with ThreadPoolExecutor(4) as pool:
            checks = pool.map(check, paths)
            for path, checked in zip(paths, checks):
                self.assert_good(path.stem, checked, SKIPPED.get(path.stem, ("deliver",)))

    def test_what_hostile_plugins_do_is_found_by_its_check(self):
        # Most of them wait for something: side by side.
        with ThreadPoolExecutor(6) as pool:
            reports = list(pool.map(lambda row: check(
                f"{TEST_PLUGINS}/hostile_{row[0]}.so", "--only", row[1]), HOSTILE))
        for (name, where, text), (status, report) in zip(HOSTILE, reports):
            with self.subTest(name):
                [found] = [c for c in report["checks"] if c["name"] == where]
                self.assertEqual((status, found["result"]), (1, "FAIL"), found)
                self.assertIn(text, found["reason"])

    def test_what_sends_nothing_to_the_peer_is_told_so_and_no_more(self):
        path = f"{TEST_PLUGINS}/hostile_done_unsent.so"
        for name, reason in (("attempts", "no request came to the kit's peer"),
                             ("answers", "no request came to the kit's peer (the message is DONE)")):
            [found] = [c for c in check(path, "--only", name)[1]["checks"] if c["name"] == name]
            self.assertEqual((found["result"], found["reason"]), ("skip", reason))

    def test_what_cannot_be_loaded_fails_once_and_skips_the_rest(self):
        for name, text in (("crashes", "crashes when it is loaded"), ("no_send", "lacks send"),
                           ("exits", "ends the process when it is loaded (exit 3)"),
                           ("exits_0", "ends the process when it is loaded (exit 0)")):
            status, report = check(f"{TEST_PLUGINS}/{name}.so")
            self.assertEqual((status, names_of(report, "FAIL")), (1, ["gate"]))
            self.assertIn(text, report["checks"][0]["reason"])
            self.assertEqual(report["skipped"], len(report["checks"]) - 1)

    def test_sanitizers_find_what_nobody_sees(self):
        if SANITIZED:
            self.skipTest("the whole build is under a sanitizer")
        self.assertEqual(check(f"{TEST_PLUGINS}/hostile_overreads.so", "--only", "send")[0], 0)
        for name, text in (("address", "heap-buffer-overflow"), ("undefined", "signed integer overflow"),
                           ("overreads", "Invalid read of size 1 in err_unseen (hostile.c:")):
            path = Path(TEST_PLUGINS, f"hostile_{name}.so")
            if not path.exists() or (name == "overreads" and not shutil.which("valgrind")):
                continue
            with self.subTest(name):
                status, report = check(path, "--sanitize", "--only", "send")
                [found] = [c for c in report["checks"] if c["name"] == "send"]
                self.assertEqual((status, found["result"]), (1, "FAIL"), found)
                self.assertIn(text, found["reason"])

    def test_what_runs_slowly_is_given_the_time_to_be_checked(self):
        if SANITIZED or not shutil.which("valgrind"):
            self.skipTest("needs valgrind, and a build that it can run")
        status, report = check(f"{TEST_PLUGINS}/shout.so", "--sanitize", "--only", "timeout")
        [found] = [c for c in report["checks"] if c["name"] == "timeout"]
        self.assertEqual((status, found["result"]), (0, "ok"), found)

    def test_options_that_the_kit_cannot_guess_are_given(self):
        with tempfile.TemporaryDirectory() as folder:
            options = Path(folder) / "options.yaml"
            options.write_text("blocks:\n  - {name: x, type: webhook, options: {url: "
                               "'https://example.org/hook', method: PUT, sign: github, "
                               "signing_key: abc}}\n")
            self.assert_good("options", check(f"{PLUGINS}/webhook.so", "--options", options))
            options.write_text("method: NONE\n")
            status, report = check(f"{PLUGINS}/webhook.so", "--options", options)
            self.assertEqual((status, names_of(report, "FAIL")), (1, ["block"]))

    def test_what_refuses_with_the_options_that_were_given_is_told_so(self):
        with tempfile.TemporaryDirectory() as folder:
            options = Path(folder) / "options.yaml"
            options.write_text("send: denied\n")
            status, report = check(f"{TEST_PLUGINS}/puppet.so", "--only", "send", "--options", options)
        self.assertEqual((status, names_of(report, "FAIL")), (1, ["send"]))
        self.assertTrue(report["checks"][-1]["reason"].endswith(
            "let send accept it, or mend the options that were given"), report["checks"][-1])

    def test_what_success_looks_like_can_be_said(self):
        self.assert_good("answer", check(f"{TEST_PLUGINS}/hostile_wants_sent.so", "--answer", "sent"))

    def test_what_the_peer_cannot_prove_is_told_so(self):
        for name, reason in (("hostile_done_unsent", "not proven: it is DONE, but nothing was sent"),
                             ("mailer_later", "not proven: nothing was sent to the kit's peer, and the "
                              "message is to be tried again (later)")):
            report = check(f"{TEST_PLUGINS}/{name}.so", "--only", "send")[1]
            self.assertEqual(report["checks"][-1]["result"], "skip")
            self.assertIn(reason, report["checks"][-1]["reason"])

    def test_mails_are_read_as_mails(self):
        for name, fault in (("headless", "CR LF: the mail has a line among its headers that is none"),
                            ("no_date", "CR LF: the mail lacks the header Date")):
            status, report = check(f"{TEST_PLUGINS}/mailer_{name}.so", "--only", "text")
            self.assertEqual((status, report["checks"][-1]["reason"]), (1, fault))
        self.assertEqual(check(f"{TEST_PLUGINS}/mailer_good.so", "--only", "text")[0], 0)

    def test_an_action_is_sent_with_the_parameters_that_it_needs(self):
        self.assertEqual(check(f"{TEST_PLUGINS}/hostile_acts.so", "--only", "send")[0], 0)

    def test_a_message_is_delivered_to_a_receiver(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        status, _ = check(f"{PLUGINS}/webhook.so", "--only", "deliver", "--url",
                          f"{receiver.url}/here")
        self.assertEqual((status, receiver.wait(1)[0]["path"]), (0, "/here"))
        receiver.answer = lambda request: 404
        status, report = check(f"{PLUGINS}/webhook.so", "--only", "deliver", "--url",
                               receiver.url)
        self.assertEqual((status, names_of(report, "FAIL")), (1, ["deliver"]))

    def test_people_get_a_line_for_each_check_and_a_score(self):
        done = subprocess.run([PROGRAM, "plugin", "check", f"{TEST_PLUGINS}/hostile_umask.so",
                               "--only", "process"], capture_output=True, text=True)
        self.assertRegex(done.stdout, r"(?m)^ok    gate +the checks 1 to 11 of loading$")
        self.assertRegex(done.stdout, r"(?m)^FAIL  process +changed the umask from 0")
        self.assertTrue(done.stdout.endswith("\nhostile 1.0: 3 ok, 1 failed, 0 skipped\n"))

    def test_what_cannot_be_checked_is_one_line(self):
        done = subprocess.run([PROGRAM, "plugin", "check", f"{TEST_PLUGINS}/hostile_done_never.so"],
                              capture_output=True, text=True)
        self.assertNotRegex(done.stdout, r"(?m)^skip ")
        self.assertRegex(done.stdout, r'(?m)^\d\d checks not run: nothing can be sent until "send" is mended$')

    def test_an_unknown_check_is_wrong_usage(self):
        done = subprocess.run([PROGRAM, "plugin", "check", "x.so", "--only", "magic"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn('there is no check "magic"', done.stderr)


if __name__ == "__main__":
    unittest.main()
