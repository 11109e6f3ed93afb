public import Decode
public import Evidence
public import Fuse
public import Judge
import Knowledge

/// What the user tells about the site: `--config FILE`.
public struct Configuration: Sendable {
  public var directory = HostDirectory()
  public var assets: [Estate.Asset] = []
  /// What a host makes of segments and fragments that overlap and differ.
  public var overlap = OverlapPolicies()
  /// Time zones of hosts whose stamps name none and are not of `--timezone`.
  public var zones: [Bytes: ZoneTable] = [:]
  public init() {}

  /// Reads the file's text. All faults are collected.
  public init(text: String, file: String, faults: inout [Fault]) {
    let documents: [YAMLNode]
    do { documents = try YAMLNode.documents(text: text, file: file) } catch {
      faults += error.list
      return
    }
    for document in documents {
      guard let map = document.map(["sites", "hosts"], &faults) else { continue }
      for site in map["sites"]?.items ?? [] { readSite(site, &faults) }
      for host in map["hosts"]?.items ?? [] { readHost(host, &faults) }
    }
  }

  private mutating func readSite(_ node: YAMLNode, _ faults: inout [Fault]) {
    guard let map = node.map(["name", "networks"], &faults) else { return }
    if map["name"] == nil || map["networks"] == nil { faults.append(node.fault("a site needs 'name' and 'networks'")) }
    let name = map["name"]?.string(&faults) ?? ""
    if directory.sites.contains(where: { $0.name == name }) { faults.append(node.fault("site '\(name)' stands twice")) }
    var networks: [IPNetwork] = []
    for item in map["networks"]?.items ?? [] {
      guard let text = item.string(&faults) else { continue }
      guard let network = IPNetwork(text) else {
        faults.append(item.fault("'\(text)' is no network such as 192.0.2.0/24"))
        continue
      }
      networks.append(network)
    }
    directory.ownNetworks += networks
    directory.sites.append((name, networks))
  }

  private mutating func readHost(_ node: YAMLNode, _ faults: inout [Fault]) {
    guard
      let map = node.map(
        ["name", "addresses", "criticality", "why", "countermeasures", "overlap", "timezone"], &faults)
    else {
      return
    }
    guard let name = map["name"]?.string(&faults), !name.isEmpty else {
      faults.append(node.fault("a host needs a 'name'"))
      return
    }
    var addresses: [IPAddress] = []
    for item in map["addresses"]?.items ?? [] {
      guard let text = item.string(&faults) else { continue }
      if let address = IPAddress(text) {
        if directory.name(of: address) != nil || addresses.contains(address) {
          faults.append(item.fault("address \(address) stands twice"))
        }
        addresses.append(address)
      } else {
        faults.append(item.fault("'\(text)' is no address"))
      }
    }
    let why = map["why"]?.string(&faults) ?? "the configuration says so"
    var asset = Estate.Asset(name: Bytes(name), addresses: addresses)
    asset.criticality = map["criticality"]?.integer(1...5, &faults).map { Severity.Term($0, why) }
    if let node = map["countermeasures"], let terms = node.map(["system", "network", "why"], &faults) {
      let reason = terms["why"]?.string(&faults) ?? why
      asset.systemCountermeasures = terms["system"]?.integer(1...5, &faults).map { Severity.Term($0, reason) }
      asset.networkCountermeasures = terms["network"]?.integer(1...5, &faults).map { Severity.Term($0, reason) }
    }
    if let node = map["overlap"], let text = node.string(&faults) {
      if let policy = OverlapPolicy(rawValue: text) {
        for address in addresses { overlap.byTarget[address] = policy }
      } else {
        faults.append(node.fault("'\(text)' is neither first nor last"))
      }
    }
    if assets.contains(where: { $0.name.lowercased == asset.name.lowercased }) {
      faults.append(node.fault("host '\(name)' stands twice"))
      return
    }
    if let node = map["timezone"], let text = node.string(&faults) {
      if let zone = ZoneTable(identifier: text) {
        zones[asset.name] = zone
      } else {
        faults.append(node.fault("'\(text)' is no time zone that this system knows"))
      }
    }
    assets.append(asset)
    directory.add(HostDirectory.Entry(name: asset.name, addresses: addresses))
  }
}
