import Evidence
import TestNumbers
import Testing

@testable import Decode

/// What the arguments and the results of calls tell.
struct RPCArgumentTests {
  private func word(_ value: UInt32) -> [UInt8] { bytes(value) }
  private func opaque(_ data: [UInt8]) -> [UInt8] {
    word(UInt32(data.count)) + data + [UInt8](repeating: 0, count: (4 - data.count % 4) % 4)
  }
  private let handle = [UInt8](repeating: 7, count: 32)

  /// The facts of a call and, if there is one, its successful reply.
  private func facts(
    _ program: UInt32, _ version: UInt32, _ procedure: UInt32, _ argument: [UInt8] = [],
    credential: [UInt8] = RPC.none, results: [UInt8]? = nil, length: Int? = nil
  ) throws -> (facts: RPCFacts, outcome: Outcome?) {
    let wire = RPC.call(1, program, version, procedure, credential: credential, argument)
    let message = try RPCMessage.decode(wire.rawSpan, length: length ?? wire.count)
    guard case .call(let call) = message.body else { throw DecodeError(.rpc, offset: 0, needed: 0, available: 0) }
    var facts = RPCFacts(message, call, bytes: wire.rawSpan, length: length)
    guard let results else { return (facts, nil) }
    let answer = RPC.accepted(1, results)
    guard case .reply(let reply) = try RPCMessage.decode(answer.rawSpan, length: answer.count).body else {
      return (facts, nil)
    }
    let outcome = facts.add(reply, to: call.procedure, bytes: answer.rawSpan, length: answer.count)
    return (facts, outcome)
  }

  // MARK: Portmapper

  @Test func mappingsAreReadInBothForms() throws {
    let old = try facts(100_000, 2, 1, word(100_005) + word(3) + word(17) + word(20_048), results: word(0))
    #expect(old.facts.argumentProgram == 100_005)
    #expect(old.facts.details.argumentVersion == 3)
    #expect((old.facts.details.networkID, old.facts.details.address) == ("udp", "20048"))
    // The table was not changed.
    #expect(old.outcome == .rejected)
    let binding = word(100_005) + word(3) + RPC.string("tcp6") + RPC.string("::1.78.80") + RPC.string("superuser")
    let new = try facts(100_000, 4, 1, binding, results: word(1))
    #expect((new.facts.details.networkID, new.facts.details.address) == ("tcp6", "::1.78.80"))
    #expect(new.facts.details.text == "superuser")
    #expect(new.outcome == .answered)
    #expect(new.facts.details.traits.isEmpty)
  }

  @Test func addressesAreReadWithTheirPorts() throws {
    let binding = word(100_003) + word(3) + RPC.string("tcp") + RPC.string("") + RPC.string("")
    for (address, port) in [("10.0.0.1.8.1", UInt32?(2049)), ("::.0.111", 111), ("", 0), ("10.0.0.1", 1), ("x.y", nil)]
    {
      let found = try facts(100_000, 4, 9, binding, results: RPC.string(address))
      #expect(found.facts.resultPort == port, "\(address)")
      #expect(found.outcome == (port == 0 ? .empty : .answered))
    }
  }

  @Test func forwardedCallsTellTheInnerOne() throws {
    let inner = word(100_005) + word(1) + word(1) + opaque(RPC.string("/export"))
    let old = try facts(100_000, 2, 5, inner, results: word(635) + opaque(handle))
    let call = try #require(old.facts.details.inner)
    #expect((call.program, call.version, call.procedure) == (100_005, 1, 1))
    #expect((call.argumentLength, call.resultLength) == (12, 32))
    #expect(old.facts.details.path == "/export")
    #expect(old.facts.resultPort == 635)
    for procedure: UInt32 in [5, 10] {
      let new = try facts(100_000, 4, procedure, inner, results: RPC.string("10.0.0.1.2.123") + opaque(handle))
      #expect(new.facts.details.inner?.resultLength == 32)
      #expect(new.facts.resultPort == 635)
    }
    let attack = word(100_024) + word(1) + word(1) + opaque(RPC.string("%8x%8x%8x%62716x%hn"))
    #expect(try facts(100_000, 2, 5, attack).facts.details.traits == .formatString)
  }

