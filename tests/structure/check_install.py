#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs the tree into a folder of its own and builds a plugin against it, as a third party
does: with find_package(Tocsin), and with pkg-config; so does what "tocsin plugin new" writes. The
headers also compile as C11 and C++11.

usage: check_install.py CMAKE BUILD_FOLDER
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rooms import report

EXPECTED = ["bin/tocsin", "include/tocsin/plugin.h", "lib/cmake/Tocsin/TocsinConfig.cmake",
            "lib/cmake/Tocsin/TocsinPlugin.cmake", "lib/pkgconfig/tocsin.pc",
            "lib/tocsin/plugins/webhook.so", "share/man/man1/tocsin.1",
            "share/doc/tocsin/architecture.md", "share/doc/tocsin/blocks.md",
            "share/doc/tocsin/operations.md", "share/doc/tocsin/writing-a-plugin.md",
            "share/doc/tocsin/plugins/webhook.md"]

PROJECT = """cmake_minimum_required(VERSION 3.25)
project(third LANGUAGES C)
find_package(Tocsin REQUIRED)
tocsin_add_plugin(third third.c)
if(CXX)
    enable_language(CXX)
    tocsin_add_plugin(fourth fourth.cc)
endif()
"""
PLUGIN = """#include <tocsin/plugin.h>
__attribute__((visibility("default"))) int third_marker(void);
int third_marker(void) { return 1; }
"""
HEADERS = ["plugin.h", "delivery.h", "http.h", "json.h", "text.h", "ext/preview.h", "ext/probe.h",
           "ext/prefect_block.h"]
MOCK = "mock.h"
# Inline functions with static locals, templates and typeinfo are what C++ would export.
CXX_PLUGIN = """#include <string>
#include <tocsin/plugin.h>
inline std::string &shared() { static std::string text; return text; }
extern "C" const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    shared() += host == nullptr ? "a" : "b";
    return nullptr;
}
"""
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wpadded", "-Werror", "-fsyntax-only"]


def run(*command, **kwargs):
    """What the command printed when it failed; None when it did not."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **kwargs)
    return None if done.returncode == 0 else (done.stdout + done.stderr).strip()


def export_problem(plugin):
    """Why a plugin exports more than its entry; None: it does not."""
    listed = subprocess.run(["nm", "-D", "--defined-only", plugin], capture_output=True, text=True)
    names = [line.split()[-1] for line in listed.stdout.splitlines()]
    return None if names == ["tocsin_plugin_entry_v1"] else f"it exports {', '.join(names)}"


def build_problems(cmake, prefix, folder):
    (folder / "CMakeLists.txt").write_text(PROJECT)
    (folder / "third.c").write_text(PLUGIN)
    (folder / "fourth.cc").write_text(CXX_PLUGIN)
    build = folder / "build"
    has_cxx = "ON" if shutil.which("c++") else "OFF"
    why = (run(cmake, "-G", "Ninja", "-S", folder, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}",
               f"-DCXX={has_cxx}")
           or run(cmake, "--build", build)
           or (has_cxx == "ON" and export_problem(build / "fourth.so")))
    if why:
        yield f"a third party's plugin does not build: {why}"
    elif not (build / "third.so").exists():
        yield "a third party's plugin is not called third.so"


def new_plugin_problems(cmake, prefix, folder):
    """What "tocsin plugin new" writes builds as it is, passes its test and is let through."""
    tocsin = prefix / "bin/tocsin"
    source, build = folder / "a-new-one", folder / "a-new-one/build"
    plugin = build / "a-new-one.so"
    why = (run(tocsin, "plugin", "new", "a-new-one", cwd=folder)
           or run(cmake, "-G", "Ninja", "-S", source, "-B", build, "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror")
           or run(cmake, "--build", build)
           or run(str(cmake).replace("cmake", "ctest"), "--test-dir", build)
           or run(cmake, "--install", build, "--prefix", prefix)
           or run(tocsin, "plugin", "inspect", prefix / "lib/tocsin/plugins/a-new-one.so"))
    if why:
        yield f"a new plugin: {why}"
    by_hand = pkg_config(prefix, "--cflags")
    why = run("cc", "-std=c11", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-Werror",
              *by_hand.stdout.split(), "-Wl,--no-undefined,-z,now,-z,relro,-z,noexecstack",
              "-o", plugin, source / "a-new-one.c") or run(tocsin, "plugin", "inspect", plugin)
    if why:
        yield f"a new plugin with pkg-config: {why}"
    # It is C++ as well, for who wants to go on in that.
    for name in ("a-new-one.c", "test_a-new-one.c"):
        why = shutil.which("c++") and run("c++", "-std=c++20", "-x", "c++", "-Wall", "-Wpedantic", "-Werror",
                                          "-fsyntax-only", *by_hand.stdout.split(), source / name)
        if why:
            yield f"{name} as C++: {why}"
    folder_said = pkg_config(prefix, "--variable=plugindir").stdout.strip()
    if not (Path(folder_said) / "webhook.so").exists():
        yield f"pkg-config says that plugins are in {folder_said}"


def pkg_config(prefix, flag):
    environment = {**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    return subprocess.run(["pkg-config", flag, "tocsin"], capture_output=True, text=True,
                          env=environment)


def header_problems(prefix, folder):
    out = pkg_config(prefix, "--cflags")
    if out.returncode != 0:
        yield f"pkg-config does not find tocsin: {out.stderr.strip()}"
    for compiler, standard, suffix in (("cc", "-std=c11", "c"), ("c++", "-std=c++11", "cc")):
        if not shutil.which(compiler):
            print(f"no {compiler}: the header is not tried with {standard}")
            continue
        for header in [*HEADERS, MOCK]:
            source = folder / f"only.{suffix}"
            source.write_text(f"#include <tocsin/{header}>\n")
            # The mock crosses no border: it may be padded.
            flags = [f for f in STRICT if header != MOCK or f != "-Wpadded"]
            why = run(compiler, standard, *flags, *out.stdout.split(), source)
            if why:
                yield f"{header} with {standard}: {why}"


def unit_problems(prefix):
    """The unit starts the program that was installed with it."""
    unit = (prefix / "lib/systemd/system/tocsin.service").read_text()
    for program in re.findall(r"^Exec\w+=(\S+)", unit, re.M):
        if program != str(prefix / "bin/tocsin"):
            yield f"the unit runs {program}"


def link_problems(docs):
    """Pages that point to what is not there."""
    for page in docs.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            if not (page.parent / target).exists():
                yield f"{page.relative_to(docs)} points to {target}, which is not installed"


def main():
    cmake, build = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prefix = folder / "prefix"
        why = run(cmake, "--install", build, "--prefix", prefix)
        if why:
            return report([why], "installed tree")
        problems = [f"{path} is not installed" for path in EXPECTED
                    if not (prefix / path).exists()]
        problems += link_problems(prefix / "share/doc/tocsin")
        problems += unit_problems(prefix)
        problems += build_problems(cmake, prefix, folder)
        problems += header_problems(prefix, folder)
        problems += new_plugin_problems(cmake, prefix, folder)
    return report(problems, "installed tree")


if __name__ == "__main__":
    sys.exit(main())
