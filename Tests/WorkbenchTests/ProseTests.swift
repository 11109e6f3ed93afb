import Foundation
import Fuse
import Judge
import Testing
import Workbench

/// Text that talks about evidence, and is none.
struct ProseTests {
  private static let prose = """
    Dear colleagues,

    On Dec 26 at about half past nine somebody sent a dump() to our portmapper, and at 09:29:43 he came
    back. I ran rpcinfo -p against the same machine, and then "rpcinfo -p | grep 32772", to see what he
    would have seen. Refused connect from somebody, it said, to getport(100099) or the like; the exact
    line I do not have here.

    Please remember that portmap: connect from nowhere to dump() proves nothing by itself. In December
    15:20:35.513401 was the moment, if you trust the sensor's clock. Port 111 and port 32771 were open,
    2049 was open too, and nmap called that nfs.

    The loopback() calls to unset() are ours. 172.20.20.1 > zappa.111: S is how a SYN looks in a trace,
    where S stands for SYN; F would be a FIN. A segmentation fault of ttdbserverd would worry me, and so
    would an attempt to execute code on stack by uid 0.

    callit(nsrstat): I have no idea. Jan 6 is the day of the meeting, at 10:00:00 sharp.
    Jan 6 10:00:00 is the time of the meeting, that is. Mar 1 2000 12:00:00 would be too late.

    100083 is the number of ToolTalk and 100024 that of status. program 100000 proc 3: who knows?

    Yours, the night desk
    """

  @Test("sentences with stamps, procedures, addresses and ports in them give no incident")
  func ownProse() async throws {
    let analysis = try await Analysing.run(text: ProseTests.prose)
    #expect(analysis.incidents.isEmpty, "\(analysis.incidents.map(\.incident.title))")
    #expect(analysis.packets == 0)
    #expect(analysis.exposures.isEmpty)
    #expect(analysis.eventCount == 0)
  }

  @Test("the same prose wrapped at any width gives no incident either", arguments: [28, 40, 52, 60, 72, 79])
  func wrapped(_ width: Int) async throws {
    var lines: [String] = []
    for paragraph in ProseTests.prose.components(separatedBy: "\n\n") {
      var line = ""
      for word in paragraph.split(whereSeparator: \.isWhitespace) {
        if !line.isEmpty, line.count + 1 + word.count > width {
          lines.append(line)
          line = ""
        }
        line += (line.isEmpty ? "" : " ") + word
      }
      lines += [line, ""]
    }
    let analysis = try await Analysing.run(text: lines.joined(separator: "\n"))
    #expect(analysis.incidents.isEmpty, "\(analysis.incidents.map(\.incident.title))")
    #expect(analysis.exposures.isEmpty)
  }

  @Test("prose around evidence changes nothing about it")
  func around() async throws {
    let record = "Dec 27 15:14:25 marlin rpcbind: refused connect from 172.20.20.1 to dump()"
    let alone = try await Analysing.run(text: record + "\n")
    let told = try await Analysing.run(text: ProseTests.prose + "\n\n" + record + "\n\n" + ProseTests.prose)
    #expect(alone.incidents.map(\.incident.id) == told.incidents.map(\.incident.id))
    #expect(alone.incidents.count == 1)
  }
}
