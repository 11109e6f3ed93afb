public import Evidence

/// What fusion needs to know beside the evidence.
public struct FusionSettings: Sendable {
  /// Activity of one source that pauses for longer is another incident, in seconds.
  public var incidentGap = 3600.0
  /// Records of one event may stand this far apart on the clocks of two sensors, in seconds.
  public var pairTolerance = 120.0
  /// An undated packet takes its day from a host record no further away than this, in seconds.
  public var datingTolerance = 2.0
  /// A service's failure follows its cause within so many seconds; syslog's stamps have whole ones.
  public var failureReach = 30.0
  public var directory = HostDirectory()
  public var programs: ProgramTable
  /// The clocks of hosts that log, as ``SensorClocks`` estimated them.
  public var clocks: [ClockOffset] = []

  public init(programs: ProgramTable) { self.programs = programs }
}

/// The hosts that the configuration names.
public struct HostDirectory: Sendable {
  public struct Entry: Sendable {
    public var name: Bytes
    public var addresses: [IPAddress]
    public init(name: Bytes, addresses: [IPAddress]) {
      self.name = name
      self.addresses = addresses
    }
  }
  /// The networks that the configuration calls own.
  public var ownNetworks: [IPNetwork] = []
  /// Networks that are taken for own because of what happens in them; see ``assumeNetworks(servedIn:)``.
  public internal(set) var assumedNetworks: [IPNetwork] = []
  /// The sites by name, each with its networks.
  public var sites: [(name: String, networks: [IPNetwork])] = []
  private var names: [IPAddress: Bytes] = [:]
  private var addresses: [Bytes: [IPAddress]] = [:]
  public init() {}

  public mutating func add(_ entry: Entry) {
    for address in entry.addresses { names[address] = entry.name.lowercased }
    addresses[entry.name.lowercased] = entry.addresses
  }
  public func name(of address: IPAddress) -> Bytes? { names[address] }
  public func address(of name: Bytes) -> IPAddress? { addresses[name.lowercased]?.first }
  /// One host for what the configuration knows under several names: the name of an address that has one.
  public func resolved(_ host: Host) -> Host {
    switch host {
    case .address(let address): name(of: address).map { .name($0) } ?? host
    case .name(let name): .name(name.lowercased)
    case .local, .unknown: host
    }
  }
  /// Whether the address is one of ours, by the configuration or by assumption.
  public func isOwn(_ address: IPAddress) -> Bool {
    ownNetworks.contains { $0.contains(address) } || assumedNetworks.contains { $0.contains(address) }
  }
  /// The site that a host belongs to, by its address or by that of its name.
  public func site(of host: Host) -> String? {
    guard let address = host.address ?? host.name.flatMap({ self.address(of: $0) }) else { return nil }
    return sites.first { $0.networks.contains { $0.contains(address) } }?.name
  }
}
