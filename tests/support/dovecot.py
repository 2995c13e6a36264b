"""A real Dovecot of a test's own: IMAP with TLS over Maildirs, on a free port of the loopback, without rights; and a server
of tokens beside it.

    with Dovecot(root, {'timely': 'secret'}) as imap:   # root/timely/ is that user's Maildir
        imap.port, imap.certificate
"""
import http.server
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse
from pathlib import Path

from postfix import free_port
from scratch import scratch


def account():
    """Whom the servers of mail run as: Postfix's own user where the test is root's."""
    return pwd.getpwnam('postfix') if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def certificate(folder):
    """A certificate for the loopback and its key."""
    cert, key = folder / 'cert.pem', folder / 'key.pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days',
                    '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
                   check=True, capture_output=True)
    return cert, key


class Tokens(threading.Thread):
    """Gives out tokens to a client (RFC 6749 4.4), and tells Dovecot whose they are."""

    def __init__(self, user, client='client-1', secret='the client+s secret'):
        super().__init__(daemon=True)
        self.user, self.client, self.secret = user, client, secret
        self.given, self.asked, self.revoked = [], [], set()
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), self.handler())
        self.port = self.server.server_address[1]
        self.start()

    def run(self):
        self.server.serve_forever()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def grant(self, form):
        """Status and answer to a client's form."""
        self.asked.append(form)
        if form.get('client_secret') != [self.secret] or form.get('grant_type') != ['client_credentials']:
            return 401, {'error': 'invalid_client', 'error_description': 'AADSTS7000215: no such secret'}
        self.given.append(f'token-{len(self.given) + 1}-{secrets.token_hex(16)}')
        return 200, {'access_token': self.given[-1], 'expires_in': 3600, 'token_type': 'Bearer'}

    def handler(tokens):
        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, status, value):
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header('Content-Type', 'application/json')
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                form = self.rfile.read(int(self.headers['Content-Length'])).decode()
                self.answer(*tokens.grant(urllib.parse.parse_qs(form)))

            def do_GET(self):
                token = self.path.rpartition('/')[2].partition('&')[0]  # Dovecot adds fields of its own
                known = token in tokens.given and token not in tokens.revoked
                self.answer(200, {'email': tokens.user, 'active': 'yes' if known else 'no'})

            def log_message(self, *_):
                pass
        return Handler


class Dovecot:
    """`root` holds a Maildir for each user. `tokens`: a Tokens that is asked about tokens (XOAUTH2) as well."""

    def __init__(self, root, users, tokens=None):
        self.folder = scratch('dovecot-')
        self.root, self.users, self.tokens = Path(root), users, tokens
        self.port, self.tls_port = free_port(), free_port()
        self.log = self.folder / 'log'
        self.running = None

    def configuration(self):
        user = account()
        (self.folder / 'users').write_text(''.join(f'{name}:{{PLAIN}}{word}\n' for name, word in self.users.items()),
                                           encoding='utf-8')
        cert, key = certificate(self.folder)
        self.certificate = cert
        text = f"""
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.log}
default_internal_user = {user.pw_name}
default_internal_group = {user.pw_name}
default_login_user = {user.pw_name}
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{cert}
ssl_key = <{key}
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = yes
first_valid_uid = 1
mail_location = maildir:{self.root}/%n
userdb {{
  driver = static
  args = uid={user.pw_uid} gid={user.pw_gid} home={self.folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = {self.tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = passwd-file
  args = {self.folder}/users
  mechanisms = plain
}}
""" + (self.of_tokens() if self.tokens else '')
        file = self.folder / 'dovecot.conf'
        file.write_text(text, encoding='utf-8')
        for path in [self.folder, *self.folder.iterdir()]:
            os.chown(path, user.pw_uid, user.pw_gid)
        return file

    def of_tokens(self):
        (self.folder / 'oauth2.conf').write_text(f"""
introspection_url = http://127.0.0.1:{self.tokens.port}/known/
introspection_mode = get
username_attribute = email
active_attribute = active
active_value = yes
""", encoding='utf-8')
        return f"""
auth_mechanisms = plain xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {self.folder}/oauth2.conf
}}
"""

    def __enter__(self):
        try:
            file, user = self.configuration(), account()
            command = ['dovecot', '-F', '-c', str(file)]
            if os.geteuid() == 0:
                command = ['runuser', '-u', user.pw_name, '--'] + command
            # Nothing of ours is inherited: it keeps what it is given.
            self.running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                            stderr=subprocess.DEVNULL, start_new_session=True)
            self.wait()
            return self
        except BaseException:
            self.__exit__()
            raise

    def wait(self):
        for _ in range(200):
            try:
                with socket.create_connection(('127.0.0.1', self.port), 1) as s:
                    s.settimeout(5)
                    assert s.recv(100).startswith(b'* OK')
                    return
            except OSError:
                assert self.running.poll() is None, self.said()
                time.sleep(0.05)
        raise AssertionError('dovecot does not start: ' + self.said())

    def said(self):
        return self.log.read_text(encoding='utf-8', errors='replace')[-4000:] if self.log.exists() else 'no log'

    def __exit__(self, *_):
        if self.running:
            self.running.terminate()  # runuser passes it on
            self.running.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)
