import Evidence

/// Lines that are no records of a sensor: tables of `rpcinfo`, nmap's normal output, scripts and `uname`, and prose.
struct ReportReader: Sendable {
  let programs: ProgramTable

  /// Which report the lines before this one began.
  private enum Context {
    case none
    /// `rpcinfo -p` (or the long form with universal addresses), of a host if one is named.
    case rpcinfo(host: Bytes, hasAddresses: Bool, table: TableState)
    case nmap(host: Bytes, address: IPAddress?)
  }
  /// How much of a table of rpcinfo there is: `grep` prints rows without their head, and people cut rows out.
  private enum TableState { case headless, whole, cut }
  /// The day that nmap's first line gave.
  private var nmapDay: Day?
  private var context = Context.none
  /// `SunOS name 5.6 Generic` whose machine stands in the next line.
  private var unfinishedHost: HostFact?

  init(programs: ProgramTable) { self.programs = programs }

  /// No line of a report is longer.
  private static let lengthCap = 512
  private static let headMark = Array("# Nmap ".utf8)

  mutating func push(_ line: RawSpan, _ place: Provenance, into intake: inout Intake) {
    var line = line
    // The head of `-oN` ends with the command line, however long that is; the day stands before it.
    if line.byteCount > ReportReader.lengthCap, line.hasBytes(ReportReader.headMark, at: 0) {
      line = line.slice(0..<ReportReader.lengthCap)
    }
    let kind = line.byteCount <= ReportReader.lengthCap ? read(line, place, into: &intake) : nil
    intake.tally.note(kind ?? .prose)
    if kind == nil { intake.tally.unconcerned += 1 } else { intake.tally.understood += 1 }
  }

  mutating func finish(into intake: inout Intake) {
    if let fact = unfinishedHost { intake.hostFacts.append(fact) }
    unfinishedHost = nil
    context = .none
    nmapDay = nil
  }

  private mutating func read(_ line: RawSpan, _ place: Provenance, into intake: inout Intake) -> RecordKind? {
    let words = Words(line)
    let text = Bytes(line)
    let citation = { Citation(place, text: text) }
    if finishHost(with: words, place, into: &intake) { return .uname }
    guard let first = words.first else {
      // A blank line ends a table; nmap puts them between its parts.
      if case .rpcinfo = context { context = .none }
      return nil
    }
    if let rows = rpcinfoRow(words, citation) {
      intake.exposures.append(contentsOf: rows)
      return .rpcinfo
    }
    if beginsRpcinfo(words) { return .rpcinfo }
    if let kind = nmap(line, words, citation, into: &intake) { return kind }
    if let fact = uname(words, citation) {
      if fact.machine.isEmpty { unfinishedHost = fact } else { intake.hostFacts.append(fact) }
      return .uname
    }
    if let mention = mention(line, words, citation) {
      intake.mentions.append(mention)
      return .script
    }
    if isProgramTable(first, words) { return .programTable }
    if case .rpcinfo(let host, let hasAddresses, _) = context {
      context = .rpcinfo(host: host, hasAddresses: hasAddresses, table: .cut)
    }
    return nil
  }

  // MARK: rpcinfo

  private static let transports: [Bytes: Transport] = [
    "tcp": .tcp, "udp": .udp, "tcp6": .tcp, "udp6": .udp, "local": .local, "unix": .local, "ticlts": .local,
    "ticots": .local, "ticotsord": .local, "loopback": .local,
  ]

  /// `program vers proto port`, `program version netid address service owner`, or the command that prints them.
  private mutating func beginsRpcinfo(_ words: Words) -> Bool {
    if words.starts(with: ["program", "vers", "proto", "port"]) {
      var host: Bytes = ""
      if case .rpcinfo(let known, _, _) = context { host = known }
      context = .rpcinfo(host: host, hasAddresses: false, table: .whole)
      return true
    }
    if words.starts(with: ["program", "version", "netid", "address"]) {
      var host: Bytes = ""
      if case .rpcinfo(let known, _, _) = context { host = known }
      context = .rpcinfo(host: host, hasAddresses: true, table: .whole)
      return true
    }
    guard let command = words.list.firstIndex(of: "rpcinfo"), command <= 3 else { return false }
    let prompt = words.list[..<command]
    guard prompt.isEmpty || prompt.last.map({ [0x23, 0x24, 0x25, 0x3e].contains($0.array.last ?? 0) }) == true else {
      return false
    }
    let arguments = Array(words.list[(command + 1)...])
    // A script's line names no host; it is a mention, not a table. A sentence that begins with the command's name is
    // neither.
    guard !arguments.contains(where: { $0.array.contains(0x24) && $0.count > 1 }) else { return false }
    guard !prompt.isEmpty || arguments.count <= 1 || arguments[0].array.first == 0x2d else { return false }
    context = .rpcinfo(
      host: host(ofCommand: arguments, prompt: prompt.first), hasAddresses: false, table: .headless)
    return true
  }

