/// The fields that rules, formats and exports may name: ECS, and `rpc.*` for what ECS has no word for. Each is declared
/// here, once.
public enum FieldName: String, Sendable, Hashable, CaseIterable {
  case timestamp = "@timestamp"
  case eventAction = "event.action"
  case eventOutcome = "event.outcome"
  case eventCount = "event.count"
  case observerType = "observer.type"
  case observerName = "observer.name"
  case hostName = "host.name"
  case sourceIP = "source.ip"
  case sourceAddress = "source.address"
  case sourcePort = "source.port"
  case sourceKind = "source.kind"
  case destinationIP = "destination.ip"
  case destinationAddress = "destination.address"
  case destinationPort = "destination.port"
  case networkTransport = "network.transport"
  case networkDirection = "network.direction"
  case networkBytesOut = "source.bytes"
  case networkBytesIn = "destination.bytes"
  case tcpHandshake = "tcp.handshake"
  case tcpClose = "tcp.close"
  case scanProbes = "scan.probes"
  case scanSources = "scan.sources"
  case scanHosts = "scan.hosts"
  case scanServices = "scan.services"
  case scanTCPPorts = "scan.tcp.ports"
  case scanUDPPorts = "scan.udp.ports"
  case scanIPProtocols = "scan.ip.protocols"
  case scanRPCHosts = "scan.rpc.hosts"
  case scanOpen = "scan.open"
  case scanTechniques = "scan.techniques"
  case scanFINProbes = "scan.fin.probes"
  case scanNullProbes = "scan.null.probes"
  case scanXmasProbes = "scan.xmas.probes"
  case processName = "process.name"
  case processPID = "process.pid"
  case userID = "user.id"
  case message = "message"
  case logTemplate = "log.template"
  case ruleName = "rule.name"
  case rpcProgram = "rpc.program"
  case rpcVersion = "rpc.version"
  case rpcProcedure = "rpc.procedure"
  case rpcProcedureNumber = "rpc.procedure.number"
  case rpcXID = "rpc.xid"
  case rpcArgument = "rpc.argument"
  case rpcArgumentForm = "rpc.argument.form"
  case rpcArgumentProgram = "rpc.argument.program"
  case rpcCredential = "rpc.credential.flavor"
  case rpcReplyStatus = "rpc.reply.status"
  case rpcReplyAddress = "rpc.reply.address"
  case rpcReplyForm = "rpc.reply.form"
  case rpcResultEntries = "rpc.result.entries"
  case rpcResultPort = "rpc.result.port"
  case rpcResultStatus = "rpc.result.status"
  case rpcResultText = "rpc.result.text"
  case rpcMachineName = "rpc.credential.machine_name"
  case rpcUserID = "rpc.credential.uid"
  case rpcGroupID = "rpc.credential.gid"
  case rpcGroupCount = "rpc.credential.gid_count"
  case rpcArgumentTraits = "rpc.argument.traits"
  case rpcArgumentLength = "rpc.argument.length"
  case rpcArgumentPath = "rpc.argument.path"
  case rpcArgumentText = "rpc.argument.text"
  case rpcArgumentVersion = "rpc.argument.version"
  case rpcArgumentNetworkID = "rpc.argument.netid"
  case rpcArgumentAddress = "rpc.argument.address"
  case rpcInnerProgram = "rpc.inner.program"
  case rpcInnerVersion = "rpc.inner.version"
  case rpcInnerProcedure = "rpc.inner.procedure"
  case rpcInnerLength = "rpc.inner.length"
  case rpcUnknownHandle = "rpc.argument.unknown_handle"
  case rpcOperations = "rpc.operations"
  case rpcProtection = "rpc.protection"
  case rpcToldProgram = "rpc.told.program"
  case rpcAmplification = "rpc.amplification"
}

/// The value of a field.
public enum FieldValue: Hashable, Sendable {
  case text(Bytes)
  case number(Int64)
  case address(IPAddress)

