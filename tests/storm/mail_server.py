"""A mail server that keeps what it takes and misbehaves as it is told.

`behaviour` is one of BEHAVIOURS, or a number: so many seconds pass before each mail's answer. Every mail whose data came
whole and was not refused counts as received, also when the answer was withheld: that is what people would have got.
"""
import asyncio
import collections
import email
import email.policy
import random
import socket
import threading
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

BEHAVIOURS = ('kind', 'silent at greeting', 'busy at greeting', 'greylists', 'busy after data', 'drops after data',
              'silent after data', 'hesitates', 'refuses some', 'bears')
SILENCE_S = 3600

Received = collections.namedtuple('Received', 'message_id recipient method calendar mail')


def read_mail(data, recipient=None):
    mail = email.message_from_bytes(data, policy=email.policy.default)
    method = calendar = None
    for part in mail.walk():
        if part.get_content_type() == 'text/calendar':
            method, calendar = part.get_param('method'), part.get_payload(decode=True)
    return Received(mail['Message-ID'].strip('<>'), recipient or mail['To'].addresses[0].addr_spec, method, calendar, mail)


class Conversation(SMTP):
    async def _handle_client(self):
        if self.event_handler.behaviour == 'silent at greeting':
            self.event_handler.silences += 1
            await asyncio.sleep(SILENCE_S)
        if self.event_handler.behaviour == 'busy at greeting':
            await self.push('421 too busy')
            self.transport.close()
            return
        await super()._handle_client()


class Door(Controller):
    def factory(self):
        return Conversation(self.handler, ident='storm')


class MailServer:
    def __init__(self, refused=()):
        self.behaviour = 'kind'
        self.refused = set(refused)  # recipients that "refuses some" means
        self.greylisted = set()
        self.rate, self.put_off, self.lately = 0, 0, collections.deque()  # mails a second that "bears" takes
        self.received, self.busy_answers, self.greetings, self.silences = [], 0, 0, 0
        self.lock = threading.Lock()
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            self.port = free.getsockname()[1]
        self.door = None
        self.open()

    def open(self):
        self.door = Door(self, hostname='127.0.0.1', port=self.port)
        self.door.start()

    def close(self):
        """Nobody answers at the port any more."""
        if self.door:
            self.door.stop()
            self.door = None

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.greetings += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.behaviour == 'bears' and not self.bears():
            self.put_off += 1
            return '451 4.7.1 too many mails at once'
        envelope.mail_from = address
        return '250 yes'

    def bears(self):
        """Whether this second has room for one more."""
        now = time.monotonic()
        while self.lately and self.lately[0] < now - 1:
            self.lately.popleft()
        if len(self.lately) >= self.rate:
            return False
        self.lately.append(now)
        return True

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.behaviour == 'refuses some' and address in self.refused:
            return '550 5.1.1 no such mailbox'
        if self.behaviour == 'greylists' and address not in self.greylisted:
            self.greylisted.add(address)
            return '450 4.2.0 greylisted, come again'
        envelope.rcpt_tos.append(address)
        return '250 yes'

    async def handle_DATA(self, server, session, envelope):
        behaviour = self.behaviour
        if behaviour == 'busy after data':
            self.busy_answers += 1
            return '451 try again later'
        recipient, = envelope.rcpt_tos
        with self.lock:
            self.received.append(read_mail(envelope.original_content, recipient))
        if behaviour == 'drops after data':
            server.transport.abort()
        elif behaviour == 'silent after data':
            await asyncio.sleep(SILENCE_S)
        elif behaviour == 'hesitates':  # for the storm: so that a kill often falls between data and answer
            await asyncio.sleep(random.random() * 0.2)
        elif isinstance(behaviour, (int, float)):
            await asyncio.sleep(behaviour)
        return '250 taken'

    def all(self):
        with self.lock:
            return list(self.received)
