import Evidence

/// What calls to the portmapper were for.
extension Deducer {
  private var portmapperCalls: [Event] { calls.filter { $0.rpc?.program == ProgramTable.portmapper } }

  /// DUMP, and procedures that a log gives by number.
  func portmapper() -> [Deduction] {
    var deductions: [Deduction] = []
    let dumps = distinctCalls.filter { $0.rpc?.program == ProgramTable.portmapper && $0.rpc?.procedureName == "dump" }
    if !dumps.isEmpty {
      deductions.append(
        Deduction(
          "DUMP asks the portmapper for its whole table, as `rpcinfo -p` does: reconnaissance, no exploit by itself",
          .likely, cite(dumps)))
      let contested = contested
      let refused = dumps.filter { $0.outcome == .refused && !contested.contains($0.citation) }
      if refused.count == dumps.count {
        deductions.append(
          Deduction(
            "The portmapper refused " + (dumps.count == 1 ? "the call" : "each of the \(dumps.count) calls")
              + ": its table was not disclosed by " + (dumps.count == 1 ? "it" : "them"), .certain, cite(refused)))
      }
      let disclosed = portmapperCalls.filter {
        $0.view == .network && $0.rpc?.procedureName == "dump" && ($0.rpc?.resultEntries ?? 0) > 0
      }
      if let entries = disclosed.compactMap({ $0.rpc?.resultEntries }).max() {
        deductions.append(
          Deduction(
            byWire(
              "The table\(owners(disclosed)) was disclosed: a DUMP was answered with "
                + counted(entries, "entry", "entries"), disclosed, contested),
            .certain, cite(disclosed)))
      }
    }
    let numbered = portmapperCalls.filter {
      $0.view == .host && $0.rpc?.procedureName.isEmpty == true && $0.rpc?.procedure == 3
    }
    if !numbered.isEmpty {
      deductions.append(
        Deduction(
          "Program 100000 procedure 3 is the portmapper's GETPORT (in version 2; GETADDR in versions 3 and 4, and the record "
            + "does not say the version). Which program was asked for is unknown", .certain, cite(numbered)))
    }
    let changes = portmapperCalls.filter {
      ($0.rpc?.procedureName == "set" || $0.rpc?.procedureName == "unset") && !$0.source.host.isLocal
    }
    if !changes.isEmpty {
      deductions.append(
        Deduction(
          "SET and UNSET change the portmapper's table; no honest client of another host calls them", .likely,
          cite(changes)))
    }
    return deductions
  }

  /// Whose they are, where the incident has several targets.
  private func owners(_ calls: [Event]) -> String {
    let hosts = Set(calls.map(\.target.host.notation)).sorted()
    return incident.targets.count > 1 ? " of " + listed(hosts, limit: 3) : ""
  }

  /// Look-ups of programs by number.
  func lookups() -> [Deduction] {
    let lookups = portmapperCalls.filter { $0.rpc?.procedureName == "getport" }
    var deductions: [Deduction] = []
    let asked = Dictionary(grouping: lookups.filter { $0.rpc?.argumentProgram != nil }) { $0.rpc?.argumentProgram ?? 0 }
    guard asked.count <= Deducer.aimed else { return [enumeration(asked)] + remnants(lookups) }
    for (number, events) in asked.sorted(by: { $0.key < $1.key }) {
      // Asking the portmapper for itself is how rpcinfo begins.
      if number == ProgramTable.portmapper { continue }
      if let program = settings.programs[number], !program.risk.isEmpty {
        let references = program.references.isEmpty ? "" : " (" + program.references.joined(separator: ", ") + ")"
        // What every client asks, and the host allowed, shows no aim.
        let isOrdinary =
          !program.harmlessReading.isEmpty && events.allSatisfy { [.allowed, .answered].contains($0.outcome) }
        deductions.append(
          isOrdinary
            ? Deduction("It may be harmless: \(program.harmlessReading)", .possible, cite(events))
            : Deduction(
              "\(number) is \(program.name): \(program.risk)\(references). Asking for it is a targeted look-up, not a blind one",
              .likely, cite(events)))
        if let scanner = scanner(naming: number) {
          deductions.append(
            Deduction(
              "A scanner quoted in the evidence names \(program.name) too, but it asks DUMP: it does not explain this look-up",
              .likely, [scanner]))
        }
      } else if number > 0, number < 100_000 {
        deductions.append(
          Deduction("\(number) is no registered RPC program", .certain, cite(events)))
        // Four digits that lack two of a program's six.
        guard number >= 1000, number < 10_000,
          (0..<100).contains(where: { settings.programs[number * 100 + $0] != nil })
        else { continue }
        deductions.append(
          Deduction(
            "\(number) may be what is left of a longer number \(number)xx; nothing in the record says which, so it is "
              + "counted apart", .possible, cite(events)))
      }
    }
    return deductions + remnants(lookups)
  }

  /// Who asks for more programs than these means none of them: a client needs two or three.
  private static let aimed = 8