  /// As a person or a rule writes it.
  public var text: Bytes {
    switch self {
    case .text(let text): text
    case .number(let number): Bytes(String(number))
    case .address(let address): Bytes(address.description)
    }
  }
}

extension Event {
  /// What the call's argument is like; asked of every event.
  public var argumentForm: RPCFacts.ArgumentForm? { box.facts.rpc?.argumentForm }

  /// The value of a field, or nil where the evidence does not say.
  public subscript(field: FieldName) -> FieldValue? {
    func text(_ bytes: Bytes?) -> FieldValue? { bytes.flatMap { $0.isEmpty ? nil : .text($0) } }
    func number(_ value: (some BinaryInteger)?) -> FieldValue? { value.map { .number(Int64(clamping: $0)) } }
    func address(_ host: Host) -> FieldValue? { host.address.map { .address($0) } }
    func either(_ host: Host) -> FieldValue? {
      switch host {
      case .address(let address): .address(address)
      case .name(let name), .local(let name): text(name)
      case .unknown: nil
      }
    }
    switch field {
    case .timestamp: return .text(Bytes(time.description))
    case .eventAction: return .text(Bytes(action.rawValue))
    case .eventOutcome: return .text(Bytes(outcome.rawValue))
    case .eventCount: return .number(Int64(count))
    case .observerType: return .text(Bytes(view.rawValue))
    case .observerName: return text(observer)
    case .hostName: return view == .host ? either(target.host) : text(target.host.name)
    case .sourceIP: return address(source.host)
    case .sourceAddress: return either(source.host)
    case .sourcePort: return number(source.port)
    case .sourceKind: return .text(sourceKind)
    case .destinationIP: return address(target.host)
    case .destinationAddress: return either(target.host)
    case .destinationPort: return number(target.port)
    case .networkTransport: return transport.map { .text(Bytes($0.rawValue)) }
    // The site's configuration tells it, and no record.
    case .networkDirection: return nil
    case .networkBytesOut: return number(conversation?.initiator.payloadBytes)
    case .networkBytesIn: return number(conversation?.responder.payloadBytes)
    case .tcpHandshake: return transport == .tcp ? conversation.map { .text($0.handshake.name) } : nil
    case .tcpClose: return transport == .tcp ? conversation.map { .text($0.close.name) } : nil
    case .scanProbes: return number(probes?.probes)
    case .scanSources: return number(probes?.sources.count ?? crowd?.sourceCount)
    case .scanHosts: return number(probes?.hosts.count)
    case .scanServices: return number(probes?.services.count)
    case .scanTCPPorts: return number(probes?.tcpPorts.count)
    case .scanUDPPorts: return number(probes?.udpPorts.count)
    case .scanIPProtocols: return number(probes?.ipProtocols.count)
    case .scanRPCHosts: return number(probes?.rpcHosts.count)
    case .scanOpen: return number(probes?.open.count)
    case .scanTechniques:
      return text(probes.map { Bytes($0.techniqueNames.joined(separator: " ")) } ?? technique.map { Bytes($0.name) })
    case .scanFINProbes: return number(probes?.techniques[.fin])
    case .scanNullProbes: return number(probes?.techniques[.null])
    case .scanXmasProbes: return number(probes?.techniques[.xmas])
    case .processName: return text(process?.name)
    case .processPID: return number(process?.pid)
    case .userID: return number(process?.userID)
    case .message: return text(citation.text)
    case .logTemplate: return action == .log ? text(detail) : nil
    case .ruleName: return action == .alert ? text(detail) : nil
    case .rpcProgram: return number(rpc?.program)
    case .rpcVersion: return number(rpc?.version)
    case .rpcProcedure: return text(rpc?.procedureName)
    case .rpcProcedureNumber: return number(rpc?.procedure)
    case .rpcXID: return number(rpc?.xid)
    case .rpcArgument: return rpc?.argumentForm == nil ? nil : rpc.map { .text($0.argument) }
    case .rpcArgumentForm: return rpc?.argumentForm.map { .text(Bytes($0.rawValue)) }
    case .rpcArgumentProgram: return number(rpc?.argumentProgram)
    case .rpcCredential: return number(rpc?.credentialFlavor)
    case .rpcReplyStatus: return text(rpc?.replyStatus)
    case .rpcResultEntries: return number(rpc?.resultEntries)
    case .rpcResultPort: return number(rpc?.resultPort)
    case .rpcMachineName: return text(rpc?.caller?.machineName)
    case .rpcUserID: return number(rpc?.caller?.userID)
    case .rpcGroupID: return number(rpc?.caller?.groupID)
    case .rpcGroupCount: return number(rpc?.caller?.groupCount)
    case .rpcAmplification: return number(amplification)
    default: return rpc?.detail(field)
    }
  }

