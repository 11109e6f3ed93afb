import Evidence
import Foundation
import Fuse
import Judge
import Testing
import Workbench

/// What machines write on a quiet day is no incident.
struct OrdinaryLogTests {
  private static let log = Repository.root + "/Tests/Golden/ordinary-log/messages"

  @Test("an ordinary log gives no incident, with and without RPC words in it")
  func ordinary() async throws {
    let analysis = try await Analysing.run([OrdinaryLogTests.log], asOf: "2026-03-05")
    #expect(analysis.incidents.isEmpty, "\(analysis.incidents.map(\.incident.title))")
    #expect(analysis.hostRecords == 300)
    #expect(analysis.situation.call.condition == .green)
    #expect(analysis.oddities.isEmpty, "\(analysis.oddities.counts)")
  }

  @Test("the same log with one attack in it gives that one incident")
  func needle() async throws {
    let record = "Mar  2 03:04:05 alpha rpcbind: refused connect from 203.0.113.9 to dump()\n"
    let analysis = try await Analysing.run(
      text: record + (try Repository.text(OrdinaryLogTests.log)), asOf: "2026-03-05")
    #expect(analysis.incidents.count == 1)
    #expect(analysis.hostRecords == 301)
  }

  private static let lookups = """
    Mar  2 10:00:00 portmap1 rpcbind[101]: connect from 192.0.2.20 to dump()
    Mar  2 10:00:05 portmap1 rpcbind[102]: connect from 192.0.2.20 to getport/addr(nfs)
    Mar  2 10:00:06 portmap1 rpcbind[103]: connect from 192.0.2.20 to getport/addr(mountd)
    Mar  2 10:00:07 portmap1 rpcbind[104]: connect from 192.0.2.21 to getport(100003)
    Mar  2 10:00:08 portmap1 rpcbind[105]: connect from 127.0.0.1 to getport/addr(status)

    """
  private static let site = """
    sites:
      - name: lab
        networks: [192.0.2.0/27, 127.0.0.0/8]
    """

  @Test("an own client's allowed look-ups are events, not incidents")
  func ownClients() async throws {
    let own = try await Analysing.run(
      text: OrdinaryLogTests.lookups, asOf: "2026-03-05", configuration: OrdinaryLogTests.site)
    #expect(own.incidents.isEmpty, "\(own.incidents.map(\.incident.title))")
    #expect(own.eventCount == 5)
    // Without the site's networks nobody knows who is at home.
    let unknown = try await Analysing.run(text: OrdinaryLogTests.lookups, asOf: "2026-03-05")
    #expect(!unknown.incidents.isEmpty)
  }

  @Test("an own client that is refused, or a stranger that is allowed, is an incident all the same")
  func notEverythingOwnIsFine() async throws {
    let text =
      OrdinaryLogTests.lookups + """
        Mar  2 11:00:00 portmap1 rpcbind[106]: connect from 192.0.2.22 to dump(): request from unauthorized host
        Mar  2 11:00:00 portmap1 rpcbind[107]: connect from 198.51.100.7 to dump()

        """
    let analysis = try await Analysing.run(text: text, asOf: "2026-03-05", configuration: OrdinaryLogTests.site)
    #expect(Set(analysis.incidents.map(\.incident.source.notation)) == ["192.0.2.22", "198.51.100.7"])
  }

  @Test("the recording's own client is no incident, and its visitor is")
  func recording() async throws {
    let site = try Repository.text(Repository.recon + "/watchfloor.yaml")
    let analysis = try await Analysing.run([Repository.recon], asOf: "2026-11-23", configuration: site)
    #expect(analysis.incidents.map(\.incident.source.notation).allSatisfy { $0 == "192.0.2.66" })
    let visit = try #require(analysis.incidents.first)
    #expect(visit.incident.views == [.host, .network])
    #expect(!visit.incident.pairs.isEmpty)
    #expect(visit.incident.pairs.allSatisfy { abs($0.offset) <= 1 })
  }
}
