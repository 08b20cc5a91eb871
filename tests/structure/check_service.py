#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The unit as it is installed: systemd accepts it, it is as closed as it can be, and it says what
the manual says.

usage: check_service.py CMAKE BUILD_FOLDER
Exit status 77: systemd-analyze is not there.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rooms import report

MOST_EXPOSED = 2.0
MUST_SAY = ["Type=notify", "User=tocsin", "WatchdogSec=20s", "Restart=on-failure",
            "StartLimitIntervalSec=0", "StateDirectory=tocsin", "RuntimeDirectory=tocsin",
            "NoNewPrivileges=yes", "MemoryDenyWriteExecute=yes"]


def analyze(*arguments):
    done = subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True,
                          text=True, env={**os.environ, "SYSTEMD_PAGER": "", "NO_COLOR": "1"})
    return done.returncode, (done.stdout + done.stderr).strip()


def problems(prefix):
    unit = prefix / "lib/systemd/system/tocsin.service"
    text = unit.read_text()
    for line in MUST_SAY + [f"ExecReload={prefix}/bin/tocsin reload",
                            f"ExecStart={prefix}/bin/tocsin serve --config /etc/tocsin/tocsin.yaml"]:
        if line not in text.splitlines():
            yield f"the unit does not say {line}"
    status, said = analyze("verify", "--man=no", unit)
    if status != 0 or "tocsin.service" in said:
        yield f"systemd-analyze verify: {said}"
    _, said = analyze("security", "--offline=true", "--no-pager", unit)
    level = re.search(r"Overall exposure level for tocsin.service: ([0-9.]+)", said)
    if not level:
        yield f"systemd-analyze security says no level: {said[-300:]}"
    elif float(level[1]) > MOST_EXPOSED:
        yield f"systemd-analyze security: {level[1]} is above {MOST_EXPOSED}"
    for name in ("lib/sysusers.d/tocsin.conf", "share/doc/tocsin/examples/credentials.conf",
                 "share/doc/tocsin/examples/tocsin.yaml"):
        if not (prefix / name).exists():
            yield f"{name} is not installed"


def main():
    if shutil.which("systemd-analyze") is None:
        print("systemd-analyze is not there (Debian package systemd)")
        return 77
    cmake, build = sys.argv[1], sys.argv[2]
    with tempfile.TemporaryDirectory(prefix="tocsin-service-") as folder:
        prefix = Path(folder) / "usr"
        # The unit names its program by the prefix that the tree was configured with.
        for step in (["-S", ".", "-B", f"{folder}/build", "-G", "Ninja", "-DTOCSIN_TESTS=OFF",
                      f"-DCMAKE_INSTALL_PREFIX={prefix}"],):
            done = subprocess.run([cmake, *step], capture_output=True, text=True)
            if done.returncode != 0:
                return report([f"configure: {done.stderr}"], "the service")
        (prefix / "bin").mkdir(parents=True)
        shutil.copy(f"{build}/bin/tocsin", prefix / "bin/tocsin")
        done = subprocess.run([cmake, "--install", f"{folder}/build/service"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            return report([f"install: {done.stderr}"], "the service")
        return report(list(problems(prefix)), "the service")


sys.exit(main())
