#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs hostile.py against a target of its own: `run_hostile.py TARGET HOSTILE`."""
import os
import subprocess
import sys
import tempfile
import time


def address_of(path, process):
    until = time.monotonic() + 10
    while time.monotonic() < until and process.poll() is None:
        if os.path.exists(path):
            with open(path) as file:
                text = file.read()
            if text.endswith("\n"):
                return text.strip()
        time.sleep(0.01)
    sys.exit("the target did not start")


def main():
    target, hostile = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "address")
        process = subprocess.Popen([target, path])
        address = address_of(path, process)
        result = subprocess.run([sys.executable, hostile, "--address", address, "--seconds", "1"])
        process.terminate()
        left = process.wait(10)
    if left != 0:
        print(f"the target exited with {left}", file=sys.stderr)
    return result.returncode or left


if __name__ == "__main__":
    sys.exit(main())
