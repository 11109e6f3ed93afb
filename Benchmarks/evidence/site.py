"""The site of the mixed traffic: who is there, where services are, and how they answer."""

from evidence import rpc
from evidence.wire import TCP, UDP, Endpoints

CLIENTS, SERVERS, OLD_SERVERS, WEB, NAMES = 0x0A100000, 0x0A010000, 0x0A020000, 0x0A030000, 0x0A040000
UNUSED = 0x0A7F0000  # own addresses without a host
OUTSIDE = 0xC6120000  # 198.18.0.0/16: outside hosts that do web and names only
ATTACKERS = (0xC6130000, 0xCB007100, 0xC6336400)  # 198.19.0.0/16, 203.0.113.0/24, 198.51.100.0/24
INSIDE_ATTACKERS = 0x0A630000  # 10.99.0.0/16: own hosts that somebody has taken over

NFS_SERVER = {  # program: (versions, port)
    100000: ((2, 3, 4), 111), 100003: ((3,), 2049), 100005: ((1, 3), 20048), 100021: ((1, 3, 4), 32803),
    100024: ((1,), 662), 100227: ((3,), 2049), 100011: ((1, 2), 875),
}
# Where a Solaris host of old, and others of its time, had what is worth attacking.
OLD_SERVER = {
    100000: ((2, 3, 4), 111), 100001: ((2, 3, 4), 32774), 100002: ((2, 3), 32772), 100003: ((2, 3), 2049),
    100004: ((1, 2), 32790), 100005: ((1, 2, 3), 32781), 100008: ((1,), 32773), 100009: ((1,), 32791),
    100011: ((1,), 32775), 100017: ((1,), 32792), 100021: ((1, 2, 3, 4), 4045), 100024: ((1,), 32776),
    100026: ((1,), 32793), 100028: ((1,), 32794), 100068: ((2, 3, 4, 5), 32777), 100083: ((1,), 32778),
    100221: ((1,), 32795), 100232: ((10,), 32779), 100235: ((1,), 32796), 100249: ((1,), 32780),
    150001: ((1, 2), 32797), 300019: ((1,), 32798),
}


def numbered(network, index):
    """The index-th host of a network, 250 to each /24."""
    return network + (index // 250 << 8) + 1 + index % 250


class Site:
    """Sizes follow the size of the capture: at a scale of 1 there are 30,000 RPC clients and 50,000 hosts."""

    def __init__(self, scale):
        self.clients = [numbered(CLIENTS, index) for index in range(max(60, int(30_000 * scale)))]
        self.outside = [numbered(OUTSIDE, index) for index in range(max(40, int(19_200 * scale)))]
        self.servers = [numbered(SERVERS, index) for index in range(max(12, int(500 * scale)))]
        self.old_servers = [numbered(OLD_SERVERS, index) for index in range(60)]
        self.web = [numbered(WEB, index) for index in range(max(8, int(200 * scale)))]
        self.names = [numbered(NAMES, index) for index in range(8)]

    @property
    def host_count(self):
        return sum(map(len, (self.clients, self.outside, self.servers, self.old_servers, self.web, self.names)))

    def services(self, server):
        return OLD_SERVER if OLD_SERVERS <= server < WEB else NFS_SERVER

    def port(self, server, program):
        return self.services(server)[program][1]

    def table(self, server):
        return [
            (program, version, transport, port) for program, (versions, port) in self.services(server).items()
            for version in versions for transport in (TCP, UDP)]

    def is_tagged(self, server):
        """One network in eight is a VLAN."""
        return server >> 2 & 7 == 3

    def ends(self, chance, source, target, source_port, target_port, **details):
        """An own client is two hops from the sensor's side, so its packets arrive with what is left of 64."""
        details.setdefault("ttl", (62, 63))
        return Endpoints(chance, source, target, source_port, target_port, tagged=self.is_tagged(target), **details)

    def configuration(self):
        hosts = "".join(
            f"  - name: files{number}\n    addresses: [{rpc.dotted(self.servers[number])}]\n    criticality: 4\n"
            f'    why: "serves home folders"\n' for number in range(3))
        return f"sites:\n  - name: campus\n    networks: [10.0.0.0/8]\nhosts:\n{hosts}"