  @Test func otherProceduresOfRpcbindAreRead() throws {
    #expect(try facts(100_000, 3, 6, results: word(1_000_000)).facts.details.resultText == "1000000")
    #expect(try facts(100_000, 4, 7, RPC.string("10.0.0.1.0.111")).facts.details.address == "10.0.0.1.0.111")
    let back = try facts(100_000, 4, 8, word(16) + opaque(handle), results: RPC.string("10.0.0.1.0.111"))
    #expect(back.facts.details.resultText == "10.0.0.1.0.111")
    let entry =
      word(1) + RPC.string("10.0.0.1.8.1") + RPC.string("tcp") + word(3) + RPC.string("inet") + RPC.string("tcp")
    let binding = word(100_003) + word(3) + RPC.string("") + RPC.string("") + RPC.string("")
    let list = try facts(100_000, 4, 11, binding, results: entry + entry + word(0))
    #expect(list.facts.resultEntries == 2)
  }

  // MARK: Clients of NFS

  @Test func mountsTellPathAndAnswer() throws {
    let given = try facts(100_005, 3, 1, RPC.string("/srv/data"), results: word(0) + opaque(handle) + word(0))
    #expect(given.facts.details.path == "/srv/data")
    #expect(given.facts.details.givesHandle)
    #expect(given.outcome == .answered)
    let refused = try facts(100_005, 3, 1, RPC.string("/srv/data"), results: word(13))
    #expect(refused.facts.details.resultStatus == "MNT3ERR_ACCES")
    #expect(refused.outcome == .refused)
    #expect(!refused.facts.details.givesHandle)
    #expect(try facts(100_005, 1, 1, RPC.string("/x"), results: word(2)).outcome == .empty)
    #expect(try facts(100_005, 3, 1, RPC.string("/x"), results: word(10_006)).outcome == .rejected)
  }

  /// passwd and chsh of NIS send the login shell along: its path is what the field is for, and what a shell would do more
  /// with than start it is not.
  @Test(
    arguments: [
      ("/bin/sh", []), ("/bin/bash", []), ("/usr/bin/../bin/ksh", []), ("", []), ("/sbin/nologin", []),
      ("/bin/sh -c id", .shellText), ("/bin/sh;id", .shellText), ("x|sh", .shellText),
      ("/bin/sh\n", [.shellText, .binaryName]),
      ("`/bin/sh`", .shellText), ("/bin/" + String(repeating: "x", count: 1100), .oversizedString),
      ("/../../bin/sh", .pathTraversal), ("/bin/%hn%12$n", .formatString),
    ] as [(String, RPCTraits)])
  func aLoginShellIsNoExploit(_ shell: String, _ traits: RPCTraits) throws {
    func update(_ name: String, _ shell: String) throws -> RPCTraits {
      let user = RPC.string(name) + RPC.string("aaQ9y1zTqJm9M") + word(1001) + word(100) + RPC.string("Alice, Room 3")
      let line = user + RPC.string("/home/alice") + RPC.string(shell)
      return try facts(100_009, 1, 1, RPC.string("old") + line).facts.details.traits
    }
    #expect(try update("alice", shell) == traits)
    // In another field it is what it was.
    #expect(try update("/bin/sh", shell) == traits.union(.shellText))
  }

