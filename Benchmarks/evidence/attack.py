"""One attacker: where he sits, what his packets look like, and the truth about him."""

from evidence import rpc
from evidence.flows import asking, closing, exchange, opening
from evidence.wire import ACK, DONT_FRAGMENT, MSS, RST, SYN, dotted

SECOND, MINUTE = 1_000_000, 60_000_000


class Attack:
    """Its flows are (microseconds after its begin, generator of frames)."""

    def __init__(self, chance, site, address, kind, is_exploit):
        self.chance, self.site, self.address = chance, site, address
        self.kind, self.is_exploit = kind, is_exploit
        self.hops = 2 if address >> 24 == 10 else 8 + chance.getrandbits(3)
        self.trip = 400 if address >> 24 == 10 else 20_000 + chance.getrandbits(15)
        self.flows, self.targets, self.details = [], [], {}
        self.begin = self.packets = self.bytes = 0

    def aim(self, hosts):
        """Chooses a target, and notes it."""
        target = self.chance.choice(hosts)
        if target not in self.targets:
            self.targets.append(target)
        return target

    def aim_at_many(self, hosts, count):
        start = self.chance.randrange(max(1, len(hosts) - count))
        chosen = hosts[start:start + count]
        self.targets += [host for host in chosen if host not in self.targets]
        return chosen

    def at(self, offset, flow):
        self.flows.append((offset, flow))

    def ends(self, target, port, source_port=None, **details):
        """With the attacker's own stack behind it."""
        details.setdefault("ttl", (64 - self.hops, 63))
        return self.site.ends(
            self.chance, self.address, target, source_port or 32768 + self.chance.getrandbits(14), port, **details)

    def reserved(self):
        """A reserved port, which root alone may take: RPC clients do, and so does a privileged nmap."""
        return self.chance.randrange(512, 1024)

    def raw_ends(self, target, port, source_port, window=1024):
        """As nmap forges its probes: DF clear, its own TTL."""
        self.raw_ttl = getattr(self, "raw_ttl", self.chance.randrange(37, 60) - self.hops)
        return self.ends(target, port, source_port, ttl=(self.raw_ttl, 63), window=window, flags=0)

    # Exchanges that several kinds of attack have.

    def over_tcp(self, target, port, pairs, source_port=None, wait=2_000):
        """A connection with calls and their answers."""
        ends = self.ends(target, port, source_port)
        yield from opening(ends, self.trip)
        for request, answer in pairs:
            yield from exchange(ends, rpc.record(request), rpc.record(answer), wait, self.trip)
        yield from closing(ends, self.trip)

    def over_udp(self, target, port, pairs, source_port=None, wait=20_000):
        ends = self.ends(target, port, source_port)
        for request, answer in pairs:
            yield from asking(ends, request, answer, self.trip, wait)

    def dump(self, target, version=2, answer="table"):
        """Call and answer of the portmapper's DUMP; `answer` is the table, an empty list, or a denial."""
        xid = self.chance.getrandbits(32)
        result = {
            "table": lambda: rpc.reply(xid, rpc.dump_result(version, target, self.site.table(target))),
            "empty": lambda: rpc.reply(xid, rpc.words(0)),
            "denied": lambda: rpc.denied(xid),
        }[answer]()
        return rpc.call(xid, rpc.PORTMAPPER, version, 4), result

    def getport(self, target, program, transport, version=None):
        xid = self.chance.getrandbits(32)
        services = self.site.services(target)
        versions, port = services.get(program, ((1,), 0))
        argument = rpc.mapping(program, version or versions[-1], transport)
        return rpc.call(xid, rpc.PORTMAPPER, 2, 3, argument), rpc.reply(xid, rpc.words(port))

    def probe(self, target, port, is_open, source_port, sequence):
        """nmap's SYN, and what comes back: silence where `is_open` is None."""
        ends = self.raw_ends(target, port, source_port)
        ends.sequence[0] = sequence
        yield 0, ends.tcp(0, SYN, options=MSS)
        if is_open:
            yield self.trip, ends.tcp(1, SYN | ACK, options=MSS)
            ends.window, ends.flags, ends.ttl = 0, DONT_FRAGMENT, (64 - self.hops, 63)
            yield 80, ends.tcp(0, RST)
        elif is_open is not None:
            ends.window = 0
            yield self.trip, ends.tcp(1, RST | ACK)

    def open_ports(self, target):
        return {port for _, port in self.site.services(target).values()}

    def truth(self, start):
        return {
            "address": dotted(self.address), "kinds": [self.kind], "is_exploit": self.is_exploit, **self.details,
            "targets": [dotted(target) for target in self.targets], "first": start(self.begin),
            "packets": self.packets,
        }
