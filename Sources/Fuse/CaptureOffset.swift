package import Evidence

/// How far the clocks of two captures are apart, by exchanges that both saw.
///
/// Captures are read as of one clock, since a capture that was split must give what it gives whole, and nothing in a file
/// says whose clock wrote it. So this moves nothing: it is said, and a person decides.
package struct CaptureOffset: Sendable, Hashable {
  /// The capture whose stamps are the earlier ones.
  package var early: InputID
  package var late: InputID
  package var seconds: Double
  /// Exchanges that agree on it.
  package var exchanges: Int

  /// Fewer may agree by chance: a client that asks again does so by a timer.
  private static let least = 5
  /// What agrees lies this close together, and clocks closer than this are no matter, in seconds.
  private static let agreement = 0.1
  private static let smallest = 1.0
  /// Exchanges that are held against each other, and inputs that one exchange may stand in.
  private static let exchangeCap = 200_000
  private static let inputCap = 8

  private struct Pair: Hashable {
    var one: InputID
    var other: InputID
  }

  /// Both ends with their ports, and the transaction: no other exchange has them, but the same one sent again.
  private struct Exchange: Hashable {
    var source: Endpoint
    var target: Endpoint
    var xid: UInt32
  }

  /// - Parameter events: In order.
  package static func estimate(_ events: [Event]) -> [CaptureOffset] {
    var differences: [Pair: [Double]] = [:]
    func vote(_ one: (InputID, Timestamp), _ other: (InputID, Timestamp)) {
      guard one.0 != other.0 else { return }
      let (first, second) = one.0 < other.0 ? (one, other) : (other, one)
      differences[Pair(one: first.0, other: second.0), default: []].append(second.1.seconds(since: first.1))
    }
    var seen: [Exchange: [(input: InputID, time: Timestamp)]] = [:]
    var isFull = false
    for index in events.indices where events[index].view == .network && events[index].time.isDated && !isFull {
      if let (one, other) = twins(events[index].conversation) { vote(one, other) }
      guard let xid = events[index].rpc?.xid, events[index].source.port != nil, events[index].target.port != nil else {
        continue
      }
      let exchange = Exchange(source: events[index].source, target: events[index].target, xid: xid)
      let sight = (events[index].citation.provenance.input, events[index].requestTime.timestamp)
      let earlier = seen[exchange] ?? []
      guard earlier.count < inputCap, !earlier.contains(where: { $0.input == sight.0 }) else { continue }
      for known in earlier { vote((known.input, known.time), sight) }
      seen[exchange, default: []].append((sight.0, sight.1))
      isFull = seen.count >= exchangeCap
    }
    return differences.sorted { ($0.key.one, $0.key.other) < ($1.key.one, $1.key.other) }.compactMap(offset)
  }

  /// The packets of one conversation when two captures have the same ones: by clocks that are seconds apart the second
  /// looks like a repetition of the first. The first packet of each is held against the other's.
  private static func twins(_ conversation: Conversation?) -> ((InputID, Timestamp), (InputID, Timestamp))? {
    guard let packets = conversation?.packets, let first = packets.first,
      packets.contains(where: { $0.citation.provenance.input != first.citation.provenance.input })
    else { return nil }
    let byInput = Dictionary(grouping: packets) { $0.citation.provenance.input }.sorted { $0.key < $1.key }
    guard byInput.count == 2, byInput[0].value.count == byInput[1].value.count,
      zip(byInput[0].value, byInput[1].value).allSatisfy({
        $0.fromInitiator == $1.fromInitiator && $0.payloadLength == $1.payloadLength && $0.flags == $1.flags
      }),
      let one = byInput[0].value.first?.time, let other = byInput[1].value.first?.time, one.isDated, other.isDated
    else { return nil }
    return ((byInput[0].key, one.timestamp), (byInput[1].key, other.timestamp))
  }

  /// The difference that most exchanges agree on; nil when they are few, a minority, or say that the clocks agree.
  private static func offset(_ pair: Pair, _ differences: [Double]) -> CaptureOffset? {
    let ordered = differences.sorted()
    var best = 0..<0
    var low = 0
    for high in ordered.indices {
      while ordered[high] - ordered[low] > agreement { low += 1 }
      if high + 1 - low > best.count { best = low..<(high + 1) }
    }
    guard best.count >= least, best.count * 2 > ordered.count else { return nil }
    let middle = ordered[best.lowerBound + best.count / 2]
    guard abs(middle) >= smallest else { return nil }
    return CaptureOffset(
      early: middle > 0 ? pair.one : pair.other, late: middle > 0 ? pair.other : pair.one, seconds: abs(middle),
      exchanges: best.count)
  }
}
