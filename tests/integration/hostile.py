#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Malformed and hostile HTTP against a server: `hostile.py --address HOST:PORT`.

Each case is raw bytes on a connection of its own, with the answers that are allowed: a set of
statuses, and whether the connection may be closed without one. After each case a plain request on
a new connection must be answered. Then 300 idle and slow connections stand beside a good one,
whose latency must stay fine. Prints `N passed, M failed`; exits 0 only if nothing failed.

The server answers `GET /api/health` with 2xx and knows `POST /api/events`; any server that
answers these two with 2xx and 2xx or 4xx will do.
"""
import argparse
import json
import select
import socket
import statistics
import sys
import time

CLOSED = "closed"
LIMIT_S = 10.0


class Case:
    def __init__(self, name, data, allowed, half_close=False, most_answers=1):
        self.name = name
        self.data = data if isinstance(data, bytes) else data.encode("latin-1")
        self.allowed = allowed
        self.half_close = half_close
        self.most_answers = most_answers


HOST = "Host: localhost\r\n"
EVENTS = "POST /api/events HTTP/1.1\r\n" + HOST + "Content-Type: application/json\r\n"
BAD = {400, CLOSED}
NOT_OK = {400, 403, 404, 405, 413, 414, 415, 417, 422, 431, 501, 505, CLOSED}
ANY = NOT_OK | {200, 204}
REFUSED_BODY = {400, 404, 413, 415, 422}


def get(target, headers=""):
    return f"GET {target} HTTP/1.1\r\n{HOST}{headers}\r\n"


def post(headers, body):
    return EVENTS + headers + "\r\n" + body


def body(text):
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return (EVENTS + f"Content-Length: {len(raw)}\r\n\r\n").encode() + raw


def smuggling():
    inner = get("/api/health")
    return [
        Case("both lengths", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), BAD),
        Case("both lengths, other order", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), BAD),
        Case("both lengths with a request inside",
             post(f"Content-Length: {5 + len(inner)}\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + inner), BAD),
        Case("Content-Length twice, same", post("Content-Length: 2\r\nContent-Length: 2\r\n", "[]"), BAD),
        Case("Content-Length twice, different", post("Content-Length: 2\r\nContent-Length: 40\r\n", "[]"), BAD),
        Case("Content-Length as a list", post("Content-Length: 2, 2\r\n", "[]"), BAD),
        Case("Content-Length negative", post("Content-Length: -2\r\n", "[]"), BAD),
        Case("Content-Length with a sign", post("Content-Length: +2\r\n", "[]"), BAD),
        Case("Content-Length in hex", post("Content-Length: 0x2\r\n", "[]"), BAD),
        Case("Content-Length empty", post("Content-Length: \r\n", "[]"), BAD),
        Case("Content-Length over 64 bits", post("Content-Length: 18446744073709551617\r\n", "[]"), {400, 413, CLOSED}),
        Case("Content-Length far too large", post("Content-Length: 999999999999\r\n", "[]"), {413}),
        Case("Content-Length with a space in front of the colon", post("Content-Length : 2\r\n", "[]"), BAD),
        Case("Transfer-Encoding with a space in front of the colon",
             post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), BAD),
        Case("Transfer-Encoding unknown", post("Transfer-Encoding: gzip\r\n", "x"), BAD | {501}),
        Case("Transfer-Encoding identity", post("Transfer-Encoding: identity\r\n", "[]"), BAD | {501}),
        Case("Transfer-Encoding list", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), BAD | {501}),
        Case("Transfer-Encoding twice",
             post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), BAD),
        Case("Transfer-Encoding with a tab", post("Transfer-Encoding:\tchunked\x0b\r\n", "0\r\n\r\n"), BAD),
        Case("chunk size that is no number", post("Transfer-Encoding: chunked\r\n", "zz\r\nab\r\n0\r\n\r\n"), BAD),
        Case("chunk size negative", post("Transfer-Encoding: chunked\r\n", "-1\r\nab\r\n0\r\n\r\n"), BAD),
        Case("chunk size over 64 bits",
             post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\nab\r\n0\r\n\r\n"), {400, 413, CLOSED}),
        Case("chunk without its end", post("Transfer-Encoding: chunked\r\n", "2\r\nabXX0\r\n\r\n"), BAD),
        Case("chunk that lies about its size",
             post("Transfer-Encoding: chunked\r\n", "1\r\n[]\r\n0\r\n\r\n"), BAD),
        Case("header without a name", get("/api/health", ": x\r\n"), BAD),
        Case("header without a name hides a request",
             f"GET /api/health HTTP/1.1\r\n{HOST}:\r\n" + inner, BAD),
        Case("header name with a space", get("/api/health", "Bad Name: x\r\n"), BAD),
        Case("header line without a colon", get("/api/health", "nonsense\r\n"), BAD),
        Case("folded header", get("/api/health", "A: x\r\n y\r\n"), BAD | {200}),
        Case("bare CR in a header", get("/api/health", "A: x\rB: y\r\n"), BAD),
        Case("NUL in a header", get("/api/health", "A: x\0y\r\nB: y\r\n"), BAD),
        Case("bare LF", f"GET /api/health HTTP/1.1\nHost: localhost\n\n", BAD | {200}),
        Case("empty lines before the request", "\r\n\r\n" + get("/api/health"), BAD | {200}),
    ]


def requests():
    return [
        Case("HTTP/0.9", "GET /api/health\r\n\r\n", BAD | {505}),
        Case("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", BAD | {505}),
        Case("HTTP/9.9", "GET /api/health HTTP/9.9\r\n" + HOST + "\r\n", BAD | {505}),
        Case("lower-case version", "GET /api/health http/1.1\r\n" + HOST + "\r\n", BAD | {505}),
        Case("no Host", "GET /api/health HTTP/1.1\r\n\r\n", BAD),
        Case("two Hosts", get("/api/health", "Host: other\r\n"), BAD),
        Case("TLS on a plain port", bytes.fromhex("16030100c8010000c40303") + bytes(190), BAD | {505}, True),
        Case("binary rubbish", bytes(range(256)) * 8, BAD | {505}, True),
        Case("only line ends", b"\r\n" * 2000, {CLOSED, 400}, True),
        Case("nothing", b"", {CLOSED}, True),
        Case("method with a control character", "G\x01T /api/health HTTP/1.1\r\n" + HOST + "\r\n", BAD),
        Case("unknown method", "BREW /api/health HTTP/1.1\r\n" + HOST + "\r\n", {400, 404, 405, 501}),
        Case("CONNECT", "CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n", NOT_OK),
        Case("TRACE", "TRACE /api/health HTTP/1.1\r\n" + HOST + "\r\n", {400, 404, 405, 501}),
        Case("space in the path", get("/api/he alth"), BAD),
        Case("NUL in the path", get("/api/health\0x"), BAD),
        Case("escaped NUL in the path", get("/api/health%00"), {400, 404}),
        Case("bad escape in the path", get("/api/health%zz"), BAD),
        Case("cut escape in the path", get("/api/health%4"), BAD),
        Case("bad escape in the query", get("/api/health?x=%g1"), BAD),
        Case("escaped twice", get("/api%252fhealth"), {400, 404}),
        Case("path with dots", get("/api/../../../etc/passwd"), {400, 403, 404}),
        Case("path with escaped dots", get("/api/%2e%2e/%2e%2e/etc/passwd"), {400, 403, 404}),
        Case("path in another host's name", get("http://other.example/api/health"), BAD | {403, 404}),
        Case("no path", get("api/health"), BAD),
        Case("150 parameters", get("/api/health?" + "x=1&" * 150), {400}),
        Case("1,500 parameters", get("/api/health?" + "x=1&" * 1500), {400}),
        Case("2,000 cookies", get("/api/health", "Cookie: " + "a=b; " * 2000 + "\r\n"), {400, 431, CLOSED}),
        Case("path of 9,000 bytes", get("/" + "a" * 9000), {414}),
        Case("path of 1 MB", get("/" + "a" * 1000000), {414, CLOSED}),
        Case("header of 100 kB", get("/api/health", "A: " + "a" * 100000 + "\r\n"), {431, CLOSED}),
        Case("2,000 headers", get("/api/health", "A: b\r\n" * 2000), {431, CLOSED}),
        Case("unknown expectation", post("Content-Length: 2\r\nExpect: the-unexpected\r\n", "[]"), {417}),
        Case("half a request line", "GET /api/hea", {CLOSED, 400, 408}, True),
        Case("half the headers", "GET /api/health HTTP/1.1\r\nHost: loc", {CLOSED, 400, 408}, True),
        Case("half the body", post("Content-Length: 100\r\n", "[]"), {CLOSED, 400, 408}, True),
        Case("half a chunk", post("Transfer-Encoding: chunked\r\n", "64\r\n[]"), {CLOSED, 400, 408}, True),
        Case("half-closed after a whole request", get("/api/health"), {200}, True),
        Case("pipelined behind a refused one",
             post("Content-Length: 2\r\nContent-Length: 2\r\n", "[]") + get("/api/health"), BAD),
    ]


def bodies():
    deep = "[" * 100000
    many = "[" + ",".join(['{"a":1}'] * 5000) + "]"
    return [
        Case("empty body", body(""), REFUSED_BODY),
        Case("body that is no JSON", body("<xml/>"), REFUSED_BODY),
        Case("cut JSON", body('[{"event": "x"'), REFUSED_BODY),
        Case("NaN", body("[NaN, Infinity]"), REFUSED_BODY),
        Case("deep JSON", body(deep), REFUSED_BODY),
        Case("many wrong events", body(many), REFUSED_BODY),
        Case("duplicate keys without the rest", body('[{"event":"a","event":"b"}]'), REFUSED_BODY),
        Case("not UTF-8", body(b'[{"event":"\xff\xfe"}]'), REFUSED_BODY),
        Case("lone surrogate", body(b'[{"event":"\xed\xa0\x80"}]'), REFUSED_BODY),
        Case("NUL in a string", body('[{"event":"a\0b"}]'), REFUSED_BODY),
        Case("number of 100,000 digits", body("[" + "9" * 100000 + "]"), REFUSED_BODY),
        Case("object instead of a list", body("{}"), REFUSED_BODY | {204}),
        Case("body of 9 MB", body(b" " * 9000000), {413}),
        Case("chunks of 9 MB in all",
             (EVENTS + "Transfer-Encoding: chunked\r\n\r\n").encode() +
             b"10000\r\n" + b" " * 65536 + b"\r\n" * 1 +
             (b"10000\r\n" + b" " * 65536 + b"\r\n") * 140 + b"0\r\n\r\n", {413, CLOSED}),
        Case("chunks with 1 MB of trailers",
             post("Transfer-Encoding: chunked\r\n", "2\r\n[]\r\n0\r\n" + "X: y\r\n" * 180000 + "\r\n"), {400, 431, CLOSED}),
        Case("wrong content type",
             "POST /api/events HTTP/1.1\r\n" + HOST +
             "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b", REFUSED_BODY),
    ]


class Server:
    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self.place = (host.strip("[]"), int(port))

    def connect(self):
        s = socket.create_connection(self.place, LIMIT_S)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s


def send_and_read(s, case):
    """Sends while it reads: an answer may come before all was sent. All bytes that came."""
    s.setblocking(False)
    left = memoryview(case.data)
    shut = False
    got = b""
    until = time.monotonic() + LIMIT_S
    quiet_at = None
    while time.monotonic() < until:
        if not left and case.half_close and not shut:
            s.shutdown(socket.SHUT_WR)
            shut = True
        # A good answer keeps the connection open; a short silence after it is its end.
        wait = 0.15 if quiet_at else LIMIT_S
        readable, writable, _ = select.select([s], [s] if left else [], [], wait)
        if not readable and not writable:
            return got
        try:
            if readable:
                part = s.recv(65536)
                if not part:
                    return got
                got += part
                quiet_at = time.monotonic()
            if writable and left:
                left = left[s.send(left[:65536]):]
        except (ConnectionResetError, BrokenPipeError):
            left = memoryview(b"")
            if not readable:
                return got + drain(s)
            return got
    return got


def drain(s):
    try:
        return s.recv(65536)
    except OSError:
        return b""


def statuses(got):
    """The statuses of the final answers in the bytes; None where they are no HTTP."""
    found = []
    while got:
        head, _, rest = got.partition(b"\r\n\r\n")
        words = head.split(b" ", 2)
        if not head.startswith(b"HTTP/1.") or len(words) < 2 or not words[1].isdigit():
            return None if not found else found
        status = int(words[1])
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length" and value.strip().isdigit():
                length = int(value)
        if status >= 200:
            found.append(status)
        got = rest[length:]
    return found


def is_alive(server):
    try:
        with server.connect() as s:
            found = statuses(send_and_read(s, Case("", get("/api/health", "Connection: close\r\n"), {200})))
            return bool(found) and found[0] < 300
    except OSError:
        return False


def run_case(server, case):
    """None, or what was wrong."""
    try:
        with server.connect() as s:
            got = send_and_read(s, case)
    except OSError as error:
        return f"{error}"
    found = statuses(got)
    if found is None:
        return f"not HTTP: {got[:80]!r}"
    if not found and CLOSED not in case.allowed:
        return f"closed without an answer, allowed {sorted(case.allowed, key=str)}"
    if found and found[0] not in case.allowed:
        return f"status {found[0]}, allowed {sorted(case.allowed, key=str)}"
    if len(found) > case.most_answers:
        return f"one request got the answers {found}"
    return None if is_alive(server) else "the server did not answer afterwards"


def ask(s):
    """Milliseconds of one good request on an open connection."""
    began = time.monotonic()
    s.sendall(get("/api/health").encode())
    got = b""
    while b"\r\n\r\n" not in got:
        part = s.recv(65536)
        if not part:
            raise OSError("closed")
        got += part
    head, _, rest = got.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
    while len(rest) < int(fields.get(b"content-length", b"0")):
        rest += s.recv(65536)
    return (time.monotonic() - began) * 1000


def open_burden(server):
    """300 connections: idle ones, halves of headers, bodies that do not come, answers not read."""
    burden = []
    for i in range(300):
        s = server.connect()
        kind = i % 5
        if kind == 1:
            s.sendall(b"GET /api/health HTTP/1.1\r\nHos")
        elif kind == 2:
            s.sendall((EVENTS + "Content-Length: 100000\r\n\r\n[").encode())
        elif kind == 3:
            s.sendall((EVENTS + "Transfer-Encoding: chunked\r\n\r\n5\r\n[").encode())
        elif kind == 4:
            s.sendall(get("/api/health").encode() * 20)
        burden.append(s)
    return burden


def run_slow(server, seconds):
    """Latency of a good connection without and beside the burden, which drips a byte at a time."""
    with server.connect() as good:
        ask(good)
        before = statistics.median(ask(good) for _ in range(200))
        burden = open_burden(server)
        took = []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for s in burden[1::5] + burden[2::5]:
                try:
                    s.send(b"x", socket.MSG_DONTWAIT)
                except OSError:
                    pass
            took.extend(ask(good) for _ in range(50))
        for s in burden:
            s.close()
    took.sort()
    p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
    text = f"p50 {p50:.2f} ms, p99 {p99:.2f} ms beside 300 slow connections, {before:.2f} ms alone"
    wrong = None if p50 < 5 and p99 < 50 else text
    return text, wrong if wrong or is_alive(server) else "the server did not answer afterwards"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True, help="HOST:PORT")
    parser.add_argument("--seconds", type=float, default=3.0, help="time of the slow connections")
    parser.add_argument("--only", help="only cases whose name holds this")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    server = Server(args.address)
    failures = {}
    passed = 0
    for case in smuggling() + requests() + bodies():
        if args.only and args.only not in case.name:
            continue
        wrong = run_case(server, case)
        if wrong:
            failures[case.name] = wrong
            print(f"FAILED {case.name}: {wrong}", file=sys.stderr)
        else:
            passed += 1
    if not args.only:
        text, wrong = run_slow(server, args.seconds)
        if wrong:
            failures["slow connections"] = wrong
            print(f"FAILED slow connections: {wrong}", file=sys.stderr)
        else:
            passed += 1
            print(text)
    if args.json:
        print(json.dumps({"passed": passed, "failed": failures}))
    else:
        print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
