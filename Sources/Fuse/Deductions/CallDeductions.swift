import Evidence

/// What RPC calls on the wire show beside who called what: signs of an attack, what a service gave away, and where the
/// wire shows no more.
extension Deducer {
  private var wireCalls: [Event] { calls.filter { $0.view == .network } }
  private var detailedCalls: [Event] { wireCalls.filter { $0.rpc?.hasDetails == true } }

  // MARK: Signs of an attack

  func signs() -> [Deduction] {
    let odd = detailedCalls.filter { $0.rpc?.traits.isEmpty == false }
    let byKind = Dictionary(grouping: odd) { sign($0) }
    return byKind.sorted { $0.key < $1.key }.map { Deduction($0.key, .certain, cite($0.value)) } + aftermath(odd)
  }

  /// What one call has in it, in words.
  private func sign(_ event: Event) -> String {
    guard let rpc = event.rpc else { return "" }
    let words = rpc.traits.names.compactMap { Deducer.words[$0] }
    let length = rpc.details.longest.map { $0 > 64 ? " (its longest string: \($0) bytes)" : "" } ?? ""
    let name = rpc.program.map { settings.programs.name(of: $0) } ?? "a program"
    let procedure =
      rpc.procedureName.isEmpty ? "procedure \(rpc.procedure ?? 0)" : rpc.procedureName.notation
    return "The call of \(name)'s \(procedure) has \(listed(words))\(length)"
  }

  private static let words = [
    "oversized-string": "a string longer than such a service is sent",
    "format-string": "printf's directives, as a format string exploit needs them",
    "nop-run": "a run of machine instructions that do nothing, as they lead to code in an overflowed buffer",
    "shell-text": "text that makes a shell run something", "path-traversal": "a path that leads out of its folder",
    "absurd-length": "a string that declares far more bytes than the message has",
    "long-credential": "a credential of more than the 400 bytes that are allowed",
    "many-groups": "more than the 16 groups that AUTH_SYS allows",
    "loopback-credential": "the credential AUTH_LOOPBACK, which only processes of the host itself use",
    "binary-name": "a name of bytes that no name is written with",
    "malformed-argument": "arguments that end before they are whole",
  ]

  /// Traits that can crash a service.
  private static let dangerous: RPCTraits = [
    .oversizedString, .formatString, .nopRun, .shellText, .absurdLength, .longCredential, .manyGroups,
    .loopbackCredential, .binaryName,
  ]

  /// What came of calls that can crash a service.
  private func aftermath(_ odd: [Event]) -> [Deduction] {
    let shots = odd.filter { $0.rpc?.traits.isDisjoint(with: Deducer.dangerous) == false }
    var deductions: [Deduction] = []
    let unanswered = shots.filter { $0.outcome == .unanswered || $0.outcome == .reset }
    let broken = unanswered.filter { $0.transport == .tcp && $0.conversation?.close.isByResponder == true }
    if !broken.isEmpty {
      deductions.append(
        Deduction(
          "No reply came, and the host closed the connection: the service may have died of the call", .possible,
          cite(broken)))
    }
    for shot in unanswered.prefix(8) {
      guard let after = events.first(where: { isClosed($0, after: shot) }) else { continue }
      deductions.append(
        Deduction(
          "No reply came, and afterwards the port \(shot.target.port.map { String($0) } ?? "") was closed: the service "
            + "was gone", .likely, [shot.citation, after.citation]))
    }
    let answered = shots.filter {
      $0.outcome == .answered || $0.outcome == .rejected || $0.outcome == .empty
        || $0.rpc?.resultStatus.isEmpty == false
    }
    if !answered.isEmpty {
      deductions.append(
        Deduction(
          "The service answered \(answered.count == 1 ? "the call" : "\(answered.count) of these calls"): it still ran "
            + "then. Whether the call had its effect the answer does not tell", .certain, cite(answered)))
    }
    return deductions
  }

  private func isClosed(_ event: Event, after shot: Event) -> Bool {
    event.target == shot.target && event.transport == shot.transport && event.outcome == .reset
      && shot.time < event.time && event.time.isDated == shot.time.isDated
  }

  // MARK: What was given away

  func disclosures() -> [Deduction] { exports() + handles() + withheld() + indirectResults() + amplification() }

  private func exports() -> [Deduction] {
    let lists = wireCalls.filter {
      $0.rpc?.program == ProgramTable.mountd && ($0.rpc?.resultEntries ?? 0) > 0 && $0.outcome == .answered
    }
    let contested = contested
    return lists.prefix(4).map { event in
      let entries = event.rpc?.resultEntries ?? 0
      let paths = event.rpc?.details.resultText.notation ?? ""
      let told =
        event.rpc?.procedureName == "dump"
        ? "mountd told who has mounted what: \(counted(entries, "entry", "entries"))"
        : "The export list was disclosed: \(counted(entries, "export", "exports"))"
          + (paths.isEmpty ? "" : ", \(paths)")
      return Deduction(byWire(told, [event], contested), .certain, [event.citation])
    }
  }

  private func handles() -> [Deduction] {
    let mounts = wireCalls.filter { $0.rpc?.program == ProgramTable.mountd && $0.rpc?.procedureName == "mnt" }
    let contested = contested
    return Dictionary(grouping: mounts) { mount($0) }.sorted { $0.key < $1.key }.compactMap { text, events in
      text.isEmpty ? nil : Deduction(byWire(text, events, contested), .certain, cite(events))
    }
  }

