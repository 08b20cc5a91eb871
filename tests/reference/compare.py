# SPDX-License-Identifier: Apache-2.0
"""Compares "tocsin replay" over recorded events with the naive evaluator: the same firings, in the same
order (at one instant in any order).
    compare.py PROGRAM AUTOMATIONS EVENTS
"""
import json
import subprocess
import sys

import evaluator


def key(firing, recorded):
    """What must be equal. Ids of emitted events are the engine's own business."""
    event = firing["event"]
    if event is not None and event not in recorded:
        event = "emitted"
    labels = sorted(firing["labels"].items())
    return evaluator.parse_time(firing["at"]), firing["automation"], str(event), labels


def main():
    program, automations_path, events_path = sys.argv[1:]
    with open(automations_path, encoding="utf-8") as file:
        automations = json.load(file)
    with open(events_path, encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    recorded = {event["id"] for event in events}
    expected = sorted(key(evaluator.show(f), recorded) for f in evaluator.replay(automations, events))
    run = subprocess.run([program, "replay", "--automations", automations_path, "--events", events_path],
                         check=True, stdout=subprocess.PIPE)
    firings = [json.loads(line) for line in run.stdout.decode().splitlines()]
    got = [key(f, recorded) for f in firings]
    if any(a[0] > b[0] for a, b in zip(got, got[1:])):
        sys.exit("the firings are not in the order of time")
    got.sort()
    for firing in [f for f in expected if f not in got][:20]:
        print("missing:     ", firing)
    for firing in [f for f in got if f not in expected][:20]:
        print("not expected:", firing)
    print("%d firings expected, %d printed" % (len(expected), len(got)))
    sys.exit(expected != got)


if __name__ == "__main__":
    main()
