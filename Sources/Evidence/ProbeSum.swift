/// What many probes come to, where they are told as a sum: those of one source, or of a crowd of sources each of which did
/// little. Numbers only; what to make of them is said by rules.
public final class ProbeSum: Sendable {
  /// A number of different things, exact as long as few were met.
  public struct Distinct: Hashable, Sendable {
    public var count: Int
    public var isEstimate: Bool
    public init(_ count: Int, isEstimate: Bool = false) {
      self.count = count
      self.isEstimate = isEstimate
    }
    /// `12`, or `about 1200`.
    public var notation: String { (isEstimate ? "about " : "") + String(count) }
  }
  /// An open service that a probe met.
  public struct Open: Hashable, Sendable, Comparable {
    public var host: Host
    public var service: Service
    public init(host: Host, service: Service) {
      self.host = host
      self.service = service
    }
    public static func < (left: Open, right: Open) -> Bool {
      left.host != right.host ? left.host < right.host : left.service < right.service
    }
  }

  /// All of them, also those that are told by Events of their own.
  public let probes: Int
  public let sources: Distinct
  public let hosts: Distinct
  /// Different pairs of host and port.
  public let services: Distinct
  public let tcpPorts: Distinct
  public let udpPorts: Distinct
  public let ipProtocols: Distinct
  /// Hosts of which a port was tried where RPC is at home.
  public let rpcHosts: Distinct
  /// Probes by technique and by outcome, of those of which more than the number was kept.
  public let techniques: [ProbeTechnique: Int]
  public let outcomes: [Outcome: Int]
  /// The ports most often tried, at most ``listCap``, with how often.
  public let ports: [(service: Service, probes: Int)]
  /// The first hosts, at most ``listCap``.
  public let firstHosts: [Host]
  /// What was found open, at most ``listCap``.
  public let open: [Open]
  public let first: EventTime
  public let last: EventTime
  /// The most frequent TTL of a probe's first packet, and how many probes had it.
  public let timeToLive: (value: UInt8, probes: Int)?

  public static let listCap = 16
  public var techniqueNames: [String] { techniques.keys.sorted().map(\.name) }

  public init(
    probes: Int, sources: Distinct, hosts: Distinct, services: Distinct, tcpPorts: Distinct, udpPorts: Distinct,
    ipProtocols: Distinct,
    rpcHosts: Distinct, techniques: [ProbeTechnique: Int], outcomes: [Outcome: Int],
    ports: [(service: Service, probes: Int)],
    firstHosts: [Host], open: [Open], first: EventTime, last: EventTime, timeToLive: (value: UInt8, probes: Int)?
  ) {
    self.probes = probes
    self.sources = sources
    self.hosts = hosts
    self.services = services
    self.tcpPorts = tcpPorts
    self.udpPorts = udpPorts
    self.ipProtocols = ipProtocols
    self.rpcHosts = rpcHosts
    self.techniques = techniques
    self.outcomes = outcomes
    self.ports = ports
    self.firstHosts = firstHosts
    self.open = open
    self.first = first
    self.last = last
    self.timeToLive = timeToLive
  }
}

/// How a port was tried, by what the first packet and the handshake show (nmap's names for them are the field's).
public enum ProbeTechnique: UInt8, Sendable, Hashable, CaseIterable, Comparable {
  /// A SYN that nobody answered or a reset did: of a half-open scan and of a connection it looks the same.
  case syn
  /// A SYN that was answered, and the connection then dropped before it was complete.
  case halfOpen
  /// A handshake that was completed, and no request.
  case connect
  case fin, null, xmas
  case udp
  /// A bare header of an IP protocol that is neither TCP nor UDP nor ICMP.
  case ipProtocol

  /// Of a first segment without SYN that belongs to no connection; nil where other segments have such flags as well.
  public init?(oddFlags flags: TCPFlags) {
    switch flags {
    case []: self = .null
    case .fin: self = .fin
    case [.fin, .psh, .urg]: self = .xmas
    default: return nil
    }
  }

  /// How a TCP port was tried, by how far the opening got; nil where the trace begins with what opens nothing.
  /// - Parameter isReset: By the host that was tried.
  public init?(_ handshake: Conversation.Handshake, firstFlags: TCPFlags, isReset: Bool) {
    guard handshake > .unseen else {
      self.init(oddFlags: firstFlags)
      return
    }
    // Who forges an address answers no SYN/ACK rightly, and the host resets the connection.
    self = handshake == .complete && !isReset ? .connect : handshake >= .synAck ? .halfOpen : .syn
  }

  public var name: String {
    switch self {
    case .syn: "SYN"
    case .halfOpen: "half-open"
    case .connect: "connect"
    case .fin: "FIN"
    case .null: "NULL"
    case .xmas: "Xmas"
    case .udp: "UDP"
    case .ipProtocol: "IP protocol"
    }
  }
  public var transport: Transport { self == .udp ? .udp : self == .ipProtocol ? .ip : .tcp }
  public static func < (left: ProbeTechnique, right: ProbeTechnique) -> Bool { left.rawValue < right.rawValue }
}

extension Conversation {
  /// How a TCP port was tried, where the conversation is a probe.
  public var technique: ProbeTechnique? {
    ProbeTechnique(handshake, firstFlags: packets.first?.flags ?? .ack, isReset: close == .reset(by: .responder))
  }
}
