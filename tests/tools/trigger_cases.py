# SPDX-License-Identifier: Apache-2.0
"""Random scenarios of the seven classes of tests/conformance/triggers, without expectations: bolder values than
those that are recorded there, and what users write. random_scenario(seed, kind, number) gives one, always the
same."""
import collections
import json
import os
import random
import sys
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reference"))
import evaluator  # noqa: E402

SECOND = evaluator.SECOND
START = evaluator.parse_time("2026-01-01T00:00:00Z")
TRIGGERED = "prefect.automation.triggered"

# ---- the things that events are about ----

World = collections.namedtuple("World", "names patterns resources globs")
JOBS = World("job.start job.done job.fail job.beat".split(), ["job.*", "*", "*.done", "job.start*"],
             ["job.1", "job.1", "job.2", "job.3"], ["job.*", "job.1", "job.2", "!job.1", "job.[12]"])
HOSTS = World("disk.full disk.ok net.down net.up".split(), ["disk.*", "*", "net.*", "*.down"],
              ["host.1", "host.1", "host.2", "host.3"], ["host.*", "host.1", "host.2", "!host.3"])
RUNS = World(["prefect.flow-run." + s for s in "Pending Running Completed Failed Crashed heartbeat".split()],
             ["prefect.flow-run.*", "*", "prefect.*", "prefect.*.C*"],
             ["prefect.flow-run." + s for s in "1123"],
             ["prefect.flow-run.*", "prefect.flow-run.1", "prefect.flow-run.2", "prefect.flow-run.?"])
POOLS = World(["prefect.work-pool.ready", "prefect.work-pool.not-ready", "prefect.work-queue.paused",
               "prefect.deployment.ready", "prefect.task-run.Failed"],
              ["prefect.work-*", "prefect.*.ready", "*ready", "prefect.deployment.*"],
              ["prefect.work-pool.p1", "prefect.work-pool.p2", "prefect.work-queue.q1", "prefect.deployment.d1"],
              ["prefect.work-pool.*", "prefect.work-pool.p1", "!prefect.work-queue.*", "prefect.*"])
SHORT = World(["a", "b", "ab", "a.b", "abab"], ["a*", "*b", "*a*", "*.b", "*", "ab*", "*ab", "a*b", "a.*"],
              ["x.1", "x.1", "x.2", "x.3"], ["x.*", "x.?", "x.[!1]", "!x.1", "x.1"])
WORLDS = [JOBS, HOSTS, RUNS, RUNS, POOLS]

ENVIRONMENTS = ["prod", "prod", "dev", "test"]
RELATED = [("flow", "flow.a"), ("flow", "flow.b"), ("tag", "tag.x"), ("tag", "tag.y"), ("flow", "prefect.flow.f1"),
           ("tag", "prefect.tag.nightly"), ("deployment", "prefect.deployment.d1"), ("a:b", "odd.1")]
RELATED_MATCHES = [
    {"prefect.resource.role": "flow"}, {"env": "prod"}, {"prefect.resource.id": "!tag.x"}, {},
    {"prefect.resource.role": "tag", "prefect.resource.id": "tag.x"}, {"env": ["dev", "!prod"]},
    {"prefect.resource.role": "tag", "prefect.resource.id": ["prefect.tag.*", "tag.y"]},
    {"prefect.resource.role": ["flow", "deployment"], "prefect.resource.id": "prefect.*"}, {"env": []}]
KEYS = [["prefect.resource.id"], ["prefect.resource.id"], ["env"], ["prefect.resource.id", "env"],
        ["related:flow:prefect.resource.id"], ["related:tag:env"], ["related:flow:env", "env"],
        ["related:deployment:prefect.resource.id", "related:tag:prefect.resource.id"], ["related:a:b:env"],
        ["related:nobody:env", "prefect.resource.name"]]
REACTIVE_WITHIN = [0, 1, 2.5, 5, 10, 20, 60, 0.5, 0.000001, 900, 86400, "PT0.5S", "PT10S", "PT1M30S", "PT1H", "P1D"]
PROACTIVE_WITHIN = [0, 10, 12, 15.5, 20, 30, 60, 10.000001, 900, "PT10S", "PT30S", "PT1M", "PT16M40S"]
COMPOSITE_WITHIN = [None, None, 0, 2.5, 10, 30, 60, 300, 1800, "PT2M"]
THRESHOLDS = [1, 1, 1, 2, 2, 3, 4, 5, 0, 0, 9, -1]

