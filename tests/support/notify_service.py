"""GOV.UK Notify as its documentation has it, on this machine: checks the signature and the fields of what it is asked, and
answers badly when it is told to."""
import http.server
import json
import threading
import time
import urllib.parse
import uuid

import jwt

SERVICE = '26785a09-ab16-4eb0-8407-a37497a57506'
SECRET = '3d844edf-8d35-48ac-975b-e847b4f122b0'
KEY = f'timely_live-{SERVICE}-{SECRET}'
FIELDS = {'subject', 'message'}  # of the template


class NotifyService:
    """`behave` is kind, or how it answers to a mail: 'drop', 'drop unread', 'slow', 'garbage', a status, or status, error and
    message."""

    def __init__(self, template='template-1'):
        self.behave, self.taken, self.asked = 'kind', [], []
        self.template = template
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                outer.asked.append(('POST', self.path))
                self.say(*outer.take(self.path, self.headers, body))

            def do_GET(self):
                outer.asked.append(('GET', self.path))
                self.say(*outer.find(self.path, self.headers))

            def say(self, status, answer):
                if status is None:
                    self.close_connection = True
                    return
                body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header('Content-Type', 'application/json')
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.url = f'http://127.0.0.1:{self.server.server_address[1]}'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def error(status, kind, message):
        return status, {'status_code': status, 'errors': [{'error': kind, 'message': message}]}

    def stranger(self, headers):
        """Why the asker is not let in; None: they are."""
        scheme, _, token = headers.get('Authorization', '').partition(' ')
        try:
            claims = jwt.decode(token, SECRET, algorithms=['HS256'], options={'verify_iat': False})
        except jwt.InvalidTokenError as problem:
            return f'Invalid token: {problem}'
        if scheme != 'Bearer' or jwt.get_unverified_header(token) != {'alg': 'HS256', 'typ': 'JWT'}:
            return 'Invalid token: type'
        if set(claims) != {'iss', 'iat'} or claims['iss'] != SERVICE:
            return 'Invalid token: service not found'
        if abs(claims['iat'] - time.time()) > 30:
            return 'Error: Your system clock must be accurate to within 30 seconds'
        return None

    def take(self, path, headers, body):
        why = self.stranger(headers)
        if why:
            return self.error(403, 'AuthError', why)
        if self.behave == 'drop unread':
            return None, None
        mail = json.loads(body)
        if path != '/v2/notifications/email' or headers['Content-Type'] != 'application/json':
            return self.error(404, 'NoResultFound', path)
        if mail['template_id'] != self.template or set(mail['personalisation']) != FIELDS:
            return self.error(400, 'BadRequestError', 'Missing personalisation')
        if not set(mail) <= {'email_address', 'template_id', 'personalisation', 'reference', 'email_reply_to_id'}:
            return self.error(400, 'ValidationError', 'Additional properties are not allowed')
        if isinstance(self.behave, tuple):
            return self.error(*self.behave)
        if isinstance(self.behave, int) and self.behave != 500:
            return self.error(self.behave, 'SomeError', f'about {mail["email_address"]}')
        self.taken.append(mail)
        if self.behave == 'slow':
            time.sleep(4)
        if self.behave == 'garbage':
            return 201, b'\x00<html>'
        if self.behave == 500:
            return self.error(500, 'Exception', 'Internal server error')
        if self.behave == 'drop':
            return None, None
        return 201, {'id': str(uuid.uuid4()), 'reference': mail['reference']}

    def find(self, path, headers):
        why = self.stranger(headers)
        if why:
            return self.error(403, 'AuthError', why)
        asked = urllib.parse.urlsplit(path)
        reference, = urllib.parse.parse_qs(asked.query)['reference']
        if asked.path != '/v2/notifications' or isinstance(self.behave, int):
            return self.error(self.behave, 'SomeError', 'no')
        return 200, {'notifications': [{'id': 'x', 'reference': m['reference']} for m in self.taken
                                       if m['reference'] == reference], 'links': {}}
