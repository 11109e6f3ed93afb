import Capture
import Evidence
import Testing

/// Integers as a file of one byte order has them.
struct ByteOrder: CustomTestStringConvertible, CaseIterable {
  var isLittleEndian: Bool
  var testDescription: String { isLittleEndian ? "little" : "big" }
  static let allCases = [ByteOrder(isLittleEndian: true), ByteOrder(isLittleEndian: false)]
  static let big = ByteOrder(isLittleEndian: false)

  func callAsFunction(_ value: some FixedWidthInteger) -> [UInt8] {
    let bytes = stride(from: value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
    return isLittleEndian ? bytes.reversed() : bytes
  }
}

/// Blocks of pcapng, as they should be and as they should not.
struct PcapngWriting {
  var order: ByteOrder

  /// Zeros up to a multiple of four bytes.
  static func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
  }

  func block(_ type: UInt32, _ body: [UInt8], claimed: UInt32? = nil, behind: UInt32? = nil) -> [UInt8] {
    let length = UInt32(12 + PcapngWriting.padded(body).count)
    return order(type) + order(claimed ?? length) + PcapngWriting.padded(body) + order(behind ?? claimed ?? length)
  }
  func option(_ code: UInt16, _ value: [UInt8]) -> [UInt8] {
    order(code) + order(UInt16(value.count)) + PcapngWriting.padded(value)
  }
  var endOfOptions: [UInt8] { option(0, []) }

  func section(version: UInt16 = 1) -> [UInt8] {
    block(0x0a0d_0d0a, order(UInt32(0x1a2b_3c4d)) + order(version) + order(UInt16(0)) + order(Int64(-1)))
  }
  func interface(link: UInt16 = 1, snapshot: UInt32 = 0, options: [UInt8] = []) -> [UInt8] {
    block(1, order(link) + [0, 0] + order(snapshot) + options)
  }
  /// An interface whose clock has this resolution, and this offset.
  func interface(link: UInt16 = 1, resolution: UInt8, offset: Int64? = nil) -> [UInt8] {
    let start = option(2, Array("eth0".utf8)) + option(9, [resolution])
    return interface(link: link, options: start + (offset.map { option(14, order($0)) } ?? []) + endOfOptions)
  }
  func enhanced(
    _ bytes: [UInt8], interface: UInt32 = 0, time: UInt64, original: Int? = nil, claimed: UInt32? = nil,
    options: [UInt8] = []
  ) -> [UInt8] {
    let head = order(interface) + order(UInt32(time >> 32)) + order(UInt32(truncatingIfNeeded: time))
    let lengths = order(claimed ?? UInt32(bytes.count)) + order(UInt32(original ?? bytes.count))
    return block(6, head + lengths + PcapngWriting.padded(bytes) + options)
  }
  func obsolete(_ bytes: [UInt8], interface: UInt16 = 0, drops: UInt16, time: UInt64) -> [UInt8] {
    let head = order(interface) + order(drops) + order(UInt32(time >> 32)) + order(UInt32(truncatingIfNeeded: time))
    return block(2, head + order(UInt32(bytes.count)) + order(UInt32(bytes.count)) + bytes)
  }
  func statistics(interface: UInt32 = 0, options: [UInt8]) -> [UInt8] {
    block(5, order(interface) + order(UInt64(0)) + options)
  }
  /// With what the interface and the system dropped.
  func statistics(interface: UInt32 = 0, drops: UInt64, system: UInt64? = nil) -> [UInt8] {
    statistics(
      interface: interface,
      options: option(4, order(UInt64(999))) + option(5, order(drops))
        + (system.map { option(7, order($0)) } ?? []) + endOfOptions)
  }
  func simple(_ bytes: [UInt8], original: Int? = nil) -> [UInt8] {
    block(3, order(UInt32(original ?? bytes.count)) + bytes)
  }
}

/// Files of snoop.
enum SnoopWriting {
  static func header(datalink: UInt32 = 4, version: UInt32 = 2) -> [UInt8] {
    Array("snoop\0\0\0".utf8) + ByteOrder.big(version) + ByteOrder.big(datalink)
  }
  static func record(
    _ bytes: [UInt8], original: Int? = nil, claimed: UInt32? = nil, length: UInt32? = nil, drops: UInt32 = 0,
    seconds: UInt32 = 1, microseconds: UInt32 = 0
  ) -> [UInt8] {
    let body = PcapngWriting.padded(bytes)
    let words = [
      UInt32(original ?? bytes.count), claimed ?? UInt32(bytes.count), length ?? UInt32(24 + body.count), drops,
      seconds,
      microseconds,
    ]
    return words.flatMap { ByteOrder.big($0) } + body
  }
}

/// What a reader gave, to its end.
struct CaptureReading {
  var kind = ContentKind.empty
  var frames: [CapturedFrame] = []
  var bytes: [[UInt8]] = []
  var damage: CaptureDamage?
  var readLength = 0
  /// By statistics alone.
  var drops = 0
  var dropsOffset = 0

  init(_ file: [UInt8], _ scratch: Scratch, peeking: Bool = false) throws {
    try self.init(path: try scratch.write(file), peeking: peeking)
  }

  init(path: String, peeking: Bool = false) throws {
    var source = try ByteSource(path: path)
    if peeking { try source.peek() }
    var reader = try CaptureReader(source)
    while let frame = try reader.next() {
      frames.append(frame)
      bytes.append(Bytes(reader.bytes).array)
    }
    #expect(try reader.next() == nil)
    kind = reader.kind
    damage = reader.damage
    readLength = reader.readLength
    (drops, dropsOffset) = reader.drops ?? (0, 0)
  }

  var timestamps: [Timestamp] { frames.map(\.time.timestamp) }
}
