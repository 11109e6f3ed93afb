"""Eight hours of a site's traffic with attackers in it, and the truth about them."""

import heapq
import json
import random
import time

from evidence import exploits, recon
from evidence.attack import MINUTE, SECOND, Attack
from evidence.ordinary import Clients, Rest
from evidence.site import ATTACKERS, INSIDE_ATTACKERS, Site
from evidence.wire import START, CaptureFile

DURATION = 8 * 60 * MINUTE
FULL_SIZE, FULL_ATTACKERS = 1_000_000_000, 200
BYTES_A_CLIENT = 4_500  # as it is found to be in the end
INSIDE_EVERY = 12  # among those kinds that an own host would do, too


def stamp(microseconds):
    seconds, rest = divmod(microseconds, SECOND)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(START + seconds)) + f".{rest:06d}Z"


def plant_attackers(chance, site, count):
    """Every kind at least once, and all about equally often."""
    kinds = [(kind, False) for kind in recon.KINDS] + [(kind, True) for kind in exploits.KINDS]
    count = max(count, len(kinds))
    outside = chance.sample([network | host for network in ATTACKERS for host in range(2, 250)], count)
    attacks = []
    for number in range(count):
        kind, is_exploit = kinds[number % len(kinds)]
        is_inside = number % INSIDE_EVERY == 6 and kind in recon.INSIDE + exploits.INSIDE
        address = INSIDE_ATTACKERS + 256 + number if is_inside else outside[number]
        attack = Attack(chance, site, address, kind, is_exploit)
        if is_exploit:
            exploits.plant(attack, number // len(kinds))
        else:
            recon.KINDS[kind](attack)
        length = max(offset for offset, _ in attack.flows)
        attack.begin = chance.randrange(10 * SECOND, max(20 * SECOND, DURATION - 5 * MINUTE - length))
        attacks.append(attack)
    return attacks


class Account:
    """Counts one part of the traffic."""

    def __init__(self):
        self.flows = self.packets = self.bytes = 0

    @property
    def bytes_a_flow(self):
        """Starts from what it is found to be in the end."""
        return (self.bytes + 20 * 7_000) / (self.flows + 20)


class Traffic:
    def __init__(self, size, seed, has_attackers=True):
        chance = random.Random(seed)
        scale = min(1.0, size / FULL_SIZE)
        self.size, self.site = size, Site(scale)
        self.attacks = plant_attackers(chance, self.site, round(FULL_ATTACKERS * scale)) if has_attackers else []
        self.rpc, self.rest = Account(), Account()
        self.clients, self.others = Clients(chance, self.site), Rest(chance, self.site)
        self.begins = self.planned(chance)

    def planned(self, chance):
        """When the flows of attackers and RPC clients begin: (time, account, what makes the flow)."""
        begins = [
            (attack.begin + offset, attack, flow.__iter__) for attack in self.attacks for offset, flow in attack.flows]
        for client in self.site.clients:
            begins.append((
                chance.randrange(DURATION - 5 * MINUTE), self.rpc,
                lambda client=client: self.clients.session(client)))
        begins.sort(key=lambda begin: begin[0])
        return begins

    def write(self, output):
        """All flows that are under way stand in a heap by the time of their next frame. The rest of the traffic begins
        as often as it must so that the file has its size at the end of the time."""
        heap, serial, planned, next_rest = [], 0, iter(self.begins), 0
        upcoming = next(planned)
        draw = self.others.chance.expovariate
        while True:
            now = heap[0][0] if heap else DURATION
            if upcoming and upcoming[0] <= now and upcoming[0] <= next_rest:
                begin, account, make = upcoming
                upcoming = next(planned, None)
                flow = make()
            elif next_rest <= now and next_rest < DURATION:
                begin, account, flow = next_rest, self.rest, self.others.flow()
                self.rest.flows += 1
                missing = max(1.0, self.size - output.size - self.to_come(begin))
                rate = missing / self.rest.bytes_a_flow / (DURATION - begin + SECOND)
                next_rest = begin + 1 + int(min(draw(rate), 10.0 * MINUTE))
            elif heap:
                at, _, frame, account, flow = heap[0]
                output.write(START * SECOND + at, frame)
                account.packets += 1
                account.bytes += len(frame) + 16
                step = next(flow, None)
                if step is None:
                    heapq.heappop(heap)
                else:
                    heapq.heapreplace(heap, (at + step[0], serial, step[1], account, flow))
                    serial += 1
                continue
            else:
                return
            wait, frame = next(flow)
            heapq.heappush(heap, (begin + wait, serial, frame, account, flow))
            serial += 1

    def to_come(self, now):
        """A guess at the bytes that RPC clients will still send."""
        return len(self.site.clients) * BYTES_A_CLIENT * (1 - now / DURATION)

    def truth(self, output):
        return {
            "schema": "watchfloor.truth/1", "kind": "mixed",
            "attackers": [attack.truth(stamp) for attack in sorted(self.attacks, key=lambda attack: attack.begin)],
            "ordinary": {"networks": ["10.16.0.0/16", "198.18.0.0/16"], "rpc_clients": len(self.site.clients)},
            "counts": {
                "packets": output.packets, "bytes": output.size, "hosts": self.site.host_count + len(self.attacks),
                "packets_of_rpc_clients": self.rpc.packets, "packets_of_the_rest": self.rest.packets,
                "packets_of_attackers": sum(attack.packets for attack in self.attacks),
                "attackers": len(self.attacks), "exploits": sum(attack.is_exploit for attack in self.attacks),
            },
        }


def write_beside(path, truth, configuration):
    with open(f"{path}.truth.json", "w") as file:
        json.dump(truth, file, indent=1)
        file.write("\n")
    with open(f"{path}.watchfloor.yaml", "w") as file:
        file.write(configuration)


def write_mixed(size, path, seed):
    traffic = Traffic(size, seed)
    with CaptureFile(path) as output:
        traffic.write(output)
        write_beside(path, traffic.truth(output), traffic.site.configuration())
