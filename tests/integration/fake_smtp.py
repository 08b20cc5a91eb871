# SPDX-License-Identifier: Apache-2.0
"""A mail server for tests: speaks SMTP with STARTTLS, TLS from the first byte and AUTH, keeps every
command and message, and does at each verb whatever a test wants.

    server = FakeSmtp(tls="starttls", certificates=Certificates(folder), users={"u": "p"})
    server.on["RCPT"] = lambda session, argument: "550 5.1.1 nobody"

A handler may return None (the usual answer follows), a text (one answer, or several lines), bytes
(sent as they are), or one of CLOSE, RESET, HANG.
"""
import base64
import hmac
import socket
import ssl
import struct
import subprocess
import threading
from pathlib import Path

CLOSE, RESET, HANG = "close", "reset", "hang"


class Certificates:
    """An authority and what it signed, made with openssl in a folder: good, other, expired; and
    self, which nobody signed."""

    def __init__(self, folder):
        self.folder = Path(folder) / "certificates"
        self.folder.mkdir(exist_ok=True)
        self._self_signed("ca", "/CN=Test authority", "basicConstraints=critical,CA:TRUE")
        self._self_signed("self", "/CN=localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        names = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"
        self._signed("good", names)
        self._signed("address", "subjectAltName=IP:127.0.0.1")
        self._signed("other", "subjectAltName=DNS:elsewhere.example")
        self._signed("expired", names, is_expired=True)

    def path(self, name):
        return str(self.folder / f"{name}.pem")

    def key(self, name):
        return str(self.folder / f"{name}.key")

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.folder)

    def _self_signed(self, name, subject, extension):
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "30", "-subj", subject,
                      "-addext", extension)

    def _signed(self, name, extension, is_expired=False):
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", "/CN=server")
        (self.folder / f"{name}.ext").write_text(extension + "\n")
        (self.folder / "index").write_text("")
        (self.folder / "index.attr").write_text("unique_subject = no\n")
        (self.folder / "ca.conf").write_text(
            "[ca]\ndefault_ca = c\n[c]\ndatabase = index\nnew_certs_dir = .\nrand_serial = yes\n"
            "default_md = sha256\npolicy = p\n[p]\ncommonName = supplied\n")
        dates = (["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"] if is_expired
                 else ["-days", "30"])
        self._openssl("ca", "-batch", "-notext", "-config", "ca.conf", "-cert", "ca.pem", "-keyfile",
                      "ca.key", "-in", f"{name}.csr", "-out", f"{name}.pem", "-extfile", f"{name}.ext",
                      *dates)


class Message:
    def __init__(self, session, data):
        self.mail_from, self.rcpts = session.mail_from, list(session.rcpts)
        self.data, self.is_tls, self.user = data, session.is_tls, session.user
        self.session = session


class Ended(Exception):
    """The connection is over."""


