public import Evidence
import Fuse

/// What reports in the evidence (nmap, rpcinfo) say of the services of hosts: whether what an incident tried was there,
/// and whether a filter stood before it.
///
/// A report speaks of its own moment and, nmap's, of the place where the scanner stood. So it only fills terms that
/// neither the configuration nor what happened in the incident decides.
public struct ReportedServices: Sendable {
  /// What a report tells of one port or program.
  private enum State: Int, Sendable {
    /// In the order of concern.
    case open, registered, closed, filtered, unlisted
  }

  private struct Row: Sendable {
    var state: State
    var transport: Transport?
    var ports: ClosedRange<UInt16>?
    var program: UInt32?
    /// The service that nmap recognised by its answer; empty where it only names the port.
    var service: Bytes = ""
    /// Nil where the report names none.
    var day: Day?
    var citation: Citation
    var report: Exposure.Report

    func covers(_ tried: Tried) -> Bool {
      switch tried {
      case .service(let service): transport == service.transport && ports?.contains(service.port) == true
      case .program(let number):
        // A log of a portmapper tells no transport: its port is 111 by either.
        program == number || number == ProgramTable.portmapper && ports?.contains(111) == true
      }
    }
  }

  private enum Tried { case service(Service), program(UInt32) }

  /// A row that speaks of something that the incident tried.
  private struct Sight {
    var host: Host
    var tried: Tried
    var row: Row
  }

  /// Where a row is looked for, so that an incident sees what may speak of it and not all that is told of its host.
  private enum Shelf: Hashable, Sendable {
    /// 256 ports of a transport, by their high byte.
    case ports(Host, Transport, UInt16)
    /// Ranges that reach over many of those.
    case wide(Host)
    case program(Host, UInt32)
    /// What tells of what use the host is.
    case role(Host)
  }

  private var rows: [Row] = []
  /// The places of rows.
  private var shelves: [Shelf: [Int]] = [:]
  /// Programs of hosts whose table of rpcinfo is whole: others were not registered.
  private var tables: [Host: (programs: Set<UInt32>, heads: [Row])] = [:]

  /// A report further from an incident than this, in days, tells nothing of it.
  private static let reach = 30
  /// Rows of one shelf beyond these are not looked at: so many reports of one host tell nothing more.
  private static let shelfCap = 4096
  /// A range over more shelves stands on one of its own.
  private static let spread: UInt16 = 8

  public init(exposures: [Exposure] = [], shut: [ShutPorts] = []) {
    for exposure in exposures {
      guard let row = ReportedServices.row(exposure) else { continue }
      add(row, exposure.host, exposure.address)
    }
    for shut in shut {
      let state: State = shut.state == .closed ? .closed : .filtered
      let row = Row(
        state: state, transport: shut.transport, ports: shut.ports, day: shut.day, citation: shut.citation,
        report: .nmap)
      add(row, shut.host, shut.address)
    }
    readTables(exposures)
  }

  public var isEmpty: Bool { rows.isEmpty }

  private mutating func add(_ row: Row, _ name: Bytes, _ address: IPAddress?) {
    for host in ReportedServices.hosts(name, address) {
      for shelf in shelves(row, host) where (shelves[shelf]?.count ?? 0) < ReportedServices.shelfCap {
        shelves[shelf, default: []].append(rows.count)
      }
    }
    rows.append(row)
  }

  private func shelves(_ row: Row, _ host: Host) -> [Shelf] {
    var found: [Shelf] = row.program.map { [.program(host, $0)] } ?? []
    if role(row) != nil { found.append(.role(host)) }
    guard let transport = row.transport, let ports = row.ports else { return found }
    let (low, high) = (ports.lowerBound >> 8, ports.upperBound >> 8)
    if high - low > ReportedServices.spread { return found + [.wide(host)] }
    return found + (low...high).map { .ports(host, transport, $0) }
  }

  /// The rows that may speak of what was tried at a host.
  private func rows(_ host: Host, _ tried: Tried) -> [Row] {
    let wanted: [Shelf] =
      switch tried {
      case .service(let service): [.ports(host, service.transport, service.port >> 8), .wide(host)]
      case .program(ProgramTable.portmapper):
        [.program(host, ProgramTable.portmapper), .ports(host, .tcp, 0), .ports(host, .udp, 0), .wide(host)]
      case .program(let number): [.program(host, number)]
      }
    return wanted.flatMap { shelves[$0] ?? [] }.map { rows[$0] }.filter { $0.covers(tried) }
  }

  private static func hosts(_ name: Bytes, _ address: IPAddress?) -> [Host] {
    let named: [Host] = name.isEmpty ? [] : [IPAddress(name.notation).map { .address($0) } ?? .name(name.lowercased)]
    return named + (address.map { [.address($0)] } ?? [])
  }