  /// A crowd is one of addresses, whichever they are.
  public var sourceKind: Bytes { crowd == nil ? source.host.kindName : "address" }

  /// How a probe of a capture tried its port.
  private var technique: ProbeTechnique? {
    guard action == .probe, let transport, let conversation else { return nil }
    switch transport {
    case .udp: return .udp
    case .ip: return .ipProtocol
    case .tcp: return conversation.technique
    default: return nil
    }
  }

  /// How many times the bytes of the question the answers had, rounded down: over UDP anybody can have them sent to
  /// anybody.
  private var amplification: Int? {
    guard action == .rpcCall, transport == .udp, let conversation, conversation.initiator.payloadBytes > 0 else {
      return nil
    }
    return conversation.responder.payloadBytes / conversation.initiator.payloadBytes
  }
}

extension RPCDetails {
  /// The value of one of the fields that stand here.
  subscript(field: FieldName) -> FieldValue? {
    func text(_ bytes: Bytes?) -> FieldValue? { bytes.flatMap { $0.isEmpty ? nil : .text($0) } }
    func number(_ value: UInt32?) -> FieldValue? { value.map { .number(Int64($0)) } }
    switch field {
    case .rpcResultStatus: return text(resultStatus)
    case .rpcResultText: return text(resultText)
    case .rpcArgumentTraits: return text(Bytes(traits.names.joined(separator: " ")))
    case .rpcArgumentLength: return number(longest)
    case .rpcArgumentPath: return text(path)
    case .rpcArgumentText: return text(self.text)
    case .rpcArgumentVersion: return number(argumentVersion)
    case .rpcArgumentNetworkID: return text(networkID)
    case .rpcArgumentAddress: return text(address)
    case .rpcInnerProgram: return number(inner?.program)
    case .rpcInnerVersion: return number(inner?.version)
    case .rpcInnerProcedure: return number(inner?.procedure)
    case .rpcInnerLength: return number(inner?.argumentLength)
    case .rpcUnknownHandle: return unknownHandle == 0 ? nil : .text(Bytes(String(unknownHandle, radix: 16)))
    case .rpcOperations: return text(operations)
    case .rpcProtection: return text(protection.map { Bytes($0.rawValue) })
    case .rpcToldProgram: return number(told?.program)
    case .rpcReplyForm: return text(alone?.list.map { Bytes($0.form.rawValue) })
    case .rpcReplyAddress: return answerers.first?.host.address.map { .address($0) }
    default: return nil
    }
  }
}

extension Host {
  /// REPORT's word for the kind of a source.
  public var kindName: Bytes {
    switch self {
    case .address: "address"
    case .name: "name"
    case .local: "local"
    case .unknown: "unknown"
    }
  }
}

extension Conversation.Handshake {
  public var name: Bytes {
    switch self {
    case .unseen: "unseen"
    case .syn: "syn"
    case .synAck: "syn-ack"
    case .complete: "complete"
    }
  }
}

extension Conversation.Close {
  public var name: Bytes {
    switch self {
    case .graceful: "graceful"
    case .reset(.initiator): "reset-by-initiator"
    case .reset(.responder): "reset-by-responder"
    case .open: "open"
    }
  }
}
