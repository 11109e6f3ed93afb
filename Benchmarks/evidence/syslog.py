"""RFC 3164 lines of ten hosts, 125 bytes each on the average: 5 % of them are of interest.

A crowd of 150,000 sources is turned down wherever it knocks, two or three times each in a gigabyte; own administrators
log in; and among them are fifty attackers who do more than the crowd.
"""

import json
import random
import time

from evidence.wire import START

INTERESTING = 0.05
LINES_PER_SECOND = 10
LINE_LENGTH = 125
CROWD = 150_000
ATTACKERS = 50
ADMINISTRATORS = 200

HOSTS = [b"mail", b"www", b"ns1", b"ns2", b"files", b"build-03", b"gw", b"zephyr", b"lp", b"dbhost"]


def stranger(number):
    """One of the crowd: 198.18.0.0/15 has room for 2^17, the rest comes from 100.64.0.0/10."""
    first, number = (b"198.%d" % (18 + (number >> 16)), number) if number < 1 << 17 else (b"100.64", number - (1 << 17))
    return b"%b.%d.%d" % (first, number >> 8 & 255, number & 255)


# Each makes a message of two numbers and an address.
ORDINARY = [
    lambda a, b, ip: b"sshd[%d]: Connection closed by authenticating user deploy %b port %d [preauth], will come" % (
        a, ip, b),
    lambda a, b, ip: b"CRON[%d]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly --lock=/run/cron/%d)" % (
        a, b),
    lambda a, b, ip: b"postfix/smtpd[%d]: connect from unknown[%b]; %d recipients so far, the queue is active" % (
        a, ip, b),
    lambda a, b, ip: b"postfix/qmgr[%d]: %X%X: from=<owner-list@lists.example.org>, size=%d, nrcpt=1 (queue active)" % (
        a, a, b, b),
    lambda a, b, ip: b"named[%d]: client %b#%d (www.example.net): query: www.example.net IN A +E(0)K (127.0.0.1)" % (
        a, ip, b),
    lambda a, b, ip: b"dhcpd[%d]: DHCPACK on %b to 00:16:3e:%02x:%02x:%02x (client-%d) via lan, lease of 86400 s" % (
        a, ip, a & 255, b & 255, a >> 8, b),
    lambda a, b, ip: b"kernel: [%d.%06d] EXT4-fs (dm-3): re-mounted filesystem. Opts: errors=remount-ro. Quota: no" % (
        a, b),
    lambda a, b, ip: b"systemd[1]: session-%d.scope: Succeeded; consumed %dms of processor time, 12.4M memory peak." % (
        a, b),
    lambda a, b, ip: b'httpd[%d]: %b "GET /catalogue/item/%d HTTP/1.1" 200 5123 "-" "Mozilla/5.0 (X11; Linux)"' % (
        a, ip, b),
]
PROCEDURES = [
    b"dump()", b"getport(nfs)", b"getport(mountd)", b"getport(status)", b"getport(100099)", b"null()",
    b"callit(nsrstat)",
]
TCP_PORTS, UDP_PORTS = (111, 635, 32771, 32772), (111, 32770, 32774, 2049)
KNOCKS = [
    lambda a, b, ip: b"rpcbind: refused connect from %b to %b" % (ip, PROCEDURES[b % 7]),
    lambda a, b, ip: b"rpcbind[%d]: connect from %b to %b: request from unauthorized host" % (a, ip, PROCEDURES[b % 7]),
    lambda a, b, ip: b"portmap[%d]: connect from %b to %b: request from unauthorized host" % (a, ip, PROCEDURES[b % 7]),
    lambda a, b, ip: b"portsentry[%d]: attackalert: SYN/Normal scan from host: %b/%b to TCP port: %d" % (
        a, ip, ip, TCP_PORTS[b & 3]),
    lambda a, b, ip: b"portsentry[%d]: attackalert: UDP scan from host: %b/%b to UDP port: %d" % (
        a, ip, ip, UDP_PORTS[b & 3]),
]


# What the attackers do: seconds since the begin, which of their hosts, and the message.

def crash_after_dump(chance, ip):
    yield 0, 0, b"rpcbind: refused connect from %b to dump()" % ip
    yield 2, 0, b"rpcbind: refused connect from %b to getport(ttdbserverd)" % ip
    for attempt in range(3):
        yield 4 + 3 * attempt, 0, b"inetd[212]: /usr/sbin/rpc.ttdbserverd[%d]: exit signal 11" % chance.randrange(9999)


def answered_calls(chance, ip):
    yield 0, 0, b"rpcbind: connect from %b to dump()" % ip
    yield 3, 0, b"rpcbind: connect from %b to getport(mountd)" % ip
    yield 5, 0, b"rpc.mountd[433]: authenticated mount request from %b:%d for /export/home (/export/home)" % (
        ip, chance.randrange(600, 1024))


