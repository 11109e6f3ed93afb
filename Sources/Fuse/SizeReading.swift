public import Evidence

/// What the sizes of a request and its answer tell where a trace holds headers only (RFC 5531, RFC 1833).
///
/// Over TCP a record mark of 4 bytes goes before each message. A call with AUTH_NONE and no arguments is 40 bytes, an
/// accepted answer 24 and its result, a denial for lack of authentication 20.
public enum SizeReading: Sendable, Hashable {
  /// A DUMP and the entries that it was answered with; 0 is how a secured portmapper refuses.
  case dump(entries: Int)
  /// A NULL call, answered.
  case null
  /// A call without arguments that was denied.
  case denied
  /// A call of a version that the program does not have; the answer names those that it has.
  case versionMismatch
  /// A call without arguments, answered by something else or by nothing.
  case callWithoutArguments

  /// Reads the one exchange of a conversation with a portmapper; nil when there is none or it is another.
  public static func read(_ conversation: Conversation, transport: Transport) -> SizeReading? {
    let mark = transport == .tcp ? 4 : 0
    let turns = conversation.exchange
    // A datagram is a message; two that were sent one after the other are no larger one.
    guard transport == .tcp || conversation.packets.count(where: { $0.payloadLength > 0 }) == turns.count
    else { return nil }
    guard let call = turns.first, call.role == .initiator, call.bytes - mark == 40, turns.count <= 2 else { return nil }
    guard turns.count == 2 else { return .callWithoutArguments }
    switch turns[1].bytes - mark {
    case 20: return .denied
    case 24: return .null
    case 32: return .versionMismatch
    case let size where size >= 28 && (size - 28) % 20 == 0: return .dump(entries: (size - 28) / 20)
    default: return .callWithoutArguments
    }
  }
}