  /// The host that a command asks, or else the one whose prompt it was typed at: `crash:/etc/rc2.d# rpcinfo`.
  private func host(ofCommand arguments: [Bytes], prompt: Bytes?) -> Bytes {
    let own = arguments.prefix { $0 != "|" && $0 != ">" && $0 != ">>" }
    if let asked = own.last(where: { $0.array.first != 0x2d }), own.contains(where: { $0.array.first == 0x2d }) {
      return asked
    }
    guard let prompt, let colon = prompt.array.firstIndex(of: 0x3a), colon > 0 else { return "" }
    return Bytes(Array(prompt.array[..<colon]))
  }

  /// `100002 2 tcp 32772 rusersd`, `100000 4 tcp6 ::.0.111 portmapper superuser`, and the latter without its netid.
  private func rpcinfoRow(_ words: Words, _ citation: () -> Citation) -> [Exposure]? {
    guard words.count >= 4, let program = words[0].decimal.flatMap({ UInt32(exactly: $0) }), program >= 100_000,
      words[0].count <= 10
    else { return nil }
    var host: Bytes = ""
    var hasAddresses = false
    var isOfTable = false
    if case .rpcinfo(let known, let addresses, let table) = context {
      (host, hasAddresses, isOfTable) = (known, addresses, table == .whole)
    }
    // nmap's script prints `100000  2,3,4  111/tcp  rpcbind`.
    if let slash = words[2].array.firstIndex(of: 0x2f), case .nmap(let name, let address) = context,
      let port = Bytes(Array(words[2].array[..<slash])).decimal.flatMap({ UInt16(exactly: $0) }),
      let transport = ReportReader.transports[Bytes(Array(words[2].array[(slash + 1)...]))]
    {
      let versions = words[1].array.split(separator: 0x2c).compactMap {
        Bytes(Array($0)).decimal.flatMap { UInt32(exactly: $0) }
      }
      return versions.map { version in
        var exposure = Exposure(
          report: .rpcinfo, host: name, address: address, transport: transport, port: port, program: program,
          version: version, name: words[3], citation: citation())
        exposure.day = nmapDay
        return exposure
      }
    }
    guard let version = words[1].decimal.flatMap({ UInt32(exactly: $0) }) else { return nil }
    var exposure = Exposure(report: .rpcinfo, host: host, program: program, version: version, citation: citation())
    exposure.isOfTable = isOfTable
    if let transport = ReportReader.transports[words[2]] {
      exposure.transport = transport
      exposure.name = words.count > 4 ? words[4] : ""
      if let port = words[3].decimal.flatMap({ UInt16(exactly: $0) }), transport != .local {
        exposure.port = port
      } else if transport != .local, let port = ReportReader.universalPort(words[3]) {
        exposure.port = port
      } else if transport == .local {
        exposure.localAddress = words[3]
      } else {
        return nil
      }
    } else if hasAddresses, words[2].array.contains(0x2e) {
      // The netid is missing: the address tells the transport. An inet one is four numbers and two of the port.
      if let port = ReportReader.universalPort(words[2]) {
        exposure.port = port
      } else {
        exposure.transport = .local
        exposure.localAddress = words[2]
      }
      exposure.name = words[3] == "-" ? "" : words[3]
    } else {
      return nil
    }
    return [exposure]
  }

  /// The port of `192.168.1.2.128.4` (RFC 5665, section 5.2.3.3): the last two numbers, high byte first.
  private static func universalPort(_ text: Bytes) -> UInt16? {
    let parts = text.array.split(separator: 0x2e, omittingEmptySubsequences: false)
    guard parts.count >= 3, let high = Bytes(Array(parts[parts.count - 2])).decimal, high <= 255,
      let low = Bytes(Array(parts[parts.count - 1])).decimal, low <= 255
    else { return nil }
    return UInt16(high << 8 | low)
  }

  // MARK: nmap

