"""What harmless hosts do: RPC clients that look up, mount and use NFS, and the web and names that make up the rest."""

import struct

from evidence import rpc
from evidence.flows import (
    ORDINARY_TRIP, asking, closing, datagram, exchange, one_after_another, opening, refused, sending, sending_swapped,
    sending_twice, unheard)
from evidence.site import UNUSED, numbered
from evidence.wire import ACK, ANSWERS, ASKED, PSH, QUESTIONS, REQUESTS, SEGMENT, TCP, UDP, summed

NAMES = [b"report.tex", b"Makefile", b"index.html", b"notes-2026.txt", b".profile", b"data.csv", b"build.log", b"a.out"]
PATHS = [b"/export/home", b"/srv/nfs/projects", b"/export/opt", b"/srv/mail"]
LOOKED_UP = (100003, 100005, 100021, 100024, 100011, 100227)


class Clients:
    """Sessions of the site's RPC clients, each a generator of (wait, frame)."""

    def __init__(self, chance, site):
        self.chance, self.site = chance, site
        self.blocks = [chance.randbytes(size) for size in (512, 2048, 4096, 8192)]
        self.kinds = [self.look_up, self.nfs, self.mount_and_use, self.lock, self.nfs_over_udp, self.fail]
        self.weights = [40, 27, 16, 8, 4, 5]

    def session(self, client):
        kind, = self.chance.choices(self.kinds, self.weights)
        return kind(client, self.chance.choice(self.site.servers))

    def ends(self, client, server, port, reserved=True):
        source = self.chance.randrange(665, 1024) if reserved else 32768 + self.chance.getrandbits(14)
        return self.site.ends(self.chance, client, server, source, port)

    def credential(self, client):
        user = 1000 + (client & 0xFFF)
        return rpc.auth_sys(b"ws%05d" % (client & 0xFFFF), user, [user, 100, 2000 + (client & 7)])

    # The portmapper.

    def asked(self, server, program, version, xid, transport):
        """A look-up with its answer; now and then of a program that is not registered."""
        port = 0 if self.chance.random() < 0.02 else self.site.port(server, program)
        wanted = self.site.services(server)[program][0][-1]
        if version == 2:
            return (
                rpc.call(xid, rpc.PORTMAPPER, 2, 3, rpc.mapping(program, wanted, transport)),
                rpc.reply(xid, rpc.words(port)))
        network = b"tcp" if transport == TCP else b"udp"
        argument = rpc.rpcb(program, wanted, network, rpc.universal(server, 111), b"")
        address = rpc.universal(server, port) if port else b""
        return rpc.call(xid, rpc.PORTMAPPER, version, 3, argument), rpc.reply(xid, rpc.opaque(address))

    def look_up(self, client, server, programs=None):
        chance = self.chance
        version = chance.choice((2, 2, 2, 3, 4))
        programs = programs or chance.sample(LOOKED_UP, chance.choice((1, 1, 2, 3)))
        xid = chance.getrandbits(32)
        if chance.random() < 0.25:
            ends = self.ends(client, server, 111)
            yield from opening(ends)
            for number, program in enumerate(programs):
                request, answer = self.asked(server, program, version, xid + number & 0xFFFFFFFF, TCP)
                yield from exchange(ends, rpc.record(request), rpc.record(answer), 300)
            yield from closing(ends)
            return
        for number, program in enumerate(programs):
            ends = self.ends(client, server, 111, reserved=chance.random() < 0.7)
            request, answer = self.asked(server, program, version, xid + number & 0xFFFFFFFF, UDP)
            if chance.random() < 0.015:  # the first answer was lost, or late
                yield 0, ends.udp(0, summed(request))
                yield 900_000, ends.udp(1, summed(answer))
                yield 200_000, ends.udp(0, summed(request))
                yield ORDINARY_TRIP, ends.udp(1, summed(answer))
            else:
                yield from asking(ends, request, answer, wait=400)

    # Mounts.

    def mount(self, client, server):
        """mountd's NULL and MNT, as mount.nfs does it; now and then the export is not for this client."""
        chance = self.chance
        xid, ends = chance.getrandbits(32), self.ends(client, server, 20048)
        yield from asking(ends, rpc.call(xid, rpc.MOUNTD, 3, 0), rpc.reply(xid))
        xid = xid + 1 & 0xFFFFFFFF
        result = rpc.words(rpc.NFS3ERR_ACCES)
        if chance.random() >= 0.03:
            result = rpc.words(0) + rpc.handle(server) + rpc.words(2, 1, 390003)
        request = rpc.call(xid, rpc.MOUNTD, 3, 1, rpc.opaque(chance.choice(PATHS)), self.credential(client))
        yield from asking(ends, request, rpc.reply(xid, result), wait=300)

    def mount_and_use(self, client, server):
        yield from one_after_another(
            self.look_up(client, server, [rpc.MOUNTD, rpc.NFS]), self.mount(client, server), self.nfs(client, server))

    # NFS version 3.

    def nfs_call(self, xid, credential, block_limit):
        chance = self.chance
        draw, bits = chance.random(), chance.getrandbits
        file = rpc.handle(bits(16))
        failed = chance.random() < 0.03
        if draw < 0.30:
            procedure, argument = 3, file + rpc.opaque(chance.choice(NAMES))
            result = rpc.words(0) + rpc.handle(bits(16)) + rpc.POST_OP + rpc.POST_OP
            if chance.random() < 0.2:
                result = rpc.words(rpc.NFS3ERR_NOENT) + rpc.POST_OP
        elif draw < 0.60:
            procedure, argument = 1, file
            result = rpc.words(rpc.NFS3ERR_STALE) if failed else rpc.words(0) + rpc.ATTRIBUTES
        elif draw < 0.72:
            procedure, argument = 4, file + rpc.words(0x1F)
            result = rpc.words(0) + rpc.POST_OP + rpc.words(0x1F)
        elif draw < 0.90:
            block = chance.choice(self.blocks[:block_limit])
            procedure, argument = 6, file + struct.pack(">QI", len(block) * bits(6), len(block))
            result = rpc.words(0) + rpc.POST_OP + rpc.words(len(block), 0) + rpc.opaque(block)
        else:
            block = chance.choice(self.blocks[:block_limit])
            procedure = 7
            argument = file + struct.pack(">QII", len(block) * bits(6), len(block), 0) + rpc.opaque(block)
            result = rpc.words(0) + rpc.WCC + rpc.words(len(block), 2) + b"verifier"
            if failed:
                result = rpc.words(rpc.NFS3ERR_ACCES) + rpc.WCC
        return rpc.call(xid, rpc.NFS, 3, procedure, argument, credential), rpc.reply(xid, result)

    def nfs(self, client, server):
        chance = self.chance
        ends, credential = self.ends(client, server, 2049), self.credential(client)
        xid = chance.getrandbits(31)
        yield from opening(ends)
        yield from exchange(ends, rpc.record(rpc.call(xid, rpc.NFS, 3, 0)), rpc.record(rpc.reply(xid)), 100)
        waits = chance.choices((300, 2_000, 40_000, 3_000_000), k=chance.randrange(2, 9))
        for wait in waits:
            xid += 1
            request, answer = self.nfs_call(xid, credential, 4)
            request, answer = self.marked(request), self.marked(answer)
            luck = chance.random()
            if luck < 0.08:  # two calls in one segment, and their answers in another
                xid += 1
                more, answer_to_more = self.nfs_call(xid, credential, 1)
                yield from exchange(ends, request + rpc.record(more), answer + rpc.record(answer_to_more), wait)
            elif luck < 0.12:
                yield from sending(ends, 0, request, wait, 24 + chance.getrandbits(6))
                yield from sending(ends, 1, answer, ORDINARY_TRIP, 512 + chance.getrandbits(8))
            elif luck < 0.14:
                yield from sending(ends, 0, request, wait)
                yield from sending_swapped(ends, 1, answer, ORDINARY_TRIP, min(SEGMENT, 1 + len(answer) // 3))
            elif luck < 0.15 and len(request) <= SEGMENT:
                yield from sending_twice(ends, 0, request, wait)
                yield from sending(ends, 1, answer, ORDINARY_TRIP)
            else:
                yield from exchange(ends, request, answer, wait)
        yield from closing(ends)

    def marked(self, message):
        if self.chance.random() < 0.03:
            return rpc.record_in_fragments(message, self.chance.randrange(40, 400))
        return rpc.record(message)

    def nfs_over_udp(self, client, server):
        """Blocks do not fit into a packet and come in IP fragments."""
        chance = self.chance
        ends, credential = self.ends(client, server, 2049), self.credential(client)
        ends.flags = 0
        xid, wait = chance.getrandbits(31), 0
        for _ in range(chance.randrange(2, 7)):
            xid += 1
            for side, message in enumerate(self.nfs_call(xid, credential, 4)):
                yield from datagram(ends, side, message, wait)
                wait = ORDINARY_TRIP
            wait = chance.choice((500, 90_000, 2_000_000))

    # Locks and restarts.

    def lock(self, client, server):
        chance = self.chance
        machine, xid = b"ws%05d" % (client & 0xFFFF), chance.getrandbits(31)
        yield from self.look_up(client, server, [rpc.NLM])
        ends, credential = self.ends(client, server, self.site.port(server, rpc.NLM)), self.credential(client)
        file, owner = chance.getrandbits(16), b"%d@" % (chance.getrandbits(15)) + machine
        for procedure in (2, 4):  # LOCK, and UNLOCK, whose arguments lack two words and the state
            argument = rpc.nlm_lock(xid, machine, file, owner)
            if procedure == 4:
                argument = argument[:8] + argument[16:-8]
            request = rpc.call(xid, rpc.NLM, 4, procedure, argument, credential)
            yield from asking(ends, request, rpc.reply(xid, rpc.opaque(rpc.words(xid)) + rpc.words(0)), wait=50_000)
            xid += 1
        if chance.random() < 0.3:  # SM_NOTIFY: the client was started anew
            ends = self.ends(client, server, self.site.port(server, rpc.STATD))
            argument = rpc.opaque(machine + b".campus.example") + rpc.words(7)
            yield from asking(ends, rpc.call(xid, rpc.STATD, 1, 6, argument), rpc.reply(xid), wait=1_000_000)

    # What goes wrong without anybody's fault.

    def fail(self, client, server):
        chance = self.chance
        luck = chance.random()
        absent = numbered(UNUSED, chance.randrange(2000))
        if luck < 0.3:  # the server is being started: nobody listens at its port yet
            yield from refused(self.ends(client, server, 2049))
        elif luck < 0.5:
            yield from unheard(self.ends(client, absent, 2049))
        elif luck < 0.7:
            xid = chance.getrandbits(32)
            ends = self.ends(client, server, 111)
            request, _ = self.asked(server, rpc.NFS, 2, xid, UDP)
            frame = ends.udp(0, summed(request))
            yield 0, frame
            yield ORDINARY_TRIP, ends.unreachable(3, frame)
        elif luck < 0.85:  # the same call again and again, to a host that is gone
            xid = chance.getrandbits(32)
            ends = self.ends(client, absent, 111)
            request = rpc.call(xid, rpc.PORTMAPPER, 2, 3, rpc.mapping(rpc.NFS, 3, UDP))
            for wait in (0, 1_000_000, 2_000_000, 4_000_000):
                yield wait, ends.udp(0, summed(request))
        else:  # mount from a port that mountd takes for unprivileged
            xid = chance.getrandbits(32)
            ends = self.ends(client, server, 20048, reserved=False)
            request = rpc.call(xid, rpc.MOUNTD, 3, 1, rpc.opaque(PATHS[0]), self.credential(client))
            yield from asking(ends, request, rpc.reply(xid, rpc.words(rpc.NFS3ERR_ACCES)))


class Rest:
    """Everything that has nothing to do with RPC."""

    def __init__(self, chance, site):
        self.chance, self.site = chance, site
        self.pages = [summed(chance.randbytes(chance.choice((200, 700, 1460, 1460)))) for _ in range(400)]
        self.no_such_name = [summed(struct.pack(">6H", i, 0x8183, 1, 0, 0, 0) + ASKED) for i in range(100)]

    def parties(self, servers):
        """An outside host at one of ours, or an own host at one outside."""
        chance, site = self.chance, self.site
        if chance.getrandbits(1):
            return chance.choice(site.outside), chance.choice(servers), (50, 63)
        return chance.choice(site.clients), chance.choice(site.outside), (62, 52)

    def ends(self, servers, port):
        source, target, ttl = self.parties(servers)
        return self.site.ends(self.chance, source, target, 32768 + self.chance.getrandbits(14), port, ttl=ttl)

    def flow(self):
        draw = self.chance.random()
        if draw < 0.72:
            return self.web(443 if draw < 0.36 else 80)
        if draw < 0.97:
            return self.name()
        return self.failure(draw)

    def web(self, port):
        chance = self.chance
        ends = self.ends(self.site.web, port)
        trip = 5_000 + chance.getrandbits(14)
        yield from opening(ends, trip)
        for _ in range(1 + chance.getrandbits(1)):
            yield 200, ends.tcp(0, PSH | ACK, chance.choice(REQUESTS))
            wait = trip
            for number in range(2 + chance.getrandbits(3)):
                yield wait, ends.tcp(1, ACK, chance.choice(self.pages))
                wait = 900
                if number & 1:
                    yield 50, ends.tcp(0, ACK)
        yield from closing(ends, trip)

    def name(self):
        chance = self.chance
        ends, number = self.ends(self.site.names, 53), chance.randrange(100)
        yield 0, ends.udp(0, QUESTIONS[number])
        answers = self.no_such_name if chance.random() < 0.06 else ANSWERS
        yield 9_000, ends.udp(1, answers[number])

    def failure(self, draw):
        if draw < 0.98:
            yield from refused(self.ends(self.site.web, 443))
        elif draw < 0.99:
            yield from unheard(self.ends(self.site.web, 80))
        else:
            ends = self.ends(self.site.names, 53)
            frame = ends.udp(0, QUESTIONS[0])
            yield 0, frame
            yield 9_000, ends.unreachable(1, frame)
