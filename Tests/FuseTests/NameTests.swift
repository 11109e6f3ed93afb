import Evidence
import Testing

@testable import Fuse

/// Names of logs and addresses of the wire: joined where the calls agree, and not where they fit more than one machine.
struct NameTests {
  private static let one = "192.0.2.10"
  private static let other = "192.0.2.20"

  /// Calls of a log that are on the wire at an address, minutes apart.
  private func calls(_ count: Int, log name: String, at address: String?, from start: Double, line: Int) -> [Event] {
    (0..<count).flatMap { number -> [Event] in
      let moment = start + Double(number) * 1000
      let record = Event.fixture(at: moment, to: name, line: line + number * 2)
      guard let address else { return [record] }
      return [record, .wire("dump", at: moment + 0.3, to: address, line: line + number * 2 + 1)]
    }
  }

  private func incidents(_ events: [Event], _ configure: (inout HostDirectory) -> Void = { _ in }) -> [Incident] {
    var settings = FusionSettings.plain
    configure(&settings.directory)
    let events = events.sorted(by: Event.precedes)
    return Fusion(settings: settings).incidents(
      events: events, findings: Finding.each(events), context: Fusion.Context())
  }

  private func pairs(_ incidents: [Incident]) -> Int { incidents.reduce(0) { $0 + $1.pairs.count } }
  private func hypotheses(_ incidents: [Incident]) -> [Deduction] {
    incidents.flatMap(\.deductions).filter { $0.text.contains("joined to") }
  }

  @Test(arguments: ["db", "localhost"]) func oneHostIsJoined(_ name: String) {
    let found = incidents(calls(4, log: name, at: NameTests.one, from: 0, line: 1))
    #expect(pairs(found) == 4 && hypotheses(found).isEmpty)
  }

  /// Two machines that log under one name, or one with two addresses: said as possible, and joined to neither.
  @Test(arguments: [(2, 2), (9, 2), (3, 30)]) func oneNameAtTwoAddressesIsNotJoined(_ first: Int, _ second: Int) {
    let found = incidents(
      calls(first, log: "db", at: NameTests.one, from: 0, line: 1)
        + calls(second, log: "db", at: NameTests.other, from: 500, line: 1000))
    #expect(pairs(found) == 0)
    let said = hypotheses(found)
    #expect(!said.isEmpty && said.allSatisfy { $0.confidence == .possible && $0.evidence.count == 2 })
    #expect(
      said.allSatisfy { $0.text.contains("\(first) at 192.0.2.10") && $0.text.contains("\(second) at 192.0.2.20") })
  }

  /// A single call at another address may be of another time: it does not stand against the many.
  @Test func oneStrayCallDecidesNothing() {
    let found = incidents(
      calls(5, log: "db", at: NameTests.one, from: 0, line: 1)
        + calls(1, log: "db", at: NameTests.other, from: 500, line: 1000))
    #expect(pairs(found) == 5)
  }

  /// Two logs whose calls the wire shows at one address: it is one of them, or neither.
  @Test func twoNamesOfOneAddressAreNotOneHost() {
    let sweep = (0..<4).flatMap { number -> [Event] in
      let moment = Double(number) * 1000
      return [
        .fixture(at: moment, to: "marlin", line: number * 3),
        .fixture(at: moment + 1, to: "milo", line: number * 3 + 1),
        .wire("dump", at: moment + 0.2, line: number * 3 + 2),
      ]
    }
    let found = incidents(sweep)
    #expect(pairs(found) == 0 && !hypotheses(found).isEmpty)
    for incident in found { #expect(incident.targets.allSatisfy { $0.spellings.count == 1 }) }
    // The configuration knows.
    let told = incidents(sweep) {
      $0.add(HostDirectory.Entry(name: "milo", addresses: [IPAddress("192.0.2.10")].compactMap { $0 }))
    }
    #expect(pairs(told) == 4)
    #expect(told.flatMap(\.targets).allSatisfy { !$0.spellings.contains(.name("marlin")) || $0.spellings.count == 1 })
  }

  @Test func theShortAndTheLongNameAreNoRivals() {
    let found = incidents(
      calls(3, log: "db", at: NameTests.one, from: 0, line: 1)
        + calls(3, log: "db.example.com", at: NameTests.one, from: 400, line: 1000))
    #expect(pairs(found) == 6 && hypotheses(found).isEmpty)
  }

  /// What the configuration says of a name, the evidence does not change.
  @Test func aConfiguredNameHasItsAddressesAndNoOthers() {
    let found = incidents(calls(4, log: "db", at: NameTests.other, from: 0, line: 1)) {
      $0.add(HostDirectory.Entry(name: "db", addresses: [IPAddress("192.0.2.10")].compactMap { $0 }))
    }
    #expect(pairs(found) == 0)
  }
}
