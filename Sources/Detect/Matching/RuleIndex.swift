import Evidence

/// Tells which of many rules an event can match, by what it holds, so that rules of no concern cost nothing.
///
/// A rule stands in the index under whatever of its requirements the fewest other rules have. Whole values are found by
/// their hash. For text within a field four of its bytes are, by a bitmap of 8 KiB that nearly always says no, at one
/// step a byte. What the index names too much costs time and no more: every rule that it names is run.
struct RuleIndex: Sendable {
  private struct EqualField {
    var field: FieldName
    var ordinal: UInt64
    /// Those that a rule under this field can match: of others the field is not asked for, which may have to be written.
    var actions: UInt64 = 0
  }
  private struct GramField {
    var field: FieldName
    var ordinal: UInt64
    var actions: UInt64 = 0
    /// A bit for each 16-bit hash of four bytes.
    var bitmap: [UInt64]
  }

  private var rules = HashedRules([:])
  private var equalFields: [EqualField] = []
  private var gramFields: [GramField] = []
  /// For each action the rules that need nothing that can be looked up, in the order of their ids.
  private var always: [[Int32]]
  /// For each rule the actions that it can match, as bits.
  private let actions: [UInt64]

  private static let actionCount = Event.Action.allCases.count

  init(_ expressions: [Expression]) {
    actions = expressions.map { expression in
      expression.possibleActions.reduce(UInt64(0)) { $0 | 1 << UInt64($1.rank) }
    }
    always = Array(repeating: [], count: RuleIndex.actionCount + 1)
    let lists = expressions.map { $0.requirements.map(RuleIndex.keys) }
    var uses: [UInt64: Int] = [:]
    for list in lists { for key in Set(list.joined()) { uses[key.hash, default: 0] += 1 } }
    var named: [UInt64: [Int32]] = [:]
    for (rule, list) in lists.enumerated() {
      let cost = { (keys: [Key]) in keys.reduce(0) { $0 + uses[$1.hash, default: 0] } }
      // Of equal ones the first, so that nothing depends on chance.
      if let best = list.min(by: { cost($0) < cost($1) }) {
        for key in best { add(Int32(rule), key, to: &named) }
      } else {
        addAlways(rule)
      }
    }
    rules = HashedRules(named)
  }

  // MARK: Building

  private struct Key: Hashable {
    var field: FieldName
    var hash: UInt64
    /// The four bytes, of text within a field.
    var gram: UInt32?
  }

  /// The keys of a list of requirements; of a text the first four bytes, from where they are most telling.
  private static func keys(_ list: [Requirement]) -> [Key] {
    list.map { requirement in
      switch requirement {
      case .equals(let field, let value): Key(field: field, hash: hash(field.ordinal, value), gram: nil)
      case .contains(let field, let text):
        Key(field: field, hash: hash(field.ordinal, gram: mostTelling(text)), gram: mostTelling(text))
      }
    }
  }

  /// Four bytes in a row with the fewest letters that words are full of.
  private static func mostTelling(_ text: [UInt8]) -> UInt32 {
    let common = Set(" etaoinsr".utf8)
    var best: (score: Int, gram: UInt32) = (Int.max, 0)
    for start in 0...max(0, text.count - Requirement.shortest) {
      let bytes = text[start..<min(start + Requirement.shortest, text.count)]
      let score = bytes.count { common.contains($0) }
      if score < best.score { best = (score, bytes.reduce(0) { $0 << 8 | UInt32($1) }) }
    }
    return best.gram
  }

  private mutating func add(_ rule: Int32, _ key: Key, to named: inout [UInt64: [Int32]]) {
    if named[key.hash]?.last != rule { named[key.hash, default: []].append(rule) }
    guard let gram = key.gram else {
      let place =
        equalFields.firstIndex { $0.field == key.field }
        ?? {
          equalFields.append(EqualField(field: key.field, ordinal: key.field.ordinal))
          return equalFields.count - 1
        }()
      equalFields[place].actions |= actions[Int(rule)]
      return
    }
    let place =
      gramFields.firstIndex { $0.field == key.field }
      ?? {
        gramFields.append(
          GramField(field: key.field, ordinal: key.field.ordinal, bitmap: Array(repeating: 0, count: 1024)))
        return gramFields.count - 1
      }()
    gramFields[place].actions |= actions[Int(rule)]
    let bit = RuleIndex.bit(of: gram)
    gramFields[place].bitmap[bit >> 6] |= 1 << UInt64(bit & 63)
  }

  private mutating func addAlways(_ rule: Int) {
    always[RuleIndex.actionCount].append(Int32(rule))
    for action in 0..<RuleIndex.actionCount where actions[rule] >> UInt64(action) & 1 == 1 {
      always[action].append(Int32(rule))
    }
  }

  // MARK: Looking up

  /// Whether a rule, by its number, can match an event of an action.
  func canMatch(_ rule: Int, _ action: Event.Action) -> Bool { actions[rule] >> UInt64(action.rank) & 1 == 1 }

