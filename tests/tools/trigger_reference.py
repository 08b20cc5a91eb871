# SPDX-License-Identifier: Apache-2.0
"""The real Prefect behind recorded scenarios of triggers: its evaluation of events, its causal ordering in
memory and its schemas under an injected clock, with the decisions of tests/conformance/triggers/README.md
applied. Only "act" is replaced: it records a root firing and hands the event that it emits back to the
evaluation. Needs the package prefect (3.8.8 gave what is recorded).

record(scenario) gives the firings as a scenario's "expect"; None when the scenario says nothing, because it
depends on something that is not fixed, or feeds itself. As a program it runs the scenarios of the files that it
is given and tells where it disagrees with them: the check of the reference itself.
    trigger_reference.py [--quick] FILE...
--quick: what Prefect keeps stands in dictionaries, not in tables.
"""
import asyncio
import collections
import contextlib
import copy
import datetime as dt
import json
import logging
import os
import sys
import uuid
import warnings

os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
os.environ["PREFECT_API_DATABASE_CONNECTION_URL"] = "sqlite+aiosqlite:///:memory:"
os.environ["TZ"] = "UTC"
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore") # of the packages among each other

import cachetools  # noqa: E402
import pydantic  # noqa: E402
from prefect.server.events import triggers as prefect  # noqa: E402
from prefect.server.events.ordering import memory  # noqa: E402
from prefect.server.events.schemas import automations, events  # noqa: E402
from prefect.types import _datetime  # noqa: E402
from trigger_cases import all_triggers  # noqa: E402
from trigger_store import Dictionaries, Tables  # noqa: E402

SECOND = 1_000_000
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
MICROSECOND = dt.timedelta(microseconds=1)
SWEEP_AFTER = 60 * SECOND
DEEPEST = 30 # firings that cause each other: fewer than the engine lets happen
MOST_FIRINGS = 1000
DURATION = pydantic.TypeAdapter(dt.timedelta)


def us_of(time):
    return round(time.timestamp() * SECOND)


def parse_time(text):
    return us_of(dt.datetime.fromisoformat(text.replace("Z", "+00:00")))


def time_of(us):
    return _datetime.DateTime.instance(EPOCH + us * MICROSECOND)


def format_time(us):
    text = (EPOCH + us * MICROSECOND).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    return text + "Z"


class Undecided(Exception):
    """The scenario depends on something that is not fixed, or feeds itself."""


# ---- what surrounds the evaluation ----

class Clock:
    def __init__(self):
        self.us = 0

    def now(self, _zone="UTC"):
        return time_of(self.us)


class Ordering(memory.CausalOrdering):
    """Tells when an event was evaluated, before its followers are."""
    run = None

    async def get_followers(self, leader):
        await self.run.after_event()
        followers = await super().get_followers(leader)
        return sorted(reversed(followers), key=lambda f: f.occurred) if self.run.way.is_backward else followers


clock = Clock()
ordering = Ordering(scope="triggers")
_datetime.now = clock.now
prefect.get_triggers_causal_ordering = lambda: ordering
_find_interested = prefect.find_interested_triggers
_take_child_firing = prefect.evaluate_composite_trigger


def use(kept):
    """The store that all runs have from now on."""
    global store
    store = kept
    store.install()
    ensure = prefect.ensure_bucket

    async def ensure_bucket(session, trigger, *args, **kwargs):
        """A Proactive trigger with "after" does not start by itself."""
        if kwargs["last_event"] is not None or not trigger.after:
            return await ensure(session, trigger, *args, **kwargs)
    prefect.ensure_bucket = ensure_bucket


# ---- definitions ----

def with_ids(document):
    """The automation with all ids, each derived from what holds it."""
    document = copy.deepcopy(document)
    document.setdefault("id", str(uuid.uuid5(uuid.NAMESPACE_OID, document["name"])))

    def give(trigger, path):
        trigger.setdefault("id", str(uuid.uuid5(uuid.UUID(document["id"]), path)))
        for number, child in enumerate(trigger.get("triggers", [])):
            give(child, "%s.%d" % (path, number))
    give(document["trigger"], "trigger")
    return document


def automation_of(document):
    """Durations become numbers, since a Proactive trigger takes no text there."""
    document = copy.deepcopy(document)
    for trigger in all_triggers(document["trigger"]):
        if isinstance(trigger.get("within"), str):
            trigger["within"] = DURATION.validate_python(trigger["within"]).total_seconds()
    return automations.Automation.model_validate(document)


# ---- one run ----

