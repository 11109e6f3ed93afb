import Evidence

/// Lines that differ in stamp, process id, one address and its port alone, each kept once; of the others only the stamp
/// need be kept beside what a note has anyway.
struct RecordWordings: Sendable {
  private struct Wording: Sendable {
    var key: UInt64
    /// The first line, and what differs in others of it.
    var line: [UInt8]
    var stampEnd: Int
    var processID: Range<Int>
    var addresses: [Range<Int>]
    /// Behind one of the addresses.
    var port: Range<Int>?
  }

  private var wordings: ContiguousArray<Wording> = []
  /// Keys are seeded numbers already.
  private var index = SlotIndex()
  /// Lines of further ones are kept whole.
  private static let cap = 4096

  /// The number of the wording of a line; nil when there are too many, or when the line names other addresses too.
  mutating func number(of line: RawSpan, _ known: KnownLine, _ outline: LineOutline) -> Int16? {
    let addresses = 0..<outline.addressCount
    guard outline.portRange == nil || known.sourcePort == outline.port,
      addresses.allSatisfy({ IPAddress(v4: outline.address($0).value).bits == known.source })
    else { return nil }
    return number(outline.key) {
      Wording(
        key: outline.key, line: Bytes(line).array, stampEnd: outline.stampEnd, processID: outline.processID,
        addresses: addresses.map { outline.address($0).range }, port: outline.portRange)
    }
  }

  /// The number here of a wording of another table; nil when there are too many.
  mutating func number(of wording: Int16, in other: RecordWordings) -> Int16? {
    let wording = other.wordings[Int(wording)]
    return number(wording.key) { wording }
  }

  private mutating func number(_ key: UInt64, _ wording: () -> Wording) -> Int16? {
    let hash = UInt32(truncatingIfNeeded: key)
    if let known = index.slot(hash: hash, where: { wordings[$0].key == key }) { return Int16(known) }
    guard wordings.count < RecordWordings.cap else { return nil }
    index.insert(hash: hash, slot: wordings.count)
    wordings.append(wording())
    return Int16(wordings.count - 1)
  }

  /// A line again, from what differs.
  func text(_ number: Int16, stamp: RawSpan, pid: Int32, source: IPAddress, port: UInt16) -> [UInt8] {
    let wording = wordings[Int(number)]
    var text: [UInt8] = []
    text.reserveCapacity(wording.line.count + 32)
    text.append(stamp)
    var start = wording.stampEnd
    func copy(to end: Int) { text.append(wording.line.rawSpan.slice(start..<end)) }
    if !wording.processID.isEmpty {
      copy(to: wording.processID.lowerBound)
      text.append(decimal: pid.magnitude)
      start = wording.processID.upperBound
    }
    for range in wording.addresses {
      copy(to: range.lowerBound)
      text.append(dotted: source)
      start = range.upperBound
      if let digits = wording.port, digits.lowerBound - start == LineOutline.portWordLength {
        copy(to: digits.lowerBound)
        text.append(decimal: UInt32(port))
        start = digits.upperBound
      }
    }
    copy(to: wording.line.count)
    return text
  }
}
