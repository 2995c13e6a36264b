"""The web servers of docs/operating.md: its own examples, with other ports and files, before the real server."""
import base64
import hashlib
import re
import socket
import ssl
import subprocess
import urllib.error
import urllib.request

import pytest

from serving import BODY, ROOT, TOKEN, Server, make_certificate, token_hash, wait_until
from scratch import open_folder  # on the path by serving

PATH = f'/feed/{TOKEN}.ics'


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


SERVER, SIGN_ON = 0, 1


def example(language, changes, which=SERVER):
    """One of the document's two examples, of which every piece that is changed must be there."""
    text = (ROOT / 'docs' / 'operating.md').read_text(encoding='utf-8')
    block = re.findall(rf'^```{language}\n(.*?)^```$', text, re.M | re.S)[which]
    for old, new in changes.items():
        assert old in block, old
        block = block.replace(old, str(new))
    return block


class Proxy:
    """A web server with the example in it. `logs`: every file that it writes."""

    def __init__(self, folder, command, port, tls_port, cert):
        self.folder, self.port, self.tls_port = folder, port, tls_port
        self.context = ssl.create_default_context(cafile=cert)
        self.context.check_hostname = False
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_until(self.answers)

    def answers(self):
        assert self.process.poll() is None, self.process.stderr.read()
        try:
            socket.create_connection(('127.0.0.1', self.tls_port), 1).close()
        except OSError:
            return False
        return True

    def ask(self, path=PATH, **headers):
        headers = {k.replace('_', '-'): v for k, v in headers.items()}
        request = urllib.request.Request(f'https://127.0.0.1:{self.tls_port}{path}', headers=headers)
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=10) as r:
                return r.status, r.headers, r.read()
        except urllib.error.HTTPError as r:
            return r.code, r.headers, r.read()

    def logs(self):
        return ''.join(file.read_text(encoding='utf-8') for file in (self.folder / 'log').iterdir())

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def with_sign_on(block, end, *more):
    """The example of a server with more at its end."""
    before, _, after = block.rpartition(end)
    return '\n'.join((before, *more, end + after))


def nginx_sign_on(folder, users, port):
    """The example, and in place of oauth2-proxy a server that knows the users."""
    asked = (f'server {{ listen 127.0.0.1:{port}; auth_basic staff; auth_basic_user_file {users}; access_log off; root {folder};'
             f' location / {{ try_files /empty =404; add_header X-Auth-Request-Email $remote_user@council.example; }} }}')
    (folder / 'empty').touch()
    return asked, (example('nginx', {}, SIGN_ON), f'location = /oauth2/auth {{ internal; proxy_pass http://127.0.0.1:{port}; '
                   'proxy_pass_request_body off; proxy_set_header Content-Length ""; }', 'location = /oauth2/sign_in { return 403; }')


