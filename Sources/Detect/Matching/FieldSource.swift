public import Evidence

/// What a rule is held against: an event, or in cases and tests a plain dictionary.
public protocol FieldSource {
  /// Nil where the evidence does not say.
  func value(of field: FieldName) -> FieldValue?
  /// The closed fields at once.
  var wordSet: WordSet { get }
}

/// What a detector takes: an event, or a record of a case.
public protocol JudgedRecord: FieldSource {
  var time: EventTime { get }
  /// How many events it stands for.
  var count: Int { get }
  /// Nil when that is not known.
  var actionIfKnown: Event.Action? { get }
  var citation: Citation { get }
}

extension Dictionary: FieldSource where Key == FieldName, Value == FieldValue {
  public func value(of field: FieldName) -> FieldValue? { self[field] }
  public var wordSet: WordSet { WordSet(of: self) }
}

extension Event: JudgedRecord {
  public func value(of field: FieldName) -> FieldValue? { self[field] }
  public var actionIfKnown: Event.Action? { action }
}

/// An Event as its site sees it, which knows its own networks.
public struct SitedEvent: JudgedRecord {
  let event: Event
  let own: [IPNetwork]

  public init(_ event: Event, own: [IPNetwork]) {
    self.event = event
    self.own = own
  }

  /// A log often knows the host that wrote it by name alone; a host whose log the site reads is one of its own.
  public var direction: NetworkDirection? {
    if event.view == .host, event.target.host.name != nil {
      return NetworkDirection(toOwnHostFrom: event.source.host, own: own)
    }
    return NetworkDirection(from: event.source.host, to: event.target.host, own: own)
  }
  public func value(of field: FieldName) -> FieldValue? {
    field == .networkDirection ? direction.map { .text(Bytes($0.rawValue)) } : event[field]
  }
  public var time: EventTime { event.time }
  public var count: Int { event.count }
  public var actionIfKnown: Event.Action? { event.action }
  public var citation: Citation { event.citation }
}

/// A record that somebody wrote down field by field.
public struct FieldRecord: JudgedRecord, Sendable {
  public var fields: [FieldName: FieldValue]
  public var time: EventTime
  public var citation: Citation

  public init(fields: [FieldName: FieldValue], time: EventTime, citation: Citation) {
    self.fields = fields
    self.time = time
    self.citation = citation
  }

  public func value(of field: FieldName) -> FieldValue? { fields[field] }
  public var wordSet: WordSet { fields.wordSet }
  public var count: Int {
    if case .number(let count)? = fields[.eventCount] { Int(clamping: count) } else { 1 }
  }
  public var actionIfKnown: Event.Action? {
    fields[.eventAction].flatMap { Event.Action(rawValue: $0.text.lowercased.notation) }
  }

  /// Reads what a field holds, as text.
  public static func value(_ text: String, of field: FieldName) -> FieldValue? { FieldDomain(field).value(text) }
}
