import Evidence

/// What a trace's hexadecimal dump tells against its text: whether somebody changed it.
extension Deducer {
  func trace() -> [Deduction] {
    let checks = events.compactMap(\.conversation).flatMap(\.hexChecks)
    guard !checks.isEmpty else { return [] }
    return addresses(checks) + checksums(checks) + cut(checks)
  }

  private func addresses(_ checks: [HexCheck]) -> [Deduction] {
    let differing = checks.filter { $0.textTarget != .address($0.hexTarget) || $0.textSource != .address($0.hexSource) }
    guard let first = differing.first else { return [] }
    var deductions: [Deduction] = []
    let ends = first.textTarget != .address(first.hexTarget) ? "destinations" : "sources"
    let pairs = differing.map { check in
      ends == "destinations"
        ? "\(check.textTarget.notation) in the text, \(check.hexTarget) in the dump"
        : "\(check.textSource.notation) in the text, \(check.hexSource) in the dump"
    }
    deductions.append(
      Deduction("Text and dump name different \(ends): \(listed(pairs, limit: 3))", .certain, differing.map(\.citation))
    )
    if ends == "destinations", differing.allSatisfy({ Deducer.isTypedDecimal($0.textTarget.address, $0.hexTarget) }) {
      deductions.append(
        Deduction(
          "The first number differs as if a decimal number had been typed into the dump as hexadecimal: an edit by hand",
          .likely,
          differing.map(\.citation)))
    }
    return deductions
  }

  /// 10 in the text, 0x10 = 16 in the dump.
  private static func isTypedDecimal(_ text: IPAddress?, _ hex: IPAddress) -> Bool {
    guard let text, text.isV4, hex.isV4, text.v4 & 0x00ff_ffff == hex.v4 & 0x00ff_ffff else { return false }
    return String(text.v4 >> 24, radix: 10) == String(hex.v4 >> 24, radix: 16)
  }

  /// One constant difference in every checksum means that only what all of them cover was changed: the addresses.
  private func checksums(_ checks: [HexCheck]) -> [Deduction] {
    let headers = checks.compactMap(\.ipChecksumDifference)
    guard headers.count == checks.count, let difference = headers.first, difference != 0,
      headers.allSatisfy({ $0 == difference })
    else { return [] }
    let segments = checks.compactMap(\.tcpChecksumDifference)
    let citations = checks.map(\.citation)
    guard segments.count == checks.count, segments.allSatisfy({ $0 == difference }) else {
      return [
        Deduction(
          "Stored minus computed IP header checksum is \(difference) (modulo 65535) in \(counted(checks.count, "packet", "packets")): "
            + "the headers were changed after they were sent", .likely, citations)
      ]
    }
    let assumed =
      checks.contains(where: \.tcpTailAssumed)
      ? ", with the part of the options that the dump does not hold read as echo reply 0, NOP and window scale" : ""
    return [
      Deduction(
        "Stored minus computed checksum is \(difference) (modulo 65535) in the IP header and in the TCP segment of each of the "
          + "\(counted(checks.count, "packet", "packets"))\(assumed): only the addresses were rewritten, the rest is intact. A "
          + "sanitised trace", .likely, citations)
    ]
  }

  private func cut(_ checks: [HexCheck]) -> [Deduction] {
    guard let first = checks.first(where: { $0.captured < $0.total }) else { return [] }
    return [
      Deduction(
        "The dump holds \(first.captured) of \(first.total) bytes of a packet: the capture's snapshot length, no error",
        .certain,
        checks.filter { $0.captured < $0.total }.map(\.citation))
    ]
  }
}