  private mutating func nmap(
    _ line: RawSpan, _ words: Words, _ citation: () -> Citation, into intake: inout Intake
  ) -> RecordKind? {
    if words.starts(with: ["Interesting", "ports", "on"]) || words.starts(with: ["Nmap", "scan", "report", "for"]) {
      let names = words.list[(words[0] == "Nmap" ? 4 : 3)...].map { $0.trimming([0x28, 0x29, 0x3a]) }
      let address = names.last.flatMap { IPAddress($0.notation) }
      let host = names.first.flatMap { IPAddress($0.notation) == nil ? $0 : nil } ?? ""
      context = .nmap(host: host, address: address)
      return .nmap
    }
    if let day = ReportReader.bound(words) {
      context = .none
      nmapDay = day
      return .nmap
    }
    guard case .nmap(let host, let address) = context else { return nil }
    guard let row = NmapRow(line) else {
      let isHead =
        words.first.map { $0.starts(with: "Port") || $0 == "PORT" || $0 == "|" || $0.starts(with: "|_") } ?? false
      return isHead ? .nmap : nil
    }
    if row.state.starts(with: "open") {
      var exposure = Exposure(
        report: .nmap, host: host, address: address, transport: row.transport, port: row.port, name: row.service,
        state: row.state, citation: citation())
      exposure.day = nmapDay
      intake.exposures.append(exposure)
    } else if let state = ShutPorts.State(rawValue: row.state.notation) {
      intake.note(
        ShutPorts(
          host: host, address: address, transport: row.transport, ports: row.port...row.port, state: state,
          day: nmapDay, citation: citation()))
    }
    return .nmap
  }

  /// Whether a line begins or ends a report, and the day that it begins one of.
  private static func bound(_ words: Words) -> Day?? {
    if words.starts(with: ["Starting", "nmap"]) || words.starts(with: ["Starting", "Nmap"]) {
      return .some(day(ofStart: words))
    }
    if words.starts(with: ["Nmap", "run", "completed"]) || words.starts(with: ["Nmap", "done:"]) { return .some(nil) }
    guard words.count > 3, words[0] == "#", words[1].lowercased == "nmap" else { return nil }
    if words.starts(with: ["#", words[1], "run", "completed"]) || words.starts(with: ["#", words[1], "done", "at"]) {
      return .some(nil)
    }
    return words[3] == "scan" ? .some(day(ofHead: words)) : nil
  }

  /// `# Nmap 7.94 scan initiated Fri Mar  1 00:10:00 2024 as: ...`, of `-oN`: C's asctime, in the scanner's own zone.
  private static func day(ofHead words: Words) -> Day? {
    guard words.count > 9, words[4] == "initiated", let month = months.firstIndex(of: words[6]),
      let day = words[7].decimal.flatMap({ Int(exactly: $0) }),
      let year = words[9].decimal.flatMap({ UInt16(exactly: $0) })
    else { return nil }
    return Day(year: Int(year), month: month + 1, day: day)
  }
  private static let months: [Bytes] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// `Starting Nmap 7.93 ( https://nmap.org ) at 2026-11-23 12:04 UTC`: the day as the scanner's own zone has it.
  private static func day(ofStart words: Words) -> Day? {
    guard let at = words.list.lastIndex(of: "at"), at + 1 < words.count else { return nil }
    return Day(words[at + 1].notation)
  }

  // MARK: uname, scripts, tables

  /// Takes the machine of a wrapped `uname` line from the next; false when that line is something else.
  private mutating func finishHost(with words: Words, _ place: Provenance, into intake: inout Intake) -> Bool {
    guard var fact = unfinishedHost else { return false }
    unfinishedHost = nil
    guard let machine = words.first, isMachine(machine) else {
      intake.hostFacts.append(fact)
      return false
    }
    fact.machine = machine
    let text = fact.citation.text.array + [0x20] + Array(words.list.map(\.array).joined(separator: [0x20]))
    fact.citation = Citation(fact.citation.provenance, text: Bytes(text))
    if case .lines(let first, _) = fact.citation.provenance.place {
      fact.citation.provenance.place = .lines(first: first, last: place.ordinal)
    }
    intake.hostFacts.append(fact)
    return true
  }

  /// What `uname -m` prints: `sun4m`, `i86pc`, `i686`, `x86_64`, `IP22`, `alpha`.
  private func isMachine(_ word: Bytes) -> Bool {
    let prefixes: [Bytes] = [
      "sun", "i86", "i386", "i486", "i586", "i686", "x86_64", "amd64", "IP", "alpha", "ppc", "sparc", "9000/",
      "aarch64", "arm",
    ]
    return prefixes.contains { word.starts(with: $0) }
  }

  /// `SunOS paganini 5.6 Generic_105181-03 sun4m sparc`, `Linux host 6.1.0 ...`.
  private func uname(_ words: Words, _ citation: () -> Citation) -> HostFact? {
    guard words.count >= 4,
      ["SunOS", "Linux", "IRIX", "IRIX64", "HP-UX", "AIX", "FreeBSD", "OpenBSD", "NetBSD"].contains(words[0]),
      words[2].array.first?.isDigit == true, words[2].array.contains(0x2e), isKernelVersion(words[3], of: words[0])
    else { return nil }
    return HostFact(
      host: words[1], system: words[0], release: words[2], version: words[3], machine: words.count > 4 ? words[4] : "",
      citation: citation())
  }

