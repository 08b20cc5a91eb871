# SPDX-License-Identifier: Apache-2.0
"""Random scenarios: the naive evaluator and the engine must agree, however the engine is made to play them
(play.c). A difference is made as small as it gets and written to a file for "tocsin test".
    fuzz.py PLAYER [--count N] [--seconds S] [--seed SEED] [--jobs N] [--out FOLDER] [--again FILE]
--again: scenarios that were found before are played first.
"""
import argparse
import json
import multiprocessing
import os
import random
import subprocess
import sys
import time

import evaluator
import scenarios

STORM = 40       # firings of one instant, beyond which the loop breaker has its say
PART = 200       # scenarios between two signs of life
SHRINK_TRIES = 4000


class Storm(Exception):
    """An automation that feeds itself: the evaluator has no loop breaker."""


class Guarded(evaluator.Evaluator):
    def fire(self, t, labels, event, children=()):
        if sum(f.at == self.clock for f in self.firings[-STORM:]) == STORM:
            raise Storm()
        super().fire(t, labels, event, children)


evaluator.Evaluator = Guarded


class Player:
    """The engine, a scenario at a time."""

    def __init__(self, program):
        self.program = program
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)

    def ask(self, scenario):
        self.process.stdin.write(json.dumps(scenario).encode() + b"\n")
        self.process.stdin.flush()

    def answer(self):
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        said = self.process.stderr.read().decode(errors="replace")[-2000:]
        self.process.wait()
        self.start()
        return {"error": "the player ended: " + said, "firings": []}

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def event_name(event_id, known):
    return event_id if event_id is None or event_id in known else "emitted"


def difference(player, scenario):
    """What the engine and the evaluator do not agree in, or None. Storm: nobody knows."""
    expected = evaluator.run_scenario(scenario)
    player.ask(scenario)
    got = player.answer()
    if "error" in got:
        return got["error"]
    known = {step["event"]["id"] for step in scenario["steps"] if "event" in step}
    want = sorted((f.at, f.automation, str(event_name(f.event and f.event["id"], known)), sorted(f.labels.items()))
                  for f in expected)
    have = sorted((at, name, str(event_name(event, known)), sorted(labels.items()))
                  for at, name, event, labels in got["firings"])
    if want == have:
        return None
    return "missing %s; not expected %s" % ([f for f in want if f not in have][:3],
                                            [f for f in have if f not in want][:3])


# ---- making a difference small ----

def smaller(scenario):
    """Scenarios with something less."""
    steps, automations = scenario["steps"], scenario["automations"]
    for size in (8, 4, 2, 1):
        for i in range(0, len(steps) - size + 1, size):
            yield {**scenario, "steps": steps[:i] + steps[i + size:]}
    for i in range(len(automations)):
        gone = automations[i]["id"]
        less = [{**s, "automations": [a for a in s["automations"] if a["id"] != gone]} if "automations" in s else s
                for s in steps]
        yield {**scenario, "automations": automations[:i] + automations[i + 1:], "steps": less}
    for i, automation in enumerate(automations):
        for child in automation["trigger"].get("triggers", []):
            yield {**scenario, "automations": automations[:i] + [{**automation, "trigger": child}] + automations[i + 1:]}
        for key in set(automation["trigger"]) - {"id", "posture", "type", "triggers", "require", "within"}:
            trigger = {k: v for k, v in automation["trigger"].items() if k != key}
            yield {**scenario, "automations": automations[:i] + [{**automation, "trigger": trigger}] + automations[i + 1:]}
    for i, step in enumerate(steps):
        for key in set(step.get("event", {})) - {"id", "event", "resource"}:
            event = {k: v for k, v in step["event"].items() if k != key}
            yield {**scenario, "steps": steps[:i] + [{**step, "event": event}] + steps[i + 1:]}


def is_different(player, scenario):
    try:
        return bool(scenario["steps"]) and difference(player, scenario) is not None
    except (Storm, KeyError):
        return False


def shrink(player, scenario):
    tries = 0
    is_smaller = True
    while is_smaller and tries < SHRINK_TRIES:
        is_smaller = False
        for candidate in smaller(scenario):
            tries += 1
            if is_different(player, candidate):
                scenario, is_smaller = candidate, True
                break
            if tries == SHRINK_TRIES:
                break
    return scenario


def expectation(firing):
    expected = evaluator.show(firing)
    if expected["event"] is not None and expected["event"].startswith("emitted"):
        del expected["event"]
    return expected


# ---- many ----

def part(program, seed, until):
    """PART scenarios of one seed: (played, set aside, [(text, scenario)])."""
    r = random.Random(seed)
    player = Player(program)
    played = storms = 0
    found = []
    for number in range(PART):
        if until is not None and time.time() > until:
            break
        scenario = scenarios.random_scenario(r, "seed %d #%d" % (seed, number))
        try:
            text = difference(player, scenario)
        except Storm:
            storms += 1
            continue
        played += 1
        if text is None:
            continue
        scenario = shrink(player, scenario)
        scenario["expect"] = [expectation(f) for f in evaluator.run_scenario(scenario)]
        found.append((text, scenario))
        break
    player.close()
    return played, storms, found


def job(arguments):
    return part(*arguments)


def seeds(args, until):
    for i in range((args.count + PART - 1) // PART):
        if until is not None and time.time() > until:
            return
        yield args.player, args.seed + i, until


def report(found, folder):
    for text, scenario in found:
        path = os.path.join(folder, "scenario-%s.json" % scenario["name"].replace(" ", "-").replace("#", ""))
        with open(path, "w", encoding="utf-8") as file:
            json.dump([scenario], file, ensure_ascii=False, indent=1)
        print("%s: %s\n  the scenario, as small as it gets: %s" % (scenario["name"], text, path))


def play_again(program, path):
    """Those of the file that differ still."""
    player = Player(program)
    with open(path, encoding="utf-8") as file:
        found = [(difference(player, s), s) for s in json.load(file)]
    player.close()
    return [(text, scenario) for text, scenario in found if text is not None]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("player")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--out", default=".")
    parser.add_argument("--again")
    args = parser.parse_args()
    for text, scenario in play_again(args.player, args.again) if args.again else []:
        sys.exit("%s: %s" % (scenario["name"], text))
    begun = time.time()
    until = begun + args.seconds if args.seconds else None
    played = storms = 0
    print("seed %d" % args.seed)
    with multiprocessing.Pool(args.jobs) as pool:
        for more, set_aside, found in pool.imap(job, seeds(args, until)):
            played, storms = played + more, storms + set_aside
            if sys.stdout.isatty() or played % (10 * PART) < PART:
                print("%d scenarios agree, %d set aside (they feed themselves), %.0f a second"
                      % (played - len(found), storms, played / (time.time() - begun)), flush=True)
            if found:
                report(found, args.out)
                pool.terminate()
                sys.exit(1)
    print("%d scenarios agree in every way of playing, %d set aside" % (played, storms))


if __name__ == "__main__":
    main()