  /// *Answered* is what was given: a service's own error is none, and says whether it is about who asks.
  @Test(
    arguments: [
      (0, .answered), (1, .refused), (2, .empty), (5, .rejected), (13, .refused), (30, .refused), (70, .empty),
      (10_001, .empty), (10_004, .rejected), (99_999, .rejected),
    ] as [(UInt32, Outcome)])
  func statusesTellWhatBecameOfACall(_ status: UInt32, _ outcome: Outcome) throws {
    let read = opaque(handle) + word(0) + word(0) + word(100)
    for version: UInt32 in [2, 3] {
      #expect(try facts(100_003, version, 6, read, results: word(status)).outcome == outcome)
    }
    #expect(try facts(100_227, 3, 1, opaque(handle), results: word(status)).outcome == outcome)
    // PUTFH, LOOKUP, GETFH, of which the second fails; then READ, after which the third does.
    let lookup = RPC.string("") + word(0) + word(3) + word(22) + opaque(handle) + word(15) + RPC.string("x") + word(10)
    let results = word(status) + RPC.string("") + word(2) + word(22) + word(0) + word(15) + word(status)
    #expect(try facts(100_003, 4, 1, lookup, results: results).outcome == outcome)
    let reading = word(25) + [UInt8](repeating: 0, count: 28)
    let both = RPC.string("") + word(0) + word(3) + word(22) + opaque(handle) + reading + word(15) + RPC.string("x")
    let given = word(status) + RPC.string("") + word(3) + word(22) + word(0)
    #expect(try facts(100_003, 4, 1, both, results: given).outcome == .answered)
  }

  /// Two sensors that see the same answer say the same of it.
  @Test func statusesOfOtherSensorsMeanTheSame() {
    for version in [NFSStatus.Version.nfs2, .nfs3, .nfs4, .mount3] {
      for status: UInt32 in [1, 2, 5, 13, 30, 70, 10_001, 10_008, 10_016] {
        let name = NFSStatus.name(status, version: version)
        guard !name.notation.hasSuffix("\(status)") else { continue }
        #expect(NFSStatus.outcome(named: name) == NFSStatus.outcome(status), "\(name.notation)")
      }
    }
    #expect(NFSStatus.outcome(named: "ERR_ACCESS") == .refused)
    #expect(NFSStatus.outcome(named: "ERR_NOENT") == .empty)
    #expect(NFSStatus.outcome(named: "NFS4_OK") == .answered)
    for other: Bytes in ["", "DENIED", "ACCEPTED", "ERR_", "ERR_FOO"] {
      #expect(NFSStatus.outcome(named: other) == nil)
    }
  }

  @Test(
    arguments: [
      (100_004, 2, 3, "aaa", [UInt32.max - 2], .empty), (100_004, 2, 3, "aaa", [1], .answered),
      (100_004, 2, 4, "aa", [UInt32.max - 5], .rejected), (100_004, 2, 8, "aa", [1, UInt32.max - 1], .empty),
      (100_004, 2, 8, "aa", [1, 1], .answered), (100_004, 2, 8, "aa", [0], .empty), (100_004, 2, 1, "a", [0], .empty),
      (100_024, 1, 2, "aa", [1, 3], .rejected), (100_024, 1, 2, "aa", [0, 3], .answered),
      (100_011, 1, 1, "a", [3], .refused), (100_011, 1, 1, "a", [2], .empty), (100_011, 1, 1, "a", [1], .answered),
      (100_021, 4, 2, "", [0, 1], .rejected), (100_021, 4, 1, "", [0, 1], .answered),
      (100_021, 4, 2, "", [0, 3], .unknown),
    ] as [(UInt32, UInt32, UInt32, String, [UInt32], Outcome)])
  func statusesOfOtherServices(
    _ program: UInt32, _ version: UInt32, _ procedure: UInt32, _ strings: String, _ results: [UInt32],
    _ outcome: Outcome
  ) throws {
    let argument = strings.flatMap { RPC.string(String($0)) }
    let results = results.flatMap { word($0) }
    #expect(try facts(program, version, procedure, argument, results: results).outcome == outcome)
  }

  /// That a service failed on an exploit shows nothing of its effect.
  @Test func aFailedExploitIsNotHeld() throws {
    let shot = RPC.string("%8x%8x%8x%62716x%hn") + RPC.string("me")
    #expect(try facts(100_024, 1, 2, shot, results: word(1) + word(3)).outcome == .answered)
    let long = RPC.string(String(repeating: "A", count: 1500))
    #expect(try facts(100_005, 1, 1, long, results: word(2)).outcome == .answered)
    #expect(try facts(100_005, 1, 1, long, results: word(13)).outcome == .refused)
  }

