# SPDX-License-Identifier: Apache-2.0
"""Further template cases: random templates of the tiers T1 and T2, with the result that the real engine
gives (template_reference.py).

usage: template_cases.py SEED COUNT [CASES.ndjson...] > OUT.ndjson

Prefect's objects for the contexts are taken from the given files of cases. `tocsin render --cases` takes
what comes out."""
import json
import random
import re
import resource
import sys

import template_reference as reference

WORDS = ["Straße", "été", "B", "y z", "", " pad ", "flow-run", "Üniçødé", "İstanbul", "ŉ", "ǆ", "ΑΣ", "ﬁn",
         "日本語", "a\tb", "line\nline", "<b>&\"'", "100%", "😀x", "e\u0301", "nbsp\u00a0x", "\u2028", "_x",
         "0x1f", "12", "-3", "1e3", "4_2", "٣", "²", "Ⅷ", "True", "a.b", "x" * 40, "hello world foo bar",
         "don't stop", "ONE two Three", "{0}", "%s", "www.example.com", "a@b.example", "\x1f", "q\x00"[:1]]
INTS = ["0", "1", "2", "3", "7", "10", "-1", "-7", "42", "1000", "1_000", "0x1F", "0b101", "0o17", "00",
        "9223372036854775807", "9223372036854775808", "18446744073709551616", "123456789012345678901234567890"]
FLOATS = ["0.0", "1.0", "0.1", "2.5", "1.5", "-0.5", "3.14159", "1e3", "1e16", "1e22", "1e-5", "1.5e300",
          "123456789.123456789", "0.30000000000000004", "1e308", "5e-324", "1_0.5", "42.55", "0.5", "99.995"]
FLAGS = ["true", "false", "none", "True", "False", "None"]
NAMES = ["n", "m", "f", "s", "t", "name", "words", "nums", "mixed", "rows", "d", "cfg", "tree", "when", "took",
         "uid", "pair", "missing", "nope", "big", "flag", "nothing", "mark", "span", "one", "raw", "keys"]
STR_METHODS = {
    "upper": 0, "lower": 0, "title": 0, "capitalize": 0, "swapcase": 0, "casefold": 0, "strip": 1, "lstrip": 1,
    "rstrip": 1, "split": 2, "rsplit": 2, "splitlines": 1, "join": 1, "replace": 3, "startswith": 3,
    "endswith": 3, "find": 3, "rfind": 3, "index": 3, "rindex": 3, "count": 3, "center": 2, "ljust": 2,
    "rjust": 2, "zfill": 1, "expandtabs": 1, "isalnum": 0, "isalpha": 0, "isascii": 0, "isdecimal": 0,
    "isdigit": 0, "isidentifier": 0, "islower": 0, "isnumeric": 0, "isprintable": 0, "isspace": 0,
    "istitle": 0, "isupper": 0, "partition": 1, "rpartition": 1, "removeprefix": 1, "removesuffix": 1,
    "format": 2, "encode": 1, "translate": 1}
OTHER_METHODS = {
    "items": 0, "keys": 0, "values": 0, "get": 2, "copy": 0, "index": 2, "count": 1, "bit_length": 0,
    "is_integer": 0, "hex": 0, "as_integer_ratio": 0, "conjugate": 0, "isoformat": 2, "weekday": 0,
    "isoweekday": 0, "total_seconds": 0, "date": 0, "time": 0, "timestamp": 0, "utcoffset": 0, "tzname": 0,
    "append": 1, "pop": 0, "update": 1, "union": 1, "decode": 1, "replace": 2}
ATTRS = ["a", "b", "name", "n", "kids", "x", "real", "imag", "days", "seconds", "microseconds", "year", "month",
         "hour", "int", "hex", "version", "fields", "urn", "start", "stop", "step", "items", "__class__", "_x",
         "denominator", "value", "tzinfo", "mro", "0", "1", "format", "get"]
