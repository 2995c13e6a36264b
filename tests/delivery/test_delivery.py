"""Handing messages over: a mail server that answers as it is told to, postfix's smtp-sink, and folders
that cannot be written.

Every server listens on a free loopback port and is stopped at the end. HAND_OVER names the driver's
binary (tests/delivery/hand_over.c); without it the one in build/ is taken.
"""

import asyncio
import mailbox
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from scratch import open_folder  # noqa: E402 (found through the line above)

FROM = "timely@council.example"
TO = "ivy.hart@council.example"
MESSAGE = (b"From: timely@council.example\r\nTo: ivy.hart@council.example\r\n"
           b"Message-ID: <1@timely.council.example>\r\nSubject: t\r\n\r\n"
           b"First line\r\n.\r\n..two\r\nlast line\r\n")


def driver():
    built = pathlib.Path(__file__).parents[2] / "build/tests/delivery/hand_over"
    path = pathlib.Path(os.environ.get("HAND_OVER", built))
    if not path.exists():
        pytest.fail(f"{path} is missing: build it, or name it in HAND_OVER")
    return str(path)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture
def message(tmp_path):
    path = tmp_path / "message.eml"
    path.write_bytes(MESSAGE)
    return path


def run(*arguments, user=None, program=None):
    answer = subprocess.run([program or driver(), *map(str, arguments)], capture_output=True,
                            timeout=60, text=True, user=user)
    assert answer.returncode == 0, answer.stderr
    assert "Sanitizer" not in answer.stderr, answer.stderr
    return [line.split(" ", 2) for line in answer.stdout.splitlines()]


def hand_over(port, message, *options, scheme="smtp", to=TO):
    return run("smtp", f"{scheme}://127.0.0.1:{port}", FROM, to, message, *options)


