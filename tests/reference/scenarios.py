# SPDX-License-Identifier: Apache-2.0
"""Random scenarios over the whole grammar of triggers: small worlds of names, resources and times, so that
things meet often. random_scenario(random.Random(seed), name) gives one without expectations."""
import json
import uuid

import evaluator

SECOND = evaluator.SECOND
START = evaluator.parse_time("2026-01-01T00:00:00Z")
TRIGGERED = "prefect.automation.triggered"
NAMES = ["job.start", "job.done", "job.beat", "job.fail", "disk.full", "disk[1]", "!odd?", "bücher.neu", ""]
OWNERS = ["prefect.deployment.1", "prefect.deployment.2"]
RARE_NAMES = ["prefect.log.write"]
NAME_PATTERNS = ["job.*", "*", "*.done", "j*.b*", "disk.*", "*t", "job.start*", "disk[1]", "disk?full", "!job.done",
                 "!*", "*.*", "**", "bü*", "job", "*job.done", TRIGGERED, "prefect.*", ""]
RESOURCES = ["job.1", "job.2", "job.3", "host.1", "a/b.c", "ünïcode", "host.1.disk.sda1.partition.with.a.long.name"]
ID_GLOBS = ["job.*", "job.1", "*", "!job.2", "host.*", "job.?", "job.[12]", "job.[!1]", "!*", "", "!", "*.1", "a/*",
            "host.1.disk.*.long.name", "ü*", "?nïcode", "Job.*", "job.1*", "!job.*", "[j]ob.*", "prefect.automation.*"]
VALUES = ["dev", "prod", "test", "", "a]b", "a\\b", "Prod", "-", "!"]
VALUE_GLOBS = ["dev", "prod", "!dev", "d*", "[dp]*", "?est", "!p*", "[!a-d]*", "*", "", "!", "a[]]b", "[]a]*", "[",
               "[!", "[z-a]", "[!z-a]*", "[a-", "*[!]a]*", "a\\*", "[--a]", "!!dev", "??*", "[a-e-p]*", "p**d", "*o?"]
ROLES = ["flow", "tag", "a:b"]
LABELS = ["env", "team", "prefect.resource.name"]
KEYS = ["prefect.resource.id", "env", "team", "related:flow:env", "related:tag:prefect.resource.id",
        "related:a:b:env", "related:none:env"]
FRACTIONS = [0, 0, 125_000, 1, 999_999] # of seconds, by which things are late
WITHIN = [(0, 2), (0.5, 1), (5, 2), (10, 4), (12.25, 1), (20, 3), (60, 2), (3600, 1), ("PT20S", 1), ("PT1M30S", 1)]


def one_of(r, chances):
    return r.choices([c for c, _ in chances], [w for _, w in chances])[0]


def some(r, items, low, high):
    return [r.choice(items) for _ in range(r.randint(low, high))]


def random_id(r):
    return str(uuid.UUID(int=r.getrandbits(128), version=4))


# ---- triggers ----

def random_values(r, globs):
    values = one_of(r, [("one", 6), ("some", 3), ("none", 0.3)])
    return r.choice(globs) if values == "one" else some(r, globs, 1, 3) if values == "some" else []


def random_match(r):
    match = {}
    if r.random() < 0.6:
        match["prefect.resource.id"] = random_values(r, ID_GLOBS)
    for label in LABELS:
        if r.random() < 0.15:
            match[label] = random_values(r, VALUE_GLOBS)
    return match


def random_related(r):
    match = random_match(r)
    if r.random() < 0.6:
        match["prefect.resource.role"] = r.choice(ROLES + ["*", "!tag", ["flow", "tag"]])
    return match


def random_names(r, high):
    return [r.choice(NAMES if r.random() < 0.6 else NAME_PATTERNS) for _ in range(r.randint(1, high))]


def random_event_trigger(r):
    trigger = {"posture": r.choice(["Reactive", "Proactive"])}
    if r.random() < 0.2:
        trigger["type"] = "event"
    if r.random() < 0.5:
        trigger["match"] = random_match(r)
    if r.random() < 0.25:
        related = random_related(r)
        trigger["match_related"] = r.choice([related, [related, random_related(r)], [], {}, [related]])
    if r.random() < 0.85:
        trigger["expect"] = random_names(r, 3)
    if r.random() < 0.4:
        trigger["after"] = random_names(r, 2)
        if r.random() < 0.3:
            trigger["expect"] = list(trigger["after"])
    if r.random() < 0.5:
        trigger["for_each"] = some(r, KEYS, 1, 2)
    if r.random() < 0.8:
        trigger["threshold"] = one_of(r, [(1, 5), (2, 4), (3, 2), (0, 1), (5, 1)])
    within = one_of(r, WITHIN)
    if trigger["posture"] == "Reactive" or evaluator.parse_duration(within) >= 10 * SECOND:
        trigger["within"] = within
    elif r.random() < 0.3:
        trigger["within"] = 0
    return trigger


