public import Evidence

/// Gives packets of a text trace, which have a time of day only, the day of the host record that tells the same event.
public struct Dating: Sendable {
  private let settings: FusionSettings
  /// Names and addresses as far as the configuration joins them; what the evidence joins needs dates first.
  private let identities: Identities
  public init(settings: FusionSettings) {
    self.settings = settings
    identities = Identities(directory: settings.directory)
  }

  /// Dates undated network events in place; the caller orders the events again.
  ///
  /// A day is taken only when host records of one single day fit: same source, same target, same service and the same
  /// time of day. Two days that fit decide nothing.
  public func date(_ events: inout [Event]) {
    guard events.indices.contains(where: { events[$0].view == .network && !events[$0].time.isDated }) else { return }
    var records: [Moment: [Kind: Sighting]] = [:]
    // By place: of millions of Events of the network not one is copied.
    for index in events.indices
    where events[index].view == .host && events[index].time.isDated && events[index].action != .response
      && events[index].crowd == nil
    {
      let record = events[index]
      let time = record.time.timeOfDay
      let moment = moment(record, second: time / Dating.second)
      guard records[moment].map({ $0.count <= Dating.kindCap }) ?? true else { continue }
      records[moment, default: [:]][Kind(record), default: Sighting(record: record, first: time, last: time)].add(time)
    }
    guard !records.isEmpty else { return }
    for index in events.indices
    where events[index].view == .network && !events[index].time.isDated
      && events[index].time.isTimed
    {
      guard let start = day(of: events[index], records)?.start else { continue }
      events[index].time.timestamp.nanoseconds += start.nanoseconds
      events[index].time.isDated = true
    }
  }

  /// The one day whose records fit.
  private func day(of packet: Event, _ records: [Moment: [Kind: Sighting]]) -> Day? {
    let second = packet.requestTime.timeOfDay / Dating.second
    let reach = Int64(settings.datingTolerance) + 1
    var found: Day?
    for second in second - reach...second + reach {
      guard let kinds = records[moment(packet, second: second)] else { continue }
      guard kinds.count <= Dating.kindCap else { return nil }
      for (kind, sighting) in kinds where kind.day != found && fits(sighting, packet) {
        guard found == nil else { return nil }
        found = kind.day
      }
    }
    return found
  }

  /// More kinds of records in one second of the day, all days together, are a flood: no day can be told from them.
  private static let kindCap = 256

  /// What ``Pairing/sameService(_:_:)`` asks of a record, and its day: records that agree in it fit the same packets.
  private struct Kind: Hashable {
    var day: Day
    var fractionDigits: UInt8
    var program: UInt32?
    var procedureName: Bytes?
    var argumentProgram: UInt32?
    var port: UInt16?
    var transport: Transport?

    init(_ record: Event) {
      day = record.time.timestamp.day
      fractionDigits = record.time.fractionDigits
      program = record.rpc?.program
      procedureName = record.rpc?.procedureName
      argumentProgram = record.rpc?.argumentProgram
      port = record.target.port
      transport = record.transport
    }
  }

  /// One record of a kind, and the times of day (in nanoseconds) between which all of that second lie.
  private struct Sighting {
    var record: Event
    var first: Int64
    var last: Int64
    mutating func add(_ time: Int64) { (first, last) = (min(first, time), max(last, time)) }
  }

  private static let second: Int64 = 1_000_000_000

  /// A source, a target and a second of the day.
  private struct Moment: Hashable {
    var source: Host
    var target: Host
    var second: Int64
  }

  private func moment(_ event: Event, second: Int64) -> Moment {
    Moment(
      source: identities.resolve(event.source.host), target: identities.resolve(event.target.host), second: second)
  }

  /// All of a sighting lies within a second, which is less than the tolerance reaches: one of its ends is the nearest, or
  /// the packet lies between them.
  private func fits(_ sighting: Sighting, _ packet: Event) -> Bool {
    let time = packet.requestTime.timeOfDay
    let apart = Double(max(0, sighting.first - time, time - sighting.last)) / 1e9
    return Pairing.sameService(sighting.record, packet)
      && apart <= settings.datingTolerance + sighting.record.time.resolution
  }
}

extension Event {
  /// When the request itself was sent: in a connection its first payload, not the handshake before it.
  public var requestTime: EventTime {
    guard view == .network, let conversation,
      let request = conversation.packets.first(where: { $0.fromInitiator && $0.payloadLength > 0 }),
      action != .rpcCall
    else { return time }
    var moment = time
    // The packets of a trace that was dated keep their time of day.
    moment.timestamp.nanoseconds +=
      request.time.timestamp.nanoseconds - (conversation.packets.first?.time.timestamp.nanoseconds ?? 0)
    return moment
  }
}
