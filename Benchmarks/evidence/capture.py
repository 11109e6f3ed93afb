"""The capture of kind `pcap`: whole TCP connections, UDP exchanges, RPC to port 111 and SYN scans, thousands of flows
at a time."""

import random
import struct

from evidence.wire import (
    ACK, ANSWERS, FIN, MSS, PSH, QUESTIONS, REQUESTS, RST, START, SYN, TCP, UDP, CaptureFile, Endpoints, summed)


def rpc_call(xid, procedure, argument=b""):
    """A call to portmap version 2 with AUTH_NONE (RFC 5531, section 9; RFC 1833, section 3)."""
    return struct.pack(">10I", xid, 0, 2, 100000, 2, procedure, 0, 0, 0, 0) + argument


def rpc_reply(xid, result=b""):
    return struct.pack(">6I", xid, 1, 0, 0, 0, 0) + result


PROGRAMS = [  # program, version, protocol, port
    (100000, 2, TCP, 111), (100000, 2, UDP, 111), (100003, 3, TCP, 2049), (100005, 3, UDP, 635),
    (100024, 1, UDP, 32772),
]
DUMP_RESULT = b"".join(struct.pack(">5I", 1, *entry) for entry in PROGRAMS) + struct.pack(">I", 0)


def record(message):
    """With the record mark of RPC over TCP (RFC 5531, section 11)."""
    return summed(struct.pack(">I", 0x80000000 | len(message)) + message)


def tcp_connection(ends, requests):
    """Opening, pairs of request and answer, and a close in good order."""
    yield ends.tcp(0, SYN, options=MSS)
    yield ends.tcp(1, SYN | ACK, options=MSS)
    yield ends.tcp(0, ACK)
    for request, answers in requests:
        yield ends.tcp(0, PSH | ACK, request)
        for answer in answers:
            yield ends.tcp(1, PSH | ACK, answer)
        yield ends.tcp(0, ACK)
    yield ends.tcp(0, FIN | ACK)
    yield ends.tcp(1, FIN | ACK)
    yield ends.tcp(0, ACK)


class Traffic:
    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.pages = [summed(self.chance.randbytes(self.chance.choice((180, 512, 900, 1460)))) for _ in range(400)]

    def flow(self):
        """The next flow, as a generator of its frames."""
        chance, bits = self.chance, self.chance.getrandbits
        outside = 0xC6120000 | bits(17)  # 198.18.0.0/15
        inside = 0x0A010000 | bits(10)  # 10.1.0.0/22
        tagged = bits(5) == 0
        kind = chance.random()

        def ends(port, source_port=None):
            return Endpoints(chance, outside, inside, source_port or 1024 + bits(15), port, tagged)

        if kind < 0.52:  # a scan's probe and perhaps its answer
            probe = ends(111 if bits(2) == 0 else 1 + bits(15))
            yield probe.tcp(0, SYN, options=MSS)
            if bits(1):
                yield probe.tcp(1, RST | ACK)
        elif kind < 0.80:
            query = ends(53)
            number = chance.randrange(100)
            yield query.udp(0, QUESTIONS[number])
            yield query.udp(1, ANSWERS[number])
        elif kind < 0.82:
            call, xid = ends(111, 600 + bits(8)), bits(32)
            if bits(1):
                yield call.udp(0, summed(rpc_call(xid, 3, struct.pack(">4I", chance.choice(PROGRAMS)[0], 3, 17, 0))))
                yield call.udp(1, summed(rpc_reply(xid, struct.pack(">I", 2049))))
            else:
                yield call.udp(0, summed(rpc_call(xid, 4)))
                yield call.udp(1, summed(rpc_reply(xid, DUMP_RESULT)))
        elif kind < 0.83:
            xid = bits(32)
            yield from tcp_connection(
                ends(111, 600 + bits(8)), [(record(rpc_call(xid, 4)), [record(rpc_reply(xid, DUMP_RESULT))])])
        else:
            exchanges = [
                (chance.choice(REQUESTS), chance.choices(self.pages, k=1 + bits(3))) for _ in range(1 + bits(1))]
            yield from tcp_connection(ends(80), exchanges)


def write_pcap(size, path, seed):
    traffic = Traffic(seed)
    bits = traffic.chance.getrandbits
    lanes = [traffic.flow() for _ in range(4096)]  # flows that are under way at the same time
    microseconds = START * 1_000_000
    with CaptureFile(path) as output:
        while output.size < size:
            lane = bits(12)
            frame = next(lanes[lane], None)
            if frame is None:
                lanes[lane] = traffic.flow()
                frame = next(lanes[lane])
            microseconds += 20 + bits(8)
            output.write(microseconds, frame)
