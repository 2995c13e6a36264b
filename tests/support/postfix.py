"""A real Postfix of a test's own: in a folder of its own, on a high port of the loopback. It must be started by root."""
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as listener:
        return listener.getsockname()[1]


class Postfix:
    """Delivers every address into the Maildir box/all; or, with `users`, into box/USER, and mail to anybody else comes
    back to its sender."""

    def __init__(self, users=()):
        self.folder = Path(tempfile.mkdtemp(prefix='postfix-', dir='/tmp'))
        self.folder.chmod(0o755)
        self.port, self.etc = free_port(), self.folder / 'etc'
        self.box = self.folder / 'box'
        for name in ('etc', 'queue', 'data', 'box'):
            (self.folder / name).mkdir()
        user = pwd.getpwnam('postfix')
        os.chown(self.folder / 'data', user.pw_uid, user.pw_gid)
        os.chown(self.box, user.pw_uid, user.pw_gid)
        maps = f'texthash:{self.etc}/users' if users else 'static:all/'
        (self.etc / 'users').write_text(''.join(f'{user}@council.example {user}/\n' for user in users), encoding='utf-8')
        (self.etc / 'main.cf').write_text(f"""compatibility_level = 3.6
queue_directory = {self.folder}/queue
data_directory = {self.folder}/data
maillog_file = {self.folder}/log
maillog_file_prefixes = {self.folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.council.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
virtual_mailbox_domains = council.example
virtual_mailbox_base = {self.box}
virtual_mailbox_maps = {maps}
smtpd_reject_unlisted_recipient = no
virtual_uid_maps = static:{user.pw_uid}
virtual_gid_maps = static:{user.pw_gid}
virtual_minimum_uid = 1
smtpd_tls_security_level = none
""", encoding='utf-8')
        (self.etc / 'master.cf').write_text(f"""127.0.0.1:{self.port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
""", encoding='utf-8')

    def run(self, word):
        return subprocess.run(['postfix', '-c', str(self.etc), word], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode

    def said(self):
        log = self.folder / 'log'
        return log.read_text(encoding='utf-8', errors='replace')[-3000:] if log.exists() else 'no log'

    def stop(self):
        self.run('stop')
        shutil.rmtree(self.folder, ignore_errors=True)

    def mails(self, user):
        """The bytes of what came for a user, in order."""
        files = sorted(self.box.glob(f'{user}/new/*'), key=lambda f: (f.stat().st_mtime_ns, f.name))
        return [f.read_bytes() for f in files]
