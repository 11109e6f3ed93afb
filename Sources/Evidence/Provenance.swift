/// Where in the inputs a record stands. Paths are kept apart (``InputID`` numbers them), so that nothing that is judged
/// depends on them.
package struct Provenance: Hashable, Sendable {
  package enum Place: Hashable, Sendable {
    /// Lines, counted from 1; both ends belong to the record.
    case lines(first: Int, last: Int)
    /// A packet of a capture, counted from 1.
    case frame(Int)
  }

  package var input: InputID
  package var place: Place
  /// Offset of the record's first byte in the unpacked input.
  package var offset: Int
  package var length: Int

  @inlinable @inline(__always) package init(input: InputID, place: Place, offset: Int, length: Int) {
    self.input = input
    self.place = place
    self.offset = offset
    self.length = length
  }

  /// The first line or the frame number.
  package var ordinal: Int {
    switch place {
    case .lines(let first, _): first
    case .frame(let number): number
    }
  }
}

/// The number of an input in the run.
package struct InputID: Hashable, Comparable, Sendable {
  package var index: Int
  @inlinable @inline(__always) package init(_ index: Int) { self.index = index }
  package static func < (left: InputID, right: InputID) -> Bool { left.index < right.index }
}

/// A record as it is quoted in a report: where it stands and what it says.
package struct Citation: Hashable, Sendable {
  private enum Quotation: Sendable {
    case written(Bytes)
    case packet(PacketQuotation)
  }

  package var provenance: Provenance
  private var quotation: Quotation

  /// A quotation of more bytes serves nobody, and would stand in the report as often as it is cited.
  package static let textCap = 4096

  package init(_ provenance: Provenance, text: Bytes) {
    self.provenance = provenance
    guard text.count > Citation.textCap else {
      quotation = .written(text)
      return
    }
    quotation = .written(
      Bytes(Array(text.array.prefix(Citation.textCap)) + Array("... (\(text.count) bytes)".utf8)))
  }

  package init(_ provenance: Provenance, packet: PacketQuotation) {
    self.provenance = provenance
    quotation = .packet(packet)
  }

  /// The record as written, wrapped lines joined; for a packet of a capture a line in tcpdump's manner. Of a long record
  /// the start, and how long it is.
  package var text: Bytes {
    switch quotation {
    case .written(let text): text
    case .packet(let packet): packet.text
    }
  }
  /// Whether nobody wrote the record down yet: a frame of a capture as the decoder hands it on.
  package var isUnwritten: Bool {
    if case .written(let text) = quotation { text.isEmpty } else { false }
  }

  package static func == (left: Citation, right: Citation) -> Bool {
    left.provenance == right.provenance && left.text == right.text
  }
  package func hash(into hasher: inout Hasher) { hasher.combine(provenance) }
}
