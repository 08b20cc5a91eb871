# SPDX-License-Identifier: Apache-2.0
"""Random scenarios: what the naive evaluator expects of them must be what "tocsin test" finds, also
with the state saved and restored after every step.
    random_scenarios.py PROGRAM SEED COUNT
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import uuid

import evaluator

START = evaluator.parse_time("2026-01-01T00:00:00Z")
NAMES = ["job.start", "job.done", "job.beat", "job.fail", "disk.full"]
PATTERNS = NAMES + ["job.*", "*", "*.done", "j*.b*", "disk.*", "*t"]
RESOURCES = ["job.1", "job.2", "job.3", "host.1"]
VALUES = ["dev", "prod", "test"]
GLOBS = ["dev", "prod", "!dev", "d*", "[dp]*", "?est", "!p*", "[!a-d]*", "*"]
STORM = 40 # firings of one instant, beyond which the loop breaker has its say


def one_of(r, chances):
    return r.choices([c for c, _ in chances], [w for _, w in chances])[0]


def some(r, items, low, high):
    return r.sample(items, r.randint(low, high))


def random_match(r):
    match = {}
    if r.random() < 0.5:
        match["prefect.resource.id"] = r.choice(["job.*", "job.1", "*", "!job.2", ["job.1", "host.*"]])
    if r.random() < 0.3:
        match["env"] = r.choice(GLOBS + [some(r, GLOBS, 1, 3)])
    return match


def random_event_trigger(r):
    trigger = {"posture": r.choice(["Reactive", "Proactive"])}
    if r.random() < 0.5:
        trigger["match"] = random_match(r)
    if r.random() < 0.2:
        related = {"prefect.resource.role": r.choice(["flow", "tag", "*"])}
        trigger["match_related"] = r.choice([related, [related, {"env": r.choice(GLOBS)}], []])
    if r.random() < 0.85:
        trigger["expect"] = some(r, PATTERNS, 1, 3)
    if r.random() < 0.4:
        trigger["after"] = some(r, PATTERNS, 1, 2)
    if r.random() < 0.5:
        trigger["for_each"] = some(r, ["prefect.resource.id", "env", "related:flow:env"], 1, 2)
    if r.random() < 0.8:
        trigger["threshold"] = one_of(r, [(1, 5), (2, 4), (3, 2), (0, 1), (5, 1)])
    within = one_of(r, [(0, 2), (5, 2), (10, 4), (20, 3), (60, 2), (3600, 1)])
    if trigger["posture"] == "Reactive" or within >= 10:
        trigger["within"] = within
    return trigger


def random_trigger(r, depth=0):
    if depth == 2 or r.random() < 0.65 + 0.1 * depth:
        return random_event_trigger(r)
    children = [random_trigger(r, depth + 1) for _ in range(r.randint(1, 3))]
    trigger = {"type": r.choice(["compound", "sequence"]), "triggers": children,
               "within": r.choice([None, 0, 10, 60, 600])}
    if trigger["type"] == "compound":
        trigger["require"] = r.choice(["any", "all", r.randint(1, len(children))])
    return trigger


def random_id(r):
    return str(uuid.UUID(int=r.getrandbits(128), version=4))


def give_ids(r, trigger):
    trigger["id"] = random_id(r)
    for child in trigger.get("triggers", []):
        give_ids(r, child)


def random_automations(r, count):
    automations = []
    for i in range(count):
        trigger = random_trigger(r)
        give_ids(r, trigger)
        automations.append({"id": random_id(r), "name": "A%d" % i, "trigger": trigger, "actions": []})
    return automations


def random_event(r, at, ids):
    event = {"id": random_id(r), "event": r.choice(NAMES),
             "resource": {"prefect.resource.id": r.choice(RESOURCES)}}
    if r.random() < 0.7:
        event["resource"]["env"] = r.choice(VALUES)
    if r.random() < 0.4:
        event["related"] = [{"prefect.resource.id": "x.%d" % i, "env": r.choice(VALUES),
                             "prefect.resource.role": r.choice(["flow", "tag"])}
                            for i in range(r.randint(1, 3))]
    if r.random() < 0.35:
        late = one_of(r, [(r.randint(0, 20), 5), (r.randint(20, 120), 3), (-r.randint(1, 60), 2),
                          (r.randint(600, 2000), 1)])
        event["occurred"] = evaluator.format_time(at - late * evaluator.SECOND)
    if ids and r.random() < 0.06:
        event["id"] = r.choice(ids)
    elif r.random() < 0.2:
        event["follows"] = r.choice(ids) if ids and r.random() < 0.6 else random_id(r)
    ids.append(event["id"] if r.random() < 0.9 else random_id(r))
    return event


def random_change(r, automations):
    changed = json.loads(json.dumps(automations))
    choice = r.choice(changed)
    what = r.randrange(4)
    if what == 0:
        choice["enabled"] = not choice.get("enabled", True)
    elif what == 1:
        changed.remove(choice)
    elif what == 2:
        choice["description"] = "changed"
    else:
        choice["trigger"] = random_trigger(r)
        give_ids(r, choice["trigger"])
    return changed


def random_scenario(r, name):
    automations = random_automations(r, r.randint(1, 4))
    scenario = {"name": name, "automations": automations, "steps": []}
    at, ids = START, []
    for _ in range(r.randint(2, 14)):
        at += one_of(r, [(0, 2), (r.randint(1, 80) * 125_000, 8), (r.randint(10, 120) * evaluator.SECOND, 4),
                         (r.randint(800, 2000) * evaluator.SECOND, 1)])
        step = {"at": evaluator.format_time(at)}
        what = r.random()
        if what < 0.8:
            step["event"] = random_event(r, at, ids)
        elif what < 0.85 and automations:
            automations = random_change(r, automations)
            step["automations"] = automations
        elif what < 0.9:
            step["restart"] = True
        scenario["steps"].append(step)
    return scenario


def expectation(firing):
    expected = evaluator.show(firing)
    if expected["event"] is not None and expected["event"].startswith("emitted"):
        del expected["event"]
    return expected


class Storm(Exception):
    """An automation that feeds itself: the evaluator has no loop breaker."""


class Guarded(evaluator.Evaluator):
    def fire(self, t, labels, event, children=()):
        if sum(f.at == self.clock for f in self.firings[-STORM:]) == STORM:
            raise Storm()
        super().fire(t, labels, event, children)


def make(seed, count):
    r = random.Random(seed)
    evaluator.Evaluator = Guarded
    scenarios = []
    while len(scenarios) < count:
        scenario = random_scenario(r, "seed %d #%d" % (seed, len(scenarios)))
        try:
            scenario["expect"] = [expectation(f) for f in evaluator.run_scenario(scenario)]
        except Storm:
            continue
        scenarios.append(scenario)
    return scenarios


def main():
    program, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    scenarios = make(seed, count)
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump(scenarios, file)
    status = 0
    for options in ([], ["--restart"]):
        run = subprocess.run([program, "test", *options, file.name], stdout=subprocess.PIPE, text=True,
                             check=False)
        lines = [line for line in run.stdout.splitlines() if not line.startswith("ok ")]
        print("\n".join(lines[:60]))
        status = status or run.returncode
    print("%d firings" % sum(len(s["expect"]) for s in scenarios))
    if status == 0:
        os.unlink(file.name)
    else:
        print("the scenarios are in " + file.name)
    sys.exit(status)


if __name__ == "__main__":
    main()
