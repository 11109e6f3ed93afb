public import Evidence

extension HostDirectory {
  /// So many hosts of private networks are a site's clients, and no handful of people who look around.
  public static let population = 100

  /// Takes the private networks for own where nothing tells which networks are, and where services there serve the RPC
  /// calls of a whole population of such hosts: else each client of a site is an incident of its own, and who attacks
  /// it is lost among them. A few may as well be intruders, or traces in which every address was made anonymous.
  public mutating func assumeNetworks(servedIn events: [Event]) {
    guard ownNetworks.isEmpty else { return }
    func isPrivate(_ address: IPAddress) -> Bool { IPNetwork.privateUse.contains { $0.contains(address) } }
    var served: Set<IPAddress> = []
    for event in events where event.action == .rpcCall && [.answered, .allowed].contains(event.outcome) {
      guard let source = event.source.host.address, isPrivate(source) else { continue }
      // A host's log often knows itself by name alone.
      if let target = event.target.host.address, !isPrivate(target) { continue }
      served.insert(source)
      guard served.count < HostDirectory.population else {
        assumedNetworks = IPNetwork.privateUse
        return
      }
    }
  }
}