  @Test func exportListsAreCounted() throws {
    func export(_ path: String, _ groups: [String]) -> [UInt8] {
      word(1) + RPC.string(path) + groups.flatMap { word(1) + RPC.string($0) } + word(0)
    }
    let list = export("/a", ["h1", "h2"]) + export("/b", [])
    let found = try facts(100_005, 3, 5, results: list + word(0))
    #expect(found.facts.resultEntries == 2)
    #expect(found.facts.details.resultText == "/a /b")
    // A list without an end is not counted.
    #expect(try facts(100_005, 3, 5, results: list).facts.resultEntries == nil)
    #expect(try facts(100_005, 3, 5, results: word(0)).outcome == .empty)
  }

  @Test func namesOfFilesAreRead() throws {
    let lookup = try facts(100_003, 3, 3, opaque(handle) + RPC.string("passwd"), results: word(2))
    #expect(lookup.facts.details.path == "passwd")
    #expect(lookup.facts.details.resultStatus == "NFS3ERR_NOENT")
    #expect(lookup.outcome == .empty)
    #expect(try facts(100_003, 2, 4, handle + RPC.string("passwd")).facts.details.path == "passwd")
    let rename = opaque(handle) + RPC.string("a") + opaque(handle) + RPC.string("b")
    #expect(try facts(100_003, 3, 14, rename).facts.details.path == "a b")
  }

  @Test func compoundsAreWalked() throws {
    let operations =
      word(22) + opaque(handle) + word(15) + RPC.string("etc") + word(10) + word(9) + word(2) + word(0x18) + word(0x30)
    let compound = RPC.string("") + word(0) + word(4) + operations
    let found = try facts(100_003, 4, 1, compound, results: word(10_016))
    #expect(found.facts.details.operations == "putfh lookup getfh getattr")
    #expect(found.facts.details.path == "etc")
    #expect(found.facts.details.resultStatus == "NFS4ERR_WRONGSEC")
    // Sequence number, access, deny, client id, owner, no create, CLAIM_NULL.
    let open =
      word(18) + word(1) + word(1) + word(0) + word(0) + word(9) + RPC.string("owner") + word(0) + word(0)
      + RPC.string("notes.txt") + word(10)
    let opened = try facts(100_003, 4, 1, RPC.string("") + word(0) + word(2) + open)
    #expect(opened.facts.details.operations == "open getfh")
    #expect(opened.facts.details.path == "notes.txt")
    // An operation of no known layout ends the walk without a complaint.
    let cut = try facts(100_003, 4, 1, RPC.string("") + word(1) + word(2) + word(42) + handle)
    #expect(cut.facts.details.operations == "exchange_id")
    #expect(cut.facts.details.traits.isEmpty)
  }

  @Test func daemonsTellWhatTheyWereAsked() throws {
    #expect(try facts(100_024, 1, 1, RPC.string("client7")).facts.details.text == "client7")
    let yp = RPC.string("lab") + RPC.string("passwd.byname") + RPC.string("root")
    #expect(try facts(100_004, 2, 3, yp).facts.details.text == "lab passwd.byname root")
    let lock = opaque([1, 2]) + word(0) + word(1) + RPC.string("client7") + opaque(handle) + opaque([3]) + handle
    #expect(try facts(100_021, 4, 2, lock, results: opaque([1, 2]) + word(1)).facts.details.text == "client7")
    let whoami = RPC.string("client7") + RPC.string("lab.nis") + handle
    #expect(try facts(100_026, 1, 1, word(1) + handle, results: whoami).facts.details.resultText == "lab.nis")
    #expect(try facts(100_008, 1, 2, RPC.string("hello")).facts.details.text == "hello")
  }

  // MARK: Signs of an attack

