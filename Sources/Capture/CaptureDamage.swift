public import Evidence

/// Where a capture stops making sense. What was before it is valid.
public struct CaptureDamage: Hashable, Sendable {
  public enum Fault: Hashable, Sendable {
    /// The file ends inside of the record.
    case cut(needed: Int, available: Int)
    case overlongFrame(claimed: Int, cap: Int)
    case overlongRecord(claimed: Int, cap: Int)
    /// A record cannot have this length.
    case impossibleLength(Int)
    /// The length before a pcapng block and the one behind it.
    case lengthsDiffer(before: Int, behind: Int)
    case frameBeyondRecord(claimed: Int, room: Int)
    case noSuchInterface(Int, known: Int)
    case tooManyInterfaces(cap: Int)
    case malformedOption(code: Int)
    case unknownByteOrder
    case unknownVersion(Int)
    case noCapture
  }

  /// Of the record (or the file header) that is damaged.
  public var offset: Int
  public var fault: Fault

  public init(offset: Int, fault: Fault) {
    self.offset = offset
    self.fault = fault
  }

  public var kind: Oddity.Kind {
    switch fault {
    case .cut: .captureCut
    case .unknownVersion: .unsupportedFormat
    default: .captureDamaged
    }
  }

  public var description: String { "the record at byte \(offset) " + predicate }

  private var predicate: String {
    switch fault {
    case .cut(let needed, let available): "needs \(needed) bytes, \(available) are there"
    case .overlongFrame(let claimed, let cap): "claims \(claimed) bytes; no frame has more than \(cap)"
    case .overlongRecord(let claimed, let cap): "claims \(claimed) bytes; none of its kind may have more than \(cap)"
    case .impossibleLength(let length): "claims \(length) bytes, which no record of its kind can have"
    case .lengthsDiffer(let before, let behind): "says before it that it has \(before) bytes, and behind it \(behind)"
    case .frameBeyondRecord(let claimed, let room): "has room for a frame of \(room) bytes, and claims \(claimed)"
    case .noSuchInterface(let number, let known): "names interface \(number), where \(known) are described"
    case .tooManyInterfaces(let cap): "describes one interface more than the \(cap) that are kept"
    case .malformedOption(let code): "has an option \(code) of an impossible length"
    case .unknownByteOrder: "has no known mark of its byte order"
    case .unknownVersion(let version): "is of version \(version), which is not read"
    case .noCapture: "does not start like a capture"
    }
  }
}
