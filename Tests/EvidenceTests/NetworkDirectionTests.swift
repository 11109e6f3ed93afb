import Evidence
import Testing

struct NetworkDirectionTests {
  private let own = ["10.0.0.0/8", "2001:db8::/32"].compactMap { IPNetwork($0) }

  private func direction(_ source: Host, _ target: Host) -> NetworkDirection? {
    NetworkDirection(from: source, to: target, own: own)
  }

  private func host(_ text: String) throws -> Host { .address(try #require(IPAddress(text))) }

  @Test func bothEndsDecide() throws {
    #expect(direction(try host("10.0.0.1"), try host("10.9.9.9")) == .internal)
    #expect(direction(try host("2001:db8::1"), try host("2001:db8::2")) == .internal)
    #expect(direction(try host("192.0.2.1"), try host("10.0.0.1")) == .inbound)
    #expect(direction(try host("10.0.0.1"), try host("192.0.2.1")) == .outbound)
    #expect(direction(try host("192.0.2.1"), try host("198.51.100.1")) == .external)
    #expect(direction(try host("10.0.0.1"), try host("255.255.255.255")) == .internal)
    #expect(direction(try host("fe80::1"), try host("ff02::1")) == .internal)
    #expect(direction(try host("10.0.0.1"), try host("224.0.0.251")) == .internal)
  }

  @Test func anEndWithoutAnAddressTellsNothing() throws {
    #expect(direction(.name("nas9"), try host("10.0.0.1")) == nil)
    #expect(direction(try host("10.0.0.1"), .unknown) == nil)
    #expect(direction(.local("local"), .local("local")) == nil)
    #expect(direction(try host("127.0.0.1"), try host("127.0.0.1")) == nil)
    #expect(NetworkDirection(from: try host("10.0.0.1"), to: try host("10.0.0.2"), own: []) == nil)
  }

  @Test func aHostThatLogsIsOwnWhereItsLogNamesIt() throws {
    func direction(_ source: Host) -> NetworkDirection? { NetworkDirection(toOwnHostFrom: source, own: own) }
    #expect(direction(try host("10.0.0.1")) == .internal)
    #expect(direction(try host("192.0.2.1")) == .inbound)
    #expect(direction(try host("127.0.0.1")) == nil)
    #expect(direction(.name("pc")) == nil)
    #expect(NetworkDirection(toOwnHostFrom: try host("10.0.0.1"), own: []) == nil)
  }
}
