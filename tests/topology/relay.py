"""A relay of TCP connections to a server's socket, which can be frozen: what a lost network looks like from both sides. Or it
is slow."""
import socket
import threading
import time


class Relay:
    """Listens on a port of this machine. While frozen nothing passes, no connection ends, and new ones get no answer."""

    def __init__(self, path):
        self.path = str(path)
        self.flowing = threading.Event()
        self.flowing.set()
        self.word = None
        self.delay = 0  # seconds that each question to the server waits
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.flowing.set()
        self.listener.close()

    def freeze_before(self, word):
        """From the moment at which these bytes would pass, until thaw()."""
        self.word = word

    def frozen(self):
        return not self.flowing.is_set()

    def thaw(self):
        self.word = None
        self.flowing.set()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.flowing.wait()
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.path)
            for direction in (client, server, True), (server, client, False):
                threading.Thread(target=self.pass_on, args=direction, daemon=True).start()

    def pass_on(self, from_one, to_other, asks):
        try:
            while data := from_one.recv(1 << 16):
                time.sleep(self.delay if asks else 0)
                if self.word and self.word in data:
                    self.flowing.clear()
                self.flowing.wait()
                to_other.sendall(data)
            to_other.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other direction has ended both
