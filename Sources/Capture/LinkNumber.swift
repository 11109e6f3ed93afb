/// What a capture calls the link layer of a frame.
public enum LinkNumber: Hashable, Sendable {
  /// As tcpdump.org numbers them (LINKTYPE_...).
  case linkType(UInt32)
  /// As RFC 1761, section 4, and Solaris's DLPI number them, where tcpdump.org has no number for the same.
  case snoop(UInt32)

  // Asked of every frame, so written out for others to have it in their own code.
  @inlinable @inline(__always) public static func == (left: LinkNumber, right: LinkNumber) -> Bool {
    switch (left, right) {
    case (.linkType(let one), .linkType(let other)), (.snoop(let one), .snoop(let other)): one == other
    case (.linkType, .snoop), (.snoop, .linkType): false
    }
  }

  /// tcpdump.org's number, if there is one.
  public var linkType: UInt32? { if case .linkType(let number) = self { number } else { nil } }

  public var description: String {
    switch self {
    case .linkType(let number): "link type \(number)"
    case .snoop(let number): "snoop's datalink type \(number)"
    }
  }
}
