#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes core/template/html_entities.c from Python's table of HTML 5 character references.

usage: python3 tests/tools/html_entities.py > core/template/html_entities.c
"""
from html.entities import html5


def literal(text):
    return "".join("\\x%02x" % b for b in text.encode())


print("/* SPDX-License-Identifier: Apache-2.0 */")
print("/* html_entities.c - made by tests/tools/html_entities.py, in byte order. */")
print('#include "core/template/html_entities.h"\n\n/* clang-format off */')
print("const tcn_entity tcn_entities[] = {")
for name in sorted(html5, key=lambda n: n.encode()):
    print('    {"%s", "%s"},' % (name, literal(html5[name])))
print("};\nconst size_t tcn_entity_count = sizeof tcn_entities / sizeof tcn_entities[0];")
