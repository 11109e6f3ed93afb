"""Flows as generators of (microseconds to wait, frame): connections, exchanges, what is lost or sent twice."""

from evidence.wire import ACK, DATAGRAM, FIN, PSH, RST, SEGMENT, SYN, SYN_OPTIONS, summed

ORDINARY_TRIP = 400  # microseconds


def opening(ends, trip=ORDINARY_TRIP, options=SYN_OPTIONS):
    yield 0, ends.tcp(0, SYN, options=options)
    yield trip, ends.tcp(1, SYN | ACK, options=options)
    yield trip // 8, ends.tcp(0, ACK)


def closing(ends, trip=ORDINARY_TRIP, first=0):
    yield trip, ends.tcp(first, FIN | ACK)
    yield trip, ends.tcp(1 - first, FIN | ACK)
    yield trip // 8, ends.tcp(first, ACK)


def sending(ends, side, data, wait, size=SEGMENT):
    """Bytes of a stream in segments of at most `size`."""
    last = len(data) - size
    for start in range(0, len(data), size):
        flags = PSH | ACK if start >= last else ACK
        yield wait, ends.tcp(side, flags, summed(data[start:start + size]))
        wait = 15


def sending_twice(ends, side, data, wait, pause=200_000):
    """The same segment once more, as if its acknowledgement had been lost."""
    sequence = ends.sequence[side]
    yield wait, ends.tcp(side, PSH | ACK, summed(data))
    ends.sequence[side] = sequence
    yield pause, ends.tcp(side, PSH | ACK, summed(data))


def sending_swapped(ends, side, data, wait, size):
    """The first two segments change places."""
    frames = [frame for _, frame in sending(ends, side, data, wait, size)]
    frames[:2] = frames[1::-1]
    for frame in frames:
        yield wait, frame
        wait = 15


def exchange(ends, request, answer, wait, trip=ORDINARY_TRIP):
    yield from sending(ends, 0, request, wait)
    yield from sending(ends, 1, answer, trip)
    yield trip // 4, ends.tcp(0, ACK)


def datagram(ends, side, data, wait):
    """In IP fragments when it does not fit into a packet."""
    if len(data) <= DATAGRAM:
        yield wait, ends.udp(side, summed(data))
        return
    for frame in ends.udp_fragments(side, summed(data)):
        yield wait, frame
        wait = 12


def asking(ends, request, answer, trip=ORDINARY_TRIP, wait=0):
    """A datagram each way; without an answer one way only."""
    yield from datagram(ends, 0, request, wait)
    if answer is not None:
        yield from datagram(ends, 1, answer, trip)


def refused(ends, trip=ORDINARY_TRIP, options=SYN_OPTIONS):
    yield 0, ends.tcp(0, SYN, options=options)
    yield trip, ends.tcp(1, RST | ACK)


def unheard(ends, tries=3, options=SYN_OPTIONS):
    """A SYN that nobody answers, again after 1, 2, 4 seconds."""
    sequence, wait = ends.sequence[0], 0
    for number in range(tries):
        ends.sequence[0] = sequence
        yield wait, ends.tcp(0, SYN, options=options)
        wait = 1_000_000 << number


def one_after_another(*flows, pause=2_000):
    wait = 0
    for flow in flows:
        for delay, frame in flow:
            yield wait + delay, frame
            wait = 0
        wait = pause