  private static let nops: [[UInt8]] = [
    [0x90, 0x90, 0x90, 0x90], [0xa6, 0x1c, 0xc0, 0x13], [0x03, 0xe0, 0xf8, 0x25], [0x60, 0, 0, 0],
  ]

  @Test(arguments: [
    ("%8x%8x%8x%8x%n", RPCTraits.formatString), ("%12$n", .formatString), ("%hn", .formatString),
    ("%x%x%x%x", .formatString),
    (String(repeating: "A", count: 1025), .oversizedString), ("x;/bin/sh -c id", .shellText),
    ("a/../../etc", .pathTraversal),
  ])
  func signsAreSeen(_ name: String, _ expected: RPCTraits) throws {
    for message in [RPC.string(name)] {
      #expect(try facts(100_024, 1, 1, message).facts.details.traits == expected)
      #expect(try facts(100_005, 1, 1, message).facts.details.traits == expected)
    }
  }

  @Test(arguments: nops) func nopsAreSeenWhereverTheyBegin(_ instruction: [UInt8]) throws {
    let run = (0..<12).flatMap { _ in instruction }
    for offset in 0..<4 {
      let code = [UInt8](repeating: 0x41, count: offset) + run
      // With a layout, and without one.
      #expect(try facts(100_024, 1, 1, opaque(code)).facts.details.traits.contains(.nopRun))
      #expect(try facts(100_232, 10, 1, word(9) + opaque(code)).facts.details.traits.contains(.nopRun))
    }
    let few = (0..<5).flatMap { _ in instruction }
    #expect(try !facts(100_232, 10, 1, opaque(few + [1, 2, 3, 4])).facts.details.traits.contains(.nopRun))
  }

  @Test(arguments: [
    "client7.example.org", "100%natural", "My%20new%20docs%20x", "..", "résumé", "a;b",
    String(repeating: "n", count: 255),
  ])
  func ordinaryNamesShowNothing(_ name: String) throws {
    #expect(try facts(100_024, 1, 1, RPC.string(name)).facts.details.traits.isEmpty)
    #expect(try facts(100_003, 3, 3, opaque(handle) + RPC.string(name)).facts.details.traits.isEmpty)
  }

