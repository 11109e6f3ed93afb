import Evidence

/// Finds hosts that may be one: a log that has no address, and a capture that has no name, show the same program attacked
/// or failing at the same time.
struct LikeHosts {
  private let settings: FusionSettings
  private let identities: Identities

  /// What was attacked, and by whom where the host's record tells it.
  private struct Deed: Hashable, Comparable {
    var program: UInt32
    var source: Host?
    static func < (left: Deed, right: Deed) -> Bool {
      left.program != right.program
        ? left.program < right.program : (left.source ?? .unknown) < (right.source ?? .unknown)
    }
  }
  private struct Mark {
    var host: Host
    var time: Timestamp
    var incident: Int
    var citation: Citation
  }
  private struct Pair: Hashable {
    var one: Host
    var other: Host
  }
  /// An incident says so of so many hosts.
  private static let tellingCap = 4
  /// So many marks on either side of a record are looked at for the nearest.
  private static let reach = 64

  init(settings: FusionSettings, identities: Identities) {
    self.settings = settings
    self.identities = identities
  }

  /// Adds to the incidents what may be one host, and says so.
  func mark(_ incidents: inout [Incident]) {
    let (names, addresses) = marks(incidents)
    var told: [Int: Set<Pair>] = [:]
    for deed in names.keys.sorted() {
      guard let records = names[deed], let calls = addresses[deed] else { continue }
      compare(records.sorted(by: precedes), calls.sorted(by: precedes), deed, &told, &incidents)
    }
  }

  private func precedes(_ left: Mark, _ right: Mark) -> Bool {
    left.time != right.time ? left.time < right.time : (left.host, left.incident) < (right.host, right.incident)
  }

  // MARK: What may be compared

  /// Records of exploitation and of its effects at hosts without address, and on the wire at addresses without name.
  private func marks(_ incidents: [Incident]) -> (names: [Deed: [Mark]], addresses: [Deed: [Mark]]) {
    var names: [Deed: [Mark]] = [:]
    var addresses: [Deed: [Mark]] = [:]
    let joined = identities.joinedAddresses
    for (number, incident) in incidents.enumerated() where incident.stage <= .effect && incident.isDated {
      let places = incident.targetPlaces
      let events = Set(incident.findings.filter { $0.signature.stage <= .effect }.flatMap(\.events)).sorted()
      for event in events.map({ incident.events[$0] }) where event.time.isDated {
        guard let program = event.rpc?.program, let place = places[event.target.host] else { continue }
        let mark = Mark(
          host: incident.targets[place].host, time: event.time.timestamp, incident: number, citation: event.citation)
        let host = identities.resolve(event.target.host)
        let source = event.source.host == .unknown ? nil : identities.resolve(event.source.host)
        if event.view == .host, host.name != nil, !identities.hasAddress(host, joined: joined), source?.isLocal != true
        {
          names[Deed(program: program, source: source), default: []].append(mark)
        } else if event.view == .network, host.address != nil {
          // A record that names no source may be of any.
          addresses[Deed(program: program), default: []].append(mark)
          if let source { addresses[Deed(program: program, source: source), default: []].append(mark) }
        }
      }
    }
    return (names, addresses)
  }

  // MARK: What may be one

  /// Both in order of time. All addresses near one record belong together, so each is joined to its neighbour only: that
  /// takes time in proportion to the records, however many stand near each other.
  private func compare(
    _ records: [Mark], _ calls: [Mark], _ deed: Deed, _ told: inout [Int: Set<Pair>], _ incidents: inout [Incident]
  ) {
    var links: Set<Pair> = []
    func link(_ one: Mark, _ other: Mark, by record: Mark) {
      guard one.host != other.host, links.insert(Pair(one: one.host, other: other.host)).inserted else { return }
      incidents[record.incident].likenesses.append(
        HostLikeness(one: one.host, other: other.host, since: max(one.time, other.time, record.time)))
    }
    var joined = 0
    for record in records {
      let low = calls.partitionIndex { $0.time.seconds(since: record.time) >= -settings.pairTolerance }
      let high = calls.partitionIndex { $0.time.seconds(since: record.time) > settings.pairTolerance }
      guard low < high else { continue }
      link(record, calls[low], by: record)
      var index = max(low + 1, joined)
      while index < high {
        link(calls[index - 1], calls[index], by: record)
        index += 1
      }
      joined = max(joined, high)
      let middle = calls.partitionIndex { $0.time >= record.time }
      let near = calls[max(low, middle - LikeHosts.reach)..<min(high, middle + LikeHosts.reach)]
      tell(record, near, deed, &told, &incidents)
    }
  }

  private func tell(
    _ record: Mark, _ near: ArraySlice<Mark>, _ deed: Deed, _ told: inout [Int: Set<Pair>],
    _ incidents: inout [Incident]
  ) {
    func gap(_ call: Mark) -> Double { abs(call.time.seconds(since: record.time)) }
    guard let nearest = near.min(by: { gap($0) < gap($1) }) else { return }
    let others = Set(near.map(\.host)).count - 1
    let deduction = Deduction(
      words(record.host, nearest.host, settings.programs.name(of: deed.program), gap(nearest), others: others),
      .possible, [record.citation, nearest.citation])
    for number in Set([record.incident, nearest.incident]).sorted() {
      let pair = Pair(one: record.host, other: nearest.host)
      guard told[number]?.count ?? 0 < LikeHosts.tellingCap, told[number, default: []].insert(pair).inserted else {
        continue
      }
      incidents[number].deductions.append(deduction)
    }
  }

  private func words(_ name: Host, _ address: Host, _ program: String, _ gap: Double, others: Int) -> String {
    let apart = gap < 1 ? "within a second" : "\(duration(gap.rounded())) apart"
    let more = others > 0 ? " (and so near of \(counted(others, "further address", "further addresses")))" : ""
    return
      "\(name.notation) and \(address.notation) may be one host: the log's record on \(program) of the one and the "
      + "wire's of the other\(more) stand \(apart), and the evidence tells no address of \(name.notation) and no name of "
      + "\(address.notation). Until that is known, the two count as at least one host"
  }
}
