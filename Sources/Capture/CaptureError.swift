public import Evidence

/// Why an input cannot be read, or not to its end. What was read before stays valid.
public enum CaptureError: Error, Hashable, Sendable {
  /// The system's words.
  case cannotOpen(reason: String)
  /// libpcap's words about a filter.
  case filter(reason: String)
  /// `offset` bytes were read before; offsets count in the file as it lies on the disk.
  case cannotRead(offset: Int, reason: String)
  case compressedDataDamaged(Compression, offset: Int, reason: String)
  case compressedDataCut(Compression, offset: Int)

  public var oddity: Oddity.Kind {
    switch self {
    case .cannotOpen, .cannotRead, .filter: .unreadableFile
    case .compressedDataDamaged, .compressedDataCut: .compressedFileDamaged
    }
  }
}

extension CaptureError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .cannotOpen(let reason): "cannot be opened: \(reason)"
    case .filter(let reason): "the filter is none: \(reason)"
    case .cannotRead(let offset, let reason): "cannot be read beyond byte \(offset): \(reason)"
    case .compressedDataDamaged(let compression, let offset, let reason):
      "\(compression.rawValue) data is damaged near byte \(offset): \(reason)"
    case .compressedDataCut(let compression, let offset):
      "\(compression.rawValue) data is cut off at byte \(offset)"
    }
  }
}
