import Evidence

/// What a ``LineScreen`` found in a block: the lines of no concern, and what they leave behind.
public struct ScreenedLines: Sendable {
  /// Lines of no concern, one after another, of the same minute and in the order of their stamps.
  public struct Stretch: Sendable {
    /// Offsets in the block, of the first line's first byte and behind the last one's line feed.
    public internal(set) var start: Int
    public internal(set) var end: Int
    public internal(set) var lines: Int
    /// Where the last of them starts, which is also the latest.
    var last: Int
    /// The place of its first line's host among ``ScreenedLines/hostNumbers``.
    var firstNumber: Int
    /// Whether it goes on with the run of the stretch before it: all lines between them, and its first one, are of the
    /// same minute and stand in the order of their stamps.
    private(set) var goesOn = false
    /// A bit for each of its hosts, the first 63 by their number; the last bit stands for all others.
    private(set) var hostBits: UInt64 = 0

    /// One without lines, as the first.
    init(at start: Int) { (self.start, end, lines, last, firstNumber) = (start, start, 0, start, 0) }

    private init(start: Int, next: Int, firstNumber: Int, hostBits: UInt64, goesOn: Bool) {
      (self.start, end, lines, last) = (start, next, 1, start)
      self.firstNumber = firstNumber
      self.hostBits = hostBits
      self.goesOn = goesOn
    }

    /// The hosts' numbers, each once; nil when not every bit stands for one.
    var distinctHosts: BitNumbers? { hostBits >> 63 == 1 ? nil : BitNumbers(bits: hostBits) }

    /// Adds a line that stands at `start`, or begins the next stretch with it.
    /// - Parameters:
    ///   - next: Behind its line feed.
    ///   - isInRun: Whether it, and all lines since the stretch before, are of one run.
    @inline(__always) mutating func add(
      _ start: Int, _ next: Int, isInRun: Bool, of host: Int32, numbers: inout MutableSpan<Int32>,
      done: inout [Stretch]
    ) {
      numbers[firstNumber &+ lines] = host
      let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: min(host, 63))
      if isInRun, end == start {
        (last, end, lines) = (start, next, lines &+ 1)
        hostBits |= bit
      } else {
        if lines > 0 { done.append(self) }
        self = Stretch(start: start, next: next, firstNumber: firstNumber &+ lines, hostBits: bit, goesOn: isInRun)
      }
    }
  }

  /// In the order of the block, without overlap.
  public internal(set) var stretches: [Stretch] = []
  /// Of each line of no concern who wrote it: a place of ``hosts``. There is room behind them.
  var hostNumbers: [Int32] = []
  /// Hosts, of which not each has to be one of this block.
  var hosts: [Host.Key] = []

  public init() {}

  /// - Parameter lines: So many are of no concern at most.
  mutating func clear(lines: Int) {
    clear()
    if hostNumbers.count < lines { hostNumbers = [Int32](repeating: 0, count: lines) }
  }

  public mutating func clear() { stretches.removeAll(keepingCapacity: true) }

  /// Whether the stretch behind a stretch goes on with its run.
  func goesOn(behind stretch: Int) -> Bool { stretch + 1 < stretches.count && stretches[stretch + 1].goesOn }
}

/// The numbers of the bits that are set.
struct BitNumbers: Sequence, IteratorProtocol {
  var bits: UInt64

  mutating func next() -> Int? {
    guard bits != 0 else { return nil }
    defer { bits &= bits &- 1 }
    return bits.trailingZeroBitCount
  }
}
