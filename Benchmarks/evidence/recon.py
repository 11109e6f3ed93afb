"""Every kind of reconnaissance, and of access that is no exploit: each adds its flows to an Attack."""

import struct

from evidence import rpc
from evidence.attack import MINUTE, SECOND
from evidence.flows import opening, refused
from evidence.site import CLIENTS, SERVERS
from evidence.wire import ACK, FIN, PSH, RST, TCP, UDP, URG, summed

MOUNTD = rpc.MOUNTD
# Ports of a scan: the well-known ones, and those where Solaris put RPC services.
SCANNED = [*range(1, 130), 139, 143, 389, 443, 445, 512, 513, 514, 515, 635, 993, 2049, 4045, *range(32771, 32800)]
# Numbers that a grind walks through, the registered ones with gaps as nmap's table has them.
GROUND = [
    *range(100000, 100030), *range(100068, 100071), 100083, 100133, 100221, 100232, 100235, 100249, 150001, 300019]


# The portmapper asked.

def dump(attack):
    target, answer = attack.aim(attack.site.servers), attack.chance.choice(("table", "table", "empty", "denied"))
    way = attack.over_udp if attack.chance.getrandbits(1) else attack.over_tcp
    attack.at(0, way(target, 111, [attack.dump(target, 2, answer)], attack.reserved()))


def look_ups(attack):
    """What an exploit's author would look for."""
    target = attack.aim(attack.site.old_servers)
    wanted = attack.chance.sample([100083, 100068, 100232, 100024, 100249, 100221, 300019], 4)
    for number, program in enumerate(wanted):
        attack.at(number * SECOND, attack.over_udp(target, 111, [attack.getport(target, program, TCP)]))


def proxied_call(attack):
    """CALLIT makes the portmapper pass a call on, so that it comes from the host itself."""
    target = attack.aim(attack.site.servers)
    for number, (program, version, procedure) in enumerate(((MOUNTD, 1, 5), (390109, 2, 0), (MOUNTD, 3, 1))):
        xid = attack.chance.getrandbits(32)
        inner = rpc.opaque(b"/export/home") if procedure == 1 else b""
        request = rpc.call(
            xid, rpc.PORTMAPPER, 2, 5, rpc.words(program, version, procedure) + rpc.opaque(inner))
        answer = None
        if program == MOUNTD and procedure == 5:
            answer = rpc.reply(xid, rpc.words(20048) + rpc.opaque(rpc.export_result([b"/export/home"])))
        attack.at(number * 5 * SECOND, attack.over_udp(target, 111, [(request, answer)]))


def change_table(attack):
    """UNSET of a service, and SET of it at another port."""
    target = attack.aim(attack.site.servers)
    pairs = []
    for procedure, program, port in ((2, rpc.STATD, 0), (1, rpc.STATD, 6666), (2, MOUNTD, 0)):
        xid = attack.chance.getrandbits(32)
        argument = rpc.mapping(program, 1, UDP, port)
        pairs.append((rpc.call(xid, rpc.PORTMAPPER, 2, procedure, argument), rpc.reply(xid, rpc.words(0))))
    attack.at(0, attack.over_udp(target, 111, pairs, attack.reserved()))


def grind(attack):
    """nmap's version detection: its first RPC probe, then NULL calls that walk the table of programs."""
    target = attack.aim(attack.site.old_servers)
    for number, program in enumerate(attack.chance.sample([100024, 100068, 100083, 100005], 2)):
        versions, port = attack.site.services(target)[program]
        nmap = rpc.call(0x72FE1D13, rpc.PORTMAPPER, 104316, 0)
        attack.at(number * 3 * SECOND, attack.over_tcp(
            target, port, [(nmap, rpc.reply(0x72FE1D13, status=rpc.PROG_UNAVAIL))]))
        version, xid = attack.chance.randrange(12345, 123456789), attack.chance.getrandbits(31)
        pairs = []
        for tried in GROUND:
            xid += 1
            answer = rpc.reply(xid, status=rpc.PROG_UNAVAIL)
            if tried == program:
                answer = rpc.reply(xid, rpc.words(versions[0], versions[-1]), rpc.PROG_MISMATCH)
            pairs.append((rpc.call(xid, tried, version, 0), answer))
            if tried == program:
                break
        attack.at(number * 3 * SECOND + SECOND, attack.over_tcp(target, port, pairs, attack.reserved()))


