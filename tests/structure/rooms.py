# SPDX-License-Identifier: Apache-2.0
"""The rules of the house, in one place: which room may use which, and what only some may touch.

docs/architecture.md shows the same table to people; check_docs.py keeps the two equal.
"""
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Room(NamedTuple):
    uses: tuple  # rooms whose headers and functions it may use
    libraries: tuple = ()  # pkg-config names of the libraries that it calls itself


_ABOVE = ("base", "value", "event", "template", "engine", "store", "net", "option", "gate",
          "plugin", "action", "ingest")

ROOMS = {
    "base": Room((), ("libuv", "libcrypto", "libxxhash")),
    "value": Room(("base",), ("jansson", "yaml-0.1")),
    "event": Room(("base", "value")),
    "template": Room(("base", "value")),
    "engine": Room(("base", "value", "event"), ("jansson",)),
    "store": Room(("base", "value", "event", "engine"),
                  ("sqlite3", "libzstd", "libxxhash", "libuv", "libcrypto", "jansson")),
    "net": Room(("base",), ("libuv", "libcurl", "libmicrohttpd", "libssl")),
    "option": Room(("base", "value", "template"), ("libuv", "jansson", "libcrypto")),
    "gate": Room(("base", "option"), ("jansson", "libcrypto")),
    "plugin": Room(("base", "value", "event", "template", "net", "option", "gate"),
                   ("libuv", "jansson", "libcrypto")),
    "action": Room(("base", "value", "event", "engine", "template", "store", "net", "option", "plugin"),
                   ("libuv", "jansson")),
    "ingest": Room(("base", "value", "event", "engine", "store", "net", "plugin", "action"),
                   ("libuv", "jansson")),
    "block": Room(("base", "value", "event", "engine", "template", "store", "net", "option", "gate",
                   "plugin"), ("jansson", "libuv", "libcrypto")),
    "api": Room(_ABOVE + ("block",), ("jansson", "libuv")),
    "daemon": Room(_ABOVE + ("block", "api"), ("libuv", "jansson", "libcrypto")),
    "kit": Room(("base", "value", "event", "template", "net", "option", "gate", "plugin"),
                ("libuv", "jansson")),
    "cli": Room(_ABOVE + ("block", "api", "daemon", "kit"), ("libuv", "jansson")),
}

# Headers of the system and of libraries that only these rooms may include.
HEADERS = {
    r"sqlite3\.h": {"store"},
    r"zstd.*\.h": {"store"},
    r"curl/.*": {"net"},
    r"microhttpd\.h": {"net"},
    r"(sys/socket|sys/un|netinet/.*|arpa/inet|netdb)(\.h)?": {"net"},
    r"dlfcn\.h": {"gate"},
    r"yaml\.h": {"value"},
    r"uv\.h": set(ROOMS) - {"value", "event", "template", "engine"},
    r"tocsin/.*\.h": {"option", "gate", "plugin", "action", "kit"},
    r"(xxhash|xxh3)\.h": {"base", "store"},
}

# Functions that only these rooms may call, by the names that the linker sees.
SYMBOLS = {
    r"dl(m?open|sym|close)": {"gate"},
    r"sqlite3_\w+": {"store"},
    r"ZSTD_\w+": {"store"},
    r"curl_\w+|MHD_\w+": {"net"},
    r"socket|connect|bind|listen|accept4?|send(to|msg)?|recv(from|msg)?|getaddrinfo": {"net"},
    r"uv_\w+": HEADERS[r"uv\.h"],
    r"malloc|calloc|realloc|reallocarray|strn?dup|v?asprintf|getline": {"base"},
    r"clock_gettime|gettimeofday|time|ftime": {"base"},
}

# Rooms that are folded over a log or fuzzed alone: no files, no threads, no environment, no chance.
PURE = {"event", "template", "engine"}
PURE_SYMBOLS = (r"f?open(at|64)?|fopen64|read|write|fread|fwrite|fputs|puts|printf|pthread_\w+|getenv|"
                r"s?rand(om)?(_r)?|getrandom|nanosleep|usleep|sleep|poll|epoll_\w+|fork|exec\w+")

# Never, by nobody: unbounded, unsafe with threads, or hidden behind the locale.
BANNED = ("strcpy strcat strncpy strncat sprintf vsprintf strtok atoi atol gets localtime gmtime "
          "alloca system popen").split()
# The one file that may ask the kernel for the time.
CLOCK_FILE = "core/base/clock.c"


def linked(room):
    """The rooms that a program with this one links: those of its row, and of theirs."""
    found = list(ROOMS[room].uses)
    for used in found:
        found += [r for r in ROOMS[used].uses if r not in found]
    return found


def sources(*folders, suffixes=(".c", ".h")):
    """Every source file below these folders, relative to the root, in order."""
    found = []
    for folder in folders:
        found += [p.relative_to(ROOT) for p in (ROOT / folder).rglob("*")
                  if p.suffix in suffixes and p.is_file()]
    return sorted(found)


def code_only(text):
    """text with comments and the insides of literals blanked; lines stay where they are."""
    def blank(match):
        kept = match.group(0)[0] if match.group(0)[0] in "\"'" else " "
        return kept + "\n" * match.group(0).count("\n") + (kept if kept != " " else "")
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, blank, text, flags=re.S)


def report(problems, what):
    """Prints the problems; the exit status of the check."""
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problem(s) in {what}" if problems else f"{what}: in order")
    return 1 if problems else 0
