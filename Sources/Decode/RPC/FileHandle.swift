import Evidence

/// The file handle of a call to NFS, as a number that tells it from others: a handle says nothing to anybody but its server.
enum FileHandle {
  /// Nil where the call has none, or its arguments are not in the clear.
  static func digest(of procedure: RPCProcedure, arguments: RawSpan) -> UInt64? {
    guard procedure.isNFS, procedure.procedure > 0 else { return nil }
    var reader = XDRReader(arguments)
    switch procedure.version {
    // RFC 1094, section 2.3.3: 32 bytes; ROOT and WRITECACHE have no argument.
    case 2: return arguments.byteCount >= 32 ? digest(arguments.slice(0..<32)) : nil
    case 3: return reader.string().map { digest(arguments.slice($0)) }
    default: return inCompound(&reader).map { digest(arguments.slice($0)) }
    }
  }

  /// PUTFH stands first (RFC 7530, section 15.2), or behind SEQUENCE (RFC 5661, section 2.10.6.1).
  @_lifetime(reader: copy reader) private static func inCompound(_ reader: inout XDRReader) -> Range<Int>? {
    guard reader.string() != nil, reader.skip(words: 2), let first = reader.word() else { return nil }
    guard first == sequence else { return first == putfh ? reader.string() : nil }
    return reader.skip(words: 8) && reader.word() == putfh ? reader.string() : nil
  }
  private static let putfh: UInt32 = 22
  private static let sequence: UInt32 = 53

  /// Never 0, which means that there is none.
  private static func digest(_ handle: RawSpan) -> UInt64 { max(handle.digest, 1) }
}
