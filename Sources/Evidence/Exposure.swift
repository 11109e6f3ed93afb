/// A service that a host offers, as a report (`rpcinfo -p`, nmap) lists it. No attack.
public struct Exposure: Sendable {
  public enum Report: String, Sendable, Hashable { case rpcinfo, nmap }

  public var report: Report
  /// The name that the report gives the host, if any.
  public var host: Bytes
  public var address: IPAddress?
  public var transport: Transport?
  public var port: UInt16?
  public var program: UInt32?
  public var version: UInt32?
  /// The service's name as the report has it; nmap's come from a table by port and are not what was seen.
  public var name: Bytes
  /// nmap's state, such as `open`; of rpcinfo `registered`.
  public var state: Bytes
  /// An rpcbind universal address that is not inet, such as `host.autofs`.
  public var localAddress: Bytes
  /// The day that the report gives itself; most name none.
  public var day: Day?
  /// Of rpcinfo: the row stands below the head of its table, without a line in between that is no row. What such a table
  /// does not list was not registered.
  public var isOfTable = false
  /// Of nmap: the report gives an answer as the reason of the state. Without one, `open` by UDP may be silence.
  public var hasAnswered = false
  /// Of nmap: it asked the service what it is (`-sV`), so ``name`` is not taken from the port's number.
  public var isRecognised = false
  public var citation: Citation

  public init(
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
public struct ShutPorts: Sendable {
  public enum State: String, Sendable, Hashable, CaseIterable { case closed, filtered }

  /// The name that the report gives the host, if any.
  public var host: Bytes
  public var address: IPAddress?
  public var transport: Transport
  public var ports: ClosedRange<UInt16>
  public var state: State
  /// The day that the report gives itself.
  public var day: Day?
  public var citation: Citation

  public init(
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
public struct Mention: Sendable {
  public enum Kind: Sendable, Hashable {
    /// `AUTOFSD=100099`: the name that the script gives it.
    case program(number: UInt32, label: Bytes)
    /// A command line that asks a portmapper for its table.
    case dumpCommand
  }
  public var kind: Kind
  public var citation: Citation
  public init(_ kind: Kind, _ citation: Citation) {
    self.kind = kind
    self.citation = citation
  }
}

/// What the evidence tells about a machine, such as the line of `uname -a`.
public struct HostFact: Sendable, Hashable {
  public var host: Bytes
  /// `SunOS`
  public var system: Bytes
  /// `5.6`
  public var release: Bytes
  /// `Generic_105181-03`
  public var version: Bytes
  /// `sun4m`
  public var machine: Bytes
  public var citation: Citation
  public init(host: Bytes, system: Bytes, release: Bytes, version: Bytes, machine: Bytes, citation: Citation) {
    self.host = host
    self.system = system
    self.release = release
    self.version = version
    self.machine = machine
    self.citation = citation
  }
}
