import Evidence

/// The name of a procedure, and what its argument is made of, as far as it is documented.
struct RPCSignature: Sendable {
  let name: Bytes
  let argument: [XDRItem]

  init(_ name: Bytes, _ argument: XDRItem...) {
    self.name = name
    self.argument = argument
  }
  /// A number that no procedure has.
  static let unused = RPCSignature("")
}

/// A part of an argument (RFC 4506).
enum XDRItem: Sendable {
  /// Integers, enumerations, and opaques of fixed length.
  case words(Int)
  /// `opaque<>`: handles, cookies.
  case opaque
  /// A bit map of NFSv4: a count of words, and the words.
  case bitmap
  /// A string that a daemon looks at, such as a host's name, with the length that its protocol allows.
  case text(Int)
  /// A path that a daemon looks at.
  case path(Int)
  /// The path of a login shell, which is no sign of an attack by itself.
  case shell(Int)
  /// The name of a file, or a path that only clients follow: any bytes that users like.
  case fileName(Int)
  /// Data of users, in which nothing is looked for.
  case data
  /// No layout is known from here on.
  case unknown
}