  private func mount(_ event: Event) -> String {
    guard let details = event.rpc?.details else { return "" }
    let path = details.path.isEmpty ? "a path" : details.path.notation
    if details.givesHandle {
      return
        "mountd gave the caller the file handle of \(path): with it NFS can be used, as far as the server lets the caller"
    }
    if !details.resultStatus.isEmpty { return "mountd did not give \(path): \(details.resultStatus.notation)" }
    return ""
  }

  /// Calls of other services than mountd that their service answered with a status, and gave nothing.
  private func withheld() -> [Deduction] {
    let failed = detailedCalls.filter {
      $0.rpc?.program != ProgramTable.mountd && $0.outcome.isHeld && $0.rpc?.resultStatus.isEmpty == false
    }
    let byService = Dictionary(grouping: failed) { $0.rpc?.program ?? 0 }
    return byService.sorted { $0.key < $1.key }.map { program, events in
      let statuses = Set(events.compactMap { $0.rpc?.resultStatus }).sorted().map(\.notation)
      let calls = events.reduce(0) { $0 + $1.count }
      return Deduction(
        "\(settings.programs.name(of: program)) did not give or do what \(counted(calls, "call", "calls")) asked: "
          + listed(statuses, limit: 4), .certain, cite(events))
    }
  }

  private func indirectResults() -> [Deduction] {
    detailedCalls.filter { $0.rpc?.details.inner != nil }.prefix(4).compactMap { event in
      guard let inner = event.rpc?.details.inner else { return nil }
      let answer =
        inner.resultLength.map { "; the answer to it had \($0) bytes, so it was forwarded" } ?? ""
      return Deduction(
        "The call to forward is of \(settings.programs.name(of: inner.program)) version \(inner.version) procedure "
          + "\(inner.procedure), with \(counted(Int(inner.argumentLength), "byte", "bytes")) of argument\(answer)",
        .certain, [event.citation])
    }
  }

  /// Answers this many times as large as the questions, in this number, are of use to who forges a source.
  private static let amplification = (factor: 5, answers: 20)

  private func amplification() -> [Deduction] {
    let large = wireCalls.filter { event in
      guard event.transport == .udp, let sides = event.conversation, sides.initiator.payloadBytes > 0 else {
        return false
      }
      return sides.responder.payloadBytes / sides.initiator.payloadBytes >= Deducer.amplification.factor
    }
    let answers = large.reduce(0) { $0 + $1.count }
    guard answers >= Deducer.amplification.answers else { return [] }
    return [
      Deduction(
        "\(answers) UDP questions got answers at least \(Deducer.amplification.factor) times as large: whoever "
          + "asked, the host served as a reflector. Over UDP a source is easily forged: the source may be the victim of the "
          + "answers and not who asked", .likely, cite(large))
    ]
  }

  // MARK: Who called

  func callers() -> [Deduction] {
    let claimed = wireCalls.filter { $0.rpc?.caller != nil }
    var deductions: [Deduction] = []
    let names = Set(claimed.compactMap { $0.rpc?.caller?.machineName }).filter { !$0.isEmpty }.sorted()
    if names.count > 1 {
      deductions.append(
        Deduction(
          "The caller gives itself the names of several machines (AUTH_SYS): \(listed(names.map(\.notation), limit: 4)). One "
            + "machine has one name, unless it shares its address with others", .possible, cite(claimed)))
    }
    let roots = claimed.filter { $0.rpc?.caller?.userID == 0 && $0.rpc?.procedure != 0 }
    if !roots.isEmpty {
      let root = names.count == 1 ? " on \(names[0].notation)" : ""
      deductions.append(
        Deduction(
          "The caller says to be root (uid 0)\(root) by AUTH_SYS, which is the caller's word alone", .certain,
          cite(roots))
      )
    }
    return deductions + told()
  }

  /// Ports that a portmapper had told.
  private func told() -> [Deduction] {
    events.filter { $0.rpc?.details.told != nil }.prefix(6).compactMap { event in
      guard let told = event.rpc?.details.told, let port = event.target.port else { return nil }
      return Deduction(
        "The portmapper had told the caller that \(settings.programs.name(of: told.program)) listens at "
          + "\((event.transport ?? .tcp).rawValue) port \(port)", .certain, [told.citation, event.citation])
    }
  }

  // MARK: Where the wire shows no more

  func encryption() -> [Deduction] {
    let byKind = Dictionary(grouping: detailedCalls.filter { $0.rpc?.details.protection != nil }) {
      $0.rpc?.details.protection ?? .integrity
    }
    return byKind.sorted { $0.key.rawValue < $1.key.rawValue }.compactMap { protection, events in
      switch protection {
      case .tls:
        Deduction(
          "The server agreed to RPC over TLS (RFC 9289): encrypted from here, and the calls that follow are not counted",
          .certain, cite(events))
      case .privacy:
        Deduction(
          "Encrypted from here: RPCSEC_GSS hides arguments and results (privacy); programs and procedures are in the clear",
          .certain, cite(events))
      case .integrity: nil
      }
    }
  }
}

extension Conversation.Close {
  fileprivate var isByResponder: Bool {
    switch self {
    case .reset(.responder), .graceful(.responder): true
    default: false
    }
  }
}
