import Evidence

/// Calls over a transport that no network carries, and records that are cut off.
extension Deducer {
  private var localCalls: [Event] { calls.filter { $0.source.host.isLocal } }

  func localTransport() -> [Deduction] {
    let local = localCalls
    guard !local.isEmpty else { return [] }
    var deductions = [
      Deduction(
        "The caller used a local transport: a process of the host itself, with no network source. There is nothing to block",
        .certain, cite(local))
    ]
    deductions += endpoints(local)
    let unsets = local.filter { $0.rpc?.procedureName == "unset" }
    guard !unsets.isEmpty else { return deductions }
    deductions.append(
      Deduction(
        "UNSET takes a service out of the portmapper's table; a service that starts does that before it registers anew",
        .likely, cite(unsets)))
    deductions.append(
      Deduction(
        "A `showmount -e` asks mountd for a list and unsets nothing: as its trace this would be unusual", .possible,
        cite(unsets)))
    deductions.append(
      Deduction(
        "A request that the portmapper forwarded for somebody outside is unlikely: forwarded calls go to other services, and "
          + "arrive by a network transport", .likely, cite(unsets)))
    return deductions
  }

  /// A local endpoint as the portmapper prints it: `loopback(\000\000\024\036)` is 0x0000141E.
  private struct LocalEndpoint {
    var event: Event
    var bytes: [UInt8]
    /// The last byte was a blank that the text lost.
    var lostBlank = false
    var number: UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
    var notation: String {
      let digits = String(number, radix: 16, uppercase: true)
      return "0x" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
  }

  private func endpoints(_ local: [Event]) -> [Deduction] {
    var endpoints = local.compactMap { event -> LocalEndpoint? in
      guard case .local(let text) = event.source.host, let bytes = LocalAddress.bytes(text),
        (2...4).contains(bytes.count)
      else { return nil }
      return LocalEndpoint(event: event, bytes: bytes)
    }
    guard let width = endpoints.map(\.bytes.count).max(), width > 0 else { return [] }
    // A blank is printed as itself, and is the byte that a wrapped or trimmed line loses.
    for index in endpoints.indices where endpoints[index].bytes.count == width - 1 {
      endpoints[index].bytes.append(0x20)
      endpoints[index].lostBlank = true
    }
    endpoints.removeAll { $0.bytes.count != width }
    endpoints.sort { $0.number < $1.number }
    var deductions: [Deduction] = []
    let whole = endpoints.filter { !$0.lostBlank }
    let names = Set(whole.map(\.notation)).sorted()
    deductions.append(
      Deduction(
        "The caller's local address" + (names.count == 1 ? " is endpoint " : "es are endpoints ") + listed(names),
        .certain, cite(whole.map(\.event))))
    let isRun = zip(endpoints, endpoints.dropFirst()).allSatisfy { $1.number == $0.number &+ 1 } && endpoints.count > 1
    if isRun {
      if let lost = endpoints.first(where: \.lostBlank) {
        deductions.append(
          Deduction(
            "The address that is a byte short is \(lost.notation): its last byte is a blank, which is printed as itself and "
              + "got lost; with it the endpoints follow each other", .likely, [lost.event.citation]))
      }
      deductions.append(
        Deduction(
          "Consecutive endpoints (\(endpoints.map(\.notation).joined(separator: ", "))): one process made "
            + "\(endpoints.count) calls, such as a service that registers anew", .likely, cite(endpoints.map(\.event))))
    }
    return deductions
  }

  func incompleteRecords() -> [Deduction] {
    let cut = events.filter { $0.action == .incomplete }
    let allowed = calls.filter { $0.view == .host && $0.outcome == .allowed }
    var deductions: [Deduction] = []
    for record in cut.prefix(Deducer.cutCap) {
      deductions.append(
        Deduction(
          "The record is cut off after \"\(record.detail.notation)\"; it is kept as incomplete", .certain,
          [record.citation]))
      let neighbour = allowed.first {
        $0.time == record.time && $0.observer == record.observer && $0.target.host == record.target.host
      }
      guard let neighbour, let rpc = neighbour.rpc else { continue }
      // Of the programs that print a local caller so, refusals begin with the word; of others they end with it.
      let refusalsLead = neighbour.source.host.notation.hasPrefix("loopback(")
      deductions.append(
        Deduction(
          "Its wording is that of the call to \(rpc.procedureName.notation)() logged in the same second"
            + (refusalsLead ? "; a refused call of this program would begin with \"refused\"" : ""), .possible,
          [record.citation, neighbour.citation]))
    }
    return deductions
  }

  /// More cut records are told by these.
  private static let cutCap = 6
}

/// `loopback(\000\000\346\365)`: the bytes between the parentheses, octal notation undone.
enum LocalAddress {
  static func bytes(_ text: Bytes) -> [UInt8]? {
    let array = text.array
    guard let open = array.firstIndex(of: 0x28), let close = array.lastIndex(of: 0x29), open < close else { return nil }
    var bytes: [UInt8] = []
    var rest = array[(open + 1)..<close]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == 0x5c, digits.count == 3, digits.allSatisfy({ $0 >= 0x30 && $0 < 0x38 }) {
        bytes.append(UInt8(truncatingIfNeeded: digits.reduce(0) { $0 << 3 | UInt16($1 - 0x30) }))
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return bytes
  }
}