FILTERS = {
    "abs": "", "attr": "A", "batch": "ix", "capitalize": "", "center": "i", "default": "xb", "d": "xb",
    "dictsort": "bvb", "e": "", "escape": "", "filesizeformat": "b", "first": "", "float": "x",
    "forceescape": "", "format": "xx", "groupby": "Ax", "indent": "ibb", "int": "xi", "items": "",
    "join": "sA", "last": "", "length": "", "count": "", "list": "", "lower": "", "map": "F", "max": "bA",
    "min": "bA", "pprint": "", "reject": "T", "rejectattr": "AT", "select": "T", "selectattr": "AT",
    "replace": "ssi", "reverse": "", "round": "im", "safe": "", "slice": "ix", "sort": "bbA", "string": "",
    "striptags": "", "sum": "Ax", "title": "", "tojson": "i", "trim": "s", "truncate": "ibsi", "unique": "bA",
    "upper": "", "urlencode": "", "urlize": "ibsss", "wordcount": "", "wordwrap": "ibsb", "xmlattr": "b",
    "humanize_naturalsize": "bbf", "humanize_intcomma": "i", "humanize_intword": "f", "humanize_ordinal": "",
    "humanize_apnumber": "", "humanize_fractional": "", "humanize_scientific": "i", "humanize_metric": "si",
    "humanize_clamp": "xx", "humanize_naturaldelta": "b", "humanize_naturaltime": "b",
    "humanize_precisedelta": "uuf", "flow_run_id": "", "humanize_abs_timedelta": "", "nofilter": ""}
KEYWORDS = {
    "batch": ["linecount", "fill_with"], "center": ["width"], "default": ["default_value", "boolean"],
    "dictsort": ["case_sensitive", "by", "reverse"], "filesizeformat": ["binary"],
    "groupby": ["attribute", "default"], "indent": ["width", "first", "blank"], "int": ["default", "base"],
    "join": ["d", "attribute"], "max": ["case_sensitive", "attribute"],
    "min": ["case_sensitive", "attribute"], "replace": ["old", "new", "count"], "round": ["precision", "method"],
    "slice": ["slices", "fill_with"], "sort": ["reverse", "case_sensitive", "attribute"],
    "sum": ["attribute", "start"], "tojson": ["indent"], "trim": ["chars"],
    "truncate": ["length", "killwords", "end", "leeway"], "unique": ["case_sensitive", "attribute"],
    "urlize": ["trim_url_limit", "nofollow", "target", "rel", "extra_schemes"],
    "wordwrap": ["width", "break_long_words", "wrapstring", "break_on_hyphens"], "float": ["default"],
    "humanize_naturalsize": ["binary", "gnu", "format"], "humanize_intcomma": ["ndigits"],
    "humanize_metric": ["unit", "precision"], "xmlattr": ["autospace"]}
TESTS = ["defined", "undefined", "none", "boolean", "true", "false", "integer", "float", "number", "string",
         "mapping", "sequence", "iterable", "callable", "sameas", "escaped", "odd", "even", "divisibleby", "in",
         "lower", "upper", "eq", "ne", "lt", "le", "gt", "ge", "filter", "test", "equalto", "lessthan",
         "greaterthan", "nosuchtest"]
WITH_ARGUMENT = {"sameas", "divisibleby", "in", "eq", "ne", "lt", "le", "gt", "ge", "equalto", "lessthan",
                 "greaterthan"}
LOOP = ["index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0", "previtem",
        "nextitem", "cycle('a', 'b')", "changed(v)", "nope", "previtem.name", "nextitem|default('-')"]
TEXTS = ["\n", " ", "x", " - ", "é ", "$5 ", "<br>", "\n  ", "{ } % #", "&amp; ", "100 % ", "\t", "→ ", "\\n", "\r\n",
         "line\n\n", "* ", ": "]
SPECS = ["", ">10", "<8", "^9", "*^9", "08", "+", " ", "+.2f", ".3e", ".4g", "%", ".1%", ",", "_", "x", "#x", "b", "#o",
         "c", "n", "e", "G", "10.3", "<10.2f", "=+8", "é>6", "s", "d", "10s", ".2", "%Y-%m-%d", "%H:%M", "0>5", "X"]