def random_trigger(r, depth=0):
    if depth == 4 or r.random() < 0.6 + 0.1 * depth:
        return random_event_trigger(r)
    children = [random_trigger(r, depth + 1) for _ in range(one_of(r, [(1, 2), (2, 4), (3, 3), (5, 1)]))]
    trigger = {"type": r.choice(["compound", "sequence"]), "triggers": children,
               "within": r.choice([None, 0, 10, 30.5, 60, 600, "PT2M"])}
    if trigger["type"] == "compound":
        trigger["require"] = r.choice(["any", "all", r.randint(1, len(children))])
    return trigger


def plain_trigger(r, depth=0):
    """One that most events of job.1 to job.3 move on: what it has counted is soon seen."""
    if depth < 2 and r.random() < 0.35:
        return {"type": r.choice(["compound", "compound", "sequence"]), "within": r.choice([None, 60, 600]),
                "require": "all", "triggers": [plain_trigger(r, depth + 1) for _ in range(2)]}
    trigger = {"posture": r.choice(["Reactive", "Reactive", "Proactive"]), "expect": some(r, NAMES[:3], 1, 2),
               "threshold": r.choice([1, 2, 2, 3, 4]), "within": r.choice([20, 60, 90, 600, 3600])}
    if r.random() < 0.3:
        trigger["after"] = some(r, NAMES[:3], 1, 2)
    if r.random() < 0.3:
        trigger["for_each"] = ["prefect.resource.id"]
    return trigger


def give_ids(r, trigger):
    trigger["id"] = random_id(r)
    for child in trigger.get("triggers", []):
        give_ids(r, child)


def random_automation(r, number, is_plain=False):
    trigger = plain_trigger(r) if is_plain else random_trigger(r)
    give_ids(r, trigger)
    automation = {"id": random_id(r), "name": "A%d" % number, "trigger": trigger, "actions": []}
    if r.random() < 0.1:
        automation["enabled"] = r.random() < 0.5
    if r.random() < (0.8 if is_plain else 0.3):
        automation["owner_resource"] = r.choice(OWNERS)
    return automation


# ---- events ----

def random_labels(r, resource):
    for label in LABELS:
        if r.random() < 0.4:
            resource[label] = r.choice(VALUES)
    return resource


def random_occurred(r, at):
    late = one_of(r, [(r.randint(0, 20), 5), (r.randint(20, 120), 3), (-r.randint(1, 60), 2),
                      (r.randint(600, 2000), 1), (r.randint(895, 905), 0.3), (-r.randint(60, 4000), 0.5)])
    return evaluator.format_time(at - late * SECOND - r.choice(FRACTIONS))


def random_follows(r, event, ids):
    event["follows"] = one_of(r, [(r.choice(ids[-4:]) if ids else random_id(r), 6), (random_id(r), 3),
                                  (event["id"], 0.3), (ids[0] if ids else random_id(r), 1)])


def random_event(r, at, ids, is_plain=False):
    names, resources = (NAMES[:3], RESOURCES[:3]) if is_plain else (NAMES, RESOURCES)
    event = {"id": random_id(r), "event": r.choice(names) if r.random() < 0.97 else r.choice(RARE_NAMES),
             "resource": random_labels(r, {"prefect.resource.id": r.choice(resources)})}
    if r.random() < 0.4:
        event["related"] = [
            random_labels(r, {"prefect.resource.id": r.choice(RESOURCES), "prefect.resource.role": r.choice(ROLES)})
            for _ in range(r.randint(1, 3))]
    if r.random() < 0.35:
        event["occurred"] = random_occurred(r, at)
    if ids and r.random() < 0.06:
        event["id"] = r.choice(ids)
    elif r.random() < 0.2:
        random_follows(r, event, ids)
    # A leader that comes later: its id is known before.
    ids.append(event["id"] if r.random() < 0.85 else random_id(r))
    return event


