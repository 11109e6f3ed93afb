package import Evidence

/// What a rule is held against: an event, or in cases and tests a plain dictionary.
package protocol FieldSource {
  /// Nil where the evidence does not say.
  func value(of field: FieldName) -> FieldValue?
  /// The closed fields at once.
  var wordSet: WordSet { get }
}

/// What a detector takes: an event, or a record of a case.
package protocol JudgedRecord: FieldSource {
  var time: EventTime { get }
  /// How many events it stands for.
  var count: Int { get }
  /// Nil when that is not known.
  var actionIfKnown: Event.Action? { get }
  var citation: Citation { get }
}

extension Dictionary: FieldSource where Key == FieldName, Value == FieldValue {
  package func value(of field: FieldName) -> FieldValue? { self[field] }
  package var wordSet: WordSet { WordSet(of: self) }
}

extension Event: JudgedRecord {
  package func value(of field: FieldName) -> FieldValue? { self[field] }
  package var actionIfKnown: Event.Action? { action }
}

/// An Event as its site sees it, which knows its own networks.
package struct SitedEvent: JudgedRecord {
  let event: Event
  let own: [IPNetwork]

  package init(_ event: Event, own: [IPNetwork]) {
    self.event = event
    self.own = own
  }

  /// A log often knows the host that wrote it by name alone; a host whose log the site reads is one of its own.
  package var direction: NetworkDirection? {
    if event.view == .host, event.target.host.name != nil {
      return NetworkDirection(toOwnHostFrom: event.source.host, own: own)
    }
    return NetworkDirection(from: event.source.host, to: event.target.host, own: own)
  }
  package func value(of field: FieldName) -> FieldValue? {
    field == .networkDirection ? direction.map { .text(Bytes($0.rawValue)) } : event[field]
  }
  package var time: EventTime { event.time }
  package var count: Int { event.count }
  package var actionIfKnown: Event.Action? { event.action }
  package var citation: Citation { event.citation }
}

/// A record that somebody wrote down field by field.
package struct FieldRecord: JudgedRecord {
  package var fields: [FieldName: FieldValue]
  package var time: EventTime
  package var citation: Citation

  package init(fields: [FieldName: FieldValue], time: EventTime, citation: Citation) {
    self.fields = fields
    self.time = time
    self.citation = citation
  }

  package func value(of field: FieldName) -> FieldValue? { fields[field] }
  package var wordSet: WordSet { fields.wordSet }
  package var count: Int {
    if case .number(let count)? = fields[.eventCount] { Int(clamping: count) } else { 1 }
  }
  package var actionIfKnown: Event.Action? {
    fields[.eventAction].flatMap { Event.Action(rawValue: $0.text.lowercased.notation) }
  }

  /// Reads what a field holds, as text.
  package static func value(_ text: String, of field: FieldName) -> FieldValue? { FieldDomain(field).value(text) }
}
