/// A service that a host offers, as a report (`rpcinfo -p`, nmap) lists it. No attack.
package struct Exposure: Sendable {
  package enum Report: String, Sendable, Hashable { case rpcinfo, nmap }

  package var report: Report
  /// The name that the report gives the host, if any.
  package var host: Bytes
  package var address: IPAddress?
  package var transport: Transport?
  package var port: UInt16?
  package var program: UInt32?
  package var version: UInt32?
  /// The service's name as the report has it; nmap's come from a table by port and are not what was seen.
  package var name: Bytes
  /// nmap's state, such as `open`; of rpcinfo `registered`.
  package var state: Bytes
  /// An rpcbind universal address that is not inet, such as `host.autofs`.
  package var localAddress: Bytes
  /// The day that the report gives itself; most name none.
  package var day: Day?
  /// Of rpcinfo: the row stands below the head of its table, without a line in between that is no row. What such a table
  /// does not list was not registered.
  package var isOfTable = false
  /// Of nmap: the report gives an answer as the reason of the state. Without one, `open` by UDP may be silence.
  package var hasAnswered = false
  /// Of nmap: it asked the service what it is (`-sV`), so ``name`` is not taken from the port's number.
  package var isRecognised = false
  package var citation: Citation

  package init(
    report: Report, host: Bytes = "", address: IPAddress? = nil, transport: Transport? = nil, port: UInt16? = nil,
    program: UInt32? = nil, version: UInt32? = nil, name: Bytes = "", state: Bytes = "registered",
    localAddress: Bytes = "", citation: Citation
  ) {
    self.report = report
    self.host = host
    self.address = address
    self.transport = transport
    self.port = port
    self.program = program
    self.version = version
    self.name = name
    self.state = state
    self.localAddress = localAddress
    self.citation = citation
  }
}

/// Ports at which a scan met no service: closed, or kept from it by a filter.
package struct ShutPorts: Sendable {
  package enum State: String, Sendable, Hashable, CaseIterable { case closed, filtered }

  /// The name that the report gives the host, if any.
  package var host: Bytes
  package var address: IPAddress?
  package var transport: Transport
  package var ports: ClosedRange<UInt16>
  package var state: State
  /// The day that the report gives itself.
  package var day: Day?
  package var citation: Citation

  package init(
    host: Bytes, address: IPAddress?, transport: Transport, ports: ClosedRange<UInt16>, state: State, day: Day?,
    citation: Citation
  ) {
    self.host = host
    self.address = address
    self.transport = transport
    self.ports = ports
    self.state = state
    self.day = day
    self.citation = citation
  }
}

/// A program or a tool that a script or a text names, not seen to happen.
package struct Mention: Sendable {
  package enum Kind: Sendable, Hashable {
    /// `AUTOFSD=100099`: the name that the script gives it.
    case program(number: UInt32, label: Bytes)
    /// A command line that asks a portmapper for its table.
    case dumpCommand
  }
  package var kind: Kind
  package var citation: Citation
  package init(_ kind: Kind, _ citation: Citation) {
    self.kind = kind
    self.citation = citation
  }
}

/// What the evidence tells about a machine, such as the line of `uname -a`.
package struct HostFact: Sendable, Hashable {
  package var host: Bytes
  /// `SunOS`
  package var system: Bytes
  /// `5.6`
  package var release: Bytes
  /// `Generic_105181-03`
  package var version: Bytes
  /// `sun4m`
  package var machine: Bytes
  package var citation: Citation
  package init(host: Bytes, system: Bytes, release: Bytes, version: Bytes, machine: Bytes, citation: Citation) {
    self.host = host
    self.system = system
    self.release = release
    self.version = version
    self.machine = machine
    self.citation = citation
  }
}
