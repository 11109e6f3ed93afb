import Evidence

/// Whose a line is, by what stands between its stamp and the `[` or `:` behind its tag: host and program at once, since
/// a log's few hosts and programs write nearly all of its lines.
struct HeadTable: Sendable {
  /// A head's bytes as one number; seeded, so that nobody can choose two heads of one number.
  struct Key: Equatable, Sendable {
    /// Of a free slot it is zero.
    fileprivate var hash: UInt64
    var number: UInt64 { hash }
  }

  /// What heads are hashed with.
  struct Seed: Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    init() {
      var numbers = SystemRandomNumberGenerator()
      words = (numbers.next(), numbers.next(), numbers.next(), numbers.next())
    }

    /// The key of a head of 8 to 32 bytes, which its first two words and its last two cover.
    /// - Parameter head: Its bytes, and what stands behind them.
    @inline(__always) func key(_ head: RawSpan, length: Int) -> Key {
      let first = head.word(0) ^ words.0
      let second = head.word(min(8, length &- 8)) ^ words.1
      let third = head.word(max(0, length &- 16)) ^ words.2
      let fourth = head.word(length &- 8) ^ words.3 &+ UInt64(truncatingIfNeeded: length)
      return Key(hash: max(1, first.folded(with: second) ^ third.folded(with: fourth)))
    }

    /// The key of any other head.
    @inline(never) func unusualKey(_ line: RawSpan, _ range: Range<Int>) -> Key {
      var hash = words.0 ^ UInt64(range.count)
      for index in range { hash = (hash ^ UInt64(line.byte(index))).folded(with: words.1) ^ words.2 }
      return Key(hash: max(1, hash))
    }
  }

  struct Slot: Sendable {
    fileprivate var key = Key(hash: 0)
    var host: Int32 = 0
    var program: Int32 = 0
  }

  let seed = Seed()
  private var slots = [Slot](repeating: Slot(), count: 1 << 10)
  private var count = 0
  /// Of more nothing is learned. Open addressing, at most half full.
  private static let cap = 1 << 15

  var isFull: Bool { count >= HeadTable.cap }

  var entries: Entries {
    @_lifetime(borrow self) get { Entries(slots: slots.span) }
  }

  /// - Parameter key: One that is not known.
  mutating func learn(_ key: Key, host: Int32, program: Int32) {
    guard !isFull else { return }
    if count &* 2 >= slots.count { grow() }
    place(Slot(key: key, host: host, program: program))
    count += 1
  }

  private mutating func place(_ slot: Slot) {
    var index = HeadTable.home(slot.key, of: slots.count)
    while slots[index].key.hash != 0 { index = (index + 1) & (slots.count - 1) }
    slots[index] = slot
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Slot(), count: old.count * 2)
    for slot in old where slot.key.hash != 0 { place(slot) }
  }

  @inline(__always) private static func home(_ key: Key, of count: Int) -> Int {
    Int(truncatingIfNeeded: key.hash) & (count &- 1)
  }

  /// The table as a loop over lines looks at it, without asking each time whose it is.
  struct Entries: ~Escapable {
    fileprivate let slots: Span<Slot>

    @_lifetime(copy slots) fileprivate init(slots: Span<Slot>) { self.slots = slots }

    /// Nil when the head is not known.
    @inline(__always) subscript(key: Key) -> Slot? {
      var index = HeadTable.home(key, of: slots.count)
      while true {
        let slot = slots[index]
        if slot.key == key { return slot }
        if slot.key.hash == 0 { return nil }
        index = (index &+ 1) & (slots.count &- 1)
      }
    }
  }
}
