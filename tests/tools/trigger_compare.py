# SPDX-License-Identifier: Apache-2.0
"""New scenarios (trigger_cases.py), played by "tocsin test" and by the real Prefect (trigger_reference.py).
    trigger_compare.py compare PROGRAM --seed SEED [--class CLASS]... [--count N] [--seconds S] [--out FOLDER]
        writes each difference, as small as it gets, to a file
    trigger_compare.py record FILE --seed SEED [--class CLASS]... [--count N]
        writes that many short scenarios of each class in which something fires, with what is expected
"""
import argparse
import asyncio
import collections
import json
import os
import subprocess
import sys
import tempfile
import time

import trigger_reference as reference
from trigger_cases import CLASSES, random_scenario
import fuzz

PART = 200  # scenarios of a class that are compared together
SHRINK_TRIES = 150
LARGEST = 3000 # bytes of a scenario that is kept


async def expected(made):
    """With the firings; None: nobody knows them."""
    try:
        return {**made, "expect": await reference.play(made)}
    except reference.Undecided:
        return None


def disagreeing(program, scenarios):
    """The names of those that the program plays differently, with or without a restart after every step."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(scenarios, file, ensure_ascii=False)
        file.flush()
        return failed(len(scenarios), program, "test", file.name) | failed(
            len(scenarios), program, "test", "--restart", file.name)


def failed(count, *command):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = run.stdout.decode(errors="replace").splitlines()
    names = {line[len("FAIL "):] for line in lines if line.startswith("FAIL ")}
    passed = sum(line.startswith("ok ") for line in lines)
    if passed + len(names) != count:
        sys.exit("the program does not play them: " + " ".join(lines[:3]))
    return names


async def differs(program, made):
    """Whatever is settled differently, Prefect says the same, and the program does not."""
    firings = await reference.record(made) if made["steps"] else None
    return firings is not None and bool(disagreeing(program, [{**made, "expect": firings}]))


async def shrink(program, made):
    tries = SHRINK_TRIES
    is_smaller = True
    while is_smaller and tries > 0:
        is_smaller = False
        for candidate in fuzz.smaller(made):
            tries -= 1
            with_expect = await expected(candidate) if candidate["steps"] else None
            if with_expect and disagreeing(program, [with_expect]) and await differs(program, candidate):
                made, is_smaller = candidate, True
                break
            if tries == 0:
                break
    return {**made, "expect": await reference.record(made)}


async def report(program, made, folder):
    with_ids = [reference.with_ids(a) for a in made["automations"]]
    small = await shrink(program, {**made, "automations": with_ids})
    path = os.path.join(folder, made["name"].replace(" ", "-").replace("#", "") + ".json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump([small], file, ensure_ascii=False, indent=1)
    print("%s differs, as small as it gets: %s" % (made["name"], path), flush=True)


async def compare(args):
    counts = collections.Counter()
    begun = time.time()
    first = 0
    while first < args.count and time.time() - begun < args.seconds:
        for kind in args.kind or CLASSES:
            scenarios = [await expected(random_scenario(args.seed, kind, n)) for n in range(first, first + PART)]
            known = [s for s in scenarios if s is not None]
            differ = disagreeing(args.file, known)
            counts[kind] += len(known)
            counts["feed themselves"] += PART - len(known)
            for made in known:
                if made["name"] in differ:
                    if await differs(args.file, made):
                        counts["differ"] += 1
                        await report(args.file, made, args.out)
                    else:
                        counts["depend on what is not fixed"] += 1
        first += PART
        print("%.0f s: %s" % (time.time() - begun, dict(counts)), flush=True)
    return 1 if counts["differ"] else 0


async def recorded(seed, kind, count):
    """Lines of a file."""
    lines = []
    number = 0
    while len(lines) < count:
        made = await expected(random_scenario(seed, kind, number))
        line = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
        if made and made["expect"] and len(line) <= LARGEST and await reference.record(made) is not None:
            lines.append(line)
        number += 1
    return lines


async def record(args):
    lines = [line for kind in args.kind or CLASSES for line in await recorded(args.seed, kind, args.count)]
    with open(args.file, "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(lines) + "\n]\n")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["compare", "record"])
    parser.add_argument("file", metavar="PROGRAM|FILE")
    parser.add_argument("--seed", required=True)
    parser.add_argument("--class", dest="kind", action="append", choices=list(CLASSES))
    parser.add_argument("--count", type=int, default=1 << 40)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--out", default=".")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    reference.use(reference.Dictionaries())
    sys.exit(asyncio.run((compare if args.what == "compare" else record)(args)))


if __name__ == "__main__":
    main()
