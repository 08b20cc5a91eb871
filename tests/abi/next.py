#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a header of the next minor version out of the present one: members at the ends of structs,
as the rules of growing allow. What the tests of versions build younger hosts and plugins with.

usage: next.py PRESENT OUTPUT
"""
import re
import sys
from pathlib import Path

ADDED = {
    "tocsin_host": "    uint64_t (*answer)(tocsin_self *);         /* [any] 1.1 */\n",
    "tocsin_plugin": "    int32_t (*pause)(tocsin_instance *);       /* [loop] 1.1 */\n",
    "tocsin_message": "    uint64_t sequence;          /* 1.1 */\n",
    "tocsin_result": "    uint64_t weight;            /* 1.1 */\n",
    "tocsin_http_request": "    uint64_t priority;          /* 1.1 */\n",
    "tocsin_reply": "    uint64_t hops;              /* 1.1 */\n",
    "tocsin_option": "    const char *unit;           /* 1.1 */\n",
}


def main():
    text = Path(sys.argv[1]).read_text()
    text, count = re.subn(r"(#define TOCSIN_ABI_MINOR )0\b", r"\g<1>1", text)
    if count != 1:
        sys.exit("next.py: the minor version is not where it was")
    for name, member in ADDED.items():
        end = f"}} {name};"
        if text.count(end) != 1:
            sys.exit(f"next.py: {name} does not end as it did")
        text = text.replace(end, member + end)
        text, count = re.subn(rf"sizeof\({name}\) == (\d+)",
                              lambda m: f"sizeof({m[0][7:-len(m[1]) - 5]}) == {int(m[1]) + 8}",
                              text)
        if count != 1:
            sys.exit(f"next.py: the size of {name} is not asserted")
    Path(sys.argv[2]).parent.mkdir(parents=True, exist_ok=True)
    Path(sys.argv[2]).write_text(text)


if __name__ == "__main__":
    main()