  /// `Generic_105181-03`, `#1`, `04191225`, `GENERIC.MP#1397`, or the system's name again; a sentence goes on with a word.
  private func isKernelVersion(_ word: Bytes, of system: Bytes) -> Bool {
    word == system || word.starts(with: "Generic") || word.array.contains { $0.isDigit || $0 == 0x23 }
  }

  /// `AUTOFSD=100099`, or `rpcinfo -p $1 >> file`.
  private func mention(_ line: RawSpan, _ words: Words, _ citation: () -> Citation) -> Mention? {
    if words[0] == "rpcinfo", words.count > 2, words.list.contains(where: { $0.array.first == 0x24 }) {
      return Mention(.dumpCommand, citation())
    }
    guard words.count == 1, let equals = line.firstIndex(of: 0x3d), equals > 0,
      let number = line.slice((equals + 1)..<line.byteCount).decimal.flatMap({ UInt32(exactly: $0) }),
      programs[number] != nil, number != ProgramTable.portmapper
    else { return nil }
    return Mention(.program(number: number, label: Bytes(line.slice(0..<equals))), citation())
  }

  /// `autofsd 100099 autofsd`: a line of a table of programs, which tells nothing about any host.
  private func isProgramTable(_ first: Bytes, _ words: Words) -> Bool {
    guard words.count >= 2, words.count <= 6, let number = words[1].decimal, number >= 100_000,
      number <= UInt64(UInt32.max)
    else { return false }
    return first.array.allSatisfy { $0.isASCIILetter || $0.isDigit || [0x5f, 0x2d, 0x2e].contains($0) }
  }
}

/// A row of nmap's port table: `111/tcp open rpcbind`, `111 open tcp sunrpc` of 1999, or its columns run together.
private struct NmapRow {
  var port: UInt16
  var transport: Transport
  var state: Bytes
  var service: Bytes

  private static let states: [Bytes] = ["open|filtered", "open", "filtered", "unfiltered", "closed"]

  init?(_ line: RawSpan) {
    var index = 0
    func blanks() { while index < line.byteCount, line.byte(index).isBlank { index += 1 } }
    func word(_ choices: [Bytes]) -> Bytes? {
      guard let found = choices.first(where: { line.hasBytes($0.array, at: index) }) else { return nil }
      index += found.count
      return found
    }
    blanks()
    guard let value = number(line, &index, digits: 1...5), let port = UInt16(exactly: value) else { return nil }
    var transport: Transport?
    if index < line.byteCount, line.byte(index) == 0x2f {
      index += 1
      guard let name = word(["tcp", "udp"]) else { return nil }
      transport = Transport(rawValue: name.notation)
    }
    blanks()
    guard let state = word(NmapRow.states) else { return nil }
    blanks()
    if transport == nil { transport = word(["tcp", "udp"]).flatMap { Transport(rawValue: $0.notation) } }
    guard let transport else { return nil }
    blanks()
    var end = index
    while end < line.byteCount, !line.byte(end).isBlank { end += 1 }
    self.port = port
    self.transport = transport
    self.state = state
    service = Bytes(line.slice(index..<end))
  }
}

/// A line's words.
private struct Words {
  let list: [Bytes]

  init(_ line: RawSpan) {
    var list: [Bytes] = []
    var index = 0
    while index < line.byteCount, list.count < 32 {
      while index < line.byteCount, line.byte(index).isBlank { index += 1 }
      let start = index
      while index < line.byteCount, !line.byte(index).isBlank { index += 1 }
      if index > start { list.append(Bytes(line.slice(start..<index))) }
    }
    // nmap's script output stands behind a bar.
    if list.count > 1, list[0] == "|" || list[0] == "|_" { list.removeFirst() }
    self.list = list
  }

  var first: Bytes? { list.first }
  var count: Int { list.count }
  subscript(index: Int) -> Bytes { list[index] }
  func starts(with words: [Bytes]) -> Bool { list.starts(with: words) }
}

extension Bytes {
  var decimal: UInt64? { array.rawSpan.decimal }
  fileprivate func starts(with prefix: Bytes) -> Bool { array.starts(with: prefix.array) }
  fileprivate func trimming(_ bytes: Set<UInt8>) -> Bytes {
    var slice = array[...]
    while let first = slice.first, bytes.contains(first) { slice.removeFirst() }
    while let last = slice.last, bytes.contains(last) { slice.removeLast() }
    return Bytes(Array(slice))
  }
}
