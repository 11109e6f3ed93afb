"""ONC RPC messages (RFC 5531), their record marks, and arguments and results of the programs in the evidence."""

import struct

from evidence.wire import TCP, UDP, dotted

PORTMAPPER, NFS, MOUNTD, NLM, STATD = 100000, 100003, 100005, 100021, 100024
SUCCESS, PROG_UNAVAIL, PROG_MISMATCH, PROC_UNAVAIL, GARBAGE_ARGS = range(5)
AUTH_NONE = b"\0" * 8
LAST_FRAGMENT = 0x80000000


def words(*values):
    return struct.pack(f">{len(values)}I", *values)


def opaque(data):
    """Variable-length opaque data or a string (RFC 4506, section 4.10)."""
    return struct.pack(">I", len(data)) + data + b"\0" * (-len(data) % 4)


def auth_sys(machine, uid, gids, stamp=0x3A5B1C2D):
    """RFC 5531, appendix A."""
    body = words(stamp) + opaque(machine) + words(uid, gids[0] if gids else uid, len(gids), *gids)
    return words(1) + opaque(body)


pack_call = struct.Struct(">6I").pack


def call(xid, program, version, procedure, argument=b"", credential=AUTH_NONE):
    return pack_call(xid, 0, 2, program, version, procedure) + credential + AUTH_NONE + argument


def reply(xid, result=b"", status=SUCCESS):
    return pack_call(xid, 1, 0, 0, 0, status) + result


def denied(xid, why=1):
    """AUTH_ERROR: what a wrapped rpcbind answers."""
    return words(xid, 1, 1, 1, why)


def record(message):
    return struct.pack(">I", LAST_FRAGMENT | len(message)) + message


def record_in_fragments(message, size):
    """The same message in record fragments of `size` bytes (RFC 5531, section 11)."""
    starts = range(0, len(message), size)
    return b"".join(
        struct.pack(">I", (LAST_FRAGMENT if start + size >= len(message) else 0) | len(message[start:start + size]))
        + message[start:start + size] for start in starts)


# The portmapper and rpcbind (RFC 1833).

def mapping(program, version, transport, port=0):
    return words(program, version, transport, port)


def rpcb(program, version, network, address=b"", owner=b""):
    return words(program, version) + opaque(network) + opaque(address) + opaque(owner)


def universal(address, port):
    """A universal address (RFC 5665, section 5.2.3.3)."""
    return f"{dotted(address)}.{port >> 8}.{port & 255}".encode()


def dump_result(version, address, table):
    """`table` is of (program, version, transport, port)."""
    if version == 2:
        return b"".join(words(1, *entry) for entry in table) + words(0)
    networks = {TCP: b"tcp", UDP: b"udp"}
    return b"".join(
        words(1) + rpcb(program, number, networks[transport], universal(address, port), b"superuser")
        for program, number, transport, port in table) + words(0)


# NFS version 3 and its kin (RFC 1813).

ATTRIBUTES = words(1, 0o644, 1, 1000, 1000, 0, 8192, 0, 8192, 0, 0, 0, 77, 0, 4242, *[1793480000, 0] * 3)
POST_OP = words(1) + ATTRIBUTES
WCC = words(1) + words(0, 8192, 1793480000, 0, 1793480000, 0) + POST_OP
NFS3ERR_NOENT, NFS3ERR_ACCES, NFS3ERR_STALE = 2, 13, 70


def handle(number):
    return opaque(b"\x01\x00\x07\x01" + struct.pack(">Q", number * 0x9E3779B97F4A7C15 & (1 << 64) - 1) * 3)


def nlm_lock(cookie, machine, file, owner, is_exclusive=1):
    """The arguments of NLM4_LOCK (RFC 1813, appendix II; XNFS chapter 10)."""
    lock = opaque(machine) + handle(file) + opaque(owner) + words(4711, 0, 0, 0, 0)
    return opaque(words(cookie)) + words(0, is_exclusive) + lock + words(0, 5)


def export_result(paths):
    """mountd's EXPORT: each path with the groups that may mount it."""
    return b"".join(words(1) + opaque(path) + words(1) + opaque(b"10.0.0.0/8") + words(0) for path in paths) + words(0)
