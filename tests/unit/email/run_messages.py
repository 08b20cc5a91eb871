#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_messages.py TOOL [SEED]: mails with hostile texts in every field, read by the strict parser: no
defect, every field as it was meant, and nothing that was not there."""
import base64
import email
import email.policy
import random
import re
import subprocess
import sys

POLICY = email.policy.SMTP.clone(raise_on_defect=True)
PIECES = ["a", "word", "\r\n", "\n", "\r", "\r\n\r\n", "Bcc: evil@x.example", "\r\nBcc: evil@x.example\r\n",
          "<!channel>", "<b>&amp;</b>", "{{ x }}", '"', "'", "\\", "=?UTF-8?B?QQ==?=", "=?", "?=", "=", "=3D",
          "ü", "漢字", "😀", "\u2028", "\u0085", "\x00", "\x01", "\x7f", "\t", " ", "  ", ".", "\r\n.\r\n",
          "--=_fedcba9876543210fedcba9876543210", "From x", "x" * 90, "y" * 1200, ",", ";", "(", ")", "@", "é",
          "a\u0301", "\ufeff", "\u202e"]
ADDRESSES = ["a@x.example", "Ann <a@x.example>", '"A, \\"B\\" C" <a@x.example>', "Jürgen Groß <a@x.example>",
             "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字 <a@x.example>", '"=?UTF-8?B?QQ==?=" <a@x.example>',
             "a@bücher.example", '"' + "long name " * 20 + '" <a@x.example>']


class Tool:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def write(self, **fields):
        """The mail's bytes, or why there is none."""
        lines = [f"{name} {base64.b64encode(value).decode()}\n" for name, value in fields.items()]
        self.process.stdin.write(("".join(lines) + "\n").encode())
        self.process.stdin.flush()
        answer = self.process.stdout.readline().decode()
        if not answer.startswith("ok "):
            return answer[3:].strip()
        return self.process.stdout.read(int(answer[3:]))


def clean_body(data):
    """As a text goes on the wire, decoded."""
    text = data.decode("utf-8", "surrogateescape")
    text = re.sub(r"[\udc80-\udcff]", "\ufffd", text)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text)
    return text if text.endswith("\n") or not text else text + "\n"


def clean_subject(text):
    text = clean_body(text.encode("utf-8", "surrogateescape")).strip("".join(map(chr, range(33))))
    text = re.sub("[\n\x85\u2028\u2029]+", " ", text).replace("\t", " ")
    return re.sub("[\x80-\x9f]", "", text)


def check_form(data):
    lines = data.split(b"\r\n")
    assert b"\n" not in b"".join(lines) and b"\r" not in b"".join(lines), "a bare line end"
    assert max(map(len, lines)) <= 998, "a long line"
    head = data.split(b"\r\n\r\n")[0]
    for line in head.split(b"\r\n"):
        word = line.split(b": ", 1)[-1].strip()
        assert len(line) <= 78 or b" " not in word, f"not folded: {line}"
        assert line.strip(), "a line of white space"
    assert b"\x00" not in data


def check(data, subject, text, html, address):
    check_form(data)
    message = email.message_from_bytes(data, policy=POLICY)
    assert message["Bcc"] is None
    for name, value in message.items():
        assert not getattr(value, "defects", ()), (name, value, value.defects)
    if len(subject.encode()) <= 2000:
        # The parser makes one space of several where a line was folded between them.
        assert message["Subject"].split() == subject.split(), (message["Subject"], subject)
    assert [a.addr_spec for a in message["To"].addresses] == [address], message["To"]
    parts = list(message.iter_parts()) if html else [message]
    bodies = [clean_body(text)] + ([clean_body(html)] if html else [])
    assert len(parts) == len(bodies)
    for part, body in zip(parts, bodies):
        assert part.get_content().replace("\r\n", "\n") == body, (part.get_content(), body)


def random_text(chance, most):
    return "".join(chance.choice(PIECES) for _ in range(chance.randrange(most)))


def main():
    tool, seed = Tool(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    chance = random.Random(seed)
    refused = written = 0
    for number in range(1200):
        subject, body = random_text(chance, 12), random_text(chance, 30) or "x"
        html = random_text(chance, 20) if chance.random() < 0.4 else ""
        header = random_text(chance, 8) if chance.random() < 0.4 else ""
        text = body.encode()
        if chance.random() < 0.1:
            text += bytes(chance.randrange(128, 256) for _ in range(20))
        address = chance.choice(ADDRESSES)
        data = tool.write(subject=subject.encode(), text=text, html=html.encode(),
                          header=header.encode(), address=address.encode())
        is_bad = re.search(r"[\x00-\x08\x0a-\x1f\x7f]", header) or re.search("[^ ]{929}", header)
        try:
            if isinstance(data, str):
                assert is_bad, f"refused: {data}"
                refused += 1
                continue
            assert not is_bad, "a header that is none was written"
            spec = "a@xn--bcher-kva.example" if "bücher" in address else "a@x.example"
            check(data, clean_subject(subject), text, html.encode(), spec)
            written += 1
        except Exception:
            print(f"mail {number} of seed {seed}: {subject!r} {header!r} {address!r}\n{data!r}")
            raise
    print(f"{written} mails without a defect, {refused} refused")
    assert written > 700 and refused > 100


if __name__ == "__main__":
    main()
