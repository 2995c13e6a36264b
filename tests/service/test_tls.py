"""HTTPS by the server itself: versions, resumption, and another certificate while it serves."""
import signal
import ssl
import subprocess

import pytest

from serving import BODY, TOKEN, Server, make_certificate, wait_until

REQUEST = f'GET /calendars/feed/{TOKEN}.ics HTTP/1.1\r\nHost: x\r\n'.encode()


@pytest.fixture
def pair(tmp_path):
    return make_certificate(tmp_path, 'one')


@pytest.fixture
def server(store, etag, conninfo, pair):
    with Server(conninfo, cert=pair[0], key=pair[1], public_url='https://127.0.0.1/calendars/') as s:
        yield s.ready()


def trusting(cert, **settings):
    context = ssl.create_default_context(cafile=cert)
    context.set_alpn_protocols(['h2', 'http/1.1'])
    for name, value in settings.items():
        setattr(context, name, value)
    return context


def connect(server, context, session=None):
    return context.wrap_socket(server.connect(), server_hostname='127.0.0.1', session=session)


def body_of(connection, last=True):
    connection.sendall(REQUEST + (b'Connection: close\r\n\r\n' if last else b'\r\n'))
    answer = b''
    while not answer.endswith(BODY[-20:]):
        answer += connection.recv(65536)
    if last:
        assert connection.recv(1) == b''                     # raises when the end is not told
    return answer.split(b'\r\n\r\n', 1)[1]


def reload(server, event):
    seen = len(server.said)
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: any(event in line for line in server.said[seen:]))


def test_versions_and_protocol(server, pair):
    with connect(server, trusting(pair[0])) as c:
        assert (body_of(c), c.version(), c.selected_alpn_protocol()) == (BODY, 'TLSv1.3', 'http/1.1')
    with connect(server, trusting(pair[0], maximum_version=ssl.TLSVersion.TLSv1_2)) as c:
        assert (body_of(c), c.version()) == (BODY, 'TLSv1.2')
    for old in '-tls1_1', '-tls1':
        done = subprocess.run(['openssl', 's_client', '-connect', f'127.0.0.1:{server.port}', old, '-cipher', 'ALL:@SECLEVEL=0'],
                              input=b'', capture_output=True, check=False)
        assert done.returncode != 0, old


@pytest.mark.parametrize('version', [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_is_resumed(server, pair, version):
    context = trusting(pair[0], maximum_version=version)
    with connect(server, context) as first:
        assert body_of(first) == BODY and not first.session_reused
        session = first.session                               # in 1.3 it comes after the handshake
    with connect(server, context, session) as second:
        assert body_of(second) == BODY and second.session_reused


def test_reload_changes_the_certificate_and_open_connections_go_on(server, pair, tmp_path):
    other = make_certificate(tmp_path, 'two')
    with connect(server, trusting(pair[0])) as old:
        assert body_of(old, last=False) == BODY
        one = trusting(pair[0])                               # before its file is another
        pair[0].write_bytes(other[0].read_bytes())
        reload(server, 'serve.reload_refused')                # the key is not yet the other one's
        with connect(server, one) as c:
            assert body_of(c) == BODY
        pair[0].write_bytes(b'no certificate')
        reload(server, 'serve.reload_refused')
        pair[0].unlink()
        reload(server, 'serve.reload_refused')
        with connect(server, one) as c:
            assert body_of(c) == BODY
        pair[0].write_bytes(other[0].read_bytes())
        pair[1].write_bytes(other[1].read_bytes())
        reload(server, 'serve.reloaded')
        with connect(server, trusting(other[0])) as c:
            assert body_of(c) == BODY
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(server, one)
        assert body_of(old) == BODY
