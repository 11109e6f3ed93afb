import Evidence

/// What a reply may be of which the call was not captured, by the form of its results alone.
///
/// Only lists have a form that others do not take by chance: each entry says that one follows, and the last that none does,
/// right where the message ends (RFC 1833, sections 2.1 and 3.1; RFC 1813, appendix I).
extension ReplyForm {
  /// The form, and how many entries the list has; nil for an empty one and for what takes none of the forms.
  static func read(_ results: RawSpan, wireLength: Int) -> (form: ReplyForm, entries: Int)? {
    for form in ReplyForm.allCases {
      var reader = XDRReader(results, wireLength: wireLength)
      if let entries = form.entries(&reader), entries > 0, reader.remaining == 0 { return (form, entries) }
    }
    return nil
  }

  @_lifetime(reader: copy reader) private func entries(_ reader: inout XDRReader) -> Int? {
    var count = 0
    while let more = reader.word(), more <= 1 {
      if more == 0 { return count }
      guard hasEntry(&reader) else { return nil }
      count += 1
    }
    return nil
  }

  @_lifetime(reader: copy reader) private func hasEntry(_ reader: inout XDRReader) -> Bool {
    switch self {
    case .portmapperList:
      guard reader.skip(words: 2), let proto = reader.word(), let port = reader.word() else { return false }
      return (proto == 6 || proto == 17) && port <= UInt32(UInt16.max)
    case .rpcbindList:
      guard reader.skip(words: 2), let network = reader.string(), reader.string() != nil, reader.string() != nil
      else { return false }
      return (1...16).contains(network.count)
    case .exportList:
      guard ReplyForm.hasPath(&reader) else { return false }
      while let group = reader.word(), group <= 1 {
        if group == 0 { return true }
        if reader.string() == nil { return false }
      }
      return false
    case .mountList: return reader.string() != nil && ReplyForm.hasPath(&reader)
    }
  }

  @_lifetime(reader: copy reader) private static func hasPath(_ reader: inout XDRReader) -> Bool {
    guard let path = reader.string(), !path.isEmpty else { return false }
    return reader.bytes.byte(path.lowerBound) == UInt8(ascii: "/")
  }
}