  /// Look-ups of one program after the other.
  private func enumeration(_ asked: [UInt32: [Event]]) -> Deduction {
    let risky = asked.keys.sorted().compactMap { settings.programs[$0] }.filter { !$0.risk.isEmpty }.map(\.name)
    let known = risky.isEmpty ? "" : "; among them \(listed(risky)), which attackers want"
    return Deduction(
      "\(asked.count) different programs are asked for: a list that is gone through, and no aim at one of them\(known)",
      .likely, cite(asked.sorted { $0.key < $1.key }.compactMap(\.value.first)))
  }

  /// The line of a script that names the program, if the evidence also has the script's DUMP.
  private func scanner(naming number: UInt32) -> Citation? {
    guard context.mentions.contains(where: { $0.kind == .dumpCommand }) else { return nil }
    return context.mentions.first {
      if case .program(number, _) = $0.kind { true } else { false }
    }?.citation
  }

  /// One source asks a number and the start of that number.
  private func remnants(_ lookups: [Event]) -> [Deduction] {
    func digits(_ argument: Bytes) -> [UInt8] { Array(argument.array.prefix { $0.isDigit }) }
    let byArgument = Dictionary(grouping: lookups) { $0.rpc?.argument ?? "" }
    // A remnant stands among few look-ups; a source that asks for everything shows nothing of the kind.
    let arguments = byArgument.keys.filter { digits($0).count >= 3 }.sorted()
    guard arguments.count <= 16 else { return [] }
    for short in arguments {
      for long in arguments where digits(long).count > digits(short).count && digits(long).starts(with: digits(short)) {
        guard let pair = Deducer.close(byArgument[short] ?? [], byArgument[long] ?? []) else { continue }
        let apart = abs(pair.1.time.timestamp.seconds(since: pair.0.time.timestamp))
        return [
          Deduction(
            "The same source asks \(short.notation) and \(long.notation) within \(duration(apart)): the shorter may be a "
              + "remnant of the longer", .possible, [pair.0.citation, pair.1.citation])
        ]
      }
    }
    return []
  }

  /// Look-ups further apart than this have nothing to do with each other, in seconds.
  private static let remnantGap = 60.0

  /// The first of one list and the first of the other that is close to it. Both lists are in the order of time.
  private static func close(_ left: [Event], _ right: [Event]) -> (Event, Event)? {
    var other = 0
    for one in left {
      while other < right.count, right[other].time < one.time, !isClose(one, right[other]) { other += 1 }
      if other < right.count, isClose(one, right[other]) { return (one, right[other]) }
    }
    return nil
  }

  private static func isClose(_ one: Event, _ other: Event) -> Bool {
    one.time.isDated == other.time.isDated
      && abs(one.time.timestamp.seconds(since: other.time.timestamp)) <= remnantGap
  }

  /// Arguments that are no number and no name.
  func garbledArguments() -> [Deduction] {
    var deductions: [Deduction] = []
    let odd = portmapperCalls.filter { $0.rpc?.argumentForm == .garbled && $0.view == .host }
    if !odd.isEmpty {
      deductions.append(
        Deduction(
          "The odd characters did not come over the wire: the argument of a look-up is a 32-bit number there. They are the "
            + "logging program's own memory", .likely, cite(odd)))
      let binary = odd.filter { event in
        event.rpc?.argument.array.contains { $0 == 0x5e || $0 < 0x20 || $0 > 0x7e } ?? false
      }
      if !binary.isEmpty {
        deductions.append(
          Deduction("A stale buffer, such as one on a SPARC's stack, would print like this", .possible, cite(binary)))
      }
      let numeric = odd.filter { $0.rpc?.argument.array.first?.isDigit == true }
      if !numeric.isEmpty {
        deductions.append(
          Deduction("The digits may be a remnant of a number that was partly overwritten", .possible, cite(numeric)))
      }
    }
    let empty = portmapperCalls.filter {
      $0.rpc?.argumentForm == .empty && $0.rpc?.procedureName == "getport" && $0.view == .host
    }
    if !empty.isEmpty {
      deductions.append(
        Deduction("A look-up without a name may be one of program 0, for which there is none", .possible, cite(empty)))
    }
    return deductions
  }

  /// CALLIT: the portmapper is asked to make the call itself.
  func indirectCalls() -> [Deduction] {
    let indirect = portmapperCalls.filter { $0.rpc?.procedureName == "callit" }
    guard !indirect.isEmpty else { return [] }
    var deductions = [
      Deduction(
        "CALLIT asks the portmapper to make the call itself: the service would see a call of its own host and not of the "
          + "caller", .certain, cite(indirect))
    ]
    for number in Set(indirect.compactMap { $0.rpc?.argumentProgram }).sorted() {
      guard let program = settings.programs[number] else { continue }
      let events = indirect.filter { $0.rpc?.argumentProgram == number }
      if !program.risk.isEmpty {
        deductions.append(Deduction("\(number) is \(program.name): \(program.risk)", .certain, cite(events)))
      }
      if !program.harmlessReading.isEmpty {
        deductions.append(Deduction("It may be harmless: \(program.harmlessReading)", .possible, cite(events)))
      }
    }
    return deductions
  }
}
