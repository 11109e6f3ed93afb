public import Evidence

/// The closed fields of an event, those that take one of a few words, as one bit for each field: which word, or that
/// the evidence does not say. A rule's question about any of them is then a single mask.
public struct WordSet: Hashable, Sendable {
  public fileprivate(set) var bits: UInt64

  init(bits: UInt64) { self.bits = bits }

  /// The words of any source, by looking each field up.
  init(of source: some FieldSource) {
    bits = 0
    for range in Words.ranges {
      let value = source.value(of: range.field)?.text.lowercased
      bits |= range.bit(value.map { text in range.values.firstIndex { $0.text == text } ?? range.values.count + 1 })
    }
  }
}

/// The bits of one field in a ``WordSet``: one a word, and the last for a missing one.
struct WordRange: Sendable {
  let field: FieldName
  let values: [FieldValue]
  fileprivate var offset = 0
  fileprivate var place: WordPlace { WordPlace(offset: offset, count: values.count) }

  fileprivate init<Case>(_ field: FieldName, _ vocabulary: Vocabulary<Case>) {
    self.field = field
    values = vocabulary.values
  }

  fileprivate func bit(_ position: Int?) -> UInt64 { place.bit(position) }

  /// All bits for which `holds` is true of the word, or of nil.
  func mask(where holds: (FieldValue?) -> Bool) -> UInt64 {
    var mask = holds(nil) ? bit(nil) : 0
    for (position, value) in values.enumerated() where holds(value) { mask |= bit(position) }
    return mask
  }
}

/// Where the bits of one field stand. Every event is asked for them, so it is numbers alone.
private struct WordPlace: Sendable {
  let offset: Int
  let count: Int

  /// The bit of a word by its position; none for a position that is not there.
  func bit(_ position: Int?) -> UInt64 {
    let position = position ?? count
    return position <= count ? 1 << UInt64(offset + position) : 0
  }
}

/// A closed set of cases and the words that a rule writes for them.
private struct Vocabulary<Case: Equatable & Sendable>: Sendable {
  let cases: [Case]
  let values: [FieldValue]

  init(_ cases: [Case], word: (Case) -> Bytes) {
    self.cases = cases
    values = cases.map { .text(word($0)) }
  }

  func position(of member: Case?) -> Int? { member.flatMap { cases.firstIndex(of: $0) } }
}

/// The words of the closed fields.
enum Words {
  private static let actions = Vocabulary(Event.Action.allCases) { Bytes($0.rawValue) }
  private static let outcomes = Vocabulary(Outcome.allCases) { Bytes($0.rawValue) }
  private static let views = Vocabulary(View.allCases) { Bytes($0.rawValue) }
  private static let kinds = Vocabulary([0, 1, 2, 3]) { number in
    [Host.address(IPAddress(v4: 0)), .name(""), .local(""), .unknown][number].kindName
  }
  private static let transports = Vocabulary(Transport.allCases) { Bytes($0.rawValue) }
  private static let handshakes = Vocabulary<Conversation.Handshake>([.unseen, .syn, .synAck, .complete]) { $0.name }
  private static let closes = Vocabulary<Conversation.Close>(
    [.graceful(first: .initiator), .reset(by: .initiator), .reset(by: .responder), .open]
  ) { $0.name }
  private static let argumentForms = Vocabulary<RPCFacts.ArgumentForm>([.number, .name, .empty, .garbled]) {
    Bytes($0.rawValue)
  }

  private static let directions = Vocabulary(NetworkDirection.allCases) { Bytes($0.rawValue) }

  /// Side by side in 64 bits. A test holds the sum against that.
  static let ranges: [WordRange] = {
    var ranges = [
      WordRange(.eventAction, actions), WordRange(.eventOutcome, outcomes), WordRange(.observerType, views),
      WordRange(.sourceKind, kinds), WordRange(.networkTransport, transports), WordRange(.tcpHandshake, handshakes),
      WordRange(.tcpClose, closes), WordRange(.rpcArgumentForm, argumentForms),
      WordRange(.networkDirection, directions),
    ]
    for index in ranges.indices.dropFirst() {
      ranges[index].offset = ranges[index - 1].offset + ranges[index - 1].values.count + 1
    }
    return ranges
  }()

  private static let places = ranges.map(\.place)

  static func range(of field: FieldName) -> WordRange? { ranges.first { $0.field == field } }

  /// The bits of ``ranges`` in their order, without the detour over text.
  fileprivate static func bits(of event: Event, _ direction: NetworkDirection?) -> UInt64 {
    let conversation = event.transport == .tcp ? event.conversation : nil
    let places = places
    return places[0].bit(event.action.rank) | places[1].bit(event.outcome.rank)
      | places[2].bit(views.position(of: event.view))
      | places[3].bit(event.crowd == nil ? event.source.host.kindNumber : 0)
      | places[4].bit(transports.position(of: event.transport))
      | places[5].bit(handshakes.position(of: conversation?.handshake))
      | places[6].bit(closes.position(of: conversation?.close.asWorded))
      | places[7].bit(argumentForms.position(of: event.argumentForm))
      | places[8].bit(directions.position(of: direction))
  }
}

extension Event {
  public var wordSet: WordSet { WordSet(bits: Words.bits(of: self, nil)) }
}

extension SitedEvent {
  public var wordSet: WordSet { WordSet(bits: Words.bits(of: event, direction)) }
}

extension Conversation.Close {
  /// The word does not tell who closed first.
  fileprivate var asWorded: Conversation.Close {
    if case .graceful = self { .graceful(first: .initiator) } else { self }
  }
}

extension Host {
  fileprivate var kindNumber: Int {
    switch self {
    case .address: 0
    case .name: 1
    case .local: 2
    case .unknown: 3
    }
  }
}