  /// Nil for what tells nothing: silence by UDP is of an open port or of a filter.
  private static func row(_ exposure: Exposure) -> Row? {
    guard exposure.transport != .local else { return nil }
    var row = Row(
      state: .registered, transport: exposure.transport, ports: exposure.port.map { $0...$0 },
      program: exposure.program, day: exposure.day, citation: exposure.citation, report: exposure.report)
    guard exposure.report == .nmap else { return row }
    guard exposure.state == "open", exposure.transport == .tcp || exposure.hasAnswered else { return nil }
    row.state = .open
    if exposure.isRecognised { row.service = exposure.name }
    return row
  }

  private mutating func readTables(_ exposures: [Exposure]) {
    var cut: Set<Host> = []
    var found: [Host: (programs: Set<UInt32>, heads: [Row])] = [:]
    for exposure in exposures where exposure.report == .rpcinfo {
      guard let program = exposure.program else { continue }
      for host in ReportedServices.hosts(exposure.host, exposure.address) {
        if !exposure.isOfTable { cut.insert(host) }
        found[host, default: ([], [])].programs.insert(program)
        // Its portmapper stands in every whole table.
        guard program == ProgramTable.portmapper, let row = ReportedServices.row(exposure),
          (found[host]?.heads.count ?? 0) < ReportedServices.shelfCap
        else { continue }
        found[host]?.heads.append(row)
      }
    }
    for (host, table) in found where !cut.contains(host) && !table.heads.isEmpty { tables[host] = table }
  }

  // MARK: What the incident tried

  /// - Parameter day: Reports of later days were not known.
  private func sights(_ incident: Incident, at day: Day?) -> (found: [Sight], isComplete: Bool, stale: Row?) {
    var found: [Sight] = []
    var isComplete = !incident.targets.isEmpty && !incident.events.contains { $0.action == .scan }
    var stale: [Row] = []
    for target in incident.targets {
      let tried = tried(target, incident)
      if tried.isEmpty { isComplete = false }
      for item in tried {
        let told = spellings(target).flatMap { rows($0, item) } + unlisted(target, item)
        let known = told.filter { row in row.day.map { $0 <= day ?? $0 } ?? true }
        if let best = nearest(known, incident) {
          found.append(Sight(host: target.host, tried: item, row: best))
        } else {
          stale += known
          isComplete = false
        }
      }
    }
    return (found, isComplete, newest(stale, incident))
  }

  /// Of reports that do not count the one to name: the nearest to the incident, and of equals the latest.
  private func newest(_ rows: [Row], _ incident: Incident) -> Row? {
    func rank(_ row: Row) -> (Int, Int, Bytes) {
      (distance(row, incident), row.day.map { -$0.number } ?? .max, row.citation.text)
    }
    return rows.min { rank($0) < rank($1) }
  }

  private func tried(_ target: Incident.Target, _ incident: Incident) -> [Tried] {
    let services = target.services.map { Tried.service($0) }
    // Of several targets nothing tells which was asked for which program.
    guard incident.targets.count == 1 else { return services }
    let isPortSeen = services.contains { if case .service(let service) = $0 { service.port == 111 } else { false } }
    return services
      + incident.programs.map(\.number).filter { $0 != ProgramTable.portmapper || !isPortSeen }.map { .program($0) }
  }

  private func spellings(_ target: Incident.Target) -> [Host] {
    var seen: Set<Host> = []
    return ([target.host] + (target.alias.map { [$0] } ?? []) + target.spellings).map { host in
      host.name.map { .name($0.lowercased) } ?? host
    }.filter { seen.insert($0).inserted }
  }

  private func unlisted(_ target: Incident.Target, _ tried: Tried) -> [Row] {
    guard case .program(let number) = tried else { return [] }
    return spellings(target).flatMap { host -> [Row] in
      guard let table = tables[host], !table.programs.contains(number) else { return [] }
      return table.heads.map { head in
        var row = head
        (row.state, row.program) = (.unlisted, number)
        return row
      }
    }
  }

  /// The report nearest in time; those without a date last, and of equals the one of most concern, then the latest.
  private func nearest(_ rows: [Row], _ incident: Incident) -> Row? {
    rows.filter { distance($0, incident) <= ReportedServices.reach }.min { precedes($0, $1, incident) }
  }

  private func precedes(_ left: Row, _ right: Row, _ incident: Incident) -> Bool {
    func rank(_ row: Row) -> (Int, Int, Int, Bytes) {
      (distance(row, incident), row.state.rawValue, row.day.map { -$0.number } ?? .max, row.citation.text)
    }
    return rank(left) < rank(right)
  }

  private func distance(_ row: Row, _ incident: Incident) -> Int {
    days(row, incident).map { abs($0) } ?? ReportedServices.reach
  }

  /// How many days the report is before (negative) or after the incident; nil when one of them has no date.
  private func days(_ row: Row, _ incident: Incident) -> Int? {
    guard let day = row.day, incident.isDated else { return nil }
    let (first, last) = (incident.first.timestamp.day, incident.last.timestamp.day)
    return day < first ? day.number - first.number : max(0, day.number - last.number)
  }
}