class Script:
    """What the server says at each step; None: as usual, "drop": closes, "hang": says nothing. `rcpt` may be a dict by address."""

    def __init__(self, mail=None, rcpt=None, data=None):
        self.mail, self.rcpt, self.data = mail, rcpt, data
        self.messages = []
        self.connections = 0
        self.helo = None

    async def act(self, server, answer, usual):
        if answer is None:
            return usual
        if answer == "drop":
            server.transport.abort()
            return "451 gone"
        if answer == "hang":
            await asyncio.sleep(30)
        if answer == "slow":
            await asyncio.sleep(0.7)
            return usual
        return answer

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        self.helo = session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self.act(server, self.mail, "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):
        envelope.rcpt_tos.append(address)
        answer = self.rcpt.get(address) if isinstance(self.rcpt, dict) else self.rcpt
        return await self.act(server, answer, "250 OK")

    async def handle_DATA(self, server, session, envelope):
        answer = await self.act(server, self.data, "250 taken as 7f3a")
        self.messages.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return answer


@pytest.fixture
def serve():
    started = []

    def start(script, **options):
        controller = Controller(script, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        started.append(controller)
        return controller.port

    yield start
    for controller in started:
        controller.stop()


class RawServer(threading.Thread):
    """Speaks a fixed dialogue, for what a real server would not do. Each line of the script is sent
    after a line of the client; `after_data` is called with the socket once the final dot has come."""

    def __init__(self, greeting, answers=(), close_on=None, body_limit=None):
        super().__init__(daemon=True)
        self.greeting, self.answers, self.close_on = greeting, dict(answers), close_on
        self.body_limit = body_limit
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = 0
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                self.speak(connection)

    def speak(self, connection):
        connection.settimeout(10)
        if self.greeting is None:
            time.sleep(4)
            return
        connection.sendall(self.greeting.encode() + b"\r\n")
        stream = connection.makefile("rb")
        try:
            for line in stream:
                verb = line.split(b" ")[0].strip().decode().upper()
                if verb == self.close_on:
                    return
                answer = self.answers.get(verb, "250 OK")
                if verb == "AUTH":
                    connection.sendall(b"334 \r\n")
                    stream.readline()
                connection.sendall(answer.encode() + b"\r\n")
                if verb == "DATA" and answer.startswith("354"):
                    if not self.body(stream):
                        return
                    connection.sendall(self.answers.get(".", "250 OK").encode() + b"\r\n")
                if verb == "QUIT" or answer.startswith("421"):
                    return
        except OSError:
            return

    def body(self, stream):
        read = 0
        for line in stream:
            read += len(line)
            if self.body_limit is not None and read > self.body_limit:
                return False
            if line == b".\r\n":
                return self.close_on != "."
        return False

    def stop(self):
        self.listener.close()


@pytest.fixture
def raw():
    started = []

    def start(*arguments, **options):
        server = RawServer(*arguments, **options)
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


def test_a_message_arrives_as_it_is(serve, message):
    script = Script()
    port = serve(script)
    assert hand_over(port, message) == [["sent", "250", "250 taken as 7f3a"]]
    assert script.messages == [(FROM, [TO], MESSAGE)]
    assert script.helo == "client.example"


def test_one_connection_serves_many(serve, message):
    script = Script()
    port = serve(script)
    answers = hand_over(port, message, "repeat=20")
    assert [a[0] for a in answers] == ["sent"] * 20
    assert len(script.messages) == 20
    assert script.connections == 1


def test_no_data_leave_when_the_time_for_them_is_over(serve, message):
    script = Script()
    port = serve(script)
    (result, _, text), = hand_over(port, message, "late=yes")
    assert result == "retry" and "time" in text
    assert script.messages == [] and script.connections == 1


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("code, result", [
    (421, "retry"), (451, "retry"), (452, "retry"), (550, "refused"), (552, "refused"),
    (554, "refused"), (530, "retry"), (535, "retry")])
def test_answers_are_sorted(serve, message, step, code, result):
    if step == "mail" and code != 552:
        result = "retry"  # no message of this sender's is taken: a server that is set up wrong must not cost any
    port = serve(Script(**{step: f"{code} 5.1.1 <{TO}>: no, Ivy.Hart of {TO} is not here"}))
    ((found, said, text),) = hand_over(port, message)
    assert (found, said) == (result, str(code))
    assert "(address)" in text and "is not here" in text
    assert "@" not in text and "hart" not in text.lower()


@pytest.mark.parametrize("step", ["rcpt", "data"])
@pytest.mark.parametrize("answer, result", [
    ("550 5.7.1 Unable to relay", "retry"), ("554 5.7.1 Relay access denied", "retry"),
    ("550 relay not permitted", "retry"), ("550 5.1.8 Sender address rejected", "retry"),
    ("554 5.2.252 SendAsDenied; not allowed to send as this", "retry"),
    ("550 5.2.1 mailbox disabled", "refused"), ("550 5.2.2 mailbox full", "refused"),
    ("556 5.1.10 domain takes no mail", "refused"), ("552 too much", "refused"),
    ("550 5.3.4 message too large", "refused"), ("554 5.6.0 not in this form", "refused")])
def test_what_may_be_said_to_everybody_ends_no_message(serve, message, step, answer, result):
    port = serve(Script(**{step: answer}))
    assert [a[0] for a in hand_over(port, message, "repeat=4")] == [result] * 4


def test_who_is_refused_while_others_are_taken_is_refused_for_good(serve, message):
    """For the third time, and by others of the same domain: what a relay may not pass on says nothing of its own domain. From
    then on at once, until it is taken again."""
    bad, good, other = "a@council.example", "b@council.example", "c@elsewhere.example"
    port = serve(Script(rcpt={bad: "550 5.7.1 not allowed"}))
    assert [a[0] for a in hand_over(port, message, "repeat=8", to=f"{bad},{good}")] == ["retry", "sent"] * 2 + ["refused", "sent"] * 2
    assert [a[0] for a in hand_over(port, message, "repeat=8", to=f"{bad},{other}")] == ["retry", "sent"] * 4


def test_a_connection_dropped_at_the_greeting_is_retried(raw, message):
    for greeting, code in (("554 no service here", "554"), ("421 too busy", "421"),
                           ("521 no mail here", "521")):
        server = raw(greeting)
        assert hand_over(server.port, message)[0][:2] == ["retry", code]


@pytest.mark.parametrize("verb", ["EHLO", "MAIL", "RCPT", "DATA"])
def test_a_connection_dropped_before_the_data_is_retried(raw, message, verb):
    server = raw("220 hello", {"DATA": "354 go on"}, close_on=verb)
    assert hand_over(server.port, message)[0][:2] == ["retry", "0"]


def test_a_connection_dropped_after_the_data_is_unsure(raw, message):
    server = raw("220 hello", {"DATA": "354 go on"}, close_on=".")
    assert hand_over(server.port, message)[0][:2] == ["unsure", "354"]
    assert server.connections == 1  # never again by itself


def test_silence_after_the_data_is_unsure(serve, message):
    port = serve(Script(data="hang"))
    started = time.monotonic()
    assert hand_over(port, message, "timeout=2")[0][0] == "unsure"
    assert time.monotonic() - started < 10


def test_a_connection_dropped_amid_the_data_is_retried(raw, tmp_path):
    big = tmp_path / "big.eml"
    big.write_bytes(MESSAGE + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 400000)
    server = raw("220 hello", {"DATA": "354 go on"}, body_limit=100000)
    assert hand_over(server.port, big)[0][0] == "retry"


@pytest.mark.parametrize("step", ["mail", "rcpt"])
def test_a_server_that_hangs_is_left(serve, message, step):
    port = serve(Script(**{step: "hang"}))
    started = time.monotonic()
    assert hand_over(port, message, "timeout=1")[0][:2] == ["retry", "0"]
    assert time.monotonic() - started < 10


def test_a_server_that_does_not_greet_is_left(raw, message):
    assert hand_over(raw(None).port, message, "timeout=1")[0][:2] == ["retry", "0"]


def test_a_slow_server_is_waited_for(serve, message):
    port = serve(Script(mail="slow", rcpt="slow", data="slow"))
    assert hand_over(port, message)[0][0] == "sent"


def test_nobody_listening_is_retried(message):
    ((result, code, text),) = hand_over(free_port(), message)
    assert (result, code) == ("retry", "0")
    assert "onnect" in text


def test_a_connection_lost_between_two_messages_is_opened_again(raw, message):
    """The server says 421 to the second MAIL of a kept connection: idle connections end so."""
    class Idle(RawServer):
        def speak(self, connection):
            stream = connection.makefile("rb")
            connection.sendall(b"220 hello\r\n")
            mails = 0
            for line in stream:
                verb = line[:4].upper()
                mails += verb == b"MAIL"
                if mails == 2:
                    connection.sendall(b"421 idle too long\r\n")
                    return
                connection.sendall(b"354 go on\r\n" if verb == b"DATA" else b"250 OK\r\n")
                if verb == b"DATA":
                    self.body(stream)
                    connection.sendall(b"250 OK\r\n")
    server = Idle("")
    try:
        assert [a[0] for a in hand_over(server.port, message, "repeat=3")] == ["sent"] * 3
        assert server.connections == 3
    finally:
        server.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", context


class TlsController(Controller):
    def factory(self):
        return SMTP(self.handler, tls_context=self.context, require_starttls=True)


@pytest.fixture
def starttls(certificate):
    controller = TlsController(Script(), hostname="127.0.0.1", port=free_port())
    controller.context = certificate[1]
    controller.start()
    yield controller
    controller.stop()


def test_starttls_is_used_and_the_connection_kept(starttls, certificate, message):
    answers = hand_over(starttls.port, message, "tls=yes", f"ca={certificate[0]}", "repeat=5")
    assert [a[0] for a in answers] == ["sent"] * 5
    assert starttls.handler.connections == 2  # EHLO before and after STARTTLS, of one connection


def test_starttls_with_an_unknown_certificate_is_refused_by_us(starttls, message):
    ((result, _, text),) = hand_over(starttls.port, message, "tls=yes")
    assert result == "retry" and "certificate" in text
    assert starttls.handler.messages == []


def test_starttls_required_and_not_offered_sends_nothing(serve, message):
    script = Script()
    port = serve(script)
    ((result, _, text),) = hand_over(port, message, "tls=yes")
    assert result == "retry" and "STARTTLS" in text
    assert script.messages == []


def test_tls_required_by_the_server_and_not_by_us_is_retried(starttls, message):
    """530 Must issue a STARTTLS command first: a setting is wrong, the message is not."""
    assert hand_over(starttls.port, message)[0][:2] == ["retry", "530"]


def test_smtps(certificate, message):
    script = Script()
    # aiosmtpd's controller probes its port without TLS and would wait: a bare loop serves
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(
        lambda: SMTP(script, loop=loop), "127.0.0.1", 0, ssl=certificate[1]))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        port = server.sockets[0].getsockname()[1]
        assert hand_over(port, message, "tls=yes", f"ca={certificate[0]}",
                         scheme="smtps")[0][0] == "sent"
        assert len(script.messages) == 1
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@pytest.mark.parametrize("answer, result", [("235 fine", "sent"), ("535 5.7.8 bad", "retry"),
                                            ("454 later", "retry")])
def test_passwords(raw, message, answer, result):
    server = raw("220 hello", {"EHLO": "250-x.example\r\n250 AUTH PLAIN", "AUTH": answer,
                               "DATA": "354 go on"})
    found = hand_over(server.port, message, "user=timely", "password=secret")[0]
    assert found[0] == result
    assert "secret" not in found[2]


def test_bearer_tokens(raw, message):
    server = raw("220 hello", {"EHLO": "250-x.example\r\n250 AUTH LOGIN XOAUTH2",
                               "AUTH": "235 fine", "DATA": "354 go on"})
    assert hand_over(server.port, message, "user=timely", "bearer=abc")[0][0] == "sent"


@pytest.mark.parametrize("to", ["a@b>\r\nRSET", "a b@c", "<a@b>", "nobody", ""])
def test_addresses_that_would_break_a_command_never_leave(serve, message, to):
    script = Script()
    port = serve(script)
    assert hand_over(port, message, to=to)[0][:2] == ["refused", "0"]
    assert script.connections == 0


@pytest.fixture
def sink():
    """postfix's test sink, where postfix is installed: a server written elsewhere, in C."""
    path = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin:" + os.environ.get("PATH", ""))
    if not path:
        pytest.skip("smtp-sink is not installed")
    started = []

    def start(*options):
        port = free_port()
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        process = subprocess.Popen([path, *user, *options, f"127.0.0.1:{port}", "50"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        started.append(process)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return port
            except OSError:
                time.sleep(0.05)
        pytest.fail("smtp-sink does not start")

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


def test_postfix_sink_takes_many(sink, message):
    port = sink()
    assert [a[0] for a in hand_over(port, message, "repeat=200")] == ["sent"] * 200


@pytest.mark.parametrize("options, result", [
    (("-r", "rcpt"), "retry"), (("-f", "rcpt"), "retry"), (("-r", "data"), "retry"),
    (("-f", "mail"), "retry"), (("-q", "rcpt"), "retry"), (("-q", "."), "unsure"),
    (("-r", "."), "retry"), (("-f", "."), "retry")])
def test_postfix_sink_refuses(sink, message, options, result):
    """-r: soft errors, -f: hard ones, to everybody (500 5.3.0), -q: hangs up."""
    assert hand_over(sink(*options), message)[0][0] == result


def test_maildir_takes_a_message_once(tmp_path, message):
    folder = tmp_path / "mail"
    for _ in range(2):
        assert run("maildir", folder, "1@timely.council.example", message)[0][0] == "sent"
    assert run("maildir", folder, "2@timely.council.example", message)[0][0] == "sent"
    box = mailbox.Maildir(folder, create=False)
    assert [m["Subject"] for m in box] == ["t", "t"]
    files = list((folder / "new").iterdir())
    assert len(files) == 2 and not list((folder / "tmp").iterdir())
    assert all(f.read_bytes() == MESSAGE and f.stat().st_mode & 0o777 == 0o600 for f in files)
    assert (folder / "new").stat().st_mode & 0o777 == 0o700


def test_maildir_on_a_full_disk_leaves_nothing(tmp_path, message):
    """A limit on the size of files stands in for a full disk: the write comes short in the same way."""
    folder = tmp_path / "mail"
    ((result, _, text),) = run("maildir", folder, "1@x.example", message, "limit=20")
    assert result == "retry" and "File too large" in text
    assert not list((folder / "tmp").iterdir()) and not list((folder / "new").iterdir())
    assert run("maildir", folder, "1@x.example", message)[0][0] == "sent"


def test_maildir_on_a_full_device(message):
    """/dev/full cannot hold a folder, but says what a full disk says."""
    assert pathlib.Path("/dev/full").is_char_device()
    assert run("maildir", "/dev/full", "1@x.example", message)[0][0] == "retry"


@pytest.fixture
def opened():
    with open_folder() as folder:
        yield folder


@pytest.mark.parametrize("part", ["", "tmp", "new"])
def test_maildir_without_rights(opened, message, part):
    folder = opened / "mail"
    for name in ("", "tmp", "new", "cur"):
        (folder / name).mkdir()
    user, program = None, driver()
    if os.getuid() == 0:  # root may write everywhere: go on as nobody
        user = "nobody"
        for name in ("", "tmp", "new", "cur"):
            shutil.chown(folder / name, "nobody")
        message = shutil.copy(message, opened)
        os.chmod(message, 0o644)
        program = shutil.copy(program, opened)
    if not part:
        for name in ("tmp", "new", "cur"):
            (folder / name).rmdir()
    (folder / part).chmod(0o500)
    ((result, _, text),) = run("maildir", folder, "1@x.example", message, user=user, program=program)
    assert result == "retry" and "Permission denied" in text
    (folder / part).chmod(0o700)
    if part:
        assert not list((folder / "tmp").iterdir()) and not list((folder / "new").iterdir())
    assert run("maildir", folder, "1@x.example", message, user=user, program=program)[0][0] == "sent"


def test_maildir_under_a_missing_folder(tmp_path, message):
    ((result, _, text),) = run("maildir", tmp_path / "a" / "b", "1@x.example", message)
    assert result == "retry" and "No such file" in text


def test_maildir_follows_no_link(tmp_path, message):
    folder = tmp_path / "mail"
    assert run("maildir", folder, "1@x.example", message)[0][0] == "sent"
    name = next((folder / "new").iterdir()).name
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (folder / "tmp" / name).symlink_to(victim)
    assert run("maildir", folder, "1@x.example", message)[0][0] == "retry"
    assert victim.read_bytes() == b"mine"