# Labels and values for which globs were made.
ODD_VALUES = {
    "env": (["prod", "dev", "", "Prod", "prod-eu", "product", "test"],
            ["prod", "!prod", "prod*", "p*d", "[pd]*", "!p*", "*-*", "?*", "d?v", "", "!", "*", "!*", "[!p]*"]),
    "path": (["a/b", "/var/log/x", "s3://bucket/a.csv", "s3://bucket/deep/b.csv", "x.y.z", "!x", "*", "x\ny"],
             ["*/b*", "s3://*/*.csv", "*.csv", "!s3://*", "!!x", "!x", "[*]", "*[/]*", "x.?.z", "*:*", "x?y", "*y"]),
    "rate%": (["1", "10", "-", "[", "a]b", "^a", "a-b", "\\"],
              ["[0-9]", "[0-9]*", "[!0-9]*", "[]-a]*", "[^]a", "[z-a]", "[", "*]*", "[a-c-e]*", "[!]]*", "[]]", "[--0]",
               "[!z-a]*", "[\\]", "a[]]b", "[a-"]),
    "Name": (["aB", "ab", "a b", "a\\b", "zoë", "ünïcode 日本", "AB"],
             ["a[A-Z]", "a[a-z]", "a?", "??", "???", "!a*", "a\\b", "ünï*", "[a-zë]*", "*日?", "A*", "zo[ë]"]),
    "prefect.resource.name": (["etl-daily", "etl-hourly", "clever-cat"], ["etl-*", "!etl-*", ["clever-*", "etl-daily"]]),
}
ODD_KEYS = ["path", "odd:label", "rate%", "prefect.resource.id", "related:env", "related::env", "related:flow:env",
            "related:nobody:env", "related:tag:prefect.resource.id", "related:a:b:path",
            "related:flow:prefect.resource.role"]


def one_of(r, chances):
    return r.choices([c for c, _ in chances], [w for _, w in chances])[0]


def random_id(r):
    return str(uuid.UUID(int=r.getrandbits(128), version=4))


# ---- triggers ----

def random_names(r, world):
    names = r.sample(world.names, one_of(r, [(1, 6), (2, 4), (3, 1)]))
    return one_of(r, [(names, 7), ([r.choice(world.patterns)], 3), (names + [r.choice(world.patterns)], 1), ([], 0.5)])


def random_match(r, world):
    match = {}
    if r.random() < 0.5:
        match["prefect.resource.id"] = r.choice(world.globs)
    if r.random() < 0.4:
        match["env"] = r.choice(["prod", "dev", "!prod", "!dev", ["dev", "t*"], ["prod", "dev"], "*", ["!prod", "!dev"]])
    return match


def random_related_match(r):
    return r.choice([r.choice(RELATED_MATCHES), r.sample(RELATED_MATCHES, r.randint(0, 3))])


def event_trigger(r, world, posture, has_after):
    trigger = {"posture": posture}
    if r.random() < 0.4:
        trigger["type"] = "event"
    if r.random() < 0.5:
        trigger["match"] = random_match(r, world)
    if r.random() < 0.12:
        trigger["match_related"] = random_related_match(r)
    if r.random() < 0.9:
        trigger["expect"] = random_names(r, world)
    if has_after:
        trigger["after"] = random_names(r, world)
        if "expect" in trigger and r.random() < 0.3:
            trigger["expect"] = one_of(r, [(trigger["after"], 2), (trigger["after"] + random_names(r, world), 1)])
    if r.random() < 0.5:
        trigger["for_each"] = r.choice(KEYS)
    if r.random() < 0.85:
        trigger["threshold"] = r.choice(THRESHOLDS)
    if r.random() < 0.93:
        trigger["within"] = r.choice(REACTIVE_WITHIN if posture == "Reactive" else PROACTIVE_WITHIN)
    return trigger


def random_event_trigger(r, world, proactive=0.3, after=0.25):
    return event_trigger(r, world, "Proactive" if r.random() < proactive else "Reactive", r.random() < after)


def composite_trigger(r, world, depth=1):
    children = [random_event_trigger(r, world) if depth == 4 or r.random() < 0.75
                else composite_trigger(r, world, depth + 1) for _ in range(one_of(r, [(1, 1), (2, 5), (3, 3), (4, 1)]))]
    trigger = {"type": r.choice(["compound", "sequence"]), "within": r.choice(COMPOSITE_WITHIN), "triggers": children}
    if trigger["type"] == "compound":
        trigger["require"] = r.choice(["any", "all", "all", r.randint(1, len(children))])
    return trigger


