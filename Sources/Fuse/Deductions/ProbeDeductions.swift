import Evidence

/// Tries at ports: what was looked for, and what the host did about it.
extension Deducer {
  func probes() -> [Deduction] {
    let reported = events.filter { $0.action == .probe && $0.view == .host }
    let direct = Dictionary(grouping: reported.filter { $0.target.port.map(Service.solarisPorts.contains) ?? false }) {
      Service($0.transport ?? .tcp, $0.target.port ?? 0)
    }
    var deductions: [Deduction] = []
    for (service, probes) in direct.sorted(by: { $0.key < $1.key }) {
      deductions.append(
        Deduction(
          "Port \(service.transport.rawValue.uppercased()) \(service.port) is one where Solaris puts RPC services: a direct probe, "
            + "without asking a portmapper", .likely, cite(probes)))
      if probes.allSatisfy({ $0.outcome == .unknown }) {
        deductions.append(
          Deduction(
            "What came of the attempt is not in the record, and which service listens there is not known of this host",
            .certain, cite(probes)))
      }
    }
    let claims = Dictionary(
      grouping: reported.filter { $0.detail.notation.contains("^") || $0.detail.notation.contains("M-") }
    ) {
      $0.detail
    }
    for (claim, probes) in claims.sorted(by: { $0.key < $1.key }) {
      deductions.append(
        Deduction(
          "The text before the address, \"\(claim.notation)\", is no name; it is kept as written, and the source is the address",
          .certain, cite(probes)))
    }
    return deductions
  }

  /// portsentry and its kin: the probe came first.
  func defence() -> [Deduction] {
    let responses = events.filter { $0.action == .response }
    let probes = events.filter { $0.action == .probe && $0.view == .host }
    guard !responses.isEmpty else { return [] }
    var deductions = [
      Deduction(
        "\(counted(responses.count, "record tells", "records tell")) what the host did about the source; that is defence, not attack",
        .certain, cite(responses))
    ]
    if !probes.isEmpty {
      deductions.append(
        Deduction(
          "Blocked means afterwards, and by this host: the probe itself arrived", .certain, cite(probes + responses)))
    }
    return deductions
  }
}