class Way:
    """One way to settle what a scenario must not depend on."""

    def __init__(self, *names):
        self.is_backward = "backward" in names         # triggers from last to first, and followers that occurred at once
        self.has_sweep = "sweep" in names              # closed buckets go after a minute
        self.forgets_lag = "forgetful" in names        # a restart loses the lag
        self.is_timer_first = "timer first" in names   # before an event that arrives at its moment
        self.is_lenient = "lenient" in names           # what one event or time fires at once is in order
        self.is_emitted_first = "emitted first" in names  # before timers of the same instant


PLAIN = Way()
OTHER_WAYS = [Way("backward"), Way("sweep"), Way("timer first"), Way("emitted first"), Way("lenient")]


class Run:
    def __init__(self, way):
        self.way = way
        self.documents = {}  # trigger id -> document, of what is in force
        self.proactive = []
        self.given_ids = set()
        self.emitted = collections.deque()
        self.depths = {}  # by id of emitted events
        self.turns = {}   # by id of child firings: their place among all, and the event that completed them
        self.event = None # that is evaluated; None while timers are
        self.firings = []

    async def begin(self):
        await prefect.reset()
        ordering.clear()
        ordering._seen_events = cachetools.TTLCache(10000, 30 * 60 * SECOND, timer=lambda: clock.us)
        ordering.run = self
        prefect.act = self.act
        prefect.find_interested_triggers = self.find_interested
        prefect.evaluate_composite_trigger = self.take_child_firing
        automations.SequenceTrigger.ready_to_fire = lambda *args: self.is_in_order(*args)
        store.clear()

    # ---- automations ----

    async def load(self, documents):
        has_ids = [d.get("id") for d in documents]
        documents = [with_ids(d) for d in documents if d.get("enabled", True)]
        self.given_ids = {d["id"] for d in documents if d["id"] not in has_ids}
        triggers = {uuid.UUID(t["id"]): t for d in documents for t in all_triggers(d["trigger"])}
        store.forget([i for i, t in self.documents.items() if triggers.get(i) != t])
        self.documents = triggers
        prefect.clear_loaded_automations()
        for document in documents:
            prefect.load_automation(automation_of(document))
        order = list(prefect.triggers.values())
        self.order = {t.id: i for i, t in enumerate(reversed(order) if self.way.is_backward else order)}
        self.proactive = sorted((t for t in order if t.posture == automations.Posture.Proactive), key=self.place)
        for trigger in self.proactive:
            if not self.buckets_of(trigger) and await self.is_due(trigger):
                await prefect.proactive_evaluation(trigger, clock.now())  # it has a bucket now

    def place(self, trigger):
        return self.order[trigger.id]

    def find_interested(self, event):
        self.event = event.id
        if event.event == "prefect.log.write":
            return []
        return sorted(_find_interested(event), key=self.place)

    # ---- firings ----

    async def take_child_firing(self, session, firing):
        self.turns[firing.id] = len(self.turns), self.event
        await _take_child_firing(session, firing)

    def is_behind(self, a, b):
        """Prefect's clock is later with each event, the injected one is not."""
        (_, first), (_, second) = self.turns[a.id], self.turns[b.id]
        return a.triggered < b.triggered or self.way.is_lenient or None not in (first, second) and first != second

    def is_in_order(self, trigger, firings):
        firings = sorted(firings, key=lambda f: self.turns[f.id][0])
        return ([f.trigger.id for f in firings] == trigger.expected_firing_order
                and all(map(self.is_behind, firings, firings[1:])))

    async def act(self, firing):
        trigger = firing.trigger
        event = firing.triggering_event
        shown = {"at": format_time(clock.us), "automation": trigger.automation.name,
                 "event": event and str(event.id), "labels": firing.triggering_labels}
        depth = 1 + self.depths.get(event and event.id, 0)
        if depth > 1:
            del shown["event"]
        self.firings.append(shown)
        if depth == DEEPEST or len(self.firings) == MOST_FIRINGS:
            raise Undecided("it feeds itself")
        emitted = trigger.create_automation_state_change_event(firing, automations.TriggerState.Triggered)
        self.depths[emitted.id] = depth
        self.emitted.append(emitted)

    # ---- time ----

    async def as_of(self):
        return clock.us + round(await prefect.get_events_clock_offset() * SECOND)

    def buckets_of(self, *triggers):
        """Ends, as microseconds, and counts."""
        ids = {t.id for t in triggers}
        return [(us_of(end), count) for trigger_id, end, count in store.buckets() if trigger_id in ids]

    async def is_due(self, trigger):
        """Whether looking at its buckets changes something."""
        as_of = await self.as_of()
        buckets = self.buckets_of(trigger)
        if not buckets:
            return not trigger.for_each and not trigger.after and trigger.threshold > 0
        return any(end <= as_of or count >= trigger.threshold for end, count in buckets)

    async def run_timers(self):
        self.event = None
        if self.way.has_sweep:
            async with prefect.automations_session() as session:
                await prefect.sweep_closed_buckets(session, time_of(await self.as_of() - SWEEP_AFTER))
                await session.commit()
        for trigger in self.proactive:
            while await self.is_due(trigger):
                await prefect.proactive_evaluation(trigger, clock.now())

    async def after_event(self):
        if not self.way.is_emitted_first:
            await self.run_timers()

    async def next_instant(self):
        """Of the ends of windows and of the waits for leaders, the first."""
        times = [us_of(at) + 15 * 60 * SECOND for at in ordering._waitlist.values()]
        lag = clock.us - await self.as_of()
        times += [end + lag for end, _ in self.buckets_of(*self.proactive)]
        return min(times, default=None)

    async def pass_to(self, us, is_open):
        """Time passes; what is due at that very moment is left when is_open."""
        while True:
            following = await self.next_instant()
            if following is None or following > us or (is_open and following == us):
                break
            clock.us = max(clock.us, following)
            await self.settle()
        clock.us = us

    async def settle(self):
        for event in await prefect.get_lost_followers():
            await self.evaluate(event)
        if not self.way.is_emitted_first:
            await self.run_timers()
        while self.emitted:
            await self.evaluate(self.emitted.popleft())
        await self.run_timers()
        if self.emitted:
            await self.settle()

    # ---- events ----

    async def evaluate(self, event):
        with contextlib.suppress(prefect.EventArrivedEarly):
            await prefect.reactive_evaluation(event)
        await self.after_event()

    async def deliver(self, document, number):
        document = {"id": str(uuid.uuid5(uuid.NAMESPACE_OID, "step %d" % number)), "occurred": clock.now(), **document}
        event = events.ReceivedEvent.model_validate({**document, "received": clock.now()})
        is_waiting = event.id in ordering._waitlist
        if is_waiting or await ordering.event_has_been_seen(event.id):
            return
        await self.evaluate(event)
        await self.settle()

    async def step(self, step, number):
        at = parse_time(step["at"])
        is_plain = not {"event", "automations", "restart"} & set(step)
        await self.pass_to(at, not is_plain and not self.way.is_timer_first)
        if "automations" in step:
            await self.load(step["automations"])
        if step.get("restart") and self.way.forgets_lag:
            await prefect.reset_events_clock()
        if "event" in step:
            await self.deliver(step["event"], number)

    def check_ids(self):
        """An automation without an id has one that only the engine knows."""
        shown = {v.removeprefix("prefect.automation.") for f in self.firings for v in f["labels"].values()}
        if shown & self.given_ids:
            raise Undecided("it shows an id that was not given")

    async def play(self, scenario):
        steps = scenario["steps"]
        clock.us = parse_time(steps[0]["at"])
        await self.begin()
        await self.load(scenario["automations"])
        for number, step in enumerate(steps):
            await self.step(step, number)
        await self.pass_to(clock.us, False)  # what is due at the last instant
        self.check_ids()
        return self.firings