PERCENTS = ["%s", "%d", "%5d", "%-5d|", "%05d", "%+d", "% d", "%x", "%#x", "%o", "%e", "%.2f", "%10.3f", "%g", "%r", "%c",
            "%%", "%5s", "%-5s|", "%.3s", "%i", "%X", "%G", "%a", "%(name)s", "%(n)d", "%*d", "%q", "%", "%.0f", "%#.3g"]


class Generator:
    def __init__(self, seed, objects):
        self.random = random.Random(seed)
        self.objects = objects
        self.names = NAMES
        self.depth = 0
        self.deepest = 2

    def pick(self, items):
        return self.random.choice(items)

    def chance(self, share):
        return self.random.random() < share

    # ---- expressions

    def text(self):
        word = self.pick(WORDS)
        if self.chance(0.1):
            word = self.pick(WORDS) + word
        quote = self.pick("'\"")
        body = word.replace("\\", "\\\\").replace(quote, "\\" + quote)
        if self.chance(0.1):
            body += self.pick(["\\n", "\\x41", "\\u00e9", "\\U0001F600", "\\101", "\\t", "\\q", "\\\\", "\\é", "\\0"])
        return quote + body + quote

    def number(self):
        return self.pick(INTS if self.chance(0.6) else FLOATS)

    def small(self):
        return self.pick(["0", "1", "2", "3", "5", "-1", "-2", "10", "20", "n", "none", "true", "1.5", "'3'"]
                         if self.chance(0.15) else ["1", "2", "3", "4", "5", "8", "12", "0", "-1"])

    def literal(self):
        kind = self.random.random()
        if kind < 0.3:
            return self.text()
        if kind < 0.55:
            return self.number()
        if kind < 0.65:
            return self.pick(FLAGS)
        items = [self.expression() for _ in range(self.random.randint(0, 3))]
        if kind < 0.8:
            return "[" + ", ".join(items) + "]"
        if kind < 0.9:
            return "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")"
        keys = [self.pick([self.text(), self.number(), "'a'", "'b'", "name"]) for _ in items]
        return "{" + ", ".join(f"{k}: {v}" for k, v in zip(keys, items)) + "}"

    def name(self):
        return self.pick(self.names)

    def arguments(self, count, plain=True):
        given = self.random.randint(0, count) if count else (1 if self.chance(0.03) else 0)
        items = []
        for _ in range(given):
            items.append(self.pick([self.text(), self.small(), self.text(), self.small(), self.expression()]))
        if not plain and self.chance(0.1):
            items.append("*" + self.pick(["pair", "[1]", "words", "'ab'"]))
        if not plain and self.chance(0.1):
            items.append("**" + self.pick(["cfg", "{}", "{'x': 1}", "d"]))
        return "(" + ", ".join(items) + ")"

    def filter_argument(self, kind):
        if kind == "i":
            return self.small()
        if kind == "b":
            return self.pick(["true", "false", "1", "0", "none", "'x'"])
        if kind == "s":
            return self.text()
        if kind == "A":
            return self.pick(["'n'", "'name'", "'a'", "'x.y'", "0", "'0'", "'kids'", "'nope'", "'a.b'", "'__class__'", "none",
                              "'n,name'"])
        if kind == "F":
            return self.pick(["'upper'", "'int'", "attribute='n'", "attribute='name'", "'string'", "'default', 'x'", "'length'",
                              "'round', 1", "'nofilter'", "'replace', 'a', 'b'", "attribute='nope', default=1", "'abs'",
                              "'first'", "'list'", "'tojson'", "'trim'", "attribute=0", "", "foo=1"])
        if kind == "T":
            return self.pick(["'odd'", "'even'", "'string'", "'number'", "'defined'", "'eq', 1", "'in', [1, 'a']", "'gt', 1",
                              "'none'", "'equalto', 'B'", "'nosuchtest'", "'mapping'", ""])
        if kind == "m":
            return self.pick(["'common'", "'ceil'", "'floor'", "'odd'"])
        if kind == "v":
            return self.pick(["'key'", "'value'", "'other'"])
        if kind == "f":
            return self.pick(["'%.2f'", "'%0.0f'", "'%d'", "'{}'", "'%.3e'"])
        if kind == "u":
            return self.pick(["'minutes'", "'hours'", "'microseconds'", "['minutes']", "'days'", "'weeks'"])
        return self.expression()

    def filter(self):
        name = self.pick(list(FILTERS))
        kinds = FILTERS[name]
        given = self.random.randint(0, len(kinds))
        if kinds in ("F", "A", "T", "AT", "F") and self.chance(0.95):
            given = max(given, 1)
        values = [self.filter_argument(k) for k in kinds[:given]]
        words = KEYWORDS.get(name, [])
        first = self.random.randint(0, len(values)) if words and self.chance(0.25) else len(values)
        parts = values[:first] + [f"{w}={v}" for w, v in list(zip(words, values))[first:]]
        parts = [p for p in parts if p]
        if words and self.chance(0.05):
            parts.append(f"{self.pick(words + ['nope'])}={self.small()}")
        return name + ("(" + ", ".join(parts) + ")" if parts or self.chance(0.03) else "")

    def test(self):
        name = self.pick(TESTS)
        negation = "not " if self.chance(0.2) else ""
        if name in WITH_ARGUMENT and self.chance(0.95):
            value = self.expression()
            name += f"({value})" if self.chance(0.7) else f" {self.pick([self.number(), self.text(), self.name()])}"
        return negation + name

    def formatted(self):
        if self.chance(0.5):
            parts = [self.pick(PERCENTS) for _ in range(self.random.randint(1, 3))]
            values = [self.pick([self.number(), self.text(), self.name()]) for _ in parts]
            right = self.pick(["(" + ", ".join(values) + ("," if len(values) == 1 else "") + ")", values[0],
                               "{'name': 1, 'n': 2}", "cfg", "d"])
            return f"'{' '.join(parts)}' % {right}"
        fields = []
        for i in range(self.random.randint(1, 3)):
            place = self.pick(["", "", str(i), "a", "0.real", "0[0]", "0[a]", "x", "0.__class__"])
            change = self.pick(["", "", "", "!r", "!s", "!a", "!x"])
            spec = self.pick(SPECS)
            fields.append("{" + place + change + (":" + spec if spec else "") + "}")
        values = [self.pick([self.number(), self.text(), self.name(), self.literal()]) for _ in range(3)]
        named = ", a=" + self.number() if self.chance(0.4) else ""
        text = self.pick(["", "{{", "}}", " "]) + "|".join(fields)
        return f"'{text}'.format({', '.join(values)}{named})"

    def expression(self):
        if self.depth > self.deepest:
            return self.pick([self.name(), self.number(), self.text()])
        self.depth += 1
        made = self.deeper()
        self.depth -= 1
        return made

    def deeper(self):
        kind = self.random.random()
        if kind < 0.2:
            return self.name()
        if kind < 0.3:
            return self.literal()
        if kind < 0.48:
            return f"{self.postfix_base()}|{self.filter()}"
        if kind < 0.58:
            op = self.pick(["+", "-", "*", "/", "//", "%", "+", "-", "~", "~"])
            return f"{self.expression()} {op} {self.expression()}"
        if kind < 0.6:
            return f"{self.pick(['2', '3', '-2', 'n', '1.5', '10', 'f', '0'])} ** {self.pick(['2', '3', '0', '-1', '10', '0.5', '64', '70', 'true'])}"
        if kind < 0.67:
            op = self.pick(["==", "!=", "<", "<=", ">", ">=", "in", "not in"])
            more = f" {self.pick(['<', '==', '>=', 'in'])} {self.expression()}" if self.chance(0.15) else ""
            return f"{self.expression()} {op} {self.expression()}{more}"
        if kind < 0.71:
            return f"{self.expression()} {self.pick(['and', 'or'])} {self.expression()}"
        if kind < 0.74:
            otherwise = f" else {self.expression()}" if self.chance(0.7) else ""
            return f"({self.expression()} if {self.expression()}{otherwise})"
        if kind < 0.77:
            return f"{self.pick(['not ', '-', '+', '-', 'not not '])}{self.postfix_base()}"
        if kind < 0.82:
            return f"{self.postfix_base()} is {self.test()}"
        if kind < 0.86:
            return self.formatted()
        return self.postfix()

    def postfix_base(self):
        made = self.expression()
        return made if re.fullmatch(r"[\w.]+|'[^']*'|\[[^\[\]]*\]", made) and not made[0].isdigit() else f"({made})"

    def postfix(self):
        base = self.postfix_base()
        kind = self.random.random()
        if kind < 0.3:
            method = self.pick(list(STR_METHODS))
            target = self.pick(["s", "t", "name", self.text(), base])
            return f"{target}.{method}{self.arguments(STR_METHODS[method])}"
        if kind < 0.45:
            method = self.pick(list(OTHER_METHODS))
            target = self.pick(["d", "cfg", "words", "nums", "n", "f", "when", "took", "uid", "pair", "span", base])
            return f"{target}.{method}{self.arguments(OTHER_METHODS[method])}"
        if kind < 0.6:
            return f"{base}.{self.pick(ATTRS)}"
        if kind < 0.75:
            key = self.pick([self.small(), self.text(), self.expression(), "'name'", "'a'", "-1", "0", "'items'"])
            return f"{base}[{key}]"
        if kind < 0.9:
            parts = [self.pick(["", "", "1", "-1", "2", "-3", "0", "n", "none", "100"]) for _ in range(self.pick([2, 2, 3]))]
            return f"{self.pick(['s', 't', 'words', 'nums', 'pair', 'span', base])}[{':'.join(parts)}]"
        if kind < 0.93:
            return f"when.strftime('{self.pick(['%Y-%m-%d', '%H:%M:%S.%f', '%a %b %d', '%j %U %W', '%%', '%y%p%I', '%Z %z', '%e', '%Q', '%c', '%x %X', '%G-%V', '%-d', '%s', '%D'])}')"
        if kind < 0.96:
            return self.pick(["range", "dict", "namespace", "cycler", "joiner"]) + self.arguments(3, plain=False)
        return base + self.arguments(2, plain=False)

    # ---- statements

    def print(self):
        sign = self.pick(["", "", "", "", "-", "+"])
        end = self.pick(["", "", "", "", "-"])
        return "{{" + sign + self.pick([" ", " ", ""]) + self.expression() + self.pick([" ", " ", "\n"]) + end + "}}"

    def tag(self, body):
        return "{%" + self.pick(["", "", "", "-", "+"]) + " " + body + " " + self.pick(["", "", "", "-", "+"]) + "%}"

    def block(self, depth=2):
        parts = []
        for _ in range(self.random.randint(0, 3)):
            kind = self.random.random()
            if kind < 0.3:
                parts.append(self.pick(TEXTS))
            elif kind < 0.7 or depth == 0:
                parts.append(self.print())
            else:
                parts.append(self.statement(depth - 1))
        return "".join(parts)

    def target(self):
        return self.pick(["x", "v", "a, b", "x", "(a, b), c", "k, v", "n", "name"])

    def iterable(self):
        return self.pick(["words", "nums", "rows", "d.items()", "cfg|items", "range(3)", "s", "pair", "d", "tree", "missing",
                          "mixed", "span", "nothing", self.expression(), "words|map('upper')", "rows|groupby('n')",
                          "nums|batch(2)", "d|dictsort", "[[1, 2], [3, 4]]"])

    def for_loop(self, depth):
        test = f" if {self.expression()}" if self.chance(0.2) else ""
        names = self.names
        self.names = names + ["x", "v", "a", "b", "k", "loop.index", "loop.first"]
        if self.chance(0.12):
            body = "{{ t.name }}" + self.pick(["", "{{ loop.depth }}", "{{ loop.depth0 }}{{ loop.index }}/{{ loop.length }}"])
            body += self.pick(["{% if t.kids %}({{ loop(t.kids) }}){% endif %}", "{{ loop(t.kids)|upper }}", "{{ loop(t.kids) }}{{ loop.revindex }}"])
            made = self.tag(f"for t in tree{test} recursive") + body + self.pick(["", "{% else %}none"]) + self.tag("endfor")
        else:
            body = self.block(depth)
            if self.chance(0.5):
                body += "{{ loop." + self.pick(LOOP) + " }}"
            otherwise = self.tag("else") + self.block(0) if self.chance(0.2) else ""
            made = self.tag(f"for {self.target()} in {self.iterable()}{test}") + body + otherwise + self.tag("endfor")
        self.names = names
        return made

    def macro(self, depth):
        name = self.pick(["m", "row_", "mac"])
        params = self.pick(["", "a", "a, b", "a, b=2", "a=1, b='x'", "a, b=a", "a, caller=none", "a, b=n, c=[]"])
        body = "".join(self.pick(["{{ a }}", "{{ b }}", "{{ varargs }}", "{{ kwargs }}", "{{ caller() }}", "{{ caller(1) }}",
                                  "{{ a ~ b }}", "{{ name }}", self.print(), self.pick(TEXTS), "{{ caller is defined }}"])
                       for _ in range(self.random.randint(0, 4)))
        if depth > 0 and self.chance(0.2):
            body += self.macro(0) if self.chance(0.5) else self.statement(depth - 1)
        made = self.tag(f"macro {name}({params})") + body + self.tag("endmacro")
        call = lambda: name + self.pick([self.arguments(3, plain=False), "()", "(1)", "(1, 2)", "(a=1)", "(1, b=2)", "(1, z=3)", "(1, 2, 3, 4)"])
        for _ in range(self.random.randint(0, 2)):
            made += self.pick(["{{ " + call() + " }}", "{{ " + call() + "|upper }}", "{{ " + call() + " ~ '!' }}",
                               self.tag(f"call{self.pick(['', '', '(x)', '(x, y=2)'])} {call()}") + self.pick(["in", "{{ x }}", "{{ a }}{{ name }}", self.block(0)]) + self.tag("endcall"),
                               "{{ " + name + "." + self.pick(["name", "arguments", "catch_kwargs", "catch_varargs", "caller", "nope"]) + " }}"])
        return made

    def statement(self, depth):
        kind = self.random.random()
        if kind < 0.25:
            return self.for_loop(depth)
        if kind < 0.42:
            made = self.tag("if " + self.expression()) + self.block(depth)
            while self.chance(0.25):
                made += self.tag("elif " + self.expression()) + self.block(depth)
            if self.chance(0.4):
                made += self.tag("else") + self.block(depth)
            return made + self.tag("endif")
        if kind < 0.57:
            return self.tag(f"set {self.pick(['x', 'v', 'n', 'name', 'a, b', 'y'])} = {self.expression()}") + self.print()
        if kind < 0.63:
            filters = "|" + self.filter() if self.chance(0.5) else ""
            return self.tag(f"set y {filters}".strip()) + self.block(depth) + self.tag("endset") + "{{ y }}"
        if kind < 0.69:
            return self.tag(f"with {self.pick(['x', 'n', 'a'])} = {self.expression()}{self.pick(['', ', b = n', ', y = x'])}") + self.block(depth) + "{{ x }}{{ n }}" + self.tag("endwith")
        if kind < 0.82:
            return self.macro(depth)
        if kind < 0.88:
            return self.tag("filter " + self.filter() + ("|" + self.filter() if self.chance(0.3) else "")) + self.block(depth) + self.tag("endfilter")
        if kind < 0.94:
            return (self.tag("set ns = namespace(" + self.pick(["total=0", "total=0, seen=[]", "cfg", "{}"]) + ")")
                    + self.tag(f"for x in {self.iterable()}") + self.tag(f"set ns.total = ns.total + {self.pick(['1', 'x', 'loop.index', 'x.n'])}")
                    + self.tag("endfor") + self.pick(["{{ ns.total }}", "{{ ns }}", "{{ ns.nope }}", "{{ ns.total|string }}"]))
        return self.pick(["{# comment #}", "{#- strip -#}", "{% raw %}{{ x }}{% endraw %}", "{%- raw -%} {% if %} {%- endraw -%}",
                          "{% set cyc = cycler('a', 'b') %}{{ cyc.next() }}{{ cyc.current }}{{ cyc.next() }}",
                          "{% set j = joiner(', ') %}{% for x in words %}{{ j() }}{{ x }}{% endfor %}",
                          "{% print n, s %}", "{% set a, b = pair %}{{ a }}{{ b }}", "{% set ns.x = 1 %}", "{% include 'x' %}",
                          "{% set x %}{% endset %}[{{ x }}]", "{% block b %}{{ n }}{% endblock %}"])

    def template(self):
        parts = []
        for _ in range(self.pick([1, 1, 1, 2, 2, 3])):
            kind = self.random.random()
            if kind < 0.35:
                parts.append(self.pick(TEXTS))
            if kind < 0.6:
                parts.append(self.print())
            else:
                parts.append(self.statement(self.random.randint(0, 2)))
        made = "".join(parts)
        return self.broken(made) if self.chance(0.12) else made

    def broken(self, source):
        """One token is lost, doubled, moved or replaced: what does this say, and on which line?"""
        tokens = re.findall(r"\{%[-+]?|[-+]?%\}|\{\{[-+]?|-?\}\}|\{#|#\}|\w+|\s+|.", source, re.S)
        at = self.random.randrange(len(tokens))
        other = self.random.randrange(len(tokens))
        change = self.random.random()
        if change < 0.35:
            del tokens[at]
        elif change < 0.5:
            tokens.insert(at, tokens[at])
        elif change < 0.65:
            tokens[at], tokens[other] = tokens[other], tokens[at]
        else:
            tokens[at] = self.pick(["(", ")", "[", "]", "{", "}", "|", ".", ",", ":", "=", "is", "in", "not", "if", "else", "{%",
                                    "%}", "{{", "}}", "1", "'x'", "endfor", "endif", "$", "!", "**", "~", "for", "set", "and", "\n", "is not", "import", "{#"])
        return "".join(tokens)

    # ---- contexts

    def value(self, depth=2):
        kind = self.random.random()
        if kind < 0.3:
            return self.pick(WORDS)
        if kind < 0.5:
            return self.pick([0, 1, -7, 42, 3, 100, 2**53, 255, -1, 9])
        if kind < 0.65:
            return self.pick([0.5, 2.5, -0.25, 1e10, 3.0, 1e-7, 99.995])
        if kind < 0.72:
            return self.pick([True, False, None])
        if depth == 0:
            return "leaf"
        if kind < 0.86:
            return [self.value(depth - 1) for _ in range(self.random.randint(0, 4))]
        return {self.pick(["a", "b", "name", "n", "items", "B", "_x", "key with space"]): self.value(depth - 1)
                for _ in range(self.random.randint(0, 3))}

    def context(self, template):
        pick = self.pick
        every = {
            "n": lambda: pick([0, 1, 3, -7, 42, 1000]), "m": lambda: pick([2, 5, -1, 2.5]),
            "f": lambda: pick([0.5, 2.5, -1.25, 1e16, 3.0, {"$float": "nan"}, {"$float": "inf"}, 0.1]),
            "s": lambda: pick(WORDS), "t": lambda: pick(WORDS) + " " + pick(WORDS), "name": lambda: pick(WORDS),
            "words": lambda: [pick(WORDS) for _ in range(self.random.randint(0, 5))],
            "nums": lambda: [pick([1, 2, 3, 2.5, -1, 10, 0]) for _ in range(self.random.randint(0, 6))],
            "mixed": lambda: [self.value(1) for _ in range(self.random.randint(0, 4))],
            "rows": lambda: [{"name": pick(WORDS), "n": pick([1, 2, 3, 2.0]), "x": {"y": pick([1, 2])}} for _ in range(self.random.randint(0, 4))],
            "d": lambda: {pick(["a", "b", "B", "c", "name"]): self.value(1) for _ in range(self.random.randint(0, 4))},
            "cfg": lambda: {"a": {"b": {"c": 1}}, "items": 5, "name": pick(WORDS), "k": [1, 2]},
            "tree": lambda: [{"name": "r", "kids": [{"name": "c1", "kids": []}, {"name": "c2", "kids": [{"name": "g", "kids": []}]}]}, {"name": "q", "kids": []}],
            "when": lambda: {"$datetime": pick(["2026-01-02T03:04:05.678901Z", "2024-02-29T23:59:59Z", "1999-12-31T00:00:00+01:00", "2026-11-25T12:30:00.5-05:30"])},
            "took": lambda: {"$timedelta": pick([0, 1.5, 90061.25, -5.5, 86400, 3600, 0.000001, 31536000, 59.9])},
            "uid": lambda: {"$uuid": "9d8c7b6a-5f4e-4d3c-b2a1-0f9e8d7c6b5a"},
            "pair": lambda: {"$tuple": [pick(WORDS), self.value(0)]}, "big": lambda: {"$int": pick(["123456789012345678901234567890", "-99999999999999999999"])},
            "flag": lambda: pick([True, False]), "nothing": lambda: None, "mark": lambda: {"$markup": "<i>é</i>"},
            "span": lambda: {"$range": pick([[0, 5, 1], [10, 0, -3], [0, 0, 1], [2, 9, 2]])}, "one": lambda: {"$set": [1]},
            "raw": lambda: {"$bytes": "c3a9ff00"}, "keys": lambda: {"$map": [[1, "one"], [True, "t"], [None, 2], [2.5, "x"]]},
        }
        found = {name: make() for name, make in every.items() if re.search(rf"\b{name}\b", template)}
        for name, choices in self.objects.items():
            if re.search(rf"\b{name}\b", template):
                found[name] = pick(choices)
        return found

    def case(self, serial):
        names = NAMES
        if self.objects and self.chance(0.25):
            kind = self.pick(list(self.objects))
            fields = self.objects[kind][0]["$" + kind]
            names = NAMES[:8] + [kind] + [f"{kind}.{f}" for f in fields] + [kind + ".state.name", kind + ".resource.id", kind + ".nope.x"]
        self.names = names
        self.deepest = self.pick([0, 1, 1, 2, 3])
        template = self.template()
        case = {"name": serial, "tier": 2, "template": template, "context": self.context(template)}
        if self.chance(0.1):
            case["options"] = {k: True for k in ("trim_blocks", "lstrip_blocks", "keep_trailing_newline") if self.chance(0.5)}
            if self.chance(0.2):
                case["options"]["newline_sequence"] = self.pick(["\r\n", "\r"])
        if "natural" in template:
            case["now"] = "2026-01-02T03:04:05Z"
        return case


def objects_of(paths):
    """The Prefect objects in files of cases, by kind."""
    found = {}

    def collect(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                kind = key[1:]
                if key.startswith("$") and kind in reference.KINDS and kind not in ("resource", "related"):
                    if len(found.setdefault(kind, [])) < 20:
                        found[kind].append(value)
                collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)

    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                collect(json.loads(line)["context"])
    return found


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
    generator = Generator(seed, objects_of(sys.argv[3:]))
    made = 0
    while made < count:
        case = generator.case(f"g{seed}-{made:05d}")
        outcome = reference.run(case)
        if outcome is None or len(outcome.get("expect", "")) > 20000:
            continue
        # Most random expressions fail; what renders says more.
        if "error" in outcome and not generator.chance(0.25):
            continue
        made += 1
        print(json.dumps({**case, **outcome}, ensure_ascii=False))


if __name__ == "__main__":
    main()
