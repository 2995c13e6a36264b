"""A mail server that answers as it is told, and keeps what it was given."""
import base64
import email
import email.policy
import socket
import threading
import time


class MailServer:
    """A mail server that answers as it is told: `answer` follows the data; None: it stays silent for ever. With `login`, what
    it answers to who logs in with a token, it asks for one. `to` has its answers to some recipients."""

    def __init__(self, answer='250 taken', at_recipient='250 yes', login=None, greeting='220 here', to=()):
        self.answer, self.at_recipient, self.login, self.greeting = answer, at_recipient, login, greeting
        self.to = dict(to)
        self.tokens = []
        self.messages, self.recipients = [], []
        self.gate = threading.Event()  # the answer waits for it
        self.last_answered = None  # so many are answered, then the gate closes
        self.at_the_door = threading.Event()  # and so does that to the recipient
        self.gate.set()
        self.at_the_door.set()
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        try:
            self.converse(connection)
        except OSError:
            pass  # the other side went away

    def converse(self, connection):
        lines = connection.makefile('rb')
        say = lambda line: connection.sendall(line.encode() + b'\r\n')
        say(self.greeting)
        for line in lines:
            word = line[:4].upper().strip()
            if word == b'RCPT':
                self.recipients.append(line.decode().strip())
                self.at_the_door.wait(60)
                say(next((answer for whom, answer in self.to.items() if f'<{whom}>' in line.decode()), self.at_recipient))
            elif word == b'DATA':
                say('354 go on')
                data = b''
                for line in lines:
                    if line == b'.\r\n':
                        break
                    data += line[1:] if line.startswith(b'.') else line
                else:
                    return  # without its end it is no message
                self.messages.append(email.message_from_bytes(data, policy=email.policy.default))
                if self.answer is None:
                    time.sleep(600)
                if self.answer == 'drop':
                    connection.shutdown(socket.SHUT_RDWR)
                    return
                if self.last_answered is not None and len(self.messages) > self.last_answered:
                    self.gate.clear()
                    self.last_answered = None
                self.gate.wait(60)
                say(self.answer)
            elif word == b'EHLO' and self.login:
                say('250-here\r\n250 AUTH XOAUTH2')
            elif word == b'AUTH':
                say('334 ')
                fields = base64.b64decode(next(lines)).split(b'\x01')
                self.tokens.append(fields[1].decode())
                say(self.login)
            elif word == b'QUIT':
                say('221 bye')
                return
            else:
                say('250 yes')


def by_smtp(store, server, **more):
    store.configure(**{'delivery': 'live', 'allowed_domains': 'council.example', 'maildir': None,
                       'smtp_url': f'smtp://127.0.0.1:{server.port}', 'smtp_require_tls': 'no', **more})
