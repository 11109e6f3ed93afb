/// Input that is not what it should be: counted with its first place, never dropped in silence.
public enum Oddity {
  public enum Kind: String, Sendable, Hashable, CaseIterable, Comparable {
    case captureDamaged = "capture_damaged"
    case captureCut = "capture_cut"
    case compressedFileDamaged = "compressed_file_damaged"
    case unreadableFile = "unreadable_file"
    /// Somebody wrote to the file, or cut it off, while it was read.
    case fileChanged = "file_changed"
    case unsupportedFormat = "unsupported_format"
    case binaryInput = "binary_input"
    case sameBytes = "same_bytes"
    /// The sensor says that it lost packets: what is counted is a lower bound.
    case packetsDropped = "packets_dropped"
    case packetMalformed = "packet_malformed"
    case packetTruncated = "packet_truncated"
    /// The packet is left out, as its target leaves it out.
    case checksumWrong = "checksum_wrong"
    /// The sender's network card was to compute it, and the capture was made before that.
    case checksumOffloaded = "checksum_offloaded"
    case fragmentIncomplete = "fragment_incomplete"
    case fragmentOverlapConflict = "fragment_overlap_conflict"
    case tcpOverlapConflict = "tcp_overlap_conflict"
    case rpcMalformed = "rpc_malformed"
    /// Records were lost, and a later one was found: calls and replies are lower bounds.
    case rpcResynchronised = "rpc_resynchronised"
    /// Of a conversation of RPC one side alone was captured, though the other one sent something too.
    case halfConversation = "half_conversation"
    case lineOverlong = "line_overlong"
    case lineUnmatched = "line_unmatched"
    case recordIncomplete = "record_incomplete"
    /// A record of a stream does not end where the length before it says.
    case lengthWrong = "length_wrong"
    case stampInvalid = "stamp_invalid"
    case traceUnreadable = "trace_unreadable"
    case hexDisagrees = "hex_disagrees"
    case repeatWithoutRecord = "repeat_without_record"
    /// More repetitions than any logger counts: it counts as ``Event/countCap``.
    case repeatCountCapped = "repeat_count_capped"
    case tableFull = "table_full"

    /// What was wrong with a container: the exit status is 3 for these.
    public var isDamage: Bool {
      [.captureDamaged, .captureCut, .compressedFileDamaged, .unreadableFile].contains(self)
    }
    public static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
  }
}

/// Oddities counted by kind, with the first of each.
public struct OddityTally: Sendable {
  public private(set) var counts: [Oddity.Kind: (count: Int, first: Citation)] = [:]
  public init() {}

  public mutating func note(_ kind: Oddity.Kind, _ citation: @autoclosure () -> Citation, count: Int = 1) {
    if let known = counts[kind] {
      counts[kind] = (known.count + count, known.first)
    } else {
      counts[kind] = (count, citation())
    }
  }

  /// Counts more of a kind of which the first was noted.
  public mutating func noteAgain(_ kind: Oddity.Kind, count: Int) {
    if let known = counts[kind] { counts[kind] = (known.count + count, known.first) }
  }

  /// Adds what another reader met; of two firsts the one in the earlier input, at the earlier place, is kept.
  public mutating func merge(_ other: OddityTally) {
    for (kind, value) in other.counts {
      guard let known = counts[kind] else {
        counts[kind] = value
        continue
      }
      let (left, right) = (known.first.provenance, value.first.provenance)
      let first = (right.input, right.ordinal) < (left.input, left.ordinal) ? value.first : known.first
      counts[kind] = (known.count + value.count, first)
    }
  }

  public var isEmpty: Bool { counts.isEmpty }
  public func count(of kind: Oddity.Kind) -> Int { counts[kind]?.count ?? 0 }
}