def rpcinfo_script(attack):
    """DUMP of rpcbind 4, then 3, then of the portmapper, a connection each."""
    target = attack.aim(attack.site.servers)
    for number, version in enumerate((4, 3, 2)):
        pairs = [attack.dump(target, version, "table")]
        attack.at(number * SECOND // 2, attack.over_tcp(target, 111, pairs, attack.reserved()))


# Scans of one host.

def syn_scan(attack):
    target, source_port = attack.aim(attack.site.old_servers), attack.chance.randrange(33000, 65261)
    sequence, listening = attack.chance.getrandbits(32), attack.open_ports(target)
    ports = attack.chance.sample(SCANNED, len(SCANNED))
    for number, port in enumerate(ports):
        is_open = None if number % 9 == 8 else port in listening
        attack.at(number * 20_000, attack.probe(target, port, is_open, source_port, sequence))


def connect_scan(attack):
    target = attack.aim(attack.site.servers)
    listening = attack.open_ports(target)
    for number, port in enumerate(attack.chance.sample(SCANNED, len(SCANNED))):
        ends = attack.ends(target, port)
        flow = refused(ends, attack.trip)
        if port in listening:
            flow = connected_and_reset(ends, attack.trip)
        attack.at(number * 15_000, flow)


def connected_and_reset(ends, trip):
    yield from opening(ends, trip)
    yield 100, ends.tcp(0, RST | ACK)


def flag_scan(flags):
    def scan(attack):
        """RFC 9293, section 3.10.7.1: a closed port answers a reset, an open one nothing."""
        target, source_port = attack.aim(attack.site.servers), attack.chance.randrange(33000, 65261)
        listening = attack.open_ports(target)
        for number, port in enumerate(attack.chance.sample(SCANNED, len(SCANNED))):
            attack.at(number * 20_000, probe(attack, target, port, source_port, port in listening))

    def probe(attack, target, port, source_port, is_open):
        ends = attack.raw_ends(target, port, source_port)
        yield 0, ends.tcp(0, flags)
        if not is_open:
            yield attack.trip, ends.tcp(1, RST | ACK)
    return scan


def udp_scan(attack):
    """Empty datagrams, and at 111 nmap's two calls; most answers are ICMP, and not all of them come."""
    target, source_port = attack.aim(attack.site.old_servers), attack.chance.randrange(33000, 65261)
    listening = attack.open_ports(target)
    for number, port in enumerate(attack.chance.sample(SCANNED, 120) + [111]):
        attack.at(number * 400_000, udp_probe(attack, target, port, source_port, port in listening, number % 3 > 0))


def udp_probe(attack, target, port, source_port, is_open, is_told):
    ends = attack.raw_ends(target, port, source_port)
    if port == 111:
        yield 0, ends.udp(0, summed(rpc.call(0x72FE1D13, rpc.PORTMAPPER, 104316, 0)))
        mismatch = rpc.reply(0x72FE1D13, rpc.words(2, 4), rpc.PROG_MISMATCH)
        yield attack.trip, ends.udp(1, summed(mismatch))
        yield 1000, ends.udp(0, summed(rpc.call(0x3EECE3CA, 12345678, 0, 0)))
        yield attack.trip, ends.udp(1, summed(rpc.reply(0x3EECE3CA, status=rpc.PROG_UNAVAIL)))
        return
    frame = ends.udp(0, summed(b""))
    yield 0, frame
    if not is_open and is_told:
        yield attack.trip, ends.unreachable(3, frame)


def protocol_scan(attack):
    """IP headers alone, of every protocol; the host says which it does not have (ICMP code 2)."""
    target = attack.aim(attack.site.servers)

    def probe(protocol, is_told):
        ends = attack.raw_ends(target, 0, 0)
        frame = ends.header(protocol, 20, 0)
        yield 0, frame
        if is_told:
            yield attack.trip, ends.unreachable(2, frame)

    for number, protocol in enumerate(attack.chance.sample(range(256), 256)):
        is_known = protocol in (1, 2, 6, 17, 41, 47)
        attack.at(number * 100_000, probe(protocol, not is_known and number % 2 == 0))


def slow_scan(attack):
    """One probe in ten minutes."""
    target, source_port = attack.aim(attack.site.old_servers), attack.chance.randrange(33000, 65261)
    listening = attack.open_ports(target)
    ports = [111, 2049, *attack.chance.sample(range(32771, 32800), 26)]
    for number, port in enumerate(ports):
        sequence = attack.chance.getrandbits(32)
        attack.at(number * 10 * MINUTE, attack.probe(target, port, port in listening, source_port, sequence))


# Sweeps over hosts.

def portmapper_sweep(attack):
    hosts = attack.aim_at_many(attack.site.servers + attack.site.old_servers, 60)
    for number, target in enumerate(hosts):
        if attack.chance.random() < 0.5:
            flow = attack.over_tcp(target, 111, [attack.dump(target, 2, "denied")], attack.reserved())
        else:
            flow = attack.probe(target, 111, number % 3 == 0, 44444, attack.chance.getrandbits(32))
        attack.at(number * 50_000, flow)


def udp_portmapper_sweep(attack):
    """Hosts that answer are few; the others have no portmapper, and some of them say so."""
    for number in range(80):
        target = (SERVERS if number & 1 else CLIENTS) + 0x8000 + number
        attack.targets.append(target)
        ends = attack.ends(target, 111, 50505)
        attack.at(number * 30_000, asked_in_vain(attack, ends, number % 4 == 0))


def asked_in_vain(attack, ends, is_told):
    frame = ends.udp(0, summed(rpc.call(attack.chance.getrandbits(32), rpc.PORTMAPPER, 2, 0)))
    yield 0, frame
    if is_told:
        yield attack.trip, ends.unreachable(3, frame)


def nfs_sweep(attack):
    """SYN to 2049 of many; then EXPORT and MNT where it is open."""
    for number, target in enumerate(attack.aim_at_many(attack.site.old_servers, 40)):
        attack.at(number * 20_000, attack.probe(target, 2049, number % 5 == 0, 51515, attack.chance.getrandbits(32)))
        if number % 5 == 0:
            attack.at(10 * SECOND + number * 100_000, exports_and_mount(attack, target))


def mount_sweep(attack):
    for number, target in enumerate(attack.aim_at_many(attack.site.servers, 10)):
        attack.at(number * SECOND, exports_and_mount(attack, target))


def exports_and_mount(attack, target):
    port, xid = attack.site.port(target, MOUNTD), attack.chance.getrandbits(31)
    exports = rpc.reply(xid, rpc.export_result([b"/export/home", b"/export/opt"]))
    credential = rpc.auth_sys(b"localhost", 0, [0, 1, 2, 3])
    mount = rpc.call(xid + 1, MOUNTD, 1, 1, rpc.opaque(b"/export/home"), credential)
    answer = rpc.words(13) if attack.chance.getrandbits(1) else rpc.words(0) + bytes(32)
    return attack.over_udp(
        target, port, [(rpc.call(xid, MOUNTD, 1, 5), exports), (mount, rpc.reply(xid + 1, answer))], attack.reserved())


def foreign_nfs(attack):
    """A client from outside that mounts, and reads what lies there."""
    target = attack.aim(attack.site.servers)
    attack.at(0, attack.over_udp(target, 111, [attack.getport(target, MOUNTD, UDP)], attack.reserved()))
    xid, credential = attack.chance.getrandbits(30), rpc.auth_sys(b"ws", 1000, [1000])
    attack.at(SECOND, attack.over_udp(target, 20048, [(
        rpc.call(xid, MOUNTD, 3, 1, rpc.opaque(b"/export/home"), credential),
        rpc.reply(xid, rpc.words(0) + rpc.handle(1) + rpc.words(1, 1)))], attack.reserved()))
    found = rpc.words(0) + rpc.handle(2) + rpc.POST_OP + rpc.POST_OP
    block = rpc.words(0) + rpc.POST_OP + rpc.words(512, 1) + rpc.opaque(bytes(512))
    attack.at(2 * SECOND, attack.over_tcp(target, 2049, [
        (rpc.call(xid + 1, rpc.NFS, 3, 3, rpc.handle(1) + rpc.opaque(b".rhosts"), credential),
         rpc.reply(xid + 1, found)),
        (rpc.call(xid + 2, rpc.NFS, 3, 6, rpc.handle(2) + struct.pack(">QI", 0, 512), credential),
         rpc.reply(xid + 2, block)),
    ], attack.reserved()))


# Services that tell about the host and its users.

def questions(program, calls):
    def ask(attack):
        target = attack.aim(attack.site.old_servers)
        xid = attack.chance.getrandbits(31)
        port = attack.site.port(target, program)
        attack.at(0, attack.over_udp(target, 111, [attack.getport(target, program, UDP)]))
        pairs = [
            (rpc.call(xid + number, program, version, procedure, argument), rpc.reply(xid + number, result))
            for number, (version, procedure, argument, result) in enumerate(calls)]
        attack.at(SECOND, attack.over_udp(target, port, pairs))
    return ask


USERS = rpc.words(1) + rpc.opaque(b"console") + rpc.opaque(b"root") + rpc.opaque(b"") + rpc.words(1793480000, 3)
WHO_AM_I = rpc.words(1, 10, 2, 0, 7)
DOMAIN = rpc.opaque(b"campus")
PASSWD = DOMAIN + rpc.opaque(b"passwd.byname")


def amplification(attack):
    """The sender writes his victim's address into small requests; the victim gets the large answers."""
    attack.details["is_spoofed"] = True
    target = attack.aim(attack.site.old_servers)
    source_port = attack.chance.choice((53, 80, 443, 27015))
    for number in range(150):
        pairs = [attack.dump(target, 2, "table")]
        attack.at(number * 40_000, attack.over_udp(target, 111, pairs, source_port, wait=0))


KINDS = {
    "portmapper-dump": dump, "portmapper-look-ups": look_ups, "callit": proxied_call, "set-unset": change_table,
    "rpc-grind": grind, "rpcinfo-script": rpcinfo_script,
    "syn-scan": syn_scan, "connect-scan": connect_scan, "fin-scan": flag_scan(FIN), "null-scan": flag_scan(0),
    "xmas-scan": flag_scan(FIN | PSH | URG), "udp-scan": udp_scan, "protocol-scan": protocol_scan,
    "slow-scan": slow_scan, "portmapper-sweep": portmapper_sweep, "udp-portmapper-sweep": udp_portmapper_sweep,
    "nfs-sweep": nfs_sweep, "mount-sweep": mount_sweep, "foreign-nfs": foreign_nfs,
    "rusers": questions(100002, [(2, 2, b"", rpc.words(1) + USERS)]),
    "rstat": questions(100001, [(3, 1, b"", bytes(104))]),
    "bootparam": questions(100026, [(1, 1, WHO_AM_I, rpc.opaque(b"zappa") + DOMAIN + WHO_AM_I)]),
    "ypserv": questions(100004, [
        (2, 1, DOMAIN, rpc.words(1)),
        (2, 4, PASSWD, rpc.words(1) + rpc.opaque(b"root:x:0:1::/:/sbin/sh") + rpc.opaque(b"root"))]),
    "amplification": amplification,
}
# What an own host that was taken over does, too; a look-up of an own client alone is nobody's business.
INSIDE = ("syn-scan", "portmapper-sweep", "rpc-grind", "udp-scan", "nfs-sweep")
