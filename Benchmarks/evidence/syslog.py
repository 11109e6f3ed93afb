"""RFC 3164 lines, about 119 bytes each: 5 % of them are of interest and come from many sources."""

import random
import time

from evidence.wire import START

INTERESTING = 0.05
LINES_PER_SECOND = 10

HOSTS = [b"mail", b"www", b"ns1", b"ns2", b"files", b"build-03", b"gw", b"zephyr", b"lp", b"dbhost"]


def address(bits):
    """One of 2^17 addresses of 198.18.0.0/15, as dotted decimal."""
    return b"198.%d.%d.%d" % (18 + (bits >> 16 & 1), bits >> 8 & 255, bits & 255)


# Each makes a message of two numbers and an address.
ORDINARY = [
    lambda a, b, ip: b"sshd[%d]: Accepted publickey for deploy from %b port %d ssh2: ED25519 SHA256:x7Qm" % (a, ip, b),
    lambda a, b, ip: b"CRON[%d]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly # %d)" % (a, b),
    lambda a, b, ip: b"postfix/smtpd[%d]: connect from unknown[%b]; %d recipients so far, queue is active" % (a, ip, b),
    lambda a, b, ip: b"postfix/qmgr[%d]: %X%X: from=<owner@example.org>, size=%d, nrcpt=1 (queued)" % (a, a, b, b),
    lambda a, b, ip: b"named[%d]: client %b#%d: query: www.example.net IN A +E(0)K (127.0.0.1)" % (a, ip, b),
    lambda a, b, ip: b"dhcpd[%d]: DHCPACK on %b to 00:16:3e:%02x:%02x:%02x via lan" % (a, ip, a & 255, b & 255, a >> 8),
    lambda a, b, ip: b"kernel: [%d.%06d] EXT4-fs (dm-3): re-mounted. Opts: errors=remount-ro. Quota: none." % (a, b),
    lambda a, b, ip: b"systemd[1]: session-%d.scope: Succeeded; consumed %dms of processor time in its life." % (a, b),
    lambda a, b, ip: b'httpd[%d]: %b "GET /item/%d HTTP/1.1" 200 5123 "-" "Mozilla/5.0 (X11; Linux)"' % (a, ip, b),
]
PROCEDURES = [
    b"dump()", b"getport(nfs)", b"getport(mountd)", b"getport(status)", b"getport(100099)", b"null()",
    b"callit(nsrstat)",
]
TCP_PORTS, UDP_PORTS = (111, 635, 32771, 32772), (111, 32770, 32774, 2049)
OF_INTEREST = [
    lambda a, b, ip: b"rpcbind: refused connect from %b to %b" % (ip, PROCEDURES[b % 7]),
    lambda a, b, ip: b"rpcbind[%d]: connect from %b to %b: request from unauthorized host" % (a, ip, PROCEDURES[b % 7]),
    lambda a, b, ip: b"portmap[%d]: connect from %b to %b: request from unauthorized host" % (a, ip, PROCEDURES[b % 7]),
    lambda a, b, ip: b"portsentry[%d]: attackalert: SYN/Normal scan from host: %b/%b to TCP port: %d" % (
        a, ip, ip, TCP_PORTS[b & 3]),
    lambda a, b, ip: b"portsentry[%d]: attackalert: UDP scan from host: %b/%b to UDP port: %d" % (
        a, ip, ip, UDP_PORTS[b & 3]),
    lambda a, b, ip: b"inetd[%d]: /usr/sbin/rpc.ttdbserverd[%d]: exit signal 11" % (a, b),
]


def write_syslog(size, path, seed):
    chance = random.Random(seed)
    bits, pick, uniform = chance.getrandbits, chance.choice, chance.random
    written, number, lines = 0, 0, []
    with open(path, "wb", buffering=1 << 20) as output:
        while written < size:
            if number % LINES_PER_SECOND == 0:
                now = time.gmtime(START + number // LINES_PER_SECOND)
                stamp = b"%b %2d %02d:%02d:%02d " % (
                    time.strftime("%b", now).encode(), now.tm_mday, now.tm_hour, now.tm_min, now.tm_sec)
            number += 1
            text = pick(OF_INTEREST if uniform() < INTERESTING else ORDINARY)
            line = stamp + HOSTS[bits(8) % 10] + b" " + text(bits(15) + 100, bits(16) + 1024, address(bits(17))) + b"\n"
            output.write(line)
            written += len(line)
