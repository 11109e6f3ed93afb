public import Evidence

/// Finds the host record and the network record of one event.
struct Pairing: Sendable {
  let tolerance: Double
  /// Clocks of hosts whose offset is decided, by the host as the identities have it.
  var clocks: [Host: ClockOffset] = [:]

  /// Whether a host record and a network event can be about the same service: the same RPC procedure, or the
  /// portmapper and its port, or the same port.
  static func sameService(_ record: Event, _ packet: Event) -> Bool {
    if let called = packet.rpc?.program {
      guard record.rpc?.program == called else { return false }
      let (left, right) = (record.rpc?.procedureName ?? "", packet.rpc?.procedureName ?? "")
      guard left.isEmpty || right.isEmpty || left == right else { return false }
      let (asked, wanted) = (record.rpc?.argumentProgram, packet.rpc?.argumentProgram)
      return asked == nil || wanted == nil || asked == wanted
    }
    if record.rpc?.program == ProgramTable.portmapper { return packet.target.port == 111 }
    guard let port = record.target.port, port == packet.target.port else { return false }
    return record.transport == nil || record.transport == packet.transport
  }

  /// Pairs each host record with the nearest network event that fits, one to one.
  ///
  /// Candidates are taken in the order of how far the clocks are apart, so a record never loses its partner to a
  /// further one; of those that the record's stamp does not tell apart, one that it does not contradict comes first. Two sensors have one offset at a time: a pair far from what most pairs say is none.
  func pairs(_ events: [Event], identities: Identities) -> [Pair] {
    var taken: Set<Int> = []
    var pairs: [Pair] = []
    for candidate in candidates(events, identities).sorted(by: Candidate.precedes)
    where !taken.contains(candidate.host) && !taken.contains(candidate.network) {
      taken.insert(candidate.host)
      taken.insert(candidate.network)
      let clock = clocks[identities.resolve(events[candidate.host].target.host)]
      pairs.append(pair(events, candidate.host, candidate.network, clock))
    }
    let offsets = pairs.map(\.offset).sorted()
    if offsets.count >= 3, clocks.isEmpty {
      let median = offsets[offsets.count / 2]
      pairs.removeAll { abs($0.offset - median) > Pairing.agreement }
    }
    return pairs.sorted { $0.hostEvent < $1.hostEvent }
  }

  /// Offsets of one pair of sensors agree to so many seconds, whole-second stamps included.
  private static let agreement = 2.0

  private struct Candidate {
    var host: Int
    var network: Int
    var apart: Double
    /// The same in steps of the record's stamp, which tells no more.
    var steps: Int
    var contradicts: Bool

    static func precedes(_ left: Candidate, _ right: Candidate) -> Bool {
      if left.steps != right.steps { return left.steps < right.steps }
      if left.contradicts != right.contradicts { return right.contradicts }
      return (left.apart, left.host, left.network) < (right.apart, right.host, right.network)
    }
  }

  /// For each host record the nearest network events of the same target that can be about the same.
  private func candidates(_ events: [Event], _ identities: Identities) -> [Candidate] {
    var byTarget: [Host: [(index: Int, time: Timestamp)]] = [:]
    for index in events.indices where events[index].view == .network && events[index].time.isDated {
      byTarget[identities.resolve(events[index].target.host), default: []].append(
        (index, events[index].requestTime.timestamp))
    }
    for target in byTarget.keys { byTarget[target]?.sort { ($0.time, $0.index) < ($1.time, $1.index) } }
    var candidates: [Candidate] = []
    for host in events.indices where events[host].canPair {
      guard let network = byTarget[identities.resolve(events[host].target.host)] else { continue }
      let clock = clocks[identities.resolve(events[host].target.host)]
      let start = network.partitionIndex { $0.time >= events[host].time.timestamp }
      // Outwards from the record's time; floods of equal calls need no more than the nearest.
      for range in [Array(network[start...].prefix(Pairing.reach)), network[..<start].suffix(Pairing.reach).reversed()]
      {
        for item in range {
          guard abs(offset(events[host], events[item.index])) <= tolerance else { break }
          let apart = abs(rest(events[host], events[item.index], clock))
          // Where the clock is known, what is off it is another call.
          guard clock == nil || apart <= Pairing.agreement else { continue }
          guard Pairing.sameService(events[host], events[item.index]),
            identities.resolve(events[host].source.host) == identities.resolve(events[item.index].source.host)
          else { continue }
          candidates.append(
            Candidate(
              host: host, network: item.index, apart: apart,
              steps: Int(apart / max(events[host].time.resolution, 1e-9)),
              contradicts: Contradiction.kind(events[host], events[item.index]) != nil))
        }
      }
    }
    return candidates
  }

  /// So many network events before and after a record are looked at.
  private static let reach = 64

  /// Host clock minus network clock, to the digits of the host's stamp.
  private func offset(_ record: Event, _ packet: Event) -> Double {
    let step = max(1, Int64(record.time.resolution * 1e9))
    let (quotient, remainder) = packet.requestTime.timestamp.nanoseconds.quotientAndRemainder(dividingBy: step)
    let rounded = (remainder < 0 ? quotient - 1 : quotient) * step
    return Double(record.time.timestamp.nanoseconds - rounded) / 1e9
  }

  /// What is left of the difference of both stamps when the clock's own offset is taken off, in seconds.
  private func rest(_ record: Event, _ packet: Event, _ clock: ClockOffset?) -> Double {
    guard let clock else { return offset(record, packet) }
    let shown = record.time.timestamp
    let difference =
      shift(record, clock) + shown.seconds(since: packet.requestTime.timestamp) + record.time.resolution / 2
    return difference - (clock.isApplied ? clock.offset(atNetwork: shown) : clock.offset(at: shown))
  }

  /// By how much the record was set.
  private func shift(_ record: Event, _ clock: ClockOffset?) -> Double {
    guard let clock, clock.isApplied else { return 0 }
    return (clock.offset(atNetwork: record.time.timestamp) / record.time.resolution).rounded() * record.time.resolution
  }

  private func pair(_ events: [Event], _ host: Int, _ network: Int, _ clock: ClockOffset?) -> Pair {
    let record = events[host]
    let packet = events[network]
    // The record happened within its resolution after its stamp, the packet within its own.
    let shift = shift(record, clock)
    let low = shift + record.time.timestamp.seconds(since: packet.requestTime.timestamp) - packet.requestTime.resolution
    let high = shift + record.time.timestamp.seconds(since: packet.requestTime.timestamp) + record.time.resolution
    return Pair(
      host: record.citation, network: packet.requestCitation, offset: shift + offset(record, packet),
      bounds: rounded(low)...max(rounded(low), rounded(high)), hostEvent: host, networkEvent: network)
  }

  private func rounded(_ seconds: Double) -> Double { (seconds * 1e6).rounded() / 1e6 }
}

extension Event {
  /// A dated host record of something that crossed the network.
  fileprivate var canPair: Bool {
    view == .host && time.isDated && action != .response && action != .incomplete && crowd == nil
  }

  /// The packet that carries the request.
  public var requestCitation: Citation {
    guard action != .rpcCall,
      let request = conversation?.packets.first(where: { $0.fromInitiator && $0.payloadLength > 0 })
    else { return citation }
    return request.citation
  }
}
