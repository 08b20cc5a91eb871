#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rendering the workloads of templates/ with our engine and, turn by turn in the same run, with others:
Jinja2 (compiled once), Prefect's own render call, minijinja and nunjucks. Outputs are compared first.
Figures are medians of CPU time for one call; compile rows are compiling alone, W6 is compiling and
rendering W1 once, as for a template that nobody has seen before. What the others need is installed
under build/peers from their registries; where that is not possible their rows say "not run"."""
import json
import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORKLOADS = HERE / "templates"
PEERS = HERE.parents[1] / "build/peers"
PREFECT = "prefect==3.8.8"
TURNS = 11
NAMES = ["W1", "W2", "W2-64", "W3", "W4", "W5"]
CASES = ([(n, "render") for n in NAMES] + [(n, "compile") for n in NAMES if n != "W2-64"] + [("W1", "oneshot")])
CARGO = """[package]
name = "peer"
version = "0.0.0"
edition = "2021"
[[bin]]
name = "peer"
path = "main.rs"
[dependencies]
minijinja = { version = "2", features = ["json", "preserve_order"] }
serde_json = { version = "1", features = ["preserve_order"] }
libc = "0.2"
[profile.release]
lto = true
codegen-units = 1
"""


class NotRun(Exception):
    pass


def make(*command, cwd=None):
    """A step of an installation."""
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise NotRun((done.stdout.strip().splitlines() or ["no reason given"])[-1][:120])


def need(tool):
    if shutil.which(tool) is None:
        raise NotRun(f"{tool} is not installed")


def python():
    program = PEERS / "venv/bin/python"
    if not program.exists():
        make(sys.executable, "-m", "venv", str(PEERS / "venv"))
    if subprocess.run([program, "-c", "import prefect, jinja2"], stderr=subprocess.DEVNULL).returncode != 0:
        make(str(program), "-m", "pip", "install", "-q", PREFECT)
    return str(program)


def jinja(*more):
    return [python(), "-W", "ignore", str(HERE / "peers/jinja.py"), str(WORKLOADS), *more]


def minijinja():
    need("cargo")
    folder = PEERS / "minijinja"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Cargo.toml").write_text(CARGO)
    shutil.copyfile(HERE / "peers/minijinja.rs", folder / "main.rs")
    make("cargo", "build", "--release", "--quiet", cwd=folder)
    return [str(folder / "target/release/peer"), str(WORKLOADS)]


def nunjucks():
    need("node")
    folder = PEERS / "nunjucks"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules/nunjucks").exists():
        need("npm")
        make("npm", "install", "--silent", "--no-fund", "--no-audit", "nunjucks@3", cwd=folder)
    return ["node", str(HERE / "peers/nunjucks.js"), str(WORKLOADS), str(folder / "node_modules/nunjucks")]


def same(name, text, expected):
    """Besides the same text: W3 is JSON, where the others write other spaces and orders; minijinja and
    nunjucks print lists and 1.0 in ways of their own, and keep the end of the last line."""
    def plain(shown):
        return re.sub(r"[\[\]'\"\s]|\.0(?!\d)", "", shown)
    if name == "W3":
        return json.loads(text) == json.loads(expected)
    return text == expected or plain(text) == plain(expected)


class Peer:
    """A program that answers a line with a line."""

    def __init__(self, name, command):
        self.name, self.reason, self.times, self.process = name, None, {}, None
        try:
            self.process = subprocess.Popen(command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        except (NotRun, OSError) as error:
            self.reason = str(error)

    def ask(self, what, name):
        self.process.stdin.write(f"{what} {name}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended at {what} {name}")
        return json.loads(line)

    def knows(self, what):
        return self.reason is None and (self.name != "Prefect" or what == "render")

    def compare(self, name):
        expected = (WORKLOADS / f"{name.lower()}.out").read_text(encoding="utf-8")
        text = self.ask("output", name)
        if not same(name, text, expected):
            (PEERS / f"{self.name}-{name}.out").write_text(text)
            raise SystemExit(f"{self.name} renders {name} differently, see {PEERS}")

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()

    def median(self, case):
        return statistics.median(self.times[case])


def label(case):
    name, what = case
    return "W6 compile and render W1" if what == "oneshot" else name if what == "render" else f"{name} compile"


def row(case, **figures):
    print(json.dumps({"bench": "templates", "case": case, **figures}), flush=True)


def report(ours, peers, case):
    took = ours.median(case)
    known = [p for p in peers if p.knows(case[1])]
    best = min(known, key=lambda p: p.median(case), default=None)
    memory = ours.ask("memory", case[0]) if case[1] == "render" else {}
    row(label(case), cpu_us=round(took, 3), per_second=round(1e6 / took),
        floor=round(best.median(case), 3) if best else "not run",
        ratio=round(took / best.median(case), 3) if best else None,
        floor_is=f"the best of the others, {best.name}" if best else None,
        least=round(min(ours.times[case]), 3), most=round(max(ours.times[case]), 3), **memory)
    for peer in peers:
        if peer.knows(case[1]):
            row(f"{label(case)}, {peer.name}", cpu_us=round(peer.median(case), 3),
                per_second=round(1e6 / peer.median(case)), floor=None, ratio=None,
                ours_takes=round(took / peer.median(case), 3))


def main():
    PEERS.mkdir(parents=True, exist_ok=True)
    program = Path(sys.argv[1]).parents[1] / "bench/bench_templates"
    ours = Peer("tocsin", lambda: [str(program)])
    peers = [Peer("Jinja2", jinja), Peer("Prefect", lambda: jinja("prefect")), Peer("minijinja", minijinja),
             Peer("nunjucks", nunjucks)]
    running = [p for p in [ours, *peers] if p.reason is None]
    for peer in running:
        for name in NAMES:
            peer.compare(name)
    for _ in range(TURNS):
        for case in CASES:
            for peer in running:
                if peer.knows(case[1]):
                    peer.times.setdefault(case, []).append(peer.ask(case[1], case[0]))
    for case in CASES:
        report(ours, peers, case)
    for peer in peers:
        if peer.reason is not None:
            row(peer.name, cpu_us=None, per_second=None, floor=None, ratio=None, **{"not run": peer.reason})
    for peer in running:
        peer.close()


if __name__ == "__main__":
    sys.exit(main())
