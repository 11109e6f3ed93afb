"""Frames of Ethernet, IPv4, TCP, UDP and ICMP with right lengths and checksums, and the capture that they go to."""

import struct

START = 1793491200  # 2026-11-01T00:00:00Z; scripts/bench analyses as of the end of that month

MACS = bytes.fromhex("020000000001020000000002")
ETHERNET = MACS + b"\x08\x00"
VLAN = MACS + b"\x81\x00\x00\x64\x08\x00"
ICMP, TCP, UDP = 1, 6, 17
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
MSS = b"\x02\x04\x05\xb4"
# Maximum segment size, SACK permitted, window scale: what an ordinary stack sends.
SYN_OPTIONS = MSS + b"\x01\x01\x04\x02\x01\x03\x03\x07"
SEGMENT, DATAGRAM = 1460, 1472  # the most that a packet of 1500 bytes holds
DONT_FRAGMENT, MORE_FRAGMENTS = 0x4000, 0x2000

pack_ip = struct.Struct(">BBHHHBBHII").pack
pack_tcp = struct.Struct(">HHIIHHHH").pack
pack_udp = struct.Struct(">HHHH").pack
pack_record = struct.Struct("<IIII").pack


def word_sum(data):
    """The sum of the big-endian 16-bit words (RFC 1071), folded: 2^16 is 1 modulo 2^16 - 1."""
    return int.from_bytes(data if len(data) % 2 == 0 else data + b"\0", "big") % 0xFFFF


def summed(data):
    return data, word_sum(data)


REQUESTS = [summed(b"GET /item/%d HTTP/1.1\r\nHost: www.example.net\r\n\r\n" % i) for i in range(100)]
ASKED = b"\3www\7example\3net\0\0\1\0\1"
KNOWN = b"\xc0\x0c\0\1\0\1\0\0\x0e\x10\0\4\xc0\0\2\1"  # 192.0.2.1, for an hour
QUESTIONS = [summed(struct.pack(">6H", i, 0x100, 1, 0, 0, 0) + ASKED) for i in range(100)]
ANSWERS = [
    summed(struct.pack(">6H", i, 0x8180, 1, 1 + i % 20, 0, 0) + ASKED + KNOWN * (1 + i % 20)) for i in range(100)]


def fold(total):
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def dotted(address):
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


class Endpoints:
    """The two ends of a flow, with the part of the checksums that never changes. Side 0 opened it."""

    def __init__(
        self, chance, source, target, source_port, target_port, tagged=False, ttl=(64, 64), window=64240,
        flags=DONT_FRAGMENT):
        self.address = (source, target)
        self.port = (source_port, target_port)
        self.address_sum = (source >> 16) + (source & 0xFFFF) + (target >> 16) + (target & 0xFFFF)
        self.sequence = [chance.getrandbits(32), chance.getrandbits(32)]
        self.identification = chance.getrandbits(16)
        self.link = VLAN if tagged else ETHERNET
        self.ttl, self.window, self.flags = ttl, window, flags

    def header(self, protocol, length, side, fragment=None):
        """Link and IP header; `fragment` has flags and offset of RFC 791, and then the identification stays."""
        if fragment is None:
            self.identification = self.identification + 1 & 0xFFFF
            fragment = self.flags
        life = self.ttl[side]
        total = 0x4500 + length + self.identification + fragment + (life << 8 | protocol) + self.address_sum
        return self.link + pack_ip(
            0x45, 0, length, self.identification, fragment, life, protocol, fold(total), self.address[side],
            self.address[1 - side])

    def tcp(self, side, flags, payload=(b"", 0), options=b""):
        data, data_sum = payload
        offset = 5 + len(options) // 4
        sequence = self.sequence[side]
        acknowledged = self.sequence[1 - side] if flags & ACK else 0
        length = offset * 4 + len(data)
        control = offset << 12 | flags
        window = self.window
        total = (
            self.address_sum + TCP + length + self.port[0] + self.port[1] + (sequence >> 16) + (sequence & 0xFFFF)
            + (acknowledged >> 16) + (acknowledged & 0xFFFF) + control + window + data_sum)
        if options:
            total += word_sum(options)
        self.sequence[side] = sequence + len(data) + (1 if flags & (SYN | FIN) else 0) & 0xFFFFFFFF
        return self.header(TCP, 20 + length, side) + pack_tcp(
            self.port[side], self.port[1 - side], sequence, acknowledged, control, window, fold(total), 0
        ) + options + data

    def udp_body(self, side, payload):
        data, data_sum = payload
        length = 8 + len(data)
        checksum = fold(self.address_sum + UDP + 2 * length + self.port[0] + self.port[1] + data_sum)
        return pack_udp(self.port[side], self.port[1 - side], length, checksum or 0xFFFF) + data

    def udp(self, side, payload):
        return self.header(UDP, 28 + len(payload[0]), side) + self.udp_body(side, payload)

    def udp_fragments(self, side, payload, size=1480):
        """One datagram in IP fragments with `size` bytes each, a multiple of 8 (RFC 791, section 3.2)."""
        body = self.udp_body(side, payload)
        self.identification = self.identification + 1 & 0xFFFF
        for start in range(0, len(body), size):
            piece = body[start:start + size]
            more = MORE_FRAGMENTS if start + size < len(body) else 0
            yield self.header(UDP, 20 + len(piece), side, more | start // 8) + piece

    def icmp(self, side, kind, code, rest, data=b""):
        body = struct.pack(">BBHI", kind, code, 0, rest) + data
        body = body[:2] + fold(word_sum(body)).to_bytes(2, "big") + body[4:]
        return self.header(ICMP, 20 + len(body), side) + body

    def unreachable(self, code, frame):
        """Side 1 says that it cannot take `frame`: destination unreachable, with its first bytes (RFC 792)."""
        return self.icmp(1, 3, code, 0, frame[len(self.link):][:28])


class CaptureFile:
    """A pcap file of Ethernet frames, with microseconds."""

    def __init__(self, path):
        self.file = open(path, "wb", buffering=1 << 20)
        self.file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        self.size, self.packets = 24, 0

    def write(self, microseconds, frame):
        length = len(frame)
        self.file.write(pack_record(microseconds // 1_000_000, microseconds % 1_000_000, length, length) + frame)
        self.size += 16 + length
        self.packets += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
