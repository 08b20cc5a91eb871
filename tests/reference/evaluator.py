# SPDX-License-Identifier: Apache-2.0
"""A naive evaluator of automations, written from the rules alone: plain loops over all automations,
triggers and buckets, exact integers of microseconds. Slow, small, and sharing nothing with the engine.

Run as a program it does what "tocsin replay" does:
    evaluator.py --automations FILE --events FILE [--until TIME]
"""
import argparse
import fnmatch
import functools
import json
import re
import sys
from collections import namedtuple
from datetime import datetime, timedelta, timezone

SECOND = 1_000_000
MINUTE = 60 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NEVER = 1 << 62
Firing = namedtuple("Firing", "at automation event labels")


def parse_time(text):
    """Microseconds since 1970. RFC 3339, fractions cut to microseconds."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[Tt _](\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|z|[+-]\d\d:?\d\d)?", text)
    date, clock, seconds, fraction, zone = match.groups()
    zone = "+00:00" if zone in (None, "Z", "z") else zone
    zone = zone if ":" in zone else zone[:3] + ":" + zone[3:]
    at = datetime.fromisoformat(date + "T" + clock + (seconds or ":00") + zone)
    whole = (at - EPOCH) // timedelta(seconds=1) * SECOND
    return whole + int(((fraction or ".0")[1:] + "000000")[:6])


def format_time(us):
    at = EPOCH + timedelta(microseconds=us)
    return at.strftime("%Y-%m-%dT%H:%M:%S") + (".%06d" % at.microsecond if us % SECOND else "") + "Z"


def parse_duration(value):
    """Seconds as a number, or an ISO 8601 duration."""
    if not isinstance(value, str):
        return round(value * SECOND)
    match = re.fullmatch(
        r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", value)
    weeks, days, hours, minutes, seconds = (float(x or 0) for x in match.groups())
    return round((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * MINUTE + seconds * SECOND)


def value_matches(pattern, value):
    if pattern.startswith("!"):
        return not fnmatch.fnmatchcase(value, pattern[1:])
    return fnmatch.fnmatchcase(value, pattern)


def resource_matches(match, resource):
    for label, patterns in match.items():
        patterns = [patterns] if isinstance(patterns, str) else patterns
        if label not in resource or not any(value_matches(p, resource[label]) for p in patterns):
            return False
    return True


@functools.lru_cache(maxsize=None)
def name_pattern(pattern, star):
    return re.compile(re.escape(pattern).replace(r"\*", star), re.DOTALL)


def name_matches(patterns, name):
    """Only * is special."""
    return any(name_pattern(p, ".*").fullmatch(name) for p in patterns)


def name_begins(patterns, name):
    """With at least one character for each *."""
    return any(name_pattern(p, ".+").match(name) for p in patterns)


def label_value(event, label):
    if label.startswith("related:"):
        role, _, inner = label[len("related:"):].rpartition(":")
        for related in event["related"]:
            if related["prefect.resource.role"] == role:
                return related.get(inner, "")
    return event["resource"].get(label, "")


class Trigger:
    def __init__(self, document, automation, parent=None, index=0):
        self.document, self.automation, self.parent, self.index = document, automation, parent, index
        self.id = document.get("id")
        composite = "triggers" in document
        self.kind = document.get("type") or (
            "event" if not composite else "compound" if "require" in document else "sequence")
        self.buckets, self.pending = {}, {}
        within = document.get("within")
        self.within = None if within is None else parse_duration(within)
        self.children = [Trigger(d, automation, self, i)
                         for i, d in enumerate(document.get("triggers", []))]
        if self.kind == "event":
            self.read_event(document)
        else:
            require = document.get("require", "all")
            self.require = {"any": 1, "all": len(self.children)}.get(require, require)

    def read_event(self, document):
        self.match = document.get("match", {})
        related = document.get("match_related", {})
        self.related = related if isinstance(related, list) else [related]
        self.after, self.expect = document.get("after", []), document.get("expect", [])
        self.for_each = sorted(set(document.get("for_each", [])))
        self.reactive = document.get("posture", "Reactive") == "Reactive"
        self.threshold = document.get("threshold", 1)
        self.within = self.within or (0 if self.reactive else 10 * SECOND)
        self.standing = not self.reactive and not self.for_each and not self.after

    def all(self):
        yield self
        for child in self.children:
            yield from child.all()

    def expects(self, name):
        return not self.expect or name_matches(self.expect, name)

    def starts_after(self, name):
        return name_matches(self.after, name)

    def covers(self, event):
        return ((self.expects(event["event"]) or self.starts_after(event["event"]))
                and (not self.expect or name_begins(self.expect + self.after, event["event"]))
                and resource_matches(self.match, event["resource"])
                and all(not m or any(resource_matches(m, r) for r in event["related"])
                        for m in self.related))

    def meets(self, bucket):
        reached = bucket.count >= self.threshold
        return reached if self.reactive else not reached


class Bucket:
    def __init__(self, start, end, count=0, last=None):
        self.start, self.end, self.count, self.last = start, end, count, last


class Evaluator:
    def __init__(self, automations, now):
        self.clock = now
        self.newest, self.processed_at = None, None
        self.evaluated = 0   # events
        self.by = None       # which of them is evaluated; None: timers are
        self.seen = {}       # id -> when
        self.waiting = []    # events, in the order of arrival
        self.queue = []      # emitted events, not evaluated yet
        self.firings = []
        self.emitted_count = 0
        self.roots = []
        self.away = {}       # id of an automation that its owner took out -> when, root
        self.define(automations)

    # ---- definitions ----

    def leave(self, automations):
        """Those that are missing and have an owner may come back within a minute, that minute included."""
        here = {a.get("id") for a in automations}
        for root in self.roots:
            if root.automation.get("owner_resource") and root.automation.get("id") not in here:
                self.away[root.automation["id"]] = self.clock, root
        self.away = {i: (left, root) for i, (left, root) in self.away.items() if self.clock - left <= MINUTE}
        return [self.away.pop(i)[1] for i in here if i in self.away]

    def define(self, automations):
        old = {}
        for root in self.leave(automations) + self.roots:
            for trigger in root.all():
                old[trigger.automation.get("id"), trigger.id] = trigger
        self.roots = [Trigger(a["trigger"], a) for a in automations if a.get("enabled", True)]
        self.event_triggers = [t for root in self.roots for t in root.all() if t.kind == "event"]
        for root in self.roots:
            for trigger in root.all():
                before = trigger.id and old.get((trigger.automation.get("id"), trigger.id))
                if before and before.document == trigger.document:
                    trigger.buckets, trigger.pending = before.buckets, before.pending
        self.stand()

    # ---- clocks ----

    def lag(self):
        return 0 if self.newest is None else self.processed_at - self.newest

    def as_of(self):
        return self.clock - self.lag()

    def note_processed(self, event):
        occurred = min(event["occurred"], self.clock)
        self.newest = occurred if self.newest is None else max(self.newest, occurred)
        self.processed_at = self.clock

    # ---- buckets ----

    def stand(self):
        for t in self.event_triggers:
            if t.standing and t.threshold > 0 and () not in t.buckets:
                t.buckets[()] = Bucket(self.as_of(), self.as_of() + t.within)

    def evaluate(self, t, key, now, event):
        bucket = t.buckets[key]
        pending = 1 if event else 0
        if now < bucket.start:
            return
        immediate = t.reactive and t.within == 0
        if pending and (immediate or now < bucket.end):
            bucket.count += 1
            bucket.last = event
            pending = 0
        meets = t.meets(bucket)
        fires = (t.reactive or bucket.end <= now) and meets
        if fires:
            self.fire(t, dict(zip(t.for_each, key)), event or bucket.last)
        elif now < bucket.end:
            if (event and not t.reactive and not meets and t.starts_after(event["event"])
                    and t.expects(event["event"])):
                occurred = event["occurred"]
                t.buckets[key] = Bucket(occurred, occurred + t.within, 0, event)
            return
        if t.after or (fires and t.within == 0):
            del t.buckets[key]
            return
        if t.within == 0:
            return
        start = max(bucket.end, now)
        t.buckets[key] = Bucket(start, start + t.within, 0 if t.reactive else pending)
        if t.reactive and pending:
            self.evaluate(t, key, now, event)

    def drop_satisfied(self, t, key):
        if not t.reactive and key in t.buckets and t.buckets[key].count >= t.threshold:
            del t.buckets[key]
        self.stand()

    def apply(self, t, event):
        key = tuple(label_value(event, label) for label in t.for_each)
        at, name = event["occurred"], event["event"]
        if t.after and t.starts_after(name):
            bucket = t.buckets.setdefault(key, Bucket(at, at + t.within, -1 if t.expects(name) else 0))
            bucket.last = event
        elif not t.after and t.expects(name):
            bucket = t.buckets.setdefault(key, Bucket(at - 15 * MINUTE, at + t.within))
            bucket.last = event
        if t.expects(name) and key in t.buckets:
            self.evaluate(t, key, at, event)
            self.drop_satisfied(t, key)

    # ---- firings ----

    def fire(self, t, labels, event, children=()):
        if t.parent is not None:
            self.child_fired(t.parent, t.index, event)
            return
        self.firings.append(Firing(self.clock, t.automation["name"], event, labels))
        identity = t.automation.get("id", t.automation["name"])
        resource = {"prefect.resource.id": "prefect.automation.%s" % identity,
                    "prefect.resource.name": t.automation["name"]}
        if t.kind == "event":
            resource["prefect.posture"] = "Reactive" if t.reactive else "Proactive"
        related = [] if event is None else [{"prefect.resource.id": "prefect.event.%s" % event["id"],
                                             "prefect.resource.role": "triggering-event"}]
        self.emitted_count += 1
        self.queue.append({"id": "emitted %d" % self.emitted_count, "occurred": self.clock,
                           "received": self.clock, "event": "prefect.automation.triggered",
                           "resource": resource, "related": related, "follows": None,
                           "emitted": True})

    @staticmethod
    def is_behind(a, b):
        """At one clock different events come one after the other; one event, or time, is no order."""
        return a[0] < b[0] or a[0] == b[0] and a[1] is not None and b[1] is not None and a[1] < b[1]

    def child_fired(self, t, child, event):
        if t.require != 1:
            t.pending = {c: place for c, place in t.pending.items()
                         if t.within is None or place[0] >= self.clock - t.within}
            t.pending.pop(child, None)
            t.pending[child] = self.clock, self.by
            if len(t.pending) < t.require:
                return
            places = [t.pending[c] for c in sorted(t.pending)]
            if t.kind == "sequence" and not all(map(self.is_behind, places, places[1:])):
                return
            t.pending = {}
        self.fire(t, {}, event)

    # ---- events ----

    @staticmethod
    def turn(order, t, key, bucket, as_of):
        """A child's buckets that are due together come in the order of their starts, then of their keys."""
        return (bucket.end, order) if t.parent is None else (as_of, order, bucket.start, key)

    def run_timers(self):
        self.by = None
        while True:
            as_of = self.as_of()
            due = [(self.turn(order, t, key, b, as_of), order, key) for order, t in enumerate(self.event_triggers)
                   if not t.reactive for key, b in t.buckets.items() if b.end <= as_of]
            if not due:
                return
            _, order, key = min(due, key=lambda d: d[0])
            t = self.event_triggers[order]
            self.evaluate(t, key, self.as_of(), None)
            self.drop_satisfied(t, key)

    def chain(self, event, depth):
        self.evaluated += 1
        self.by = self.evaluated
        if event["event"] != "prefect.log.write":
            for t in [t for t in self.event_triggers if t.covers(event)]:
                self.apply(t, event)
        self.run_timers()
        if depth < 20:
            followers = [w for w in self.waiting if w["follows"] == event["id"]]
            for follower in sorted(followers, key=lambda w: w["occurred"]):
                self.release(follower, depth + 1)

    def release(self, event, depth):
        self.waiting = [w for w in self.waiting if w is not event]
        self.note_processed(event)
        self.seen[event["id"]] = self.clock
        self.chain(event, depth)

    def settle(self):
        lost = [w for w in self.waiting if w["received"] + 15 * MINUTE <= self.clock]
        self.waiting = [w for w in self.waiting if w not in lost]
        for event in sorted(lost, key=lambda w: w["occurred"]):
            self.release(event, 0)
        self.run_timers()
        while self.queue:
            event = self.queue.pop(0)
            self.note_processed(event)
            self.seen[event["id"]] = self.clock
            self.chain(event, 0)

    def pass_to(self, to, is_open):
        """Time passes up to to; what is due at that very moment is left when is_open."""
        while True:
            lag = self.lag()
            ends = [b.end + lag for t in self.event_triggers if not t.reactive
                    for b in t.buckets.values()]
            gives_up = [w["received"] + 15 * MINUTE for w in self.waiting]
            following = max(min(ends + gives_up, default=NEVER), self.clock)
            if following > to or (is_open and following == to):
                break
            self.clock = max(self.clock, following)
            self.settle()
        self.clock = max(self.clock, to)

    def was_seen(self, event_id):
        return event_id in self.seen and self.seen[event_id] + 30 * MINUTE > self.clock

    def take(self, event):
        self.pass_to(event["received"], True)
        if self.was_seen(event["id"]):
            return
        self.seen[event["id"]] = self.clock
        self.note_processed(event)
        follows = event.get("follows")
        waits = (follows and follows != event["id"]
                 and (any(w["id"] == follows for w in self.waiting) or not self.was_seen(follows)))
        if waits:
            self.waiting.append(event)
        else:
            self.chain(event, 0)
        self.settle()