  /// Puts into `found`, in their order and once each, the rules that an event can match.
  func candidates<Record: JudgedRecord>(for record: borrowing Record, into found: inout [Int32]) {
    found.removeAll(keepingCapacity: true)
    let action = record.actionIfKnown?.rank
    let bit = action.map { UInt64(1) << UInt64($0) } ?? .max
    for entry in equalFields where entry.actions & bit != 0 {
      guard let value = record.value(of: entry.field) else { continue }
      add(RuleIndex.hash(entry.ordinal, value), bit, &found)
    }
    for entry in gramFields where entry.actions & bit != 0 {
      guard case .text(let text)? = record.value(of: entry.field) else { continue }
      scan(text.array, entry, bit, &found)
    }
    let named = found.count
    found += always[action ?? RuleIndex.actionCount]
    guard named > 0 else { return }
    found.sort()
    var kept = 0
    for index in found.indices where kept == 0 || found[kept - 1] != found[index] {
      found[kept] = found[index]
      kept += 1
    }
    found.removeLast(found.count - kept)
  }

  private func scan(_ text: [UInt8], _ entry: GramField, _ action: UInt64, _ found: inout [Int32]) {
    let span = text.rawSpan
    let bitmap = entry.bitmap.span
    guard span.byteCount >= Requirement.shortest else { return }
    var gram: UInt32 = 0
    for index in 0..<span.byteCount {
      let byte = span.byte(index)
      gram = gram << 8 | UInt32(byte.isASCIIUppercase ? byte | 0x20 : byte)
      let bit = RuleIndex.bit(of: gram)
      guard bitmap[bit >> 6] >> UInt64(bit & 63) & 1 == 1, index >= Requirement.shortest - 1 else { continue }
      add(RuleIndex.hash(entry.ordinal, gram: gram), action, &found)
    }
  }

  /// Adds what stands under a hash of the rules that can match one of some actions.
  private func add(_ hash: UInt64, _ action: UInt64, _ found: inout [Int32]) {
    for place in rules.places(of: hash) {
      let rule = rules[place]
      if actions[Int(rule)] & action != 0 { found.append(rule) }
    }
  }

  // MARK: Hashes

  private static func bit(of gram: UInt32) -> Int { Int((gram &* 0x9e37_79b1) >> 16) }

  private static func hash(_ field: UInt64, gram: UInt32) -> UInt64 {
    mixed(field << 40 | 1 << 39 | UInt64(gram))
  }

  /// Letters of any case have one hash. Whoever makes two values collide makes a rule run in vain.
  private static func hash(_ field: UInt64, _ value: FieldValue) -> UInt64 {
    var hash = mixed(field << 40)
    switch value {
    case .number(let number): hash = mixed(hash ^ UInt64(bitPattern: number) &+ 1)
    case .address(let address):
      hash = mixed(hash ^ UInt64(truncatingIfNeeded: address.bits))
      hash = mixed(hash ^ UInt64(truncatingIfNeeded: address.bits >> 64))
    case .text(let text):
      for byte in text.array {
        hash = (hash ^ UInt64(byte.isASCIIUppercase ? byte | 0x20 : byte)) &* 0x0000_0100_0000_01b3
      }
      hash = mixed(hash)
    }
    return hash
  }

  private static func mixed(_ word: UInt64) -> UInt64 {
    let first = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    let second = (first ^ (first >> 27)) &* 0x94d0_49bb_1331_11eb
    return second ^ (second >> 31)
  }
}

/// Rules by the hash of what they need, in one flat table: every event asks it several times.
private struct HashedRules: Sendable {
  private struct Slot: Sendable {
    var hash: UInt64 = 0
    var first: Int32 = 0
    /// Of a free slot none.
    var count: Int32 = 0
  }
  /// Open addressing, at most half full. Hashes are mixed already.
  private var slots: [Slot]
  private var rules: [Int32] = []

  init(_ named: [UInt64: [Int32]]) {
    var size = 16
    while size < named.count * 2 { size *= 2 }
    slots = Array(repeating: Slot(), count: size)
    for (hash, list) in named {
      slots[slot(of: hash)] = Slot(hash: hash, first: Int32(rules.count), count: Int32(list.count))
      rules += list
    }
  }

  /// Where the rules of a hash stand.
  func places(of hash: UInt64) -> Range<Int> {
    let slot = slots[slot(of: hash)]
    return Int(slot.first)..<Int(slot.first + slot.count)
  }

  subscript(place: Int) -> Int32 { rules[place] }

  /// The slot that a hash has, or would have.
  private func slot(of hash: UInt64) -> Int {
    var index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[index].count > 0, slots[index].hash != hash { index = (index + 1) & (slots.count - 1) }
    return index
  }
}

extension FieldName {
  /// Its place among all fields.
  fileprivate var ordinal: UInt64 { FieldName.ordinals[self] ?? 0 }
  private static let ordinals = Dictionary(uniqueKeysWithValues: zip(FieldName.allCases, UInt64(0)...))
}
