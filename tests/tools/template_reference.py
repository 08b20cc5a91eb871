# SPDX-License-Identifier: Apache-2.0
"""The real template engine behind recorded cases: Prefect's synchronous environment, with the decisions
of tests/conformance/templates/README.md applied. Needs the packages prefect and its Jinja2.

run(case) gives {"expect": text} or {"error": class, "message"?, "line"?}; None when the outcome says
nothing (it took too long, or it holds an address of memory). As a program it runs the cases of the
files that it is given and tells where it disagrees with them: the check of the reference itself."""
import copy
import datetime as dt
import functools
import json
import logging
import os
import signal
import sys
import uuid

os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
os.environ["TZ"] = "UTC"
logging.disable(logging.CRITICAL)

import humanize.time  # noqa: E402
import jinja2  # noqa: E402
from markupsafe import Markup  # noqa: E402
from pydantic import BaseModel  # noqa: E402
from pydantic_core import TzInfo  # noqa: E402
from prefect.server.events import jinja_filters  # noqa: E402
from prefect.server.events.schemas import automations, events, labelling  # noqa: E402
from prefect.server.schemas import core, responses, states  # noqa: E402
from prefect.server.utilities import user_templates  # noqa: E402
from prefect.settings import PREFECT_UI_URL, temporary_settings  # noqa: E402

LAZY = "map select reject selectattr rejectattr batch slice unique items reverse".split()
KINDS = {
    "event": events.ReceivedEvent, "automation": automations.Automation,
    "firing": automations.Firing, "flow": core.Flow, "flow_run": responses.FlowRunResponse,
    "task_run": core.TaskRun, "deployment": responses.DeploymentResponse,
    "work_pool": core.WorkPool, "work_queue": responses.WorkQueueWithStatus,
    "concurrency_limit": core.ConcurrencyLimitV2, "state": states.State,
    "resource": events.Resource, "related": events.RelatedResource,
}
# Whose messages are Jinja's or Prefect's own words.
OWN_WORDS = {"TemplateSyntaxError", "TemplateAssertionError", "TemplateRuntimeError", "UndefinedError",
             "SecurityError", "FilterArgumentError", "TemplateSecurityError", "TemplateNotFound"}
SYNTAX = {"TemplateSyntaxError", "TemplateAssertionError"}


class Lazy:
    """What a generator is here: a list that is no sequence (D3)."""

    def __init__(self, items):
        self._items = list(items)

    def __iter__(self):
        return iter(self._items)

    def __len__(self):
        return len(self._items)

    def __bool__(self):
        return True

    def __reversed__(self):
        return reversed(self._items)

    def __repr__(self):
        return repr(self._items)


Lazy.__name__ = "generator"


def eager(function):
    @functools.wraps(function)
    def made(*args, **kwargs):
        result = function(*args, **kwargs)
        is_lazy = hasattr(result, "__next__") and not isinstance(result, (str, list))
        return Lazy(result) if is_lazy else result
    return made


