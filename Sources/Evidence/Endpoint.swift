/// A machine as the evidence names it.
public enum Host: Hashable, Sendable {
  case address(IPAddress)
  /// A name that was not resolved, or a sanitised address such as `IP.32`.
  case name(Bytes)
  /// The machine itself, over a transport that no network carries; the caller's address as it was printed.
  case local(Bytes)
  case unknown

  public var address: IPAddress? {
    if case .address(let address) = self { address } else { nil }
  }
  public var name: Bytes? {
    if case .name(let name) = self { name } else { nil }
  }
  public var isLocal: Bool {
    if case .local = self { true } else { false }
  }
  /// How a person reads it.
  public var notation: String {
    switch self {
    case .address(let address): address.description
    case .name(let name): name.notation
    case .local(let text): text.isEmpty ? "local" : text.notation
    case .unknown: "unknown"
    }
  }
}

extension Host: Comparable {
  public static func < (left: Host, right: Host) -> Bool { left.order < right.order }
  private var order: (Int, UInt128, Bytes) {
    switch self {
    case .address(let address): (0, address.bits, "")
    case .name(let name): (1, 0, name)
    case .local(let text): (2, 0, text)
    case .unknown: (3, 0, "")
    }
  }
}

/// A host and, where the evidence has one, its port.
public struct Endpoint: Hashable, Sendable {
  public var host: Host
  public var port: UInt16?

  public static let unknown = Endpoint(host: .unknown)
  public init(host: Host, port: UInt16? = nil) {
    self.host = host
    self.port = port
  }

  /// `192.0.2.1:111`, `[2001:db8::1]:111`, or the host alone.
  public var notation: String {
    guard let port else { return host.notation }
    if let address = host.address, !address.isV4 { return "[\(address)]:\(port)" }
    return host.notation + ":" + String(port)
  }
}

/// What carried a request.
public enum Transport: String, Sendable, Hashable, CaseIterable, Comparable {
  case tcp, udp, local, icmp
  /// An IP protocol by itself, of which a port is the number.
  case ip
  public static func < (left: Transport, right: Transport) -> Bool { left.rawValue < right.rawValue }
}

/// A port of a transport.
public struct Service: Hashable, Sendable, Comparable {
  public var transport: Transport
  public var port: UInt16
  public init(_ transport: Transport, _ port: UInt16) {
    self.transport = transport
    self.port = port
  }

  /// Where Solaris puts its services of RPC (rusersd, status, ...).
  @inlinable public static var solarisPorts: ClosedRange<UInt16> { 32_771...32_780 }

  public static func < (left: Service, right: Service) -> Bool {
    (left.transport, left.port) < (right.transport, right.port)
  }
}
