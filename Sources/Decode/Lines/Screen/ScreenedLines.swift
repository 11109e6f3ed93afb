import Evidence

/// What a ``LineScreen`` found in a block: the lines of no concern, and what they leave behind.
package struct ScreenedLines: Sendable {
  /// Lines of no concern, one after another, of the same second and in the order of their stamps.
  package struct Stretch: Sendable {
    /// Offsets in the block, of the first line's first byte and behind the last one's line feed.
    package internal(set) var start: Int
    package internal(set) var end: Int
    package internal(set) var lines: Int
    /// Where the last of them starts, which is also the latest.
    var last: Int
    /// Where the hosts of the next stretch begin among ``ScreenedLines/hosts``.
    var hostsEnd: Int
  }

  /// In the order of the block, without overlap.
  package internal(set) var stretches: [Stretch] = []
  /// Who wrote the lines, in their order; a host that goes on stands once.
  var hosts: [Host.Key] = []

  package init() {}

  /// The hosts that wrote a stretch.
  func hosts(of stretch: Int) -> ArraySlice<Host.Key> {
    let start = stretch == 0 ? 0 : stretches[stretch - 1].hostsEnd
    return hosts[start..<stretches[stretch].hostsEnd]
  }

  package mutating func clear() {
    stretches.removeAll(keepingCapacity: true)
    hosts.removeAll(keepingCapacity: true)
  }
}