def statd_format_string(chance, ip):
    yield 0, 0, b"rpcbind: connect from %b to getport(status)" % ip
    yield 1, 0, b"rpc.statd[391]: gethostbyname error for ^X\xf7\xff\xbf^X\xf7\xff\xbf%%8x%%8x%%%dx%%hn" % (
        chance.randrange(9999))
    yield 2, 0, b"kernel: rpc.statd[391]: segfault at 0 ip 00007f1 sp 00007ffd error 4 in libc.so.6"


def table_changes(chance, ip):
    for number, what in enumerate((b"unset(nfs)", b"set(nfs)", b"unset(mountd)", b"set(100083)")):
        yield 7 * number, 0, b"portmap[301]: connect from %b to %b" % (ip, what)


def many_kinds(chance, ip):
    for host in range(5):
        begin = 60 * host + chance.randrange(20)
        yield begin, host, b"portsentry[511]: attackalert: SYN/Normal scan from host: %b/%b to TCP port: 111" % (ip, ip)
        yield begin + 2, host, b"rpcbind: refused connect from %b to dump()" % ip
        for number, what in enumerate((b"getport(nfs)", b"getport(status)", b"getport(100083)", b"callit(mountd)")):
            yield begin + 3 + number, host, b"rpcbind: refused connect from %b to %b" % (ip, what)
        yield begin + 9, host, (
            b"rpc.mountd[433]: refused mount request from %b for /export (/export): unmatched host" % ip)


def guesses_and_answers(chance, ip):
    for number in range(20):
        yield 2 * number, 0, b"sshd[%d]: Failed password for root from %b port %d ssh2" % (
            chance.randrange(300, 32000), ip, chance.randrange(1024, 65535))
    yield 50, 0, b"rpcbind: connect from %b to dump()" % ip
    yield 52, 1, b"rpcbind: connect from %b to callit(mountd)" % ip


KINDS = [crash_after_dump, answered_calls, statd_format_string, table_changes, many_kinds, guesses_and_answers]


class Attacker:
    def __init__(self, number, begin, chance):
        kind = KINDS[number % len(KINDS)]
        self.kind, self.begin = kind.__name__.replace("_", "-"), begin
        self.address = b"203.0.113.%d" % (number + 1)
        self.hosts = chance.sample(HOSTS, 5)
        self.records = [(begin + after, self.hosts[host], text) for after, host, text in kind(chance, self.address)]

    def truth(self):
        crashes = {host.decode() for _, host, text in self.records if b"exit signal" in text or b"segfault" in text}
        return {
            "address": self.address.decode(), "kinds": [self.kind], "is_exploit": False, "crashes": sorted(crashes),
            "targets": sorted({host.decode() for _, host, _ in self.records}),
            "first": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START + self.begin)), "records": len(self.records),
        }


def attackers(size, chance):
    """Spread over the log, with an end to spare: each has its hour for itself in a gigabyte."""
    seconds = size // LINE_LENGTH // LINES_PER_SECOND
    return [Attacker(number, seconds * (number + 1) * 9 // (ATTACKERS * 10), chance) for number in range(ATTACKERS)]


def write_syslog(size, path, seed):
    chance = random.Random(seed)
    bits, pick, uniform, below = chance.getrandbits, chance.choice, chance.random, chance.randrange
    planted = attackers(size, chance)
    due = sorted((record for attacker in planted for record in attacker.records), key=lambda record: record[0])
    due.reverse()
    written, number, counts = 0, 0, {"lines": 0, "knocks": 0, "logins": 0}
    with open(path, "wb", buffering=1 << 20) as output:
        while written < size:
            lines = []
            if number % LINES_PER_SECOND == 0:
                second = number // LINES_PER_SECOND
                now = time.gmtime(START + second)
                stamp = b"%b %2d %02d:%02d:%02d " % (
                    time.strftime("%b", now).encode(), now.tm_mday, now.tm_hour, now.tm_min, now.tm_sec)
                while due and due[-1][0] <= second:
                    _, host, text = due.pop()
                    lines.append(stamp + host + b" " + text + b"\n")
            number += 1
            a, b = bits(15) + 100, bits(16) + 1024
            if uniform() >= INTERESTING:
                text = pick(ORDINARY)(a, b, stranger(bits(17)))
            elif b % 7:
                text = pick(KNOCKS)(a, b // 7, stranger(below(CROWD)))
                counts["knocks"] += 1
            else:
                text = b"sshd[%d]: Accepted publickey for deploy from 10.1.0.%d port %d ssh2: ED25519 SHA256:x7Qm" % (
                    a, below(ADMINISTRATORS) + 1, b)
                counts["logins"] += 1
            lines.append(stamp + HOSTS[bits(8) % 10] + b" " + text + b"\n")
            counts["lines"] += len(lines)
            for line in lines:
                output.write(line)
                written += len(line)
    with open(f"{path}.truth.json", "w") as file:
        truth = {
            "schema": "watchfloor.truth/1", "kind": "syslog", "attackers": [attacker.truth() for attacker in planted],
            "counts": {**counts, "bytes": written, "crowd": CROWD, "attackers": len(planted)}}
        json.dump(truth, file, indent=1)
        file.write("\n")
