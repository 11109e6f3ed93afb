import Evidence

/// What packets tell about the machine that sent them.
extension Deducer {
  private var flows: [(event: Event, conversation: Conversation)] {
    events.compactMap { event in event.conversation.map { (event, $0) } }
  }

  func prober() -> [Deduction] { privilegedPort() + movement() + stack() }

  /// Ports that the C library's bindresvport takes, which only root may bind.
  private static let reservedPorts: ClosedRange<UInt16> = 600...1023

  private func privilegedPort() -> [Deduction] {
    let low = flows.filter { $0.event.source.port.map { Deducer.reservedPorts.contains($0) } ?? false }
    guard let ports = Optional(Set(low.compactMap(\.event.source.port)).sorted()), !ports.isEmpty else { return [] }
    return [
      Deduction(
        "Source port\(ports.count == 1 ? "" : "s") \(listed(ports.map { String($0) }, limit: 4)) "
          + (ports.count == 1 ? "is" : "are") + " in the C library's reserved range: root on the prober's side "
          + "(address translation or another system is not excluded)", .likely, cite(low.map(\.event)))
    ]
  }

  /// How far the IP identification moved, against the packets that this flow sent; of each end the longest look.
  private func movement() -> [Deduction] {
    struct Look {
      var moved: Int
      var own: Int
      var seconds: Double
      var conversation: Conversation
      var target: String
    }
    func look(_ side: Conversation.Side, _ event: Event, _ conversation: Conversation) -> Look? {
      guard side.packets >= 3, let first = side.firstIPID, let last = side.lastIPID, let start = side.first,
        let end = side.last
      else { return nil }
      let seconds = end.timestamp.seconds(since: start.timestamp)
      let (wire, swapped) = (Int(last &- first), Int(last.byteSwapped &- first.byteSwapped))
      let moved = Deducer.isSwapped(wire, swapped) ? swapped : wire
      // A counter of the flow alone tells nothing of the host, and a jump is no counter.
      guard moved > side.packets - 1, moved < 16_384, seconds > 0, seconds < 60, Double(moved) / seconds < 5000 else {
        return nil
      }
      return Look(
        moved: moved, own: side.packets - 1, seconds: seconds, conversation: conversation,
        target: event.target.host.notation)
    }
    func best(_ side: KeyPath<Conversation, Conversation.Side>) -> Look? {
      flows.compactMap { look($0.conversation[keyPath: side], $0.event, $0.conversation) }.max {
        $0.seconds < $1.seconds
      }
    }
    return [(best(\.initiator), true), (best(\.responder), false)].compactMap { look, isProber in
      guard let look else { return nil }
      let name = isProber ? "The prober" : look.target
      return Deduction(
        "\(name)'s IP identification moved by \(look.moved) in \(decimals(look.seconds, 3)) s, \(look.own) of them this flow's: "
          + (look.moved >= look.own * 4 ? "a busy host" : "a quiet one") + ", if its counter is one for all traffic",
        .possible,
        look.conversation.packets.prefix(12).map(\.citation))
    }
  }

  /// The prober's TCP, from its SYNs.
  private func stack() -> [Deduction] {
    let syns = flows.compactMap { flow in flow.conversation.syn.map { (flow.event, $0) } }
    guard let (event, syn) = syns.first else { return [] }
    let citation = synCitation(event)
    var deductions: [Deduction] = []
    var marks: [String] = ["window \(syn.window)"]
    if let mss = syn.mss {
      let multiple =
        mss > 0 && syn.window % mss == 0 ? " (\(syn.window / mss) times the MSS of \(mss))" : ", MSS \(mss)"
      marks[0] += multiple
    }
    if syn.sackPermitted { marks.append("SACK") }
    if syn.timestampValue != nil { marks.append("time stamp") }
    if let scale = syn.windowScale { marks.append("window scale \(scale)") }
    let system = StackMark.system(of: syn)
    let text = "The SYN's marks: " + marks.joined(separator: ", ")
    deductions.append(
      Deduction(
        text + (system.map { ": as of \($0)" } ?? "; they name no system here"), system == nil ? .certain : .possible,
        [citation]))
    if let ttl = syn.ttl, let hops = StackMark.hops(ttl) {
      deductions.append(
        Deduction(
          "TTL \(ttl): about \(hops) hops away, if it started at \(Int(ttl) + hops)", .possible, [citation]))
    }
    // Later kernels begin each connection's time stamps anywhere.
    return system?.hasSuffix("later") == true ? deductions : deductions + uptime(syns.map { ($0.0, $0.1) })
  }

  /// The packet with the SYN, where it was kept.
  private func synCitation(_ event: Event) -> Citation {
    let syn = event.conversation?.packets.first {
      $0.fromInitiator && $0.flags.contains(.syn) && !$0.flags.contains(.ack)
    }
    return syn?.citation ?? event.citation
  }

  /// How long the prober has been up, if its time stamps count from its start at a rate that its SYNs allow.
  private func uptime(_ syns: [(event: Event, syn: SYNFacts)]) -> [Deduction] {
    let stamps = syns.compactMap { item in item.syn.timestampValue.map { (event: item.event, ticks: Int64($0)) } }
    guard let first = stamps.first, first.ticks > 0 else { return [] }
    let rate = Deducer.tickRates.first { rate in
      zip(stamps, stamps.dropFirst()).allSatisfy { one, next in
        let seconds = next.event.time.timestamp.seconds(since: one.event.time.timestamp)
        return abs(Double(next.ticks - one.ticks) - seconds * rate) <= 1 + seconds * rate * 0.02
      }
    }
    guard let rate else { return [] }
    let up = duration(Double(first.ticks) / rate)
    return [
      Deduction(
        "Its time stamp \(first.ticks) means up for about \(up), if it ticks at \(decimals(rate, 0)) Hz"
          + (stamps.count > 1 ? ", which its SYNs allow," : "") + " and started at 0", .possible,
        stamps.map { synCitation($0.event) })
    ]
  }

  /// Rates of time stamp clocks, the likelier first: Linux and others, the BSDs' slow timer, later Linux.
  private static let tickRates: [Double] = [100, 2, 1000, 250]
}

/// What a SYN's marks are known for. Possible at most: marks can be set, and systems share them.
enum StackMark {
  static func system(of syn: SYNFacts) -> String? {
    guard let mss = syn.mss, mss > 0 else { return nil }
    let multiple = syn.window % mss == 0 ? syn.window / mss : 0
    switch (multiple, syn.sackPermitted, syn.timestampValue != nil, syn.windowScale) {
    case (22, true, true, _): return "Linux 2.2"
    case (4, true, true, .some): return "Linux 2.4 or 2.6"
    case (10, true, true, .some), (20, true, true, .some), (44, true, true, .some): return "Linux 3 or later"
    default:
      // Linux from 4.x on: 64240 is 44 times 1460 and stays so for other segment sizes.
      return syn.window == 64_240 && syn.sackPermitted && syn.timestampValue != nil ? "Linux 4 or later" : nil
    }
  }

  /// Hops from the nearest usual start value (32, 64, 128, 255) above the TTL; nil when that is too far to be a path.
  static func hops(_ ttl: UInt8) -> Int? {
    let start = [32, 64, 128, 255].first { $0 >= Int(ttl) } ?? 255
    let hops = start - Int(ttl)
    return hops > 0 && hops <= 40 ? hops : nil
  }
}
