"""A list of bank holidays as GOV.UK publishes it, served from this machine, and served badly."""
import copy
import http.server
import json
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = json.loads((ROOT / 'rules' / 'calendars' / 'bank-holidays.json').read_text(encoding='utf-8'))


def listing(add=(), drop=(), years=None):
    """The published list with days added to England and Wales, without others, of these years only."""
    made = copy.deepcopy(PUBLISHED)
    for name, division in made.items():
        days = division['events']
        if years:
            days = [d for d in days if int(d['date'][:4]) in years]
        if name == 'england-and-wales':
            days = [d for d in days if d['date'] not in drop]
            days += [{'title': title, 'date': day, 'notes': '', 'bunting': False} for day, title in add]
        division['events'] = sorted(days, key=lambda d: d['date'])
    return json.dumps(made).encode()


class Listing:
    """The server. What it answers is set at any time: bytes, a status, or a function of the handler."""

    def __init__(self):
        self.body, self.status, self.how, self.asked = listing(), 200, None, 0
        outer = self
        self.closing = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):
                outer.asked += 1
                try:
                    (outer.how or Handler.plainly)(self)
                except OSError:
                    self.close_connection = True

            def plainly(self):
                self.send_response(outer.status)
                self.send_header('Content-Length', str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.url = f'http://127.0.0.1:{self.server.server_address[1]}/bank-holidays.json'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def says(self, body=None, status=200, how=None):
        self.body, self.status, self.how = body if body is not None else listing(), status, how

    # ------------------------------------------------------------------------------ badly

    def a_gigabyte(self, handler):
        """Said to be one, and sent."""
        handler.send_response(200)
        handler.send_header('Content-Length', str(1 << 30))
        handler.end_headers()
        self.pour(handler, lambda block: block)

    def without_end(self, handler):
        """A gigabyte in chunks, whose size nobody says before."""
        handler.send_response(200)
        handler.send_header('Transfer-Encoding', 'chunked')
        handler.end_headers()
        self.pour(handler, lambda block: b'%x\r\n%s\r\n' % (len(block), block))

    @staticmethod
    def pour(handler, wrap):
        for _ in range(1 << 14):
            handler.wfile.write(wrap(b' ' * (1 << 16)))

    def in_silence(self, handler):
        """Headers, and then nothing."""
        handler.send_response(200)
        handler.send_header('Content-Length', '1000')
        handler.end_headers()
        handler.wfile.write(b'{')
        handler.wfile.flush()
        self.closing.wait(120)