def deep_chain(r, at, ids):
    """Followers before their leaders, deeper than what is evaluated one inside the other."""
    chain = [random_id(r) for _ in range(r.randint(3, 26))]
    ids.extend(chain[:2])
    steps = []
    for number in range(len(chain) - 1, -1, -1):
        event = random_event(r, at, [])
        event["id"] = chain[number]
        event.pop("follows", None)
        if number > 0:
            event["follows"] = chain[number - 1]
        steps.append({"at": evaluator.format_time(at), "event": event})
        at += r.choice([0, 125_000, SECOND])
    return at, steps


# ---- steps ----

def change_trigger(r, trigger):
    """Something of it, with the same id: its state ends, that of its children may stay."""
    while "triggers" in trigger and r.random() < 0.6:
        trigger = r.choice(trigger["triggers"])
    if "triggers" in trigger:
        trigger["within"] = r.choice([None, 10, 100])
        r.shuffle(trigger["triggers"])
    else:
        trigger["threshold"] = (trigger.get("threshold", 1) + r.randint(1, 3)) % 4


def random_change(r, automations):
    changed = json.loads(json.dumps(automations))
    choice = r.choice(changed)
    what = r.randrange(7)
    if what == 0:
        choice["enabled"] = not choice.get("enabled", True)
    elif what == 1:
        changed.remove(choice)
    elif what == 2:
        choice["description"] = "changed"
    elif what == 3:
        change_trigger(r, choice["trigger"])
    elif what == 4:
        changed.append(random_automation(r, len(changed) + r.randint(5, 50)))
    elif what == 5:
        r.shuffle(changed)
    else:
        choice["trigger"] = random_trigger(r)
        give_ids(r, choice["trigger"])
    return changed


def pause(r):
    return one_of(r, [(0, 2), (r.randint(1, 80) * 125_000, 8), (r.randint(10, 120) * SECOND, 4),
                      (r.randint(800, 2000) * SECOND, 1), (r.randint(1, 30) * 125_000 + r.choice(FRACTIONS), 1)])


class World:
    """What is in force, what its owner took out and may bring back, and the ids of events so far."""

    def __init__(self, automations, redeploys):
        self.automations, self.redeploys = automations, redeploys
        self.gone, self.left, self.ids = [], 0, []


def take_out(r, world, at):
    """What a redeploy takes out: all that the owner has, or some of it."""
    owner = r.choice(OWNERS)
    going = [a for a in world.automations if a.get("owner_resource") == owner and r.random() < 0.8]
    world.gone.extend(going)
    world.left = at
    return [a for a in world.automations if a not in going]


def bring_back(r, world):
    """Some of it, mostly as it was."""
    back = [a for a in world.gone if r.random() < 0.8]
    world.gone = [a for a in world.gone if a not in back]
    if back and r.random() < 0.25:
        back = random_change(r, back)
    changed = world.automations + back
    if r.random() < 0.2:
        r.shuffle(changed)
    return changed


def random_definition(r, world, at):
    if world.redeploys and r.random() < 0.7:
        return take_out(r, world, at)
    return random_change(r, world.automations) if world.automations else []


def return_at(r, world, at):
    """Often about when it is too late."""
    due = world.left + 60 * SECOND + r.choice([0, 0, 1, -1, 125_000, -125_000])
    return due if due >= at and r.random() < 0.3 else at


def random_step(r, at, world):
    """One step, and when it is."""
    if world.gone and r.random() < 0.4:
        at = return_at(r, world, at)
        world.automations = bring_back(r, world)
        return at, {"automations": world.automations}
    what = r.random()
    if what < (0.65 if world.redeploys else 0.8):
        return at, {"event": random_event(r, at, world.ids, world.redeploys and r.random() < 0.8)}
    if what < 0.86:
        world.automations = random_definition(r, world, at)
        return at, {"automations": world.automations}
    return at, {"restart": True} if what < 0.9 else {}


def random_scenario(r, name):
    redeploys = r.random() < 0.4
    automations = [random_automation(r, i, redeploys and r.random() < 0.8) for i in range(r.randint(1, 4))]
    scenario = {"name": name, "automations": automations, "steps": []}
    at, world = START, World(automations, redeploys)
    for _ in range(one_of(r, [(r.randint(2, 14), 9), (r.randint(15, 40), 3 if redeploys else 1)])):
        at += r.randint(0, 160) * 125_000 if world.redeploys and r.random() < 0.7 else pause(r)
        if r.random() < 0.01:
            at, steps = deep_chain(r, at, world.ids)
            scenario["steps"].extend(steps)
            continue
        at, step = random_step(r, at, world)
        scenario["steps"].append({"at": evaluator.format_time(at), **step})
    return scenario
