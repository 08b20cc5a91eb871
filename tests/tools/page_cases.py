#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes page.ndjson and html.ndjson of tests/conformance/templates: templates of several files, and values in
HTML with autoescape, with what Jinja2 3.1.6 gives for them. Needs that package only.

    page_cases.py page > page.ndjson
    page_cases.py html > html.ndjson"""
import json
import sys

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

SYNTAX = {"TemplateSyntaxError", "TemplateAssertionError"}
OWN_WORDS = SYNTAX | {"TemplateRuntimeError", "UndefinedError", "SecurityError", "TemplateNotFound",
                      "TemplatesNotFound"}
CONTEXT = {"x": "<x>", "user": {"name": "A & B", "tags": ["a", "<b>"]}, "items": [1, 2, 3], "title": "T",
           "yes": True, "no": False, "none": None, "which": "part.html"}


def place_of(error, files):
    """The innermost template and line of an error while rendering; None as name: the text."""
    place = None
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name in files or name == "<template>":
            place = (name if name in files else None, trace.tb_lineno)
        trace = trace.tb_next
    return place


def outcome_of(template, files, context):
    loader = jinja2.FunctionLoader(lambda name: (files[name], name, None) if name in files else None)
    env = ImmutableSandboxedEnvironment(undefined=jinja2.ChainableUndefined, autoescape=True, loader=loader)
    try:
        for name in files:
            env.get_template(name)
        return {"expect": env.from_string(template).render(context)}
    except Exception as error:  # noqa: BLE001 - whatever the templates raised is the outcome
        name = type(error).__name__
        outcome = {"error": name}
        if name in OWN_WORDS:
            outcome["message"] = str(getattr(error, "message", None) or error)
        if name in SYNTAX:
            outcome["line"] = error.lineno
            if error.name is not None:
                outcome["file"] = error.name
            return outcome
        place = place_of(error, files)
        if place is not None and name != "RecursionError":
            outcome["line"] = place[1]
            if place[0] is not None:
                outcome["file"] = place[0]
        return outcome


def case(name, template, files, context=CONTEXT):
    return {"name": name, "tier": 3, "template": template, "files": files, "context": context,
            **outcome_of(template, files, context)}


BASE = ("<title>{% block title %}Base {{ title }}{% endblock %}</title>\n<body>{% block body %}"
        "<p>{{ x }}</p>{% block inner %}inner{% endblock %}{% endblock body %}</body>\n")
PART = "[{{ x }}|{{ local }}|{{ i }}|{{ loop.index }}]"
MACROS = ("{% macro input(name, value='') %}<input name=\"{{ name }}\" value=\"{{ value }}\">{% endmacro %}"
          "{% macro _hidden() %}h{% endmacro %}{% macro seen() %}{{ x }}|{{ local }}|{{ const }}{% endmacro %}"
          "{% set const = '<c>' %}{% set _private = 1 %}text {{ const }}")

# name, template, files besides those above
CASES = [
    # include
    ("include", "a{% include 'part.html' %}b"),
    ("include sees set", "{% set local = '<l>' %}{% include 'part.html' %}"),
    ("include sees loop", "{% for i in items %}{% include 'part.html' %}{% endfor %}"),
    ("include sees with", "{% with local = 5, i = x %}{% include 'part.html' %}{% endwith %}"),
    ("include in macro", "{% macro m(local, i=3) %}{% include 'part.html' %}{% endmacro %}{{ m('<') }}"),
    ("include in call", "{% macro m() %}{{ caller(7) }}{% endmacro %}"
     "{% call(i) m() %}{% include 'part.html' %}{% endcall %}"),
    ("include in set", "{% set t %}{% include 'part.html' %}{% endset %}{{ t }}{{ t|length }}"),
    ("include in filter", "{% filter upper %}{% include 'part.html' %}{% endfilter %}"),
    ("include without context", "{% set local = 1 %}{% include 'part.html' without context %}"),
    ("include with context", "{% set local = 1 %}{% include 'part.html' with context %}"),
    ("include does not leak", "{% include 'sets.html' %}{{ leaked }}{{ x }}",
     {"sets.html": "{% set leaked = 1 %}{% set x = 2 %}{{ x }}{{ leaked }}"}),
    ("include variable name", "{% include which %}"),
    ("include list", "{% include ['nope.html', 'part.html'] %}"),
    ("include tuple", "{% include ('nope.html', which) %}"),
    ("include list variable", "{% include names %}", {}, {"names": ["no", "part.html"], "x": 1}),
    ("include expression", "{% include 'part' ~ '.html' %}"),
    ("include cond", "{% include 'part.html' if yes else 'nope.html' %}"),
    ("include missing", "a\n{% include 'nope.html' %}"),
    ("include missing in file", "{% include 'deep.html' %}", {"deep.html": "1\n\n{{ x }}{% include 'no.html' %}"}),
    ("include list missing", "{% include ['a', 'b', nope] %}"),
    ("include empty list", "{% include [] %}"),
    ("include undefined", "{% include nope %}"),
    ("include undefined attribute", "{% include user.nope %}"),
    ("include number", "{% include 5 %}"),
    ("include number variable", "{% include n %}", {}, {"n": 5}),
    ("include none", "{% include none %}"),
    ("include ignore missing", "a{% include 'nope.html' ignore missing %}b"),
    ("include ignore missing there", "a{% include 'part.html' ignore missing %}b"),
    ("include ignore missing without", "{% set local=1 %}{% include 'part.html' ignore missing without context %}"),
    ("include ignore missing with", "{% set local=1 %}{% include 'part.html' ignore missing with context %}"),
    ("include ignore missing list", "a{% include ['x', 'y'] ignore missing %}b"),
    ("include ignore missing empty", "a{% include [] ignore missing %}b"),
    ("include ignore missing undefined", "a{% include nope ignore missing %}b"),
    ("include ignore missing inside", "{% include 'deep.html' ignore missing %}",
     {"deep.html": "{% include 'no.html' %}"}),
    ("include nested", "{% set local = 1 %}{% include 'outer.html' %}",
     {"outer.html": "({% set i = 2 %}{% include 'part.html' %})"}),
    ("include twice", "{% include 'part.html' %}{% include 'part.html' %}"),
    ("include changes over time", "{% set local = 1 %}{% include 'part.html' %}{% set local = 2 %}{% include 'part.html' %}"),
    ("include fails", "{% include 'fails.html' %}", {"fails.html": "ok\n{{ x }}\n  {{ 1 / 0 }}"}),
    ("include fails in macro of it", "{% include 'fails.html' %}",
     {"fails.html": "{% macro m() %}\n{{ nope() }}{% endmacro %}\n\n{{ m() }}"}),
    ("include in extending one", "{% extends 'base.html' %}{% block body %}{% include 'part.html' %}{% endblock %}"),
    ("include of extending one", "{% include 'child.html' %}",
     {"child.html": "{% extends 'base.html' %}{% block title %}C {{ title }}{% endblock %}"}),
    ("include does not join blocks", "{% extends 'base.html' %}{% block body %}{% include 'blocky.html' %}{% endblock %}"
     "{% block inner %}mine{% endblock %}", {"blocky.html": "{% block inner %}theirs{% endblock %}"}),
    ("include drops last newline", "[{% include 'nl.html' %}]", {"nl.html": "line\n"}),
    ("include plain file", "[{% include 'plain.html' %}]", {"plain.html": "<b>{# gone #}plain</b>\n"}),
    ("include empty file", "[{% include 'empty.html' %}]", {"empty.html": ""}),
    ("include conditional variable", "{% if no %}{% set local = 1 %}{% endif %}{% include 'part.html' %}"),
    ("include in if", "{% if yes %}{% set local = 1 %}{% include 'part.html' %}{% endif %}"),
    ("include global", "{% include 'global.html' without context %}", {"global.html": "{{ range(3)|list }}{{ dict(a=1) }}"}),
    ("include hides global", "{% set range = 5 %}{% include 'global.html' %}", {"global.html": "{{ range }}"}),
    ("include namespace", "{% set ns = namespace(n=0) %}{% include 'ns.html' %}{{ ns.n }}", {"ns.html": "{% set ns.n = 5 %}"}),
    ("include loop variable", "{% for a in 'ab' recursive %}{% include 'part.html' %}{% endfor %}"),
    ("include self", "{% include 'me.html' %}", {"me.html": "{{ self }}"}),
    # import
    ("import", "{% import 'macros.html' as m %}{{ m.input('a', '<v>') }}"),
    ("import attribute", "{% import 'macros.html' as m %}{{ m.const }}{{ m.nope }}{{ m._private }}{{ m._hidden }}"),
    ("import item", "{% import 'macros.html' as m %}{{ m['const'] }}{{ m['input']('b') }}"),
    ("import missing call", "a\n{% import 'macros.html' as m %}\n{{ m.nope() }}"),
    ("import hidden call", "{% import 'macros.html' as m %}{{ m._hidden() }}"),
    ("import printed", "{% import 'macros.html' as m %}{{ m }}"),
    ("import repr", "{% import 'macros.html' as m %}{{ [m] }}"),
    ("import without context", "{% set local = 1 %}{% import 'macros.html' as m %}{{ m.seen() }}"),
    ("import with context", "{% set local = 1 %}{% import 'macros.html' as m with context %}{{ m.seen() }}"),
    ("import with context is early", "{% import 'macros.html' as m with context %}{% set local = 1 %}{{ m.seen() }}"),
    ("import with context in loop", "{% for local in items %}{% import 'macros.html' as m with context %}{{ m.seen() }}{% endfor %}"),
    ("import missing", "{% import 'nope.html' as m %}"),
    ("import undefined", "{% import nope as m %}"),
    ("import list", "{% import ['macros.html'] as m %}"),
    ("import number", "\n{% import 7 as m %}"),
    ("import fails", "{% import 'fails.html' as m %}", {"fails.html": "\n{{ 1 // 0 }}"}),
    ("import macro fails", "{% import 'fails.html' as m %}\n\n\n{{ m.f() }}", {"fails.html": "\n{% macro f() %}\n{{ [][0].x() }}{% endmacro %}"}),
    ("import seen in block", "{% import 'macros.html' as m %}{% block a %}{{ m.input('q') }}{% endblock %}"),
    ("import seen in macro", "{% import 'macros.html' as m %}{% macro f() %}{{ m.const }}{% endmacro %}{{ f() }}"),
    ("import seen in include", "{% import 'macros.html' as m %}{% include 'uses.html' %}", {"uses.html": "{{ m.const }}"}),
    ("import in child", "{% extends 'base.html' %}{% import 'macros.html' as m %}{% block body %}{{ m.input('c') }}{% endblock %}"),
    ("import in block", "{% extends 'base.html' %}{% block body %}{% import 'macros.html' as m %}{{ m.input('c') }}{% endblock %}"),
    ("import in if", "{% if yes %}{% import 'macros.html' as m %}{% endif %}{{ m.const }}"),
    ("import twice shares", "{% import 'c.html' as a %}{% import 'c.html' as b %}{{ a.c.next() }}{{ b.c.next() }}{{ a.c.next() }}",
     {"c.html": "{% set c = cycler('1', '2', '3') %}"}),
    ("import twice with context", "{% import 'c.html' as a with context %}{% import 'c.html' as b with context %}{{ a.c.next() }}{{ b.c.next() }}",
     {"c.html": "{% set c = cycler('1', '2', '3') %}"}),
    ("import is not exported", "{% import 'two.html' as t %}{{ t.m }}{{ t.v }}", {"two.html": "{% import 'macros.html' as m %}{% set v = m.const %}"}),
    ("import then set is exported", "{% import 'two.html' as t %}{{ t.m }}", {"two.html": "{% import 'macros.html' as m %}{% set m = 'own' %}"}),
    ("set then import is not exported", "{% import 'two.html' as t %}{{ t.m }}|", {"two.html": "{% set m = 'own' %}{% import 'macros.html' as m %}"}),
    ("import of inner set", "{% import 'two.html' as t %}{{ t.a }}|{{ t.b }}|{{ t.c }}|{{ t.d }}|{{ t.e }}",
     {"two.html": "{% if true %}{% set a = 1 %}{% endif %}{% for i in [1] %}{% set b = 2 %}{% endfor %}"
                  "{% with c = 3 %}{% set d = 4 %}{% endwith %}{% set e %}<e>{% endset %}"}),
    ("import tuple set", "{% import 'two.html' as t %}{{ t.a }}{{ t.b }}{{ t._c }}", {"two.html": "{% set a, (b, _c) = 1, (2, 3) %}"}),
    ("import is", "{% import 'macros.html' as m %}{{ m is defined }}{{ m is callable }}{{ m.input is callable }}{{ m.nope is defined }}{{ m is mapping }}"),
    ("import call with caller", "{% import 'w.html' as w %}{% call w.box('<t>') %}{{ x }}{% endcall %}",
     {"w.html": "{% macro box(t) %}<div title=\"{{ t }}\">{{ caller() }}</div>{% endmacro %}"}),
    ("import loop passed", "{% import 'w.html' as w %}{% for n in [[1, [2]], [3]] recursive %}{{ w.show(loop, n) if n is iterable else n }},{% endfor %}",
     {"w.html": "{% macro show(loop, n) %}({{ loop(n) }}){% endmacro %}"}),
    ("import kwargs", "{% import 'w.html' as w %}{{ w.f(1, 2, a='<', b=x) }}", {"w.html": "{% macro f() %}{{ varargs }}{{ kwargs }}{% endmacro %}"}),
    ("import macro arguments", "{% import 'macros.html' as m %}{{ m.input(1, 2, 3) }}"),
    ("import recursive macro", "{% import 'w.html' as w %}{{ w.tree([1, [2, [3]]]) }}",
     {"w.html": "{% macro tree(n) %}{% for i in n %}{% if i is iterable %}<{{ tree(i) }}>{% else %}{{ i }}{% endif %}{% endfor %}{% endmacro %}"}),
    ("import extended", "{% import 'child.html' as c %}{{ c.v }}|{{ c.w }}|{{ c }}",
     {"child.html": "{% extends 'p.html' %}{% set v = 1 %}", "p.html": "{% set w = v + 1 %}{{ w }}"}),
    # from import
    ("from", "{% from 'macros.html' import input %}{{ input('a') }}"),
    ("from as", "{% from 'macros.html' import input as i, const as c %}{{ i(c, c) }}{{ input }}"),
    ("from several", "{% from 'macros.html' import const, seen with context %}{{ const }}{{ seen() }}"),
    ("from without context", "{% set local = 1 %}{% from 'macros.html' import seen without context %}{{ seen() }}"),
    ("from missing printed", "{% from 'macros.html' import nope %}[{{ nope }}]"),
    ("from missing called", "\n{% from 'macros.html' import nope %}\n{{ nope() }}"),
    ("from missing called in file", "{% include 'f.html' %}", {"f.html": "\n\n{% from 'macros.html' import nope %}{{ nope() }}"}),
    ("from underline", "{% from 'macros.html' import _hidden %}"),
    ("from trailing comma", "{% from 'macros.html' import const, %}"),
    ("from keyword names", "{% from 'w.html' import with, context, context as without %}{{ with }}", {"w.html": "{% set with = 1 %}"}),
    ("from nothing", "{% from 'macros.html' import with context %}a"),
    ("from in block", "{% block a %}{% from 'macros.html' import const %}{{ const }}{% endblock %}{{ const }}"),
    ("from seen in block", "{% from 'macros.html' import const %}{% block a %}{{ const }}{% endblock %}"),
    ("from not exported", "{% import 'two.html' as t %}{{ t.const }}|{{ t.c }}|", {"two.html": "{% from 'macros.html' import const, const as c %}"}),
    ("from same name", "{% set const = 1 %}{% from 'macros.html' import const %}{{ const }}"),
    ("from in loop", "{% for i in items %}{% from 'macros.html' import const %}{{ const }}{% endfor %}{{ const }}"),
    ("from in macro", "{% macro f() %}{% from 'macros.html' import const %}{{ const }}{% endmacro %}{{ f() }}"),
    ("from no file", "{% from 'nope.html' import a %}"),
    # extends and blocks
    ("extends", "{% extends 'base.html' %}"),
    ("extends block", "{% extends 'base.html' %}{% block title %}<Child {{ x }}>{% endblock %}"),
    ("extends super", "{% extends 'base.html' %}{% block title %}[{{ super() }}]{% endblock %}"),
    ("extends super twice", "{% extends 'base.html' %}{% block title %}{{ super() }}{{ super()|length }}{{ super() ~ '<' }}{% endblock %}"),
    ("extends super passed", "{% extends 'base.html' %}{% block title %}{% set s = super() %}{{ s|upper }}{{ s }}{% endblock %}"),
    ("extends inner block", "{% extends 'base.html' %}{% block inner %}<i>{{ super() }}</i>{% endblock %}"),
    ("extends super with inner", "{% extends 'base.html' %}{% block inner %}mine{% endblock %}{% block body %}{{ super() }}!{% endblock %}"),
    ("three levels", "{% extends 'middle.html' %}{% block title %}top {{ super() }}{% endblock %}",
     {"middle.html": "{% extends 'base.html' %}{% block title %}middle {{ super() }}{% endblock %}{% block inner %}m{% endblock %}"}),
    ("three levels skip", "{% extends 'middle.html' %}{% block title %}top {{ super() }}{% endblock %}",
     {"middle.html": "{% extends 'base.html' %}"}),
    ("super super", "{% extends 'middle.html' %}{% block title %}top {{ super.super() }}{% endblock %}",
     {"middle.html": "{% extends 'base.html' %}{% block title %}middle{% endblock %}"}),
    ("super super missing", "{% extends 'base.html' %}{% block title %}{{ super.super() }}{% endblock %}"),
    ("super super super", "{% extends 'base.html' %}{% block title %}{{ super.super.super() }}{% endblock %}"),
    ("super missing", "{% extends 'base.html' %}{% block body %}{% block new %}\n{{ super() }}{% endblock %}{% endblock %}"),
    ("super at the root", "{% block a %}[{{ super }}]{% endblock %}"),
    ("super outside", "{{ super() }}"),
    ("super in macro", "{% extends 'base.html' %}{% block title %}{% macro m() %}<{{ super() }}>{% endmacro %}{{ m() }}{% endblock %}"),
    ("super in loop", "{% extends 'base.html' %}{% block title %}{% for i in items %}{{ super() }}{% endfor %}{% endblock %}"),
    ("super argument", "{% extends 'base.html' %}{% block title %}{{ super(1) }}{% endblock %}"),
    ("super name", "{% extends 'base.html' %}{% block title %}{{ super.name }}{% endblock %}"),
    ("text outside of blocks", "before{% extends 'base.html' %}after{{ x }}{% if yes %}more{% endif %}"),
    ("fails outside of blocks", "{% extends 'base.html' %}{{ 1 / 0 }}{{ x|nope }}"),
    ("unknown filter in a block", "{% extends 'base.html' %}\n{% block title %}{{ x|nope }}{% endblock %}"),
    ("set outside of blocks", "{% extends 'base.html' %}{% set title = '<set>' %}"),
    ("set seen in block", "{% extends 'base.html' %}{% set v = '<set>' %}{% block title %}{{ v }}{% endblock %}{% set v = 'later' %}"),
    ("set of the parent", "{% extends 'p.html' %}{% block a %}{{ v }}{% endblock %}", {"p.html": "{% set v = 1 %}{% block a %}{% endblock %}{% set v = 2 %}{{ self.a() }}"}),
    ("set of both", "{% extends 'p.html' %}{% set v = 'child' %}{% block a %}{{ v }}{% endblock %}",
     {"p.html": "{{ v }}{% set v = 'parent' %}{% block a %}{% endblock %}{{ v }}"}),
    ("macro of the child", "{% extends 'p.html' %}{% macro m() %}{{ v }}{% endmacro %}{% block a %}{{ m() }}{% endblock %}",
     {"p.html": "{% set v = 1 %}{% block a %}{% endblock %}{% set v = 2 %}{{ self.a() }}{{ m() }}"}),
    ("set in block stays", "{% block a %}{% set v = 1 %}{{ v }}{% endblock %}{{ v }}{% block b %}{{ v }}{% endblock %}"),
    ("set block in child", "{% extends 'base.html' %}{% set title %}<b>{{ x }}</b>{% endset %}"),
    ("macro and set unseen", "{% extends 'base.html' %}{% macro m() %}m{% endmacro %}{% block title %}{{ m() }}{% endblock %}"),
    ("filter outside of blocks", "{% extends 'base.html' %}{% filter upper %}a{{ x }}{% endfilter %}"),
    ("include outside of blocks", "{% extends 'base.html' %}{% include 'part.html' %}"),
    ("call outside of blocks", "{% extends 'base.html' %}{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}c{% endcall %}"),
    ("for outside of blocks", "{% extends 'base.html' %}{% for i in items %}{{ i }}{% block lost %}b{% endblock %}{% endfor %}"),
    ("block in loop", "{% for i in items %}{% block a %}[{{ i }}]{% endblock %}{% endfor %}"),
    ("block scoped in loop", "{% for i in items %}{% block a scoped %}[{{ i }}{{ loop.index }}]{% endblock %}{% endfor %}"),
    ("block scoped overridden", "{% extends 'p.html' %}{% block a scoped %}<{{ i }}{{ super() }}>{% endblock %}",
     {"p.html": "{% for i in items %}{% block a scoped %}{{ i }}{{ loop.last }}{% endblock %}{% endfor %}"}),
    ("block scoped by parent only", "{% extends 'p.html' %}{% block a %}<{{ i }}{{ super() }}>{% endblock %}",
     {"p.html": "{% for i in items %}{% block a scoped %}{{ i }}{% endblock %}{% endfor %}"}),
    ("block scoped with set", "{% set a = 1 %}{% with b = 2 %}{% block q scoped %}{{ a }}{{ b }}{{ x }}{% endblock %}{% endwith %}"),
    ("block scoped nested", "{% for i in items %}{% block a scoped %}{% set k = i * 2 %}{% block b scoped %}{{ i }}{{ k }},{% endblock %}{% endblock %}{% endfor %}"),
    ("block scoped include", "{% for i in items %}{% block a scoped %}{% include 'part.html' %}{% endblock %}{% endfor %}"),
    ("block scoped self", "{% for i in items %}{% block a scoped %}{{ i }}{% endblock %}{% endfor %}{{ self.a() }}"),
    ("block in macro", "{% macro m(i) %}{% block a scoped %}{{ i }}{% endblock %}{% endmacro %}{{ m(1) }}"),
    ("block required", "{% block a required %}{% endblock %}"),
    ("block required there", "{% extends 'p.html' %}{% block a %}{{ x }}{% endblock %}", {"p.html": "{% block a required %} {% endblock %}"}),
    ("block required missing", "{% extends 'p.html' %}", {"p.html": "\n{% block a required %} {% endblock %}"}),
    ("block required middle", "{% extends 'm.html' %}", {"p.html": "{% block a required %}{% endblock %}", "m.html": "{% extends 'p.html' %}{% block a %}m{% endblock %}"}),
    ("block required scoped", "{% extends 'p.html' %}{% block a %}{{ i }}{% endblock %}", {"p.html": "{% for i in items %}{% block a scoped required %}{% endblock %}{% endfor %}"}),
    ("block required in child", "{% extends 'p.html' %}{% block a required %}{% endblock %}", {"p.html": "{% block a %}p{% endblock %}"}),
    ("block twice", "{% block a %}{% endblock %}\n{% block a %}{% endblock %}"),
    ("block twice in file", "", {"p.html": "{% block a %}{% endblock %}\n\n{% if x %}{% block a %}{% endblock %}{% endif %}"}),
    ("block named end", "{% block a %}x{% endblock a %}"),
    ("block in if", "{% if no %}{% block a %}x{% endblock %}{% endif %}{{ self.a() }}"),
    ("block in child's if", "{% extends 'base.html' %}{% if no %}{% block title %}x{% endblock %}{% endif %}"),
    ("block autoescape", "{% autoescape false %}{% block a %}{{ x }}{% endblock %}{% endautoescape %}"),
    ("autoescape in block", "{% block a %}{% autoescape false %}{{ x }}{% endautoescape %}{{ x }}{% endblock %}"),
    ("block fails", "{% extends 'base.html' %}\n{% block title %}\n\n{{ x.y.z() }}{% endblock %}"),
    ("block fails in parent", "{% extends 'p.html' %}", {"p.html": "a\nb{% block a %}\n{{ none() }}{% endblock %}"}),
    ("super fails", "{% extends 'p.html' %}{% block a %}\n\n\n{{ super() }}{% endblock %}", {"p.html": "a\nb{% block a %}\n{{ 1 % 0 }}{% endblock %}"}),
    ("parent fails", "{% extends 'p.html' %}", {"p.html": "a\n\n{{ nope.x + 1 }}"}),
    ("self", "{% block a %}<{{ x }}>{% endblock %}{{ self.a() }}{{ self['a']() }}"),
    ("self missing", "{{ self.nope }}|{{ self }}"),
    ("self missing called", "{% block a %}{% endblock %}\n{{ self.nope() }}"),
    ("self in child", "{% extends 'base.html' %}{% block title %}c{% endblock %}{% block body %}{{ self.title() }}{{ self.inner() }}{% endblock %}"),
    ("self in macro", "{% block a %}A{% endblock %}{% macro m() %}{{ self.a() }}{% endmacro %}{{ m() }}"),
    ("self super", "{% extends 'base.html' %}{% block title %}c{% endblock %}{% block body %}{{ self.title.super() }}{% endblock %}"),
    ("self given", "{{ self }}", {}, {"self": 5}),
    ("super given", "{% block a %}{{ super }}{% endblock %}{{ super }}", {}, {"super": 5}),
    ("self assigned", "{% set self = 1 %}{{ self }}"),
    ("extends variable", "{% extends parent %}{% block title %}v{% endblock %}", {}, {"parent": "base.html"}),
    ("extends undefined", "\n{% extends nope %}"),
    ("extends missing", "\n{% extends 'nope.html' %}"),
    ("extends missing in file", "{% extends 'p.html' %}", {"p.html": "\n{% extends 'nope.html' %}"}),
    ("extends list", "{% extends ['base.html'] %}"),
    ("extends if", "{% if yes %}{% extends 'base.html' %}{% endif %}{% block title %}if{% endblock %}out{{ x }}"),
    ("extends if not", "{% if no %}{% extends 'base.html' %}{% endif %}{% block title %}if{% endblock %}out{{ x }}"),
    ("extends else", "a{% if no %}{% extends 'base.html' %}{% else %}{% extends 'q.html' %}{% endif %}b{% for i in items %}{{ i }}{% endfor %}",
     {"q.html": "q"}),
    ("extends twice", "{% extends 'base.html' %}{% extends 'base.html' %}"),
    ("extends if twice", "{% if yes %}{% extends 'base.html' %}{% endif %}{% if yes %}{% extends 'base.html' %}{% endif %}"),
    ("extends in for", "{% for i in items %}{% extends 'base.html' %}{% endfor %}"),
    ("extends in block", "{% block a %}{% extends 'base.html' %}{% endblock %}"),
    ("extends in macro", "\n{% macro a() %}{% extends 'base.html' %}{% endmacro %}"),
    ("extends conditional include", "{% if no %}{% extends 'base.html' %}{% endif %}{% include 'part.html' %}"),
    ("extends after set", "{% set layout = 'base.html' %}{% extends layout %}{% block inner %}i{% endblock %}"),
    ("child of a child in a folder", "{% extends 'a/b.html' %}", {"a/b.html": "{% extends 'a/../c' %}", "a/../c": "c"}),
    ("imported block", "{% import 'base.html' as b %}{{ b }}"),
    ("extends and from", "{% extends 'base.html' %}{% from 'macros.html' import input %}{% block title %}{{ input('n', title) }}{% endblock %}"),
    ("import in parent seen in child", "{% extends 'p.html' %}{% block a %}{{ m.const }}{% endblock %}",
     {"p.html": "{% import 'macros.html' as m %}{% block a %}{% endblock %}"}),
    ("set in loop unseen in block", "{% for i in items %}{% set v = i %}{% endfor %}{% block a %}{{ v }}{% endblock %}"),
    ("set in if seen in block", "{% if yes %}{% set v = 1 %}{% endif %}{% block a %}{{ v }}{% endblock %}"),
    ("syntax in file", "", {"s.html": "a\n{% if %}"}),
    ("unknown tag in file", "", {"s.html": "a\n\n{% nope %}"}),
    ("unknown filter in file", "", {"s.html": "a\n\n{{ x|nope }}"}),
]

# Values in HTML.
VALUES = [
    ("escapes", "{{ x }}{{ x|safe }}{{ x|e }}{{ x|e|e }}{{ x|forceescape }}{{ '<lit>' }}{{ user.tags }}"),
    ("concat", "{{ '<a>'|safe ~ x }}{{ x ~ '<' }}{{ x ~ ('&'|e) ~ 1 }}"),
    ("plus", "{{ '<a>'|safe + x }}{{ x + '<a>'|safe }}{{ x + '<' }}"),
    ("format", "{{ '<%s>'|safe % x }}{{ '<%s>' % x }}{{ '<%s>'|safe|format(x) }}{{ '<%s>'|format(x) }}{{ '<{}>'.format(x) }}{{ ('<{}>'|safe).format(x) }}"),
    ("join values", "{{ [1, none, x]|join('<') }}{{ [user]|join('<', attribute='name') }}{{ [nope, x]|join('<') }}{{ []|join }}"),
    ("join", "{{ user.tags|join('<br>') }}{{ user.tags|join('<br>'|safe) }}{{ [x, x|safe]|join(', ') }}{{ [x|e]|join }}"),
    ("replace", "{{ x|replace('<', '&') }}{{ x|replace('x', '<') }}{{ x|safe|replace('x', '<') }}{{ x|replace('x', '<y>'|safe) }}{{ x|replace('<'|safe, '[') }}"),
    ("upper", "{{ x|upper }}{{ x|safe|upper }}{{ x|capitalize }}{{ x|title }}{{ x|safe|trim }}{{ x|trim('<') }}{{ x|safe|lower }}"),
    ("tojson", "{{ user|tojson }}<a href='{{ x|tojson }}'>{{ {'a': x}|tojson(2) }}"),
    ("xmlattr", "<a{{ {'href': x, 'id': 5, 'n': none}|xmlattr }}>{{ {'a': '&'|safe}|xmlattr(false) }}"),
    ("urlize", "{{ 'see http://a.example/?q=<x>&b and www.b.example'|urlize }}{{ '<b> me@c.example'|urlize(10, true) }}"),
    ("urlencode", "{{ x|urlencode }}{{ {'a b': x}|urlencode }}"),
    ("indent", "{{ 'a\n<b>'|indent }}{{ 'a\n<b>'|safe|indent }}{{ 'a\n<b>'|indent('<') }}{{ 'a\n<b>'|safe|indent('<', true) }}"),
    ("truncate", "{{ '<abc> <def> <ghi>'|truncate(8) }}{{ '<abc> <def> <ghi>'|safe|truncate(8) }}{{ 'abc def ghi jkl'|truncate(9, end='<') }}"),
    ("wordwrap", "{{ '<a> <b> <c>'|wordwrap(4) }}{{ '<a> <b> <c>'|safe|wordwrap(4) }}{{ 'a b'|wordwrap(1, wrapstring='<') }}"),
    ("center", "{{ x|center(9) }}{{ x|safe|center(9) }}|"),
    ("striptags", "{{ '<b>bold &amp; </b>'|striptags }}{{ '<b>a</b>'|safe|striptags }}"),
    ("default", "{{ nope|default('<d>') }}{{ nope|default('<d>'|safe) }}{{ ''|default(x, true) }}"),
    ("list of texts", "{{ x|list }}{{ x|safe|list }}{{ (x|safe)[0] }}{{ (x|safe)[1:] }}{{ x|first }}{{ x|safe|first }}{{ x|safe|last }}{{ x|safe|reverse }}"),
    ("methods", "{{ (x|safe).upper() }}{{ (x|safe).replace('x', '<') }}{{ (x|safe).join(['<', '&'|safe]) }}{{ (x|safe).split('x') }}{{ x.upper() }}{{ (x|safe).strip('<') }}"),
    ("map", "{{ user.tags|map('upper')|join('<') }}{{ user.tags|map('e')|join('<') }}{{ user.tags|map('safe')|join }}{{ user.tags|map('replace', '<', '&')|join }}"),
    ("sum", "{{ items|sum }}{{ user.tags|sum(start='') if no }}{{ items|sum(start=1) }}"),
    ("pprint", "{{ user|pprint }}"),
    ("string", "{{ x|string }}{{ x|safe|string }}{{ (x|safe) is escaped }}{{ x is escaped }}{{ (x|e) is escaped }}{{ (x|e)|length }}"),
    ("set block", "{% set b %}<i>{{ x }}</i>{% endset %}{{ b }}{{ b|length }}{{ b is escaped }}{% set c | upper %}<i>{{ x }}{% endset %}{{ c }}"),
    ("filter block", "{% filter e %}<i>{{ x }}</i>{% endfilter %}{% filter upper %}<i>{{ x }}{% endfilter %}{% filter replace('i', '<') %}<i>{% endfilter %}"),
    ("macro", "{% macro m(a) %}<i>{{ a }}</i>{% endmacro %}{{ m(x) }}{{ m(m(x)) }}{{ m(x) ~ x }}{{ m(x)|upper }}{{ m(x) is escaped }}"),
    ("call block", "{% macro m() %}<i>{{ caller(x) }}</i>{% endmacro %}{% call(a) m() %}<b>{{ a }}</b>{% endcall %}"),
    ("recursive loop", "{% for i in [[x, []], ['&', [['<', []]]]] recursive %}<li>{{ i[0] }}{{ loop(i[1]) }}</li>{% endfor %}"),
    ("cycler and joiner", "{% set c = cycler('<odd>', '<even>') %}{% set j = joiner('<br>') %}{% for i in items %}{{ j() }}{{ c.next() }}{{ loop.cycle('<a>', '<b>'|safe) }}{% endfor %}"),
    ("autoescape false", "{% autoescape false %}{{ x }}{% set b %}{{ x }}{% endset %}{{ b }}{% macro m() %}{{ x }}{% endmacro %}{{ m() }}{% endautoescape %}{{ x }}"),
    ("autoescape true", "{% autoescape true %}{{ x }}{{ x|safe }}{% endautoescape %}"),
    ("inline if", "{{ x if yes else '<' }}{{ '<' if no }}{{ (x|safe) if yes }}"),
    ("numbers", "{{ 1.5 }}{{ none }}{{ true }}{{ items }}{{ {'<': '>'} }}{{ nope }}"),
    ("attribute of markup", "{{ (x|safe).__class__ }}{{ (x|safe).nope }}{{ (x|safe)|attr('upper') is callable }}"),
    ("comparison of markup", "{{ (x|safe) == x }}{{ (x|e) == '&lt;x&gt;' }}{{ (x|safe) in x }}{{ [x|safe]|unique|list }}{{ {x|safe: 1}[x] }}"),
    ("times", "{{ ('<'|safe) * 3 }}{{ '<' * 3 }}{{ 2 * ('<b>'|safe) }}"),
    ("lipsum", "{{ lipsum(n=0) }}|{{ lipsum(n=0) is escaped }}"),
    ("groupby", "{% for k, v in [{'k': '<', 'v': 1}, {'k': '<', 'v': 2}]|groupby('k') %}{{ k }}{{ v|length }}{% endfor %}"),
    ("dictsort items", "{% for k, v in {'<': '>', 'a': '&'}|dictsort %}{{ k }}={{ v }};{% endfor %}{% for k, v in {'<': 1}|items %}{{ k }}{{ v }}{% endfor %}"),
    ("filesizeformat", "{{ 123456|filesizeformat }}{{ '<b>'|wordcount }}{{ x|length }}"),
    ("range over prefect's limit", "{{ range(5)|sum }}"),
    ("many loops", "{% for a in 'x' %}{% for b in 'y' %}{% for c in 'z' %}{{ a }}{{ b }}{{ c }}{% endfor %}{% endfor %}{% endfor %}"),
]


def used_files(template, files):
    """Those that the template can reach by the names that stand in it."""
    reached, sources = {}, [template]
    while sources:
        source = sources.pop()
        for name in files:
            if name in source and name not in reached:
                reached[name] = files[name]
                sources.append(files[name])
    return reached


def page_cases():
    shared = {"base.html": BASE, "part.html": PART, "macros.html": MACROS}
    for name, template, *rest in CASES:
        own = rest[0] if rest else {}
        context = rest[1] if len(rest) > 1 else CONTEXT
        files = used_files(" ".join([template, *own.values(), json.dumps(context)]), shared)
        yield case(name, template, {**files, **own}, context)


def html_cases():
    for name, template in VALUES:
        yield case(name, template, {})


def main():
    for made in {"page": page_cases, "html": html_cases}[sys.argv[1]]():
        print(json.dumps(made, ensure_ascii=False))


if __name__ == "__main__":
    main()
