"""An ordinary day: eight hours of a site's traffic in which nobody attacks, and the log of a file server that the sensor
does not see."""

import random
import time

from evidence.mixed import DURATION, Traffic
from evidence.site import CLIENTS, numbered
from evidence.rpc import dotted
from evidence.syslog import ORDINARY, stranger
from evidence.wire import START, CaptureFile

HOST = b"nas9"
LINES = 3000
PROGRAMS = [b"nfs", b"mountd", b"nlockmgr", b"status", b"100227", b"rquotad"]
PATHS = [b"/export/home", b"/srv/nfs/projects", b"/export/opt"]

# What a Debian server writes when it starts, in this order.
BOOT = [
    b"kernel: [    0.000000] Linux version 6.1.0-28-amd64 (debian-kernel@lists.debian.org)",
    b"kernel: [    2.104211] RPC: Registered named UNIX socket transport module.",
    b"kernel: [    2.104215] RPC: Registered tcp NFSv4.1 backchannel transport module.",
    b"systemd[1]: Starting rpcbind.service - RPC bind portmap service...",
    b"systemd[1]: Started rpcbind.service - RPC bind portmap service.",
    b"systemd[1]: Reached target rpcbind.target - RPC Port Mapper.",
    b"rpc.statd[611]: Version 2.6.2 starting",
    b"rpc.statd[611]: Flags: TI-RPC",
    b"rpc.mountd[640]: Version 2.6.2 starting",
    b"kernel: [   14.882310] NFSD: Using nfsdcld client tracking operations.",
    b"kernel: [   14.882313] NFSD: no clients to reclaim, skipping NFSv4 grace period (net f0000000)",
    b"systemd[1]: Finished nfs-server.service - NFS server and services.",
]
# Of the host itself, each of two numbers.
OWN = [
    lambda a, b: b"CRON[%d]: (root) CMD (test -x /usr/sbin/anacron || run-parts --report /etc/cron.daily)" % a,
    lambda a, b: b"sshd[%d]: pam_unix(sshd:session): session opened for user ann(uid=1000) by (uid=0)" % a,
    lambda a, b: b"sudo:      ann : TTY=pts/%d ; PWD=/home/ann ; USER=root ; COMMAND=/usr/sbin/exportfs -ra" % (b % 9),
    lambda a, b: b"systemd-logind[502]: New session %d of user ann." % b,
    lambda a, b: b"chronyd[499]: Selected source 10.4.0.1",
    lambda a, b: b"smartd[640]: Device: /dev/sda [SAT], SMART Usage Attribute: 194 Temperature_Celsius changed to %d" % (30 + b % 9),
    lambda a, b: b"kernel: [%d.000000] nfsd: last server has exited, flushing export cache" % a,
    lambda a, b: b"systemd[1]: rpc-statd-notify.service: Deactivated successfully.",
    lambda a, b: b"sm-notify[%d]: Version 2.6.2 starting" % a,
]


def client_lines(chance, pid):
    """What one client's visit leaves: rpcbind's look-ups as with `-l`, and mountd's decision."""
    client = dotted(numbered(CLIENTS, chance.randrange(200))).encode()
    for program in chance.sample(PROGRAMS, chance.choice((1, 1, 2, 3))):
        pid += 1  # a child writes each
        yield b"rpcbind[%d]: connect from %b to getport/addr(%b)" % (pid, client, program)
    if chance.random() < 0.5:
        path, kind = chance.choice(PATHS), chance.choice((b"mount", b"mount", b"unmount"))
        yield b"rpc.mountd[640]: authenticated %b request from %b:%d for %b (%b)" % (
            kind, client, chance.randrange(665, 1024), path, path)


def messages(chance):
    yield from BOOT
    count, pid = len(BOOT), 2000
    while count < LINES:
        draw = chance.random()
        if draw < 0.3:
            lines = list(client_lines(chance, pid))
        elif draw < 0.45:
            lines = [chance.choice(OWN)(pid, chance.getrandbits(15))]
        elif draw < 0.46:
            lines = BOOT
        else:
            lines = [chance.choice(ORDINARY)(pid, chance.getrandbits(15), stranger(chance.getrandbits(17)))]
        pid = 2000 + (pid + len(lines)) % 30000
        count += len(lines)
        yield from lines


def write_log(path, chance):
    moments = sorted(chance.randrange(DURATION // 1_000_000) for _ in range(LINES + len(BOOT)))
    with open(path, "wb") as output:
        for moment, message in zip(moments, messages(chance)):
            now = time.gmtime(START + moment)
            stamp = time.strftime("%b %d %H:%M:%S", now).replace(" 0", "  ", 1).encode()
            output.write(stamp + b" " + HOST + b" " + message + b"\n")


def write_quiet(size, path, seed):
    traffic = Traffic(size, seed, has_attackers=False)
    with CaptureFile(path) as output:
        traffic.write(output)
    write_log(f"{path}.log", random.Random(seed))
    with open(f"{path}.watchfloor.yaml", "w") as file:
        file.write(traffic.site.configuration())
