/// Where in the inputs a record stands. Paths are kept apart (``InputID`` numbers them), so that nothing that is judged
/// depends on them.
public struct Provenance: Hashable, Sendable {
  public enum Place: Hashable, Sendable {
    /// Lines, counted from 1; both ends belong to the record.
    case lines(first: Int, last: Int)
    /// A packet of a capture, counted from 1.
    case frame(Int)
  }

  public var input: InputID
  public var place: Place
  /// Offset of the record's first byte in the unpacked input.
  public var offset: Int
  public var length: Int

  @inlinable @inline(__always) public init(input: InputID, place: Place, offset: Int, length: Int) {
    self.input = input
    self.place = place
    self.offset = offset
    self.length = length
  }

  /// The first line or the frame number.
  public var ordinal: Int {
    switch place {
    case .lines(let first, _): first
    case .frame(let number): number
    }
  }
}

/// The number of an input in the run.
public struct InputID: Hashable, Comparable, Sendable {
  public var index: Int
  @inlinable @inline(__always) public init(_ index: Int) { self.index = index }
  public static func < (left: InputID, right: InputID) -> Bool { left.index < right.index }
}

/// A record as it is quoted in a report: where it stands and what it says.
public struct Citation: Hashable, Sendable {
  private enum Quotation: Sendable {
    case written(Bytes)
    case packet(PacketQuotation)
  }

  public var provenance: Provenance
  private var quotation: Quotation

  /// A quotation of more bytes serves nobody, and would stand in the report as often as it is cited.
  public static let textCap = 4096

  public init(_ provenance: Provenance, text: Bytes) {
    self.provenance = provenance
    guard text.count > Citation.textCap else {
      quotation = .written(text)
      return
    }
    quotation = .written(
      Bytes(Array(text.array.prefix(Citation.textCap)) + Array("... (\(text.count) bytes)".utf8)))
  }

  public init(_ provenance: Provenance, packet: PacketQuotation) {
    self.provenance = provenance
    quotation = .packet(packet)
  }

  /// The record as written, wrapped lines joined; for a packet of a capture a line in tcpdump's manner. Of a long record
  /// the start, and how long it is.
  public var text: Bytes {
    switch quotation {
    case .written(let text): text
    case .packet(let packet): packet.text
    }
  }
  /// Whether nobody wrote the record down yet: a frame of a capture as the decoder hands it on.
  public var isUnwritten: Bool {
    if case .written(let text) = quotation { text.isEmpty } else { false }
  }

  public static func == (left: Citation, right: Citation) -> Bool {
    left.provenance == right.provenance && left.text == right.text
  }
  public func hash(into hasher: inout Hasher) { hasher.combine(provenance) }
}
