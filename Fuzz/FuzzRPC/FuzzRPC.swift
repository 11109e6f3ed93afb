import Decode
import Evidence
import FuzzDriver

/// The surface of RPC: messages of both directions, over UDP and in records of TCP, with arguments and results of every
/// program whose layout is known.
///
/// An input is a list of messages: a byte for direction, transport and port, two for the length, and so many bytes.
@main
struct FuzzRPC {
  static func main() {
    unsafe runFuzzer { start, count in
      FuzzRPC.check(unsafe bytes(start, count))
      return 0
    }
  }

  private struct Message {
    var isAnswer: Bool
    var isTCP: Bool
    var port: UInt16
    var bytes: [UInt8]
  }

  private static let ports: [UInt16] = [111, 2049, 635, 32_775]
  /// As many messages as an input of the longest kind has.
  private static let messageCap = 4096

  private static func check(_ input: [UInt8]) {
    let messages = messages(input)
    let (whole, events) = converse(messages, segment: .max)
    for event in events { check(event) }
    if whole.oddities.count(of: .tableFull) == 0 {
      let calls = events.filter { $0.action == .rpcCall }.reduce(0) { $0 + $1.count }
      require(calls == whole.rpcTally.rows.reduce(0) { $0 + $1.calls }, "calls are lost, or counted twice")
    }
    // Where the place of the record marks is lost, what is found again depends on what came at once.
    guard whole.oddities.isEmpty else { return }
    let (cut, same) = converse(messages, segment: Int(input.first ?? 7) % 13 + 1)
    require(cut.rpcTally.rows == whole.rpcTally.rows, "how a stream is cut changes what is counted")
    require(same.map(\.rpc) == events.map(\.rpc), "how a stream is cut changes what is read")
  }

  private static func messages(_ input: [UInt8]) -> [Message] {
    var messages: [Message] = []
    var place = 0
    while place + 3 <= input.count, messages.count < messageCap {
      let head = input[place]
      let length = Int(input[place + 1]) << 8 | Int(input[place + 2])
      let end = min(input.count, place + 3 + length)
      messages.append(
        Message(
          isAnswer: head & 1 == 1, isTCP: head & 2 == 2, port: ports[Int(head >> 2 & 3)],
          bytes: Array(input[place + 3..<end])))
      place = end
    }
    return messages
  }

  /// What is kept of a call has its caps, and every field can be asked for.
  private static func check(_ event: Event) {
    for field in FieldName.allCases { _ = event[field] }
    guard let details = event.rpc?.details else { return }
    for text in [details.path, details.text, details.operations, details.resultText, details.address] {
      require(text.count <= 4096, "a text of \(text.count) bytes is kept")
    }
    require((event.rpc?.resultEntries ?? 0) <= 1 << 16, "a list has more entries than bytes")
  }

  // MARK: Packets

  private static func converse(_ messages: [Message], segment: Int) -> (ConversationTable, [Event]) {
    var table = ConversationTable()
    var events: [Event] = []
    var frame = 0
    // The next number of each stream: by port, and by who sends.
    var sequences: [UInt32: UInt32] = [:]
    for message in messages {
      let stream = UInt32(message.port) << 1 | (message.isAnswer ? 1 : 0)
      var place = 0
      repeat {
        let end = message.isTCP ? place + min(segment, message.bytes.count - place) : message.bytes.count
        let payload = Array(message.bytes[place..<end])
        let sequence = sequences[stream] ?? 1000
        frame += 1
        let record = packet(message, frame, sequence, payload.count, isOpening: false)
        if message.isTCP, sequences[stream] == nil {
          let opening = packet(message, frame, 999, 0, isOpening: true)
          table.push(opening, payload: [UInt8]().rawSpan, into: &events)
        }
        table.push(record, payload: payload.rawSpan, into: &events)
        if message.isTCP { sequences[stream] = sequence &+ UInt32(payload.count) }
        place = end
      } while place < message.bytes.count
    }
    table.finish(into: &events)
    return (table, events)
  }

  private static func packet(
    _ message: Message, _ frame: Int, _ sequence: UInt32, _ length: Int, isOpening: Bool
  ) -> PacketRecord {
    let client = Endpoint(host: .address(IPAddress(v4: 0x0a00_0002)), port: 700)
    let server = Endpoint(host: .address(IPAddress(v4: 0x0a00_0001)), port: message.port)
    let place = Provenance(input: InputID(0), place: .frame(frame), offset: frame, length: 0)
    return PacketRecord(
      time: EventTime(Timestamp(nanoseconds: 1_000_000_000), fractionDigits: 6),
      source: message.isAnswer ? server : client, target: message.isAnswer ? client : server,
      transport: message.isTCP ? .tcp : .udp,
      flags: !message.isTCP ? [] : isOpening ? (message.isAnswer ? [.syn, .ack] : .syn) : .ack, sequence: sequence,
      payloadLength: length, citation: Citation(place, text: ""))
  }
}