def nginx(folder, upstream, cert, key, users=None):
    port, tls_port = free_port(), free_port()
    block = example('nginx', {'127.0.0.1:8480': upstream, 'listen 80;': f'listen 127.0.0.1:{port};',
                              'listen 443 ssl;': f'listen 127.0.0.1:{tls_port} ssl;', '/etc/ssl/timely.pem': cert,
                              '/etc/ssl/private/timely.key': key, '/var/log/nginx/': f'{folder}/log/'})
    asked = ''
    if users:
        asked, more = nginx_sign_on(folder, users, free_port())
        block = with_sign_on(block, '}', *more)
    temporary = ''.join(f'{kind}_temp_path {folder}/{kind};' for kind in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
    (folder / 'nginx.conf').write_text(f'daemon off; pid {folder}/pid; error_log {folder}/log/error.log; events {{}}\n'
                                       f'http {{ {temporary}\n{block}\n{asked}}}\n', encoding='utf-8')
    return Proxy(folder, ['nginx', '-c', folder / 'nginx.conf', '-e', folder / 'log' / 'error.log'], port, tls_port, cert)


def apache(folder, upstream, cert, key, users=None):
    port, tls_port = free_port(), free_port()
    address = f'{upstream}|http://timely/' if upstream.startswith('unix:') else f'http://{upstream}/'
    block = example('apache', {'http://127.0.0.1:8480/': address, '*:80': f'127.0.0.1:{port}', '*:443': f'127.0.0.1:{tls_port}',
                               '/etc/ssl/timely.pem': cert, '/etc/ssl/private/timely.key': key, '/var/log/apache2/': f'{folder}/log/'})
    names = ['mpm_event', 'authz_core', 'alias', 'ssl', 'socache_shmcb', 'proxy', 'proxy_http']
    if users:
        names += ['headers', 'auth_basic', 'authn_core', 'authn_file', 'authz_user']
        basic = f'AuthType Basic\nAuthName staff\nAuthUserFile {users}'
        address = {'expr=%{REMOTE_USER}': '"expr=%{REMOTE_USER}@council.example"'}
        block = with_sign_on(block, '</VirtualHost>', example('apache', {'AuthType openid-connect': basic, **address}, SIGN_ON))
    modules = ''.join(f'LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n' for name in names)
    (folder / 'apache.conf').write_text(
        f'{modules}ServerRoot {folder}\nDefaultRuntimeDir {folder}\nServerName localhost\nPidFile {folder}/pid\n'
        f'ErrorLog {folder}/log/main.log\nListen 127.0.0.1:{port}\nListen 127.0.0.1:{tls_port}\n{block}', encoding='utf-8')
    return Proxy(folder, ['apache2', '-D', 'FOREGROUND', '-f', folder / 'apache.conf'], port, tls_port, cert)


@pytest.fixture
def folder():
    with open_folder() as made:                               # a worker is another user where the tests are root's
        yield made


@pytest.fixture(params=[(nginx, 'port'), (nginx, 'socket'), (apache, 'port'), (apache, 'socket')],
                ids=lambda p: f'{p[0].__name__}-{p[1]}')
def proxied(request, store, etag, conninfo, folder):
    start, way = request.param
    (folder / 'log').mkdir()
    cert, key = make_certificate(folder, 'proxy')
    path = folder / 's'
    options = {'listen': f'unix:{path}', 'proxy': 'unix:'} if way == 'socket' else {'proxy': '127.0.0.1'}
    with Server(conninfo, address_rate=30, **options) as server:
        server.ready()
        if way == 'socket':
            path.chmod(0o777)
        proxy = start(folder, f'unix:{path}' if way == 'socket' else f'127.0.0.1:{server.port}', cert, key)
        try:
            yield proxy, server
        finally:
            proxy.stop()


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def test_a_feed_comes_through_as_it_is_and_no_log_has_its_address(proxied, etag):
    proxy, server = proxied
    status, headers, body = proxy.ask()
    assert (status, body, headers['ETag']) == (200, BODY, etag)
    assert headers['Content-Type'] == 'text/calendar; charset=utf-8' and headers['Cache-Control'] == 'private, max-age=900'
    status, headers, packed = proxy.ask(Accept_Encoding='gzip')
    assert headers['ETag'] == etag[:-1] + '-gzip"' and len(packed) < len(BODY)
    assert proxy.ask(If_None_Match=etag)[0] == 304
    assert proxy.ask('/metrics')[0] == 404
    said = [proxy.ask(X_Forwarded_For=f'192.0.2.{n}')[0] for n in range(40)]
    assert 429 in said, 'who asks is the address that the proxy sees, whatever is claimed'
    server.stop()
    assert proxy.ask()[0] in (502, 503)                       # which both would tell in their error logs
    proxy.stop()
    log = proxy.logs()
    assert re.search(r'127\.0\.0\.1 \[.*\] GET 200 \d+', log), log
    assert TOKEN[:8] not in log and '/feed' not in log


def test_point_1_port_80_only_redirects(proxied):
    proxy, _ = proxied
    with pytest.raises(urllib.error.HTTPError) as e:
        urllib.request.build_opener(NoRedirects).open(f'http://127.0.0.1:{proxy.port}{PATH}', timeout=10)
    assert (e.value.code, e.value.headers['Location']) == (301, f'https://timely.example.gov.uk{PATH}')
    assert b'VCALENDAR' not in e.value.read()


def basic(name):
    return 'Basic ' + base64.b64encode(f'{name}:secret of {name}'.encode()).decode()


@pytest.mark.parametrize('start', [nginx, apache])
def test_a_page_opens_to_who_has_signed_in_whatever_they_claim(start, store, conninfo, folder):
    (folder / 'log').mkdir()
    users = folder / 'users'
    users.write_text(''.join(f'{name}:{{SHA}}{base64.b64encode(hashlib.sha1(f"secret of {name}".encode()).digest()).decode()}\n'
                             for name in ('jo', 'ann')), encoding='utf-8')
    ask = store.pg.ask
    ask("INSERT INTO timely.staff (professional_id, name, email) VALUES ('1', 'Jo Ash', 'jo@council.example'), ('2', 'Ann Elm', 'ann@council.example')"
        ' ON CONFLICT DO NOTHING')
    ask("INSERT INTO timely.person (person_id, worker_id, accepted_at) VALUES ('P1', '1', now()) ON CONFLICT DO NOTHING")
    ask("INSERT INTO timely.deadline (person_id, timescale, subject_ref, trigger_on, due_on, book_by, provisional, state, derivation, uid,"
        " at_first_start, rule_version, library, first_seen_at, changed_at, owed_since) VALUES ('P1', 'icpc', 's', '2024-03-14', '2024-04-08', '2024-04-08', false,"
        " 'open', 'x', 'u', false, 1, 'x', now(), now(), now()) ON CONFLICT DO NOTHING")
    ask('INSERT INTO timely.page_link SELECT %s, deadline_id, NULL, NULL, %s, NULL FROM timely.deadline ON CONFLICT DO NOTHING', (token_hash('mail'), '1'))
    cert, key = make_certificate(folder, 'proxy')
    options = {'identity_header': 'X-Remote-User', 'identity_is_email': 1, 'public_url': 'https://timely.example.gov.uk/x/'}
    with Server(conninfo, proxy='127.0.0.1', **options) as server:
        server.ready()
        proxy = start(folder, f'127.0.0.1:{server.port}', cert, key, users)
        try:
            for claims in ({}, {'X_Remote_User': 'jo@council.example'}):
                status, _, body = proxy.ask('/why/mail', **claims)
                assert status in (401, 403) and b'timely' not in body, 'the proxy asks who it is'
                assert b'signed in as Jo Ash' in proxy.ask('/why/mail', Authorization=basic('jo'), **claims)[2]
                status, _, body = proxy.ask('/why/mail', Authorization=basic('ann'), **claims)
                assert status == 403 and b'This page is not for you' in body
            around = proxy.ask('/x/why/mail', X_Remote_User='jo@council.example')[2]
            assert b'Please sign in' in around, 'where the proxy asks nobody it lets no claim through either'
            assert proxy.ask('/pages.css')[0] == 200
        finally:
            proxy.stop()