extension ReportedServices {
  // MARK: Terms

  /// What reports tell of the host's own defences; nil when they tell nothing.
  func system(_ incident: Incident, at day: Day?) -> Severity.Term? {
    let (found, isComplete, _) = sights(incident, at: day)
    if let sight = found.first(where: { $0.row.state == .open || $0.row.state == .registered }) {
      return term(2, sight, incident, "it was there to be called, and whether this source was let in is not shown")
    }
    guard isComplete, let sight = found.first,
      found.allSatisfy({ $0.row.state == .closed || $0.row.state == .unlisted })
    else { return nil }
    return term(4, sight, incident, "nothing was there to be reached")
  }

  /// What reports tell of the filters on the way.
  func network(_ incident: Incident, at day: Day?) -> Severity.Term? {
    let (found, isComplete, _) = sights(incident, at: day)
    if let sight = found.first(where: { $0.row.report == .nmap && [.open, .closed].contains($0.row.state) }) {
      return term(2, sight, incident, "nothing kept the scanner out, from where it stood")
    }
    guard isComplete, let sight = found.first, found.allSatisfy({ $0.row.state == .filtered }) else { return nil }
    return term(4, sight, incident, "a filter kept the scanner out, from where it stood")
  }

  /// Of what use a target is, by the services that reports list; nil when that tells no role.
  func criticality(_ incident: Incident, at day: Day?) -> Severity.Term? {
    incident.targets.flatMap { target in
      roles(target, at: day).compactMap { row -> Severity.Term? in
        guard nearest([row], incident) != nil, let role = role(row) else { return nil }
        let tried =
          row.program.map { Tried.program($0) }
          ?? row.ports.map { .service(Service(row.transport ?? .tcp, $0.lowerBound)) }
        guard let tried else { return nil }
        return term(role.value, Sight(host: target.host, tried: tried, row: row), incident, role.words)
      }
    }.min { ($1.value, $0.why) < ($0.value, $1.why) }
  }

  /// What tells of what use a target is, as far as it was known.
  private func roles(_ target: Incident.Target, at day: Day?) -> [Row] {
    spellings(target).flatMap { shelves[.role($0)] ?? [] }.map { rows[$0] }
      .filter { row in row.day.map { $0 <= day ?? $0 } ?? true }
  }

  /// A port's number makes no server, only what answered there; and a mailer runs on desktops as well.
  private func role(_ row: Row) -> (value: Int, words: String)? {
    guard row.state == .open || row.state == .registered else { return nil }
    if row.program == ReportedServices.nfs { return (4, "it serves files (NFS)") }
    return row.service == "domain" ? (5, "a name server answers there") : nil
  }

  private static let nfs: UInt32 = 100_003

  /// Why the reports that there are do not count; empty when there are none.
  func caveat(_ incident: Incident, at day: Day?) -> String {
    caveat(sights(incident, at: day).stale, incident)
  }

  /// The same of reports that tell of what use a target is.
  func roleCaveat(_ incident: Incident, at day: Day?) -> String {
    let stale = incident.targets.flatMap { roles($0, at: day) }
    return caveat(newest(stale, incident), incident)
  }

  private func caveat(_ stale: Row?, _ incident: Incident) -> String {
    guard let stale, let days = days(stale, incident) else { return "" }
    return
      "; \(name(stale)) is \(counted(abs(days), "day", "days")) \(days < 0 ? "older" : "younger") than the incident "
      + "and does not count"
  }

  // MARK: Words

  private func term(_ value: Int, _ sight: Sight, _ incident: Incident, _ meaning: String) -> Severity.Term {
    Severity.Term(
      value, "\(name(sight.row))\(moment(sight.row, incident)) \(saying(sight)): \(meaning)",
      evidence: [sight.row.citation])
  }

  private func name(_ row: Row) -> String {
    let tool = row.report == .nmap ? "nmap's report" : "rpcinfo's table"
    return tool + (row.day.map { " of \($0)" } ?? "")
  }

  private func moment(_ row: Row, _ incident: Incident) -> String {
    guard row.day != nil else { return ", which has no date," }
    guard let days = days(row, incident) else { return "" }
    if days == 0 { return ", of the same day," }
    return ", \(counted(abs(days), "day", "days")) \(days < 0 ? "before" : "after") it,"
  }

  private func saying(_ sight: Sight) -> String {
    let host = sight.host.notation
    let what =
      switch sight.tried {
      case .service(let service): "\(service.transport.rawValue)/\(service.port) of \(host)"
      case .program(let number): "program \(number) of \(host)"
      }
    return switch sight.row.state {
    case .open: "shows \(what) open"
    case .registered: "lists \(what) as registered"
    case .closed: "shows \(what) closed"
    case .filtered: "shows \(what) filtered"
    case .unlisted: "does not list \(what)"
    }
  }
}
