/// A machine as the evidence names it.
package enum Host: Hashable, Sendable {
  case address(IPAddress)
  /// A name that was not resolved, or a sanitised address such as `IP.32`.
  case name(Bytes)
  /// The machine itself, over a transport that no network carries; the caller's address as it was printed.
  case local(Bytes)
  case unknown

  package var address: IPAddress? {
    if case .address(let address) = self { address } else { nil }
  }
  package var name: Bytes? {
    if case .name(let name) = self { name } else { nil }
  }
  package var isLocal: Bool {
    if case .local = self { true } else { false }
  }
  /// How a person reads it.
  package var notation: String {
    switch self {
    case .address(let address): address.description
    case .name(let name): name.notation
    case .local(let text): text.isEmpty ? "local" : text.notation
    case .unknown: "unknown"
    }
  }
}

extension Host: Comparable {
  package static func < (left: Host, right: Host) -> Bool { left.order < right.order }
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
package struct Endpoint: Hashable, Sendable {
  package var host: Host
  package var port: UInt16?

  package static let unknown = Endpoint(host: .unknown)
  package init(host: Host, port: UInt16? = nil) {
    self.host = host
    self.port = port
  }

  /// `192.0.2.1:111`, `[2001:db8::1]:111`, or the host alone.
  package var notation: String {
    guard let port else { return host.notation }
    if let address = host.address, !address.isV4 { return "[\(address)]:\(port)" }
    return host.notation + ":" + String(port)
  }
}

/// What carried a request.
package enum Transport: String, Sendable, Hashable, CaseIterable, Comparable {
  case tcp, udp, local, icmp
  /// An IP protocol by itself, of which a port is the number.
  case ip
  package static func < (left: Transport, right: Transport) -> Bool { left.rawValue < right.rawValue }
}

/// A port of a transport.
package struct Service: Hashable, Sendable, Comparable {
  package var transport: Transport
  package var port: UInt16
  package init(_ transport: Transport, _ port: UInt16) {
    self.transport = transport
    self.port = port
  }

  /// Where Solaris puts its services of RPC (rusersd, status, ...).
  @inlinable package static var solarisPorts: ClosedRange<UInt16> { 32_771...32_780 }

  package static func < (left: Service, right: Service) -> Bool {
    (left.transport, left.port) < (right.transport, right.port)
  }
}
