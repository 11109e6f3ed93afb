import Evidence

/// How often each port was tried, of the first ``cap`` different ones: a small flat table. It needs no secret in its hash,
/// for with so few entries the longest way is short.
struct PortTally {
  private struct Place {
    var service = UInt32.max
    var count = 0
  }
  static let cap = 256

  private var places: ContiguousArray<Place> = []
  private var count = 0

  /// - Returns: whether the port was counted before.
  mutating func note(_ transport: Transport, _ port: UInt16, count added: Int = 1) -> Bool {
    let service = PortTally.number(transport, port)
    if let place = place(of: service), places[place].service == service {
      places[place].count += added
      return true
    }
    guard count < PortTally.cap else { return false }
    if count * 2 >= places.count { grow() }
    if let place = place(of: service) { places[place] = Place(service: service, count: added) }
    count += 1
    return false
  }

  var counts: [(service: Service, probes: Int)] {
    places.filter { $0.service != UInt32.max }.map {
      (Service($0.service >> 16 == 0 ? .tcp : .udp, UInt16(truncatingIfNeeded: $0.service)), $0.count)
    }
  }

  private static func number(_ transport: Transport, _ port: UInt16) -> UInt32 {
    if case .udp = transport { UInt32(port) | 1 << 16 } else { UInt32(port) }
  }

  /// Where the service stands, or would stand.
  @inline(__always)
  private func place(of service: UInt32) -> Int? {
    guard !places.isEmpty else { return nil }
    let mask = places.count - 1
    var place = Int((service &* 0x9e37_79b1) >> 16) & mask
    while places[place].service != service, places[place].service != UInt32.max { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let old = places
    places = ContiguousArray(repeating: Place(), count: max(16, old.count * 2))
    for known in old where known.service != UInt32.max {
      if let place = place(of: known.service) { places[place] = known }
    }
  }
}
