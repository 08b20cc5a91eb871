#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what Prefect's own notification blocks send: prefect-slack.ndjson and prefect-teams.ndjson
in this folder, one message a line. Needs prefect (3.8.8) from PyPI; nothing leaves this machine.
With --check nothing is written, and the exit status says whether the files are what would be.
"""
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["PREFECT_HOME"] = tempfile.mkdtemp()

import apprise.plugins.slack  # noqa: E402
import requests  # noqa: E402
from prefect.blocks.notifications import MicrosoftTeamsWebhook, SlackWebhook  # noqa: E402

HERE = Path(__file__).parent
NOW = 1767323045.678
SLACK = "https://hooks.slack.com/services/T1AAAAAAA/B1AAAAAAA/abcdefghijklmnopqrstuvwx"
TEAMS = ("https://prod-1.westus.logic.azure.com:443/workflows/abcdef/triggers/manual/paths/invoke"
         "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=iFrewyqsjsMpsbkBLLQz")
TEXTS = [
    ("Flow run failed", "line one\nline two"), (None, "no subject"), ("", "empty subject"),
    ("  spaces  ", "  before and after \n\n "), ("a\tb\nc", "tab\there \r\n and \r too"),
    ("quote \" back \\ slash", "/ \" \\ \b \f \x7f \x01"), ("é ☃", "日本 \U0001f525 \u2028 end"),
    ("a & b < c > d", "a & b < c > d &amp; &lt;"),
    ("<!channel>", "<!channel> <!here|here> <!channel|  d e > <!a>b>"),
    ("<@U1>", "<@U1> <@U1|Ada> @U2> @ U3> @U4|x> a@b.io|z>"),
    ("links", "<https://x.io/a?b=1&c=2|the & page> <http://x.io> <mailto://a@b.io|mail>"),
    ("links", "https://x.io/a&b> HTTPS://X.IO| y > <https://x.io|two\nlines> http://a b>"),
    ("odd", "!> !| > <!|a> < !b > &lt;!c&gt; <!d |e> <!f| > <!g||h>"),
    ("odd", "<!a|>b> <!a>|b> !a&b>c <@!x> <!@y> <!https://z.io>"),
    ("at", "<at>Ada</at> and <at>bob@x.io</at>, <at>Ada</at> <AT> c </AT> <at></at> <at>d"),
    ("at", "<at>a<b</at> <at>\n</at> <at>é</at>"),
]


class Sent:
    """Stands in for the peer: keeps the last request, says what a peer says."""
    status_code, content, text = 200, b"ok", "ok"
    body = None


def request(_method, _url, data=None, **_):
    Sent.body = data if isinstance(data, str) else data.decode()
    return Sent


def record(block, **more):
    for severity in ("info", "success", "warning", "failure"):
        for subject, body in TEXTS if severity == "info" else TEXTS[:2]:
            made = block(severity)
            made.notify(body=body, subject=subject)
            yield json.dumps({"severity": severity, "subject": subject or "", "body": body,
                              **more, "sent": Sent.body})


def teams(wrap, image):
    return record(lambda severity: MicrosoftTeamsWebhook(
        url=TEAMS, notify_type=severity, wrap=wrap, include_image=image), wrap=wrap, image=image)


def main():
    requests.request = request
    requests.post = lambda url, **more: request("POST", url, **more)
    apprise.plugins.slack.time = lambda: NOW
    files = {
        "prefect-slack.ndjson": [*record(lambda severity: SlackWebhook(
            url=SLACK, notify_type=severity))],
        "prefect-teams.ndjson": [*teams(True, True), *teams(False, False)],
    }
    is_same = True
    for name, lines in files.items():
        text = "\n".join(lines) + "\n"
        if "--check" in sys.argv:
            is_same = is_same and (HERE / name).read_text() == text
        else:
            (HERE / name).write_text(text)
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main())
