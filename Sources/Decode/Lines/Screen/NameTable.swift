import Evidence

/// Numbers of short names, found by a line's bytes: names of up to 15 bytes, which are two words.
struct NameTable: Sendable {
  /// The bytes of a name, zeros behind them.
  struct Name: Sendable {
    fileprivate let head: UInt64
    fileprivate let tail: UInt64
    fileprivate let count: Int32

    /// The first `length` bytes of two words; fewer than 16.
    @inline(__always) init(_ head: UInt64, _ tail: UInt64, length: Int) {
      self.head = head & .firstBytes(length)
      self.tail = tail & .firstBytes(length &- 8)
      count = Int32(truncatingIfNeeded: length)
    }

    /// The name that stands at a place of a line; shorter than what is left of it by as much as two words are longer.
    @inline(__always) init(_ line: RawSpan, _ start: Int, length: Int) {
      self.init(line.uint64(start), line.uint64(start + 8), length: length)
    }

    var length: Int { Int(count) }

    @inline(__always) fileprivate var slot: Int {
      Int(truncatingIfNeeded: ((head ^ tail &* 31) &* 0x9e37_79b9_7f4a_7c15) >> 54) & NameTable.mask
    }
  }

  struct Slot: Sendable {
    /// No name is empty: this is a free slot's.
    fileprivate var name = Name(0, 0, length: 0)
    fileprivate var number: Int32 = 0
  }

  /// Longer names have no place here.
  static let longest = 15
  private static let size = 1024
  fileprivate static let mask = size - 1

  private var slots = [Slot](repeating: Slot(), count: NameTable.size)
  private var count = 0
  /// Open addressing, at most half full: further names are not learned. A log has fewer hosts and programs that write
  /// much.
  var isFull: Bool { count >= NameTable.size / 2 }

  var entries: Entries {
    @_lifetime(borrow self) get { Entries(slots: slots.span) }
  }

  mutating func learn(_ name: Name, _ number: Int32) {
    guard !isFull else { return }
    var index = name.slot
    while slots[index].name.count > 0 { index = (index + 1) & NameTable.mask }
    slots[index] = Slot(name: name, number: number)
    count += 1
  }

  /// The table as a loop over lines looks at it, without asking each time whose it is.
  struct Entries: ~Escapable {
    fileprivate let slots: Span<Slot>

    @_lifetime(copy slots) fileprivate init(slots: Span<Slot>) { self.slots = slots }

    /// The number of a name; nil when it is not known.
    @inline(__always) func number(of name: Name) -> Int32? {
      var index = name.slot
      while true {
        let slot = slots[index]
        if slot.name.count == 0 { return nil }
        if slot.name.head == name.head, slot.name.tail == name.tail, slot.name.count == name.count {
          return slot.number
        }
        index = (index + 1) & NameTable.mask
      }
    }
  }
}
