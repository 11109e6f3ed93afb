import ArgumentParser
import Capture
import Evidence

/// What to capture before the analysis: interfaces, and for how long.
struct LiveOptions: ParsableArguments {
  @Option(help: "Capture from this interface, for as long as --for says or until Ctrl-C. May be given several times.")
  var interface: [String] = []
  @Option(
    help: """
      Of the interfaces take only this, in libpcap's syntax (pcap-filter(7)). A filter by ports leaves out all fragments \
      of a datagram but the first.
      """)
  var filter: String?
  @Option(name: .customLong("for"), help: ArgumentHelp("How long to capture: 60s, 5m, 2h.", valueName: "time"))
  var span: Given<CaptureSpan>?

  /// What is to be captured; each is tried, so that what cannot be captured is said before anything is read.
  func requests(_ interruption: Interruption, _ faults: inout [Fault]) -> [LiveRequest] {
    let duration = span?.value(of: "--for", expected: "a time such as 60s, 5m or 2h, of a year at most", &faults)?
      .duration
    if interface.isEmpty {
      if filter != nil { faults.append(Fault(file: "--filter", "goes with --interface")) }
      if span != nil { faults.append(Fault(file: "--for", "goes with --interface")) }
    }
    if Set(interface).count < interface.count { faults.append(Fault(file: "--interface", "one is named twice")) }
    let requests = interface.map { name in
      LiveRequest(interface: name, filter: filter, duration: duration) {
        interruption.isWished
      } hasBegun: {
        Terminal.error("watchfloor: capturing from \(Bytes(name).notation); Ctrl-C ends it")
      }
    }
    for request in requests { check(request, &faults) }
    return requests
  }

  private func check(_ request: LiveRequest, _ faults: inout [Fault]) {
    do throws(CaptureError) { try CaptureReader.check(request) } catch {
      if case .filter(let reason) = error {
        faults.append(Fault(file: "--filter", reason))
      } else {
        faults.append(Fault(file: "--interface \(request.interface)", error.description))
      }
    }
  }
}
