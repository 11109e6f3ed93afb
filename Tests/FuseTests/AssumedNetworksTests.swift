import Evidence
import Fuse
import Testing

/// When the private networks are taken for own.
struct AssumedNetworksTests {
  private func assumed(_ events: [Event], _ directory: HostDirectory = HostDirectory()) -> Set<IPNetwork> {
    var directory = directory
    directory.assumeNetworks(servedIn: events)
    return Set(directory.assumedNetworks)
  }

  private func served(
    _ count: Int, _ network: String = "10.1.2.", to target: String = "172.16.0.1", outcome: Outcome = .answered
  ) -> [Event] {
    (0..<count).map { .wire("getport", at: Double($0), from: network + "\($0)", to: target, outcome: outcome) }
  }

  @Test func aPopulationThatIsServedIsOwn() {
    #expect(assumed(served(100)) == Set(IPNetwork.privateUse))
    #expect(assumed(served(50) + served(50, "fd00::")) == Set(IPNetwork.privateUse))
    #expect(assumed(served(100, to: "marlin", outcome: .allowed)) == Set(IPNetwork.privateUse))
  }

  @Test func fewerOrOthersAreNot() {
    #expect(assumed([]).isEmpty)
    #expect(assumed(served(99)).isEmpty)
    // Who comes again is no more hosts.
    #expect(assumed(served(99) + served(99)).isEmpty)
    #expect(assumed(served(200, "198.51.100.")).isEmpty)
    #expect(assumed(served(200, to: "192.0.2.1")).isEmpty)
    #expect(assumed(served(200, to: "172.32.0.1")).isEmpty)
    for outcome in [Outcome.unanswered, .refused, .reset, .empty] {
      #expect(assumed(served(200, outcome: outcome)).isEmpty)
    }
  }

  @Test func whatTheConfigurationNamesStands() throws {
    var directory = HostDirectory()
    directory.ownNetworks = [try #require(IPNetwork("192.0.2.0/24"))]
    #expect(assumed(served(200), directory).isEmpty)
  }

  /// Everyday calls of assumed clients pass; what the rules call more than that is told.
  @Test(arguments: ["informational", "low", "medium"])
  func onlyTheEverydayPasses(level: String) {
    var settings = FusionSettings.plain
    let events = served(100)
    settings.directory.assumeNetworks(servedIn: events)
    let signature = Signature.fixture("look-up", level: level)
    let findings = events.indices.map { Finding(signature: signature, pattern: "look-up", events: [$0]) }
    let found = Fusion(settings: settings).incidents(events: events, findings: findings, context: Fusion.Context())
    #expect(found.count == (level == "medium" ? 100 : 0))
  }
}
