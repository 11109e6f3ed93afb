"""A flood of small probes from very many sources, and one real scanner that completes its handshakes."""

import random
import struct

from evidence.attack import Attack
from evidence.mixed import stamp, write_beside
from evidence.site import Site, numbered
from evidence.wire import ETHERNET, MSS, START, TCP, UDP, CaptureFile, fold, pack_record, word_sum

SCANNER = 0xC0000242  # 192.0.2.66; the others are drawn from 11.0.0.0 to 126.255.255.255
FIRST_SOURCE, SOURCE_RANGE, STRIDE = 11 << 24, 116 << 24, 1_103_515_245  # the stride has no divisor of the range
TARGETS, TARGET_BASE = 4096, 0x0A010000
INTERVAL = 120  # microseconds between probes, in the mean
SCANNER_EVERY = 3_000  # probes for each host that the scanner asks
PORTS = (111,) * 10 + (2049, 635, 22, 80, 445, 32771)

# An IPv4 header and a TCP header with MSS 1460; a UDP header without payload. The pcap record header goes before them.
pack_syn = struct.Struct("<IIII14s").pack
pack_headers = struct.Struct(">BBHHHBBHIIHHIIHHHH4s").pack
pack_reset = struct.Struct(">BBHHHBBHIIHHIIHHHH").pack
pack_datagram = struct.Struct(">BBHHHBBHIIHHHH").pack
MSS_SUM = word_sum(MSS)


def halves(number):
    return (number >> 16) + (number & 0xFFFF)


class Probes:
    """Frames as one pack each: five million of them are to be written in seconds."""

    def __init__(self, output):
        self.output = output

    def record(self, at, length):
        self.output.size += 16 + length
        self.output.packets += 1
        return pack_syn(START + at // 1_000_000, at % 1_000_000, length, length, ETHERNET)

    def tcp(self, at, source, target, source_port, target_port, sequence, acknowledged, flags, ttl):
        """A SYN or SYN with ACK, with the option MSS."""
        addresses, control = halves(source) + halves(target), 0x6000 | flags
        ip_sum = fold(0x4500 + 44 + (ttl << 8 | TCP) + addresses + (sequence & 0xFFFF))
        tcp_sum = fold(
            addresses + TCP + 24 + source_port + target_port + halves(sequence) + halves(acknowledged) + control + 1024
            + MSS_SUM)
        self.output.file.write(self.record(at, 58) + pack_headers(
            0x45, 0, 44, sequence & 0xFFFF, 0, ttl, TCP, ip_sum, source, target, source_port, target_port, sequence,
            acknowledged, control, 1024, tcp_sum, 0, MSS))

    def reset(self, at, source, target, source_port, target_port, acknowledged):
        addresses = halves(source) + halves(target)
        ip_sum = fold(0x4500 + 40 + (63 << 8 | TCP) + addresses)
        tcp_sum = fold(addresses + TCP + 20 + source_port + target_port + halves(acknowledged) + 0x5014)
        self.output.file.write(self.record(at, 54) + pack_reset(
            0x45, 0, 40, 0, 0, 63, TCP, ip_sum, source, target, source_port, target_port, 0, acknowledged, 0x5014, 0,
            tcp_sum, 0))

    def udp(self, at, source, target, source_port, target_port, ttl):
        addresses = halves(source) + halves(target)
        ip_sum = fold(0x4500 + 28 + (ttl << 8 | UDP) + addresses)
        udp_sum = fold(addresses + UDP + 16 + source_port + target_port) or 0xFFFF
        self.output.file.write(self.record(at, 42) + pack_datagram(
            0x45, 0, 28, 0, 0, ttl, UDP, ip_sum, source, target, source_port, target_port, 8, udp_sum))


def scanner_flow(attack, target):
    """A connection to the portmapper with a DUMP that is answered."""
    return attack.over_tcp(target, 111, [attack.dump(target, 2, "table")])


def write_blitz(packets, sources, path, seed):
    chance = random.Random(seed)
    site = Site(0.1)
    scanner = Attack(chance, site, SCANNER, "scan-with-handshakes", False)
    shift = chance.randrange(SOURCE_RANGE)
    bits, uniform = chance.getrandbits, chance.random
    with CaptureFile(path) as output:
        probes, at, number, pending = Probes(output), 0, 0, []
        while output.packets < packets:
            if number % SCANNER_EVERY == 100:
                target = numbered(TARGET_BASE, number // SCANNER_EVERY % 400)
                if target not in scanner.targets:
                    scanner.targets.append(target)
                pending.append(scanner_flow(scanner, target))
            # Each source once, before the second round begins.
            source = FIRST_SOURCE + (shift + number % sources * STRIDE) % SOURCE_RANGE
            number += 1
            drawn = bits(32)
            target = numbered(TARGET_BASE, drawn % TARGETS)
            source_port, port = 1024 + (drawn >> 12 & 0x7FFF), PORTS[drawn >> 28]
            at += 1 + drawn % (2 * INTERVAL)
            ttl, luck = 40 + (source & 15), uniform()
            if luck < 0.06:
                probes.udp(at, source, target, source_port, port, ttl)
            else:
                sequence = drawn * 0x9E3779B1 & 0xFFFFFFFF
                probes.tcp(at, source, target, source_port, port, sequence, 0, 2, ttl)
                if luck < 0.16:
                    probes.reset(at + 1, target, source, port, source_port, sequence + 1 & 0xFFFFFFFF)
                elif luck < 0.18:
                    probes.tcp(at + 1, target, source, port, source_port, drawn, sequence + 1 & 0xFFFFFFFF, 18, 63)
            if pending and number % 4 == 0:  # a frame of the real scanner between the others
                step = next(pending[0], None)
                if step is None:
                    pending.pop(0)
                else:
                    at += 2
                    output.write(START * 1_000_000 + at, step[1])
                    if scanner.packets == 0:
                        scanner.begin = at
                    scanner.packets += 1
        truth = {
            "schema": "watchfloor.truth/1", "kind": "blitz", "attackers": [scanner.truth(stamp)],
            "ordinary": {"networks": [], "rpc_clients": 0},
            "counts": {"packets": output.packets, "bytes": output.size, "sources": min(sources, number)},
        }
        write_beside(path, truth, site.configuration())