  @Test func usersNamesAndDataAreTheirs() throws {
    for name in ["50%new%x%x%x.txt", "run /bin/sh", "%8x%8x%n"] {
      #expect(try facts(100_003, 3, 3, opaque(handle) + RPC.string(name)).facts.details.traits.isEmpty, "\(name)")
    }
    let code = (0..<64).flatMap { _ in Self.nops[0] } + Array("/bin/sh %n%n%n".utf8)
    let write = opaque(handle) + word(0) + word(0) + word(UInt32(code.count)) + word(2) + opaque(code)
    #expect(try facts(100_003, 3, 7, write).facts.details.traits.isEmpty)
    #expect(
      try facts(100_003, 3, 3, opaque(handle) + RPC.string("../../etc/passwd")).facts.details.traits == .pathTraversal)
    #expect(
      try facts(100_003, 3, 3, opaque(handle) + RPC.string(String(repeating: "n", count: 256))).facts.details.traits
        == .oversizedString)
  }

  @Test func declaredLengthsAreHeldAgainstTheMessage() throws {
    for declared: UInt32 in [1_000_000, 1 << 31, .max] {
      let bomb = try facts(100_000, 4, 7, word(declared))
      #expect(bomb.facts.details.traits == .absurdLength)
      #expect(bomb.facts.details.longest == declared)
    }
    #expect(try facts(100_024, 1, 1, word(40) + [1, 2, 3, 4]).facts.details.traits.contains(.malformedArgument))
    #expect(try facts(100_000, 2, 3, word(100_003)).facts.details.traits == .malformedArgument)
    // What only the capture lacks is no fault of the message.
    let cut = try facts(100_024, 1, 1, word(400) + Array("client7".utf8), length: 600)
    #expect(cut.facts.details.traits.isEmpty)
    #expect((cut.facts.details.longest, cut.facts.details.text) == (400, "client7"))
  }

  // MARK: Credentials

  private func credential(_ flavor: UInt32, name: String = "client7", groups: Int = 2, extra: Int = 0) -> [UInt8] {
    let body =
      word(9) + RPC.string(name) + word(0) + word(100) + word(UInt32(groups))
      + [UInt8](repeating: 0, count: 4 * groups + extra)
    return word(flavor) + opaque(body)
  }

  @Test func callersSayWhoTheyAre() throws {
    let call = try facts(100_003, 3, 0, credential: credential(1)).facts
    #expect(call.caller == AuthSys(machineName: "client7", userID: 0, groupID: 100, groupCount: 2))
    #expect(!call.hasDetails)
    #expect(try facts(100_003, 3, 0, credential: credential(1, groups: 17)).facts.details.traits == .manyGroups)
    let loopback = try facts(100_024, 1, 0, credential: credential(0x55de, groups: 64)).facts
    #expect(loopback.details.traits == [.manyGroups, .loopbackCredential])
    #expect(try facts(100_003, 3, 0, credential: credential(1, extra: 400)).facts.details.traits == .longCredential)
  }

  @Test func whatIsEncryptedIsNotRead() throws {
    func gss(_ procedure: UInt32, _ service: UInt32) -> [UInt8] {
      word(6) + opaque(word(1) + word(procedure) + word(5) + word(service) + opaque([1, 2, 3, 4]))
    }
    let lookup = opaque(handle) + RPC.string("passwd")
    let hidden = try facts(100_003, 3, 3, opaque(lookup), credential: gss(0, 3), results: opaque(word(2))).facts
    #expect(hidden.details.protection == .privacy)
    #expect(hidden.details.path.isEmpty && hidden.details.resultStatus.isEmpty)
    let signed = try facts(
      100_003, 3, 3, opaque(word(1) + lookup) + opaque(handle), credential: gss(0, 2),
      results: opaque(word(1) + word(2))
    ).facts
    #expect(signed.details.protection == .integrity)
    #expect((signed.details.path, signed.details.resultStatus) == ("passwd", "NFS3ERR_NOENT"))
    // A token of the mechanism is no argument.
    let token = opaque((0..<64).flatMap { _ in Self.nops[0] })
    #expect(try !facts(100_003, 3, 0, token, credential: gss(1, 3)).facts.hasDetails)
  }

  // MARK: Any bytes

  @Test func anyArgumentGivesAnAnswer() throws {
    var dice = SeededNumbers(11)
    let programs = Array(RPCSignatures.table.keys).sorted() + [100_232, 12_345_678]
    for round in 0..<6000 {
      let program = programs[round % programs.count]
      let argument = (0..<dice.roll(12)).flatMap { _ in dice.roll(2) == 0 ? word(UInt32(dice.roll(9))) : dice.bytes(4) }
      let (version, procedure) = (UInt32(1 + dice.roll(5)), UInt32(dice.roll(24)))
      let results = dice.bytes(4 * dice.roll(10))
      _ = try facts(program, version, procedure, argument, results: results, length: dice.roll(2000))
    }
  }

  @Test func everyProcedureOfTheTableHasOneNumber() {
    for (program, lists) in RPCSignatures.table {
      for list in lists {
        for (index, signature) in list.signatures.enumerated() where !signature.name.isEmpty {
          let number = list.first + UInt32(index)
          for version in list.versions {
            let procedure = RPCProcedure(program: program, version: version, procedure: number)
            #expect(procedure.name == signature.name, "\(program) \(version) \(number)")
          }
        }
      }
    }
    #expect(RPCProcedure(program: 100_021, version: 4, procedure: 23).name == "free_all")
    #expect(RPCProcedure(program: 100_068, version: 4, procedure: 21).name == "create")
    #expect(RPCProcedure(program: 100_003, version: 3, procedure: 21).name == "commit")
  }
}