def odd_values(r, label):
    globs = [g for g in ODD_VALUES[label][1] if isinstance(g, str)]
    return one_of(r, [(r.choice(globs), 6), (r.choices(globs, k=r.randint(1, 3)), 3), ([], 0.4)])


def odd_match(r, world):
    match = {}
    if r.random() < 0.4:
        match["prefect.resource.id"] = one_of(r, [(r.choice(world.globs), 5), ("[a-z]*", 1), ("*.[!1]", 1), ("!*.1", 1)])
    for label in r.sample(sorted(ODD_VALUES), one_of(r, [(0, 2), (1, 5), (2, 2), (3, 0.5)])):
        match[label] = odd_values(r, label)
    return match


def odd_related_match(r):
    match = odd_match(r, SHORT)
    match.pop("prefect.resource.id", None)
    if r.random() < 0.5:
        match["prefect.resource.id"] = r.choice(["flow.*", "tag.[xy]", "!flow.a", "*", "prefect.*", "flow.a"])
    if r.random() < 0.4:
        match["prefect.resource.role"] = r.choice(["flow", "!flow", "f*", "?ag", ["!flow", "!*"], [], "!*", "a:b"])
    return match


def matching_trigger(r, world):
    names = r.choices(world.names + world.patterns + ["*" + r.choice(world.names), r.choice(world.names) + "*", "nope"],
                      k=one_of(r, [(0, 2), (1, 3), (2, 3), (4, 1)]))
    trigger = {"match": odd_match(r, world), "expect": names, "posture": "Reactive"}
    if r.random() < 0.6:
        trigger["match_related"] = r.choice([odd_related_match(r), [odd_related_match(r) for _ in range(r.randint(0, 3))]])
    if r.random() < 0.3:
        trigger["for_each"] = r.sample(ODD_KEYS, r.randint(1, 3))
    if r.random() < 0.2:
        trigger["after"] = r.choices(world.names + world.patterns, k=r.randint(1, 2))
        trigger["within"] = r.choice([0, 10, 60])
    if r.random() < 0.5:
        trigger["threshold"] = 1
    return trigger


def listener(r, others):
    """A trigger on the firings of the other automations."""
    posture = one_of(r, [("Reactive", 4), ("Proactive", 1)])
    trigger = {"expect": r.choice([[TRIGGERED], ["prefect.automation.*"], ["prefect.*"]]), "posture": posture,
               "match": r.choice([{"prefect.resource.name": "A*"}, {"prefect.posture": "Proactive"},
                                  {"prefect.posture": ["Reactive"], "prefect.resource.name": "!L"},
                                  {"prefect.resource.id": "prefect.automation." + r.choice(others)["id"]},
                                  {"prefect.resource.name": "A?"}]),
               "threshold": r.choice([1, 1, 2, 3]), "within": r.choice([0, 10, 20, 60] if posture == "Reactive" else [10, 30])}
    if r.random() < 0.4:
        trigger["match_related"] = {"prefect.resource.role": "triggering-event"}
    if r.random() < 0.4:
        trigger["for_each"] = r.choice([["prefect.resource.id"], ["prefect.posture"], ["prefect.resource.name"]])
    return trigger


def give_ids(r, trigger):
    trigger["id"] = random_id(r)
    for child in trigger.get("triggers", []):
        give_ids(r, child)


def automation(r, name, trigger):
    give_ids(r, trigger)
    return {"id": random_id(r), "name": name, "trigger": trigger, "actions": []}


# ---- events ----

def random_resource(r, resource, chance=0.7):
    if r.random() < chance:
        resource["env"] = r.choice(ENVIRONMENTS)
    if r.random() < 0.1:
        resource["prefect.resource.name"] = r.choice(ODD_VALUES["prefect.resource.name"][0])
    return resource


def random_related(r, odd):
    role, resource_id = r.choice(RELATED)
    if r.random() < 0.3:
        role = r.choice(["flow", "tag"])
    related = random_resource(r, {"prefect.resource.id": resource_id, "prefect.resource.role": role}, 0.5)
    return odd_labels(r, related, 0.2) if odd else related


def odd_labels(r, resource, chance):
    for label, (values, _) in ODD_VALUES.items():
        if r.random() < chance:
            resource[label] = r.choice(values)
    for label in ("odd:label", "related:env", "related:nobody:env", "prefect.resource.role"):
        if r.random() < chance / 6:
            resource.setdefault(label, r.choice(["flow", "tag", "prod", ""]))
    return resource