def read_event(document, received=None, occurred=None):
    event = dict(document)
    event.setdefault("related", [])
    event.setdefault("follows", None)
    event["occurred"] = parse_time(document["occurred"]) if "occurred" in document else occurred
    if received is not None:
        event["received"] = received
    else:
        event["received"] = parse_time(document["received"]) if "received" in document else event["occurred"]
    return event


def show(firing):
    event = firing.event["id"] if firing.event else None
    return {"at": format_time(firing.at), "automation": firing.automation, "event": event,
            "labels": firing.labels}


def replay(automations, documents, until=None):
    """The firings of recorded events, as tocsin replay prints them."""
    events = sorted((read_event(d) for d in documents), key=lambda e: e["received"])
    if not events:
        return []
    evaluator = Evaluator(automations, events[0]["received"])
    end = until if until is not None else events[-1]["received"]
    for event in events:
        if event["received"] <= end:
            evaluator.take(event)
    evaluator.pass_to(end, False)
    return evaluator.firings


def run_scenario(scenario):
    """The firings of a scenario file's scenario. A restart changes nothing here."""
    steps = scenario["steps"]
    evaluator = Evaluator(scenario["automations"], parse_time(steps[0]["at"]) if steps else 0)
    for number, step in enumerate(steps):
        at = parse_time(step["at"])
        if "automations" in step or step.get("restart"):
            evaluator.pass_to(at - 1, False)
        if "automations" in step:
            evaluator.clock = at
            evaluator.define(step["automations"])
        if "event" in step:
            document = dict(step["event"])
            document.setdefault("id", "step %d" % number)
            evaluator.take(read_event(document, received=at, occurred=at))
        elif "automations" not in step and not step.get("restart"):
            evaluator.pass_to(at, False)
    return evaluator.firings


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--automations", required=True)
    parser.add_argument("--events", required=True)
    parser.add_argument("--until")
    args = parser.parse_args()
    with open(args.automations, encoding="utf-8") as file:
        automations = json.load(file)
    with open(args.events, encoding="utf-8") as file:
        documents = [json.loads(line) for line in file if line.strip()]
    until = parse_time(args.until) if args.until else None
    for firing in replay(automations, documents, until):
        json.dump(show(firing), sys.stdout, ensure_ascii=False, separators=(",", ":"))
        print()


if __name__ == "__main__":
    main()