def comparable(firings):
    return sorted(json.dumps(f, sort_keys=True) for f in firings)


async def play(scenario, way=PLAIN):
    """The firings, whatever they depend on."""
    return await Run(way).play(scenario)


async def record(scenario):
    try:
        firings = await play(scenario)
        is_restarted = any(s.get("restart") for s in scenario["steps"])
        ways = OTHER_WAYS + [Way("forgetful")] * is_restarted
        for way in ways:
            if comparable(await play(scenario, way)) != comparable(firings):
                return None
    except Undecided:
        return None
    return firings


def differs(firings, expected):
    """An expectation may leave out what is not fixed."""
    rest = list(expected)
    for firing in firings:
        for i, e in enumerate(rest):
            if all(firing.get(k) == v for k, v in e.items() if k != "at") and (
                    "at" not in e or parse_time(firing["at"]) == parse_time(e["at"])):
                del rest[i]
                break
        else:
            return True
    return bool(rest)


async def main():
    total = wrong = 0
    is_quick = sys.argv[1] == "--quick"
    use(Dictionaries() if is_quick else Tables())
    for path in sys.argv[1 + is_quick:]:
        with open(path, encoding="utf-8") as file:
            scenarios = json.load(file)
        for scenario in scenarios:
            total += 1
            try:
                firings = await play(scenario)
                is_wrong = differs(firings, scenario["expect"])
            except Undecided as reason:
                firings, is_wrong = str(reason), True
            if is_wrong:
                wrong += 1
                print("%s\n  expected %s\n  got %s"
                      % (scenario["name"], json.dumps(scenario["expect"]), json.dumps(firings)))
    print("%d scenarios, %d differ" % (total, wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