def random_event(r, world, odd=False):
    resource = random_resource(r, {"prefect.resource.id": r.choice(world.resources)})
    name = "prefect.log.write" if r.random() < 0.01 else r.choice(world.names)
    event = {"id": random_id(r), "event": name, "resource": odd_labels(r, resource, 0.6) if odd else resource}
    if r.random() < (0.6 if odd else 0.25):
        event["related"] = [random_related(r, odd) for _ in range(r.randint(1, 3))]
    return event


LATE = [5, 10, 20, 30, 60, 65, 100, 899.999999, 900, 900.000001, 901, 1200, 1800, 4000,
        -0.000001, -1, -1.000001, -2.5, -10, -10.000001, -60, -100, -3600]


def occurred(r, at, lag):
    late = lag if r.random() < 0.7 else r.choice([r.choice(LATE), r.randint(1, 160) * 0.125])
    text = evaluator.format_time(at - round(late * SECOND))
    return one_of(r, [(text, 20), (text[:-1] + "+00:00", 1), (text[:19] + ".1234569Z", 0.5)])


# ---- steps ----

class Story:
    """Steps one after the other."""

    def __init__(self, r, world, odd=False):
        self.r, self.world, self.odd = r, world, odd
        self.at = START
        self.steps = []
        self.events = []
        self.lag = one_of(r, [(0, 8), (5, 1), (20, 1), (r.choice(LATE), 1)])
        self.pauses = [0, 0.125, 1, 2.5, 5, 10, 12, 20, 30, 60, 100, r.choice([300, 880, 899.875, 900, 900.125, 1799.875, 1800])]

    def pause(self):
        r = self.r
        pause = one_of(r, [(r.randint(1, 24) * 0.125, 5), (r.choice(self.pauses[:9]), 5), (r.choice(self.pauses), 1)])
        self.at += round(pause * SECOND)

    def add(self, **step):
        self.steps.append({"at": evaluator.format_time(self.at), **step})

    def deliver(self, event, has_time=None):
        r = self.r
        if has_time if has_time is not None else r.random() < 0.5 or self.lag:
            event["occurred"] = occurred(r, self.at, self.lag)
        self.events.append(event)
        self.add(event=event)

    def go_on(self):
        r = self.r
        self.pause()
        what = r.random()
        if what < 0.04:
            self.add(restart=True)
        elif what < 0.1:
            self.add()
        elif what < 0.14 and self.events:
            self.add(event=r.choice(self.events[-5:]))
        else:
            self.deliver(random_event(r, self.world, self.odd))

    def end(self):
        if self.r.random() < 0.8:
            self.at += self.r.choice([20, 60, 100, 400]) * SECOND
            self.add()
        return self.steps


def story(r, world, odd=False):
    told = Story(r, world, odd)
    for _ in range(one_of(r, [(r.randint(3, 14), 9), (r.randint(15, 45), 1)])):
        told.go_on()
    return told.end()


def scenario(automations, steps):
    return {"automations": automations, "steps": steps}


def simple(r, make):
    world = r.choice(WORLDS)
    return scenario([automation(r, "A%d" % i, make(r, world)) for i in range(1, r.randint(1, 3) + 1)], story(r, world))


def reactive(r):
    return simple(r, lambda r, world: event_trigger(r, world, "Reactive", False))


def proactive(r):
    return simple(r, lambda r, world: event_trigger(r, world, "Proactive", False))


def after(r):
    return simple(r, lambda r, world: event_trigger(r, world, r.choice(["Proactive", "Reactive"]), True))


def composite(r):
    return simple(r, composite_trigger)


def matching(r):
    world = r.choice([JOBS, HOSTS, RUNS, POOLS, SHORT, SHORT])
    automations = [automation(r, "A%d" % i, matching_trigger(r, world)) for i in (1, 2, 3)]
    return scenario(automations, story(r, world, True))


# ---- events that follow others ----

def chain(r, world):
    """Events, each of which may follow an earlier one, in the order in which they come."""
    made = []
    length = one_of(r, [(r.randint(2, 8), 8), (r.randint(19, 26), 1)])
    is_line = length > 10 or r.random() < 0.3
    for number in range(length):
        event = random_event(r, world)
        if number and (is_line or r.random() < 0.7):
            event["follows"] = made[-1 if is_line else r.randrange(number)]["id"]
        elif r.random() < 0.3:
            event["follows"] = r.choice([random_id(r), event["id"]])
        made.append(event)
    come = [e for e in made if r.random() < 0.93]
    one_of(r, [(lambda: r.shuffle(come), 3), (come.reverse, 3), (lambda: None, 1)])()
    return come + [e for e in come if r.random() < 0.05]