class Session(threading.Thread):
    def __init__(self, server, connection):
        super().__init__(daemon=True)
        self.server, self.socket, self.buffer = server, connection, b""
        self.is_tls, self.user, self.mail_from, self.rcpts = False, None, None, []
        self.count = 0  # messages

    # ---- bytes

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Ended from error

    def say(self, text):
        lines = text.split("\n")
        for i, line in enumerate(lines):
            mark = "-" if i + 1 < len(lines) else " "
            code = lines[0][:3]
            rest = line[4:] if line[:3] == code else line
            lines[i] = f"{code}{mark}{rest}\r\n"
        self.send("".join(lines).encode())

    def read(self):
        try:
            data = self.socket.recv(65536)
        except OSError as error:
            raise Ended from error
        if not data:
            raise Ended
        self.buffer += data

    def line(self):
        while b"\n" not in self.buffer:
            self.read()
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("utf-8", "surrogateescape")

    def end(self, how=CLOSE):
        if how == RESET:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if how == HANG:
            while True:
                self.read()
        raise Ended

    # ---- protocol

    def answer(self, verb, argument, usual):
        """Says what a test wants at this verb, else the usual; the code that was said."""
        handler = self.server.on.get(verb)
        said = handler(self, argument) if handler else None
        if said in (CLOSE, RESET, HANG):
            self.end(said)
        if isinstance(said, bytes):
            self.send(said)
            return said.decode(errors="replace")[:3]
        said = said or usual
        self.say(said)
        return said[:3]

    def run(self):
        try:
            if self.server.tls == "implicit":
                self.start_tls()
            self.answer("CONNECT", "", "220 fake ready")
            while self.command():
                pass
        except Ended:
            pass
        finally:
            self.socket.close()

    def start_tls(self):
        try:
            self.socket = self.server.context.wrap_socket(self.socket, server_side=True)
        except OSError as error:
            raise Ended from error
        self.is_tls, self.buffer, self.user = True, b"", None

    def command(self):
        line = self.line()
        verb, _, argument = line.partition(" ")
        verb = verb.upper()
        with self.server.lock:
            self.server.commands.append((self.is_tls, line))
        method = getattr(self, "do_" + verb.lower(), None)
        if method is None:
            self.say("500 5.5.1 unknown")
            return True
        return method(argument) is not False

    def capabilities(self):
        lines = ["250 fake", "PIPELINING" if self.server.pipelining else "8BITMIME", "SIZE 20000000"]
        if self.server.smtputf8:
            lines.append("SMTPUTF8")
        if self.server.tls == "starttls" and not self.is_tls:
            lines.append("STARTTLS")
        if self.server.users and (self.is_tls or self.server.auth_in_clear):
            lines.append("AUTH " + self.server.mechanisms)
        return "\n".join(lines)

    def do_ehlo(self, argument):
        self.answer("EHLO", argument, self.capabilities())

    def do_helo(self, argument):
        self.answer("HELO", argument, "250 fake")

    def do_starttls(self, argument):
        if self.answer("STARTTLS", argument, "220 go on") == "220":
            self.start_tls()

    def do_auth(self, argument):
        mechanism, _, initial = argument.partition(" ")
        handler = self.server.on.get("AUTH")
        said = handler(self, argument) if handler else None
        if said is not None:
            self.answer("AUTH", argument, "")
            return
        if mechanism.upper() not in ("PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"):
            self.say("504 5.5.4 not here")
            return
        user, secret = self.credentials(mechanism.upper(), initial)
        known = self.server.users.get(user)
        if known is not None and hmac.compare_digest(known.encode(), secret.encode()):
            self.user = user
            self.say("235 2.7.0 welcome")
        else:
            self.say("535 5.7.8 credentials are wrong")

    def ask(self, challenge=b""):
        self.say("334 " + base64.b64encode(challenge).decode())
        answer = self.line()
        with self.server.lock:
            self.server.commands.append((self.is_tls, answer))
        return base64.b64decode(answer)

    def credentials(self, mechanism, initial):
        first = base64.b64decode(initial) if initial else None
        if mechanism == "PLAIN":
            _, user, secret = (first if first is not None else self.ask()).split(b"\0")
        elif mechanism == "LOGIN":
            user = first if first is not None else self.ask(b"User Name\0")
            secret = self.ask(b"Password\0")
        else:  # XOAUTH2: user=U^Aauth=Bearer T^A^A; OAUTHBEARER: n,a=U,^A...auth=Bearer T^A^A
            text = (first if first is not None else self.ask()).decode()
            fields = text.split("\x01")
            user = fields[0].replace("user=", "").replace("n,a=", "").strip(",").encode()
            secret = next(f for f in fields if f.startswith("auth=Bearer "))[12:].encode()
            if self.server.users.get(user.decode()) != secret.decode():
                self.ask(b'{"status":"401"}')
        return user.decode(), secret.decode()

    def do_mail(self, argument):
        code = self.answer("MAIL", argument, "250 2.1.0 ok")
        if code == "250":
            self.mail_from, self.rcpts = argument.split(">")[0].split("<")[-1], []
            self.mail_arguments = argument.partition(">")[2]

    def do_rcpt(self, argument):
        if self.answer("RCPT", argument, "250 2.1.5 ok")[0] == "2":
            self.rcpts.append(argument.split(">")[0].split("<")[-1])

    def do_data(self, argument):
        usual = "354 go on" if self.rcpts else "554 5.5.1 no valid recipients"
        if self.answer("DATA", argument, usual) != "354":
            return
        while b"\r\n.\r\n" not in b"\r\n" + self.buffer:
            self.read()
        if self.buffer.startswith(b".\r\n"):
            data, self.buffer = b"", self.buffer[3:]
        else:
            data, self.buffer = self.buffer.split(b"\r\n.\r\n", 1)
            data += b"\r\n"
        data = b"\r\n".join(l[1:] if l.startswith(b".") else l for l in data.split(b"\r\n"))
        message = Message(self, data)
        with self.server.lock:
            self.server.received.append(message)
        if self.answer("MESSAGE", message, "250 2.0.0 queued")[0] == "2":
            with self.server.lock:
                self.server.messages.append(message)
                self.count += 1
        self.mail_from, self.rcpts = None, []

    def do_rset(self, argument):
        self.mail_from, self.rcpts = None, []
        self.answer("RSET", argument, "250 2.0.0 ok")

    def do_noop(self, argument):
        self.answer("NOOP", argument, "250 2.0.0 ok")

    def do_quit(self, argument):
        self.answer("QUIT", argument, "221 2.0.0 bye")
        return False


class FakeSmtp:
    """messages: accepted ones; received: also those that were refused after their last line."""

    def __init__(self, tls="none", certificates=None, certificate="good", users=None, family="v4"):
        self.tls, self.users, self.on = tls, users or {}, {}
        self.mechanisms, self.smtputf8, self.pipelining = "PLAIN LOGIN", False, False
        self.auth_in_clear = False
        self.commands, self.messages, self.received, self.sessions = [], [], [], []
        self.lock = threading.Lock()
        if certificates:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.names = []  # that clients asked for (SNI)
            self.context.sni_callback = lambda connection, name, context: self.names.append(name)
            self.context.load_cert_chain(certificates.path(certificate), certificates.key(certificate))
        address = ("127.0.0.1", 0) if family == "v4" else ("::1", 0)
        self.listener = socket.create_server(
            address, family=socket.AF_INET if family == "v4" else socket.AF_INET6)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            session = Session(self, connection)
            self.sessions.append(session)
            session.start()

    def delivered(self):
        """Recipients of the messages that were accepted, in order."""
        with self.lock:
            return [rcpt for message in self.messages for rcpt in message.rcpts]

    def verbs(self):
        """The verbs that were sent, in order."""
        with self.lock:
            return [line.split(" ")[0].upper() for _, line in self.commands]

    def in_clear(self):
        """What was sent without TLS."""
        with self.lock:
            return "\n".join(line for is_tls, line in self.commands if not is_tls)

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        except OSError:
            pass
        self.listener.close()
        for session in self.sessions:
            try:
                session.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
