import Detect
import Evidence
import TestNumbers
import Testing

@Suite struct MatchingTests {
  @Test(arguments: [
    // A plain value is the whole text, in any case.
    ("getport", "GetPort", true), ("getport", "getport2", false), ("getport", "", false), ("''", "", true),
    ("''", "x", false),
    // Wildcards.
    ("'get*'", "get", true), ("'get*'", "GETport", true), ("'get*'", "xget", false), ("'*port'", "getport", true),
    ("'*port'", "ports", false), ("'*etp*'", "getport", true), ("'g?tport'", "getport", true),
    ("'g?tport'", "gtport", false), ("'g??port'", "getport", true), ("'*'", "", true), ("'a*b*c'", "aXbXbXc", true),
    ("'a*b*c'", "aXcXb", false), ("'*a?b*'", "xxaab-ab", true), ("'*a?b'", "ab", false), ("'?'", "", false),
    // One character of UTF-8 is one character.
    ("'f?r'", "für", true), ("'f??r'", "für", false), ("'*?r'", "ür", true),
    // Sigma's escapes.
    (#"'a\*b'"#, "a*b", true), (#"'a\*b'"#, "axb", false), (#"'a\?b'"#, "a?b", true), (#"'a\?b'"#, "axb", false),
    (#"'a\b'"#, #"a\b"#, true), (#"'a\\b'"#, #"a\b"#, true), (#"'a\\*'"#, #"a\bc"#, true), (#"'a\\*'"#, "abc", false),
    (#"'a\\\*'"#, #"a\*"#, true), (#"'a\\\*'"#, #"a\b"#, false), (#"'a\\\b'"#, #"a\\b"#, true),
    (#"'a\\\\b'"#, #"a\\b"#, true), (#"'\000'"#, #"\000"#, true),
  ])
  func plainValues(value: String, field: String, expected: Bool) throws {
    #expect(try matches("{rpc.argument: \(value)}", [.rpcArgument: text(field)]) == expected)
  }

  @Test(arguments: [
    ("contains", "b", "ABC", true), ("contains", "ac", "abc", false), ("contains", "abcd", "abc", false),
    ("contains", "'a*c'", "xabcx", true), ("contains", #"'\*'"#, "a*c", true), ("contains", #"'\*'"#, "abc", false),
    ("contains", "b", "", false), ("startswith", "ab", "ABC", true), ("startswith", "b", "abc", false),
    ("startswith", "'?b'", "abc", true), ("endswith", "bc", "ABC", true), ("endswith", "b", "abc", false),
    ("endswith", "abcd", "abc", false), ("cased", "Abc", "Abc", true), ("cased", "Abc", "abc", false),
    ("contains|cased", "B", "aBc", true), ("contains|cased", "B", "abc", false), ("cased|endswith", "C", "abC", true),
    ("cased|startswith", "a", "Abc", false), ("neq", "abc", "ABC", false), ("neq", "abc", "x", true),
    ("neq", "[a, b]", "b", false), ("neq", "[a, b]", "c", true), ("contains|neq", "b", "abc", false),
    ("contains", "[x, b]", "abc", true), ("contains|all", "[a, b]", "abc", true),
    ("contains|all", "[a, x]", "abc", false), ("all", "['a*', '*c']", "abc", true),
    ("all", "['a*', '*b']", "abc", false),
  ])
  func textModifiers(modifiers: String, value: String, field: String, expected: Bool) throws {
    #expect(try matches("{rpc.argument|\(modifiers): \(value)}", [.rpcArgument: text(field)]) == expected)
  }

  @Test(arguments: [
    ("destination.port: 111", 111, true), ("destination.port: '111'", 111, true), ("destination.port: 111", 11, false),
    ("destination.port: [1, 2]", 2, true), ("destination.port: '32?7*'", 32771, true),
    ("destination.port|startswith: 327", 32771, true), ("destination.port|lt: 1024", 1023, true),
    ("destination.port|lt: 1024", 1024, false), ("destination.port|lte: 1024", 1024, true),
    ("destination.port|lte: 1024", 1025, false), ("destination.port|gt: 1024", 1025, true),
    ("destination.port|gt: 1024", 1024, false), ("destination.port|gte: 1024", 1024, true),
    ("destination.port|gte: 1024", 1023, false), ("destination.port|neq: 5", 6, true),
    ("destination.port|neq: 5", 5, false), ("destination.port|gte: -1", 0, true),
  ])
  func numbers(line: String, value: Int64, expected: Bool) throws {
    #expect(try matches("{\(line)}", [.destinationPort: .number(value)]) == expected)
  }

  @Test(arguments: [
    ("source.ip: 192.0.2.7", "192.0.2.7", true), ("source.ip: '::ffff:192.0.2.7'", "192.0.2.7", true),
    ("source.ip: '2001:DB8:0::1'", "2001:db8::1", true), ("source.ip: '192.0.2.*'", "192.0.2.7", true),
    ("source.ip: '192.0.2.*'", "192.0.3.7", false), ("source.ip|cidr: 192.0.2.0/25", "192.0.2.127", true),
    ("source.ip|cidr: 192.0.2.0/25", "192.0.2.128", false),
    ("source.ip|cidr: [10.0.0.0/8, '2001:db8::/32']", "2001:db8:1::", true),
    ("source.ip|cidr: 0.0.0.0/0", "2001:db8::1", false), ("source.ip|cidr|neq: 10.0.0.0/8", "192.0.2.1", true),
    ("source.ip|cidr|neq: 10.0.0.0/8", "10.9.9.9", false), ("source.ip|startswith: '10.'", "10.1.2.3", true),
  ])
  func addresses(line: String, value: String, expected: Bool) throws {
    let address = try #require(IPAddress(value))
    #expect(try matches("{\(line)}", [.sourceIP: .address(address)]) == expected)
  }

  /// What is not there equals nothing, is in no order with anything, and is different from everything.
  @Test(arguments: [
    ("rpc.argument: x", false), ("rpc.argument: ''", false), ("rpc.argument: '*'", false), ("rpc.argument: null", true),
    ("rpc.argument: ~", true), ("rpc.argument: ", true), ("rpc.argument: 'null'", false),
    ("rpc.argument: [x, null]", true),
    ("rpc.argument|neq: x", true), ("rpc.argument|exists: true", false), ("rpc.argument|exists: false", true),
    ("source.port|lt: 9", false), ("source.port|gte: 0", false), ("source.ip|cidr: 0.0.0.0/0", false),
  ])
  func missingField(line: String, expected: Bool) throws {
    #expect(try matches("{\(line)}", [.message: text("m")]) == expected)
  }

  @Test func presentFieldIsNotNull() throws {
    #expect(try !matches("{rpc.argument: null}", [.rpcArgument: text("")]))
    #expect(try matches("{rpc.argument|neq: null}", [.rpcArgument: text("")]))
    #expect(try matches("{rpc.argument|exists: true}", [.rpcArgument: text("")]))
  }

  @Test func mapsAreAndListsAreOr() throws {
    let fields: [FieldName: FieldValue] = [
      .rpcArgument: text("a"), .destinationPort: .number(111), .message: text("Foo Bar"),
    ]
    #expect(try matches("{rpc.argument: a, destination.port: 111}", fields))
    #expect(try !matches("{rpc.argument: a, destination.port: 112}", fields))
    #expect(try matches("[{rpc.argument: b}, {destination.port: 111}]", fields))
    #expect(try !matches("[{rpc.argument: b}, {destination.port: 112}]", fields))
    #expect(try !matches("[{rpc.argument: a, destination.port: 112}, {rpc.argument: b}]", fields))
    #expect(try matches("[nothing, 'o b']", fields))
    #expect(try !matches("[nothing, 'a b']", fields))
    #expect(try matches("{'|all': [foo, bar]}", fields))
    #expect(try !matches("{'|all': [foo, baz]}", fields))
    #expect(try !matches("{'|all|cased': [foo, Bar]}", fields))
    #expect(try matches("[nothing, {rpc.argument: a}]", fields))
  }

  /// The event's own look-up says the same as a dictionary of its fields.
  @Test func eventsAndDictionariesAgree() throws {
    let event = call("getport", at: 5, argument: "x")
    for field in FieldName.allCases {
      #expect(event.value(of: field) == event[field], "\(field)")
      let isThere = try matches("{'\(field.rawValue)|exists': true}", event[field].map { [field: $0] } ?? [:])
      #expect(isThere == (event[field] != nil), "\(field)")
    }
  }

  /// The closed fields of an event, taken from its enumerations, are what its text says, and each has its own bit.
  @Test func closedFieldsAgree() throws {
    let host = [Host.address(IPAddress(v4: 1)), .name("n"), .local("l"), .unknown]
    let own = [IPNetwork("0.0.0.0/24"), IPNetwork("10.0.0.0/8")].compactMap(\.self)
    let ends: [Conversation.Close] = [
      .graceful(first: .initiator), .graceful(first: .responder), .reset(by: .initiator), .reset(by: .responder), .open,
    ]
    let handshakes: [Conversation.Handshake] = [.unseen, .syn, .synAck, .complete]
    let forms: [RPCFacts.ArgumentForm?] = [.number, .name, .empty, .garbled, nil]
    var seen: Set<WordSet> = []
    for number in 0..<60 {
      var event = call("a", at: 0)
      event.action = Event.Action.allCases[number % Event.Action.allCases.count]
      event.outcome = Outcome.allCases[number % Outcome.allCases.count]
      event.view = View.allCases[number % 2]
      event.source.host = host[number % 4]
      event.transport = number % 5 == 4 ? nil : Transport.allCases[number % 5 % 4]
      event.rpc?.argumentForm = forms[number % 5]
      event.target.host = [Host.address(IPAddress(v4: 0x0a00_0001)), .address(IPAddress(v4: 1 << 30))][number / 4 % 2]
      if number % 3 > 0 {
        event.conversation = Conversation(
          initiator: .init(), responder: .init(), handshake: handshakes[number % 4], close: ends[number / 3 % 5],
          syn: nil, packets: [], packetCount: 0, hexChecks: [], exchange: [])
      }
      let sited = SitedEvent(event, own: own)
      var fields = Dictionary(
        uniqueKeysWithValues: FieldName.allCases.compactMap { field in sited.value(of: field).map { (field, $0) } })
      #expect(sited.wordSet == fields.wordSet, "\(fields)")
      #expect((fields[.networkDirection] != nil) == (number % 4 == 0))
      fields[.networkDirection] = nil
      #expect(event.wordSet == fields.wordSet, "\(fields)")
      seen.insert(sited.wordSet)
    }
    #expect(seen.count == 60)
    // All nine fields fit into 64 bits: each always has one of its own.
    #expect(call("a", at: 0).wordSet.bits.nonzeroBitCount == 9)
    #expect([FieldName: FieldValue]().wordSet.bits.nonzeroBitCount == 9)
  }

  /// Every action, and so on, can be asked for and is found by its own word and no other.
  @Test(arguments: Event.Action.allCases) func actionsHaveTheirRules(action: Event.Action) throws {
    let set = try rules(rule("selection: {event.action: \(action.rawValue)}\ncondition: selection"))
    for other in Event.Action.allCases {
      #expect(findings(set, [call("a", at: 0, action: other)]).count == (other == action ? 1 : 0))
    }
  }

  /// Indexing rules by action loses none: what the detector finds is what the condition says.
  @Test(arguments: [
    "a", "not a", "a or b", "a and b", "not a and b", "not (a or b)", "a or not b", "1 of a*", "not all of them",
  ])
  func indexLosesNothing(condition: String) throws {
    let set = try rules(
      rule(
        """
        a: {event.action: [rpc-call, probe]}
        ab: {event.action: 'c*'}
        b: {rpc.procedure: dump}
        condition: (\(condition)) or (a and b and ab)
        """))
    let compiled = try #require(set.rules.first)
    for action in Event.Action.allCases {
      for procedure in ["dump", "set"] {
        let event = call(procedure, at: 0, action: action)
        #expect(findings(set, [event]).isEmpty == !compiled.matches(event), "\(action) \(procedure)")
      }
    }
  }

  /// A pattern against a text, compared with a plain recursive reading of what wildcards mean.
  @Test(arguments: UInt64(1)...40) func wildcardsAgreeWithTheirDefinition(seed: UInt64) throws {
    var random = SeededNumbers(seed)
    func word(_ alphabet: String, _ longest: Int) -> String {
      String(
        (0..<Int.random(in: 0...longest, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" })
    }
    func holds(_ pattern: Substring, _ text: Substring) -> Bool {
      switch pattern.first {
      case nil: text.isEmpty
      case "*": holds(pattern.dropFirst(), text) || !text.isEmpty && holds(pattern, text.dropFirst())
      case "?": !text.isEmpty && holds(pattern.dropFirst(), text.dropFirst())
      case let first: text.first == first && holds(pattern.dropFirst(), text.dropFirst())
      }
    }
    let pattern = word("ab*?*", 6)
    let set = try rules(rule("selection: {rpc.argument: '\(pattern)'}\ncondition: selection"))
    let compiled = try #require(set.rules.first)
    for _ in 0..<50 {
      let value = word("abü", 8)
      #expect(
        compiled.matches([.rpcArgument: text(value)]) == holds(pattern[...], value[...]), "\(pattern) on \(value)")
    }
  }
}