def follows(r):
    world = r.choice(WORLDS)
    told = Story(r, world)
    told.at += r.randint(0, 24) * SECOND // 8
    is_slow = r.random() < 0.3
    for event in chain(r, world) + (chain(r, world) if r.random() < 0.3 else []):
        told.deliver(dict(event))
        if r.random() < 0.05:
            told.add(restart=True)
        told.at += round(one_of(r, [(r.randint(0, 24) * 0.125, 6), (r.choice([10, 60, 300]), 1),
                                    (r.choice([600, 899.875, 900, 901, 1800, 1801]), 3 if is_slow else 0.2)]) * SECOND)
    told.at += r.choice([30, 600, 900, 1000, 2000]) * SECOND
    told.add()
    posture = [lambda r, world: random_event_trigger(r, world, 0.15, 0.4)]
    return scenario([automation(r, "A%d" % i, r.choice(posture)(r, world)) for i in range(1, r.randint(1, 3) + 1)],
                    told.steps)


# ---- everything ----

def change_trigger(r, trigger):
    """Something of it, with the same id: its state ends, that of its children may stay."""
    while "triggers" in trigger and r.random() < 0.6:
        trigger = r.choice(trigger["triggers"])
    if "triggers" in trigger:
        trigger["within"] = r.choice([None, 10, 100])
    else:
        trigger["threshold"] = (trigger.get("threshold", 1) + r.randint(1, 3)) % 4


def change(r, automations, world):
    changed = json.loads(json.dumps(automations))
    choice = r.choice(changed) if changed else None
    what = r.randrange(9)
    if what == 0 or choice is None:
        changed.append(automation(r, "A%d" % r.randint(5, 99), any_trigger(r, world)))
    elif what == 1:
        changed.remove(choice)
    elif what in (2, 3):
        choice["enabled"] = not choice.get("enabled", True)
    elif what == 4:
        choice.update(r.choice([{"description": "changed", "tags": ["t"]}, {"name": choice["name"] + "b"}]))
    elif what == 5:
        change_trigger(r, choice["trigger"])
    elif what == 6:
        r.shuffle(changed)
    elif what == 7:
        choice["trigger"] = {"type": "compound", "require": r.choice(["any", "all"]), "within": 60, "id": random_id(r),
                             "triggers": [choice["trigger"], automation(r, "", any_trigger(r, world))["trigger"]]}
    else:
        choice["trigger"] = any_trigger(r, world)
        give_ids(r, choice["trigger"])
    return changed


def any_trigger(r, world):
    return composite_trigger(r, world) if r.random() < 0.3 else random_event_trigger(r, world, 0.35, 0.25)


def mixed(r):
    world = r.choice(WORLDS)
    automations = first = [automation(r, "A%d" % i, any_trigger(r, world)) for i in range(1, r.randint(1, 3) + 1)]
    if r.random() < 0.5:
        first = automations = automations + [automation(r, "L", listener(r, automations))]
    told = Story(r, world)
    before = None
    for _ in range(r.randint(5, 20)):
        told.go_on()
        if r.random() < 0.12:
            told.pause()
            before, automations = automations, before if before and r.random() < 0.4 else change(r, automations, world)
            told.add(automations=automations)
        elif r.random() < 0.06:
            for event in chain(r, world)[:6]:
                told.deliver(dict(event))
                told.pause()
    return scenario(first, told.end())


CLASSES = {c.__name__: c for c in (reactive, proactive, after, composite, matching, follows, mixed)}


def drop_ids(automations):
    for made in automations:
        del made["id"]
        for trigger in all_triggers(made["trigger"]):
            del trigger["id"]


def all_triggers(trigger):
    yield trigger
    for child in trigger.get("triggers", []):
        yield from all_triggers(child)


def random_scenario(seed, kind, number):
    r = random.Random("%s %s %d" % (seed, kind, number))
    made = CLASSES[kind](r)
    if kind != "mixed" and r.random() < 0.5:
        drop_ids(made["automations"])
    return {"name": "random %s seed %s #%d" % (kind, seed, number), **made}
