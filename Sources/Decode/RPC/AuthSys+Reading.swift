import Evidence

/// What a call's credential says (RFC 5531, section 8 and appendix A; RFC 2203, section 5.3.1).
///
///     AUTH_SYS:    stamp machinename<255> uid gid gids<16>
///     RPCSEC_GSS:  version procedure sequence service handle<>
struct CredentialReading {
  var caller: AuthSys?
  var traits = RPCTraits()
  var protection: RPCDetails.Protection?
  /// RPCSEC_GSS sets up a context: the arguments are tokens of the mechanism's.
  var isSetup = false

  static let none: UInt32 = 0
  static let sys: UInt32 = 1
  static let gss: UInt32 = 6
  static let tls: UInt32 = 7
  static let loopback: UInt32 = 0x55de

  /// - Parameter known: the caller of the call before, mostly the same.
  init(_ credential: RPCAuthentication?, _ message: RawSpan, known: AuthSys?) {
    guard let credential else { return }
    if credential.length > RPCAuthentication.lengthLimit { traits.insert(.longCredential) }
    if credential.flavor == CredentialReading.loopback { traits.insert(.loopbackCredential) }
    var reader = XDRReader(message.slice(credential.body), wireLength: credential.length)
    switch credential.flavor {
    case CredentialReading.sys, CredentialReading.loopback: readSys(&reader, known)
    case CredentialReading.gss: readGSS(&reader)
    default: break
    }
  }

  @_lifetime(reader: copy reader) private mutating func readSys(_ reader: inout XDRReader, _ known: AuthSys?) {
    guard reader.skip(words: 1), let name = reader.string(), let user = reader.word(), let group = reader.word(),
      let groups = reader.word()
    else { return }
    if groups > 16 { traits.insert(.manyGroups) }
    if let known, known.userID == user, known.groupID == group, known.groupCount == groups,
      known.machineName.count == name.count, reader.bytes.hasBytes(known.machineName.array, at: name.lowerBound)
    {
      caller = known
      return
    }
    let bytes = reader.bytes.slice(name)
    // Of a later call the same name tells nothing new.
    if name.count > 255 { traits.insert(.oversizedString) }
    traits.formUnion(RPCTraits.reading(bytes))
    caller = AuthSys(machineName: Bytes(bytes), userID: user, groupID: group, groupCount: groups)
  }

  @_lifetime(reader: copy reader) private mutating func readGSS(_ reader: inout XDRReader) {
    guard reader.skip(words: 1), let procedure = reader.word(), reader.skip(words: 1), let service = reader.word()
    else {
      return
    }
    // 0 is data; the others open and close a context.
    guard procedure == 0 else {
      isSetup = true
      return
    }
    protection = service == 2 ? .integrity : service == 3 ? .privacy : nil
  }
}