def json_default(value):
    if isinstance(value, Lazy):
        return list(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, dt.datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def power(base, exponent):
    """No complex numbers (D14)."""
    result = base ** exponent
    if isinstance(result, complex):
        raise ValueError("a negative number cannot be raised to a fractional power")
    return result


def environment(options, has_power):
    env = user_templates.UserTemplateEnvironment(
        undefined=jinja2.ChainableUndefined, enable_async=False,
        extensions=["jinja2_humanize_extension.HumanizeExtension"], **options)
    if has_power:
        env.intercepted_binops = frozenset(["**"])
        env.binop_table = {**env.binop_table, "**": power}
    for name in LAZY:
        env.filters[name] = eager(env.filters[name])
    env.filters.update({"ui_url": jinja_filters.ui_url, "flow_run_id": jinja_filters.flow_run_id,
                        "ui_resource_events_url": jinja_filters.ui_resource_events_url})
    env.policies["json.dumps_function"] = functools.partial(json.dumps, default=json_default)
    return env


def plain_times(value, seen=None):
    """Models with plain datetimes instead of pendulum's (D16)."""
    if isinstance(value, dt.datetime) and type(value) is not dt.datetime:
        return dt.datetime(value.year, value.month, value.day, value.hour, value.minute,
                           value.second, value.microsecond,
                           tzinfo=TzInfo(value.utcoffset().total_seconds()))
    if isinstance(value, BaseModel):
        for key, item in list(value.__dict__.items()):
            value.__dict__[key] = plain_times(item)
        return value
    if isinstance(value, list):
        return [plain_times(v) for v in value]
    if isinstance(value, dict):
        return {k: plain_times(v) for k, v in value.items()}
    return value


def with_zone(value):
    return value.replace(tzinfo=TzInfo(value.utcoffset().total_seconds()))


def decode(value):
    """A tagged value of a case as what the engine gets."""
    if isinstance(value, list):
        return [decode(v) for v in value]
    if not isinstance(value, dict):
        return value
    key = next(iter(value), "")
    if len(value) != 1 or not key.startswith("$"):
        return {k: decode(v) for k, v in value.items()}
    kind, inner = key[1:], value[key]
    simple = {
        "tuple": lambda v: tuple(decode(i) for i in v), "set": lambda v: {decode(i) for i in v},
        "map": lambda v: {decode(k): decode(i) for k, i in v}, "range": lambda v: range(*v),
        "int": int, "float": float, "markup": Markup, "bytes": bytes.fromhex, "uuid": uuid.UUID,
        "datetime": lambda v: with_zone(dt.datetime.fromisoformat(v.replace("Z", "+00:00"))),
        "timedelta": lambda v: dt.timedelta(seconds=v), "labels": labelling.LabelDiver,
    }
    if kind in simple:
        return simple[kind](inner)
    # A copy: some validators change what they are given.
    return plain_times(KINDS[kind].model_validate(copy.deepcopy(inner)))


class TooLong(BaseException):
    pass


def on_alarm(_signal, _frame):
    raise TooLong


labelling.Labelled.__iter__ = lambda self: iter(self.root.items())
signal.signal(signal.SIGALRM, on_alarm)
_environments = {}


def error_of(error):
    name = type(error).__name__
    outcome = {"error": name}
    message = str(getattr(error, "message", None) or error)
    if name in OWN_WORDS and "generator" not in message and "Lazy" not in message:
        outcome["message"] = message
    if name in SYNTAX:
        outcome["line"] = error.lineno
    return outcome


def render(case, has_power):
    options = case.get("options", {})
    key = json.dumps([options, has_power], sort_keys=True)
    if key not in _environments:
        _environments[key] = environment(options, has_power)
    env = _environments[key]
    template = case["template"]
    context = decode(case["context"])
    root = env.parse(template)
    user_templates._validate_loop_constraints(root)
    if not user_templates.maybe_template(template):
        return template
    return env.from_string(template).render(context)


def render_with_url(case, has_power):
    if "_url" not in case["template"] and ".url" not in case["template"]:
        return render(case, has_power)
    with temporary_settings({PREFECT_UI_URL: case.get("ui_url")}):
        return render(case, has_power)


def run(case, seconds=1.0):
    """Where "**" could give a complex number it is computed by a function, which Jinja does not do while
    compiling: what differs by that says nothing."""
    outcome = run_once(case, seconds, False)
    if outcome is None or outcome["error" if "error" in outcome else "expect"] == "NameError":
        return None
    if "**" in case["template"] and run_once(case, seconds, True) != outcome:
        return None
    return outcome


def run_once(case, seconds, has_power):
    now = dt.datetime.fromisoformat(case.get("now", "2026-01-02T03:04:05Z").replace("Z", "+00:00"))
    humanize.time._now = lambda: now.replace(tzinfo=None)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        outcome = {"expect": render_with_url(case, has_power)}
    except TooLong:
        return None
    except (MemoryError, RecursionError, SyntaxError):
        return None
    except Exception as error:  # noqa: BLE001 - whatever the template raised is the outcome
        outcome = error_of(error)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    shown = json.dumps(outcome)
    return None if "0x7f" in shown or " at 0x" in shown or "\\ud8" in shown.lower() and is_lone(outcome) else outcome


def is_lone(outcome):
    try:
        "".join(str(v) for v in outcome.values()).encode()
        return False
    except UnicodeEncodeError:
        return True


def main():
    total = wrong = 0
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                case = json.loads(line)
                outcome = run(case)
                total += 1
                expected = {k: case[k] for k in ("expect", "error", "message", "line") if k in case}
                if outcome is None or any(outcome.get(k) != v for k, v in expected.items()):
                    wrong += 1
                    print(f"{case['name']}: {case['template']!r}\n  expected {expected}\n  got {outcome}")
    print(f"{total} cases, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
