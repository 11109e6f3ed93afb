import Evidence
import Fuse
import Testing

@testable import Judge

/// Sixty pairs of incidents, each labelled with which is worse and why by the field's rubric of severity. The labels were
/// written down before the ranking was run on them, and a pair that disagrees is a fault of the ranking or a wrong label,
/// to be argued about here.
struct RankingTests {
  struct Pair: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let worse: Side
    let milder: Side
    let reason: String
    init(_ name: String, worse: Side, milder: Side, _ reason: String) {
      testDescription = name
      (self.worse, self.milder, self.reason) = (worse, milder, reason)
    }
  }

  struct Side: Sendable {
    var incident: Incident
    var asset: Estate.Asset

    init(
      _ outcome: Outcome, _ stage: Stage, _ lethality: Int?, criticality: Int? = nil, system: Int? = nil,
      network: Int? = nil, source: Host = .address(IPAddress(v4: 0xc000_0242)), view: View = .host,
      action: Event.Action = .rpcCall
    ) {
      incident = .fixture(
        outcome: outcome, stage: stage, lethality: lethality, source: source, view: view, action: action)
      asset = Estate.Asset(
        name: "marlin", addresses: [], criticality: criticality.map { Severity.Term($0, "c") },
        systemCountermeasures: system.map { Severity.Term($0, "s") },
        networkCountermeasures: network.map { Severity.Term($0, "n") })
    }

    /// - Parameter id: Of a later time where it comes first in the order of ids, so that neither decides.
    func judged(_ id: String) -> JudgedIncident {
      var incident = incident
      incident.id = id
      return JudgedIncident(
        incident: incident, severity: SeverityJudge(estate: Estate(assets: [asset])).severity(of: incident))
    }
  }

  @Test("which is worse", arguments: RankingTests.pairs)
  func ranks(_ pair: Pair) {
    // Whatever the ids say.
    for (one, other) in [("a", "b"), ("b", "a")] {
      let (worse, milder) = (pair.worse.judged(one), pair.milder.judged(other))
      #expect(
        JudgedIncident.precedes(worse, milder) && !JudgedIncident.precedes(milder, worse),
        "\(pair.reason): \(worse.severity.score) and \(milder.severity.score)")
    }
  }

  @Test("there are sixty, all different")
  func sixty() { #expect(Set(RankingTests.pairs.map(\.testDescription)).count == 60) }

  static let pairs = [
    Pair(
      "root over the network against a denial of service, both refused",
      worse: Side(.refused, .exploitation, 5),
      milder: Side(.refused, .effect, 4),
      "lethality 5 is root over the network, 4 denial of service"),
    Pair(
      "denial of service against disclosure, both refused",
      worse: Side(.refused, .effect, 4),
      milder: Side(.refused, .access, 3),
      "lethality 4 is denial of service, 3 exposes confidential data"),
    Pair(
      "disclosure against reconnaissance, both refused",
      worse: Side(.refused, .access, 3),
      milder: Side(.refused, .reconnaissance, 2),
      "lethality 3 exposes confidential data, 2 is reconnaissance"),
    Pair(
      "reconnaissance against what hardly works, both refused",
      worse: Side(.refused, .reconnaissance, 2),
      milder: Side(.refused, .reconnaissance, 1),
      "lethality 2 is reconnaissance, 1 very unlikely to work"),
    Pair(
      "root over the network against a denial of service, both answered",
      worse: Side(.answered, .exploitation, 5),
      milder: Side(.answered, .effect, 4),
      "lethality 5 is root over the network, 4 denial of service"),
    Pair(
      "denial of service against disclosure, both answered",
      worse: Side(.answered, .effect, 4),
      milder: Side(.answered, .access, 3),
      "lethality 4 is denial of service, 3 exposes confidential data"),
    Pair(
      "disclosure against reconnaissance, both answered",
      worse: Side(.answered, .access, 3),
      milder: Side(.answered, .reconnaissance, 2),
      "lethality 3 exposes confidential data, 2 is reconnaissance"),
    Pair(
      "reconnaissance against what hardly works, both answered",
      worse: Side(.answered, .reconnaissance, 2),
      milder: Side(.answered, .reconnaissance, 1),
      "lethality 2 is reconnaissance, 1 very unlikely to work"),
    Pair(
      "root over the network against a denial of service, both unknown",
      worse: Side(.unknown, .exploitation, 5),
      milder: Side(.unknown, .effect, 4),
      "lethality 5 is root over the network, 4 denial of service"),
    Pair(
      "denial of service against disclosure, both unknown",
      worse: Side(.unknown, .effect, 4),
      milder: Side(.unknown, .access, 3),
      "lethality 4 is denial of service, 3 exposes confidential data"),
    Pair(
      "disclosure against reconnaissance, both unknown",
      worse: Side(.unknown, .access, 3),
      milder: Side(.unknown, .reconnaissance, 2),
      "lethality 3 exposes confidential data, 2 is reconnaissance"),
    Pair(
      "reconnaissance against what hardly works, both unknown",
      worse: Side(.unknown, .reconnaissance, 2),
      milder: Side(.unknown, .reconnaissance, 1),
      "lethality 2 is reconnaissance, 1 very unlikely to work"),
    Pair(
      "a name server against a mail server, refused",
      worse: Side(.refused, .reconnaissance, 2, criticality: 5),
      milder: Side(.refused, .reconnaissance, 2, criticality: 4),
      "criticality 5 against 4: a name server matters more than a mail server"),
    Pair(
      "a name server against a mail server, answered",
      worse: Side(.answered, .reconnaissance, 2, criticality: 5),
      milder: Side(.answered, .reconnaissance, 2, criticality: 4),
      "criticality 5 against 4: a name server matters more than a mail server"),
    Pair(
      "a name server against a mail server, crashed",
      worse: Side(.crashed, .exploitation, 5, criticality: 5),
      milder: Side(.crashed, .exploitation, 5, criticality: 4),
      "criticality 5 against 4: a name server matters more than a mail server"),
    Pair(
      "a firewall against a desktop, refused",
      worse: Side(.refused, .reconnaissance, 2, criticality: 5),
      milder: Side(.refused, .reconnaissance, 2, criticality: 2),
      "criticality 5 against 2: a firewall matters more than a desktop"),
    Pair(
      "a firewall against a desktop, answered",
      worse: Side(.answered, .reconnaissance, 2, criticality: 5),
      milder: Side(.answered, .reconnaissance, 2, criticality: 2),
      "criticality 5 against 2: a firewall matters more than a desktop"),
    Pair(
      "a firewall against a desktop, crashed",
      worse: Side(.crashed, .exploitation, 5, criticality: 5),
      milder: Side(.crashed, .exploitation, 5, criticality: 2),
      "criticality 5 against 2: a firewall matters more than a desktop"),
    Pair(
      "a file server against a desktop, refused",
      worse: Side(.refused, .reconnaissance, 2, criticality: 4),
      milder: Side(.refused, .reconnaissance, 2, criticality: 2),
      "criticality 4 against 2: a file server matters more than a desktop"),
    Pair(
      "a file server against a desktop, answered",
      worse: Side(.answered, .reconnaissance, 2, criticality: 4),
      milder: Side(.answered, .reconnaissance, 2, criticality: 2),
      "criticality 4 against 2: a file server matters more than a desktop"),
    Pair(
      "a file server against a desktop, crashed",
      worse: Side(.crashed, .exploitation, 5, criticality: 4),
      milder: Side(.crashed, .exploitation, 5, criticality: 2),
      "criticality 4 against 2: a file server matters more than a desktop"),
    Pair(
      "a desktop against a minor host, refused",
      worse: Side(.refused, .reconnaissance, 2, criticality: 2),
      milder: Side(.refused, .reconnaissance, 2, criticality: 1),
      "criticality 2 against 1: a desktop matters more than a minor host"),
    Pair(
      "a desktop against a minor host, answered",
      worse: Side(.answered, .reconnaissance, 2, criticality: 2),
      milder: Side(.answered, .reconnaissance, 2, criticality: 1),
      "criticality 2 against 1: a desktop matters more than a minor host"),
    Pair(
      "a desktop against a minor host, crashed",
      worse: Side(.crashed, .exploitation, 5, criticality: 2),
      milder: Side(.crashed, .exploitation, 5, criticality: 1),
      "criticality 2 against 1: a desktop matters more than a minor host"),
    Pair(
      "a dump that was answered against one that was refused",
      worse: Side(.answered, .reconnaissance, 2),
      milder: Side(.refused, .reconnaissance, 2),
      "what the service turned away has countermeasures; what it answered had none"),
    Pair(
      "a dump that was answered against one that was rejected",
      worse: Side(.answered, .reconnaissance, 2),
      milder: Side(.rejected, .reconnaissance, 2),
      "what the service turned away has countermeasures; what it answered had none"),
    Pair(
      "a dump that was answered against one that was empty",
      worse: Side(.answered, .reconnaissance, 2),
      milder: Side(.empty, .reconnaissance, 2),
      "what the service turned away has countermeasures; what it answered had none"),
    Pair(
      "a dump that was answered against one that was blocked",
      worse: Side(.answered, .reconnaissance, 2),
      milder: Side(.blocked, .reconnaissance, 2),
      "what the service turned away has countermeasures; what it answered had none"),
    Pair(
      "a dump that was answered against one that was reset",
      worse: Side(.answered, .reconnaissance, 2),
      milder: Side(.reset, .reconnaissance, 2),
      "what the service turned away has countermeasures; what it answered had none"),
    Pair(
      "allowed against refused",
      worse: Side(.allowed, .reconnaissance, 2),
      milder: Side(.refused, .reconnaissance, 2),
      "a portmapper that lets the caller has no access control against it"),
    Pair(
      "crashed against answered, the same exploit",
      worse: Side(.crashed, .exploitation, 5),
      milder: Side(.answered, .exploitation, 5),
      "nothing held either; the service that died under it shows the effect"),
    Pair(
      "crashed against stopped on the stack",
      worse: Side(.crashed, .exploitation, 5),
      milder: Side(.crashed, .exploitation, 5, action: .stackExecution),
      "a non-executable stack is a countermeasure; a bare crash shows none"),
    Pair(
      "stopped on the stack against a refused exploit",
      worse: Side(.crashed, .exploitation, 5, action: .stackExecution),
      milder: Side(.refused, .exploitation, 5),
      "one got as far as running code, the other no further than the door"),
    Pair(
      "unknown against refused",
      worse: Side(.unknown, .reconnaissance, 2),
      milder: Side(.refused, .reconnaissance, 2),
      "what the host did is not known in the one case, and is known to be no in the other"),
    Pair(
      "unpatched against patched, refused",
      worse: Side(.refused, .exploitation, 5, system: 1),
      milder: Side(.refused, .exploitation, 5, system: 5),
      "system countermeasures 1 is none, 5 is current, patched and wrapped"),
    Pair(
      "older against current, answered",
      worse: Side(.answered, .access, 3, system: 3),
      milder: Side(.answered, .access, 3, system: 5),
      "system countermeasures 3 against 5"),
    Pair(
      "none against older, crashed",
      worse: Side(.crashed, .exploitation, 5, system: 1),
      milder: Side(.crashed, .exploitation, 5, system: 3),
      "system countermeasures 1 against 3"),
    Pair(
      "no filter against a tested one",
      worse: Side(.unanswered, .exploitation, 5, network: 1, view: .network),
      milder: Side(.unanswered, .exploitation, 5, network: 5, view: .network),
      "network countermeasures 1 is none, 5 restrictive, validated, and it blocked"),
    Pair(
      "a permissive filter against a tested one",
      worse: Side(.unanswered, .reconnaissance, 2, network: 2, view: .network),
      milder: Side(.unanswered, .reconnaissance, 2, network: 5, view: .network),
      "network countermeasures 2 against 5"),
    Pair(
      "it reached the host against it may not have",
      worse: Side(.connected, .reconnaissance, 2, view: .network),
      milder: Side(.unanswered, .reconnaissance, 2, view: .network),
      "what was connected reached the host: no network countermeasure; of the other it is not known"),
    Pair(
      "paganini: a crash without a source against a refused dump",
      worse: Side(.crashed, .exploitation, 5, source: .unknown, action: .stackExecution),
      milder: Side(.refused, .reconnaissance, 2),
      "lethality 5 against 2; no word such as refused in the one, refused in the other"),
    Pair(
      "paganini against an unexplained look-up that was refused",
      worse: Side(.crashed, .exploitation, 5, source: .unknown, action: .stackExecution),
      milder: Side(.refused, .unexplained, nil),
      "code was run or tried; the look-up was turned away, whatever it was"),
    Pair(
      "paganini against a scan that found an open port",
      worse: Side(.crashed, .exploitation, 5, source: .unknown, action: .stackExecution),
      milder: Side(.connected, .reconnaissance, 2, view: .network),
      "lethality 5 against reconnaissance"),
    Pair(
      "an unexplained look-up against a dump, both refused",
      worse: Side(.refused, .unexplained, nil),
      milder: Side(.refused, .reconnaissance, 2),
      "what is not explained is assumed 3, reconnaissance is 2"),
    Pair(
      "an unexplained look-up that was allowed against one refused",
      worse: Side(.allowed, .unexplained, nil),
      milder: Side(.refused, .unexplained, nil),
      "nothing held the one"),
    Pair(
      "a root exploit refused on a desktop against a dump refused on it",
      worse: Side(.refused, .exploitation, 5, criticality: 2),
      milder: Side(.refused, .reconnaissance, 2, criticality: 2),
      "lethality 5 against 2"),
    Pair(
      "a dump answered by a file server against one answered by a desktop",
      worse: Side(.answered, .reconnaissance, 2, criticality: 4),
      milder: Side(.answered, .reconnaissance, 2, criticality: 2),
      "criticality 4 against 2"),
    Pair(
      "a dump answered by a desktop against one refused by it",
      worse: Side(.answered, .reconnaissance, 2, criticality: 2),
      milder: Side(.refused, .reconnaissance, 2, criticality: 2),
      "the one gave its table away"),
    Pair(
      "a name server's crash against a minor host's root exploit that was refused",
      worse: Side(.crashed, .effect, 4, criticality: 5),
      milder: Side(.refused, .exploitation, 5, criticality: 1),
      "5 + 4 less none against 1 + 5 less wrapped"),
    Pair(
      "a disclosure at a file server against an exploit refused at a desktop",
      worse: Side(.answered, .access, 3, criticality: 4),
      milder: Side(.refused, .exploitation, 5, criticality: 2),
      "4 + 3 and nothing held, against 2 + 5 and turned away"),
    Pair(
      "a crash at a desktop against a refused exploit at a firewall that is patched",
      worse: Side(.crashed, .exploitation, 5, criticality: 2),
      milder: Side(.refused, .exploitation, 5, criticality: 5, system: 5, network: 5),
      "nothing held the one; both countermeasures of the other are at their best"),
    Pair(
      "an indirect call that was forwarded against one refused",
      worse: Side(.answered, .access, 3),
      milder: Side(.refused, .access, 3),
      "forwarded, the service saw a call of its own host"),
    Pair(
      "mountd's export list answered against a refused mount",
      worse: Side(.answered, .access, 3, criticality: 4),
      milder: Side(.refused, .access, 3, criticality: 4),
      "exposed against turned away"),
    Pair(
      "a local unset that was allowed against a remote dump refused",
      worse: Side(.allowed, .unexplained, nil, source: .local("")),
      milder: Side(.refused, .reconnaissance, 2, source: .address(IPAddress(v4: 0xc000_0242))),
      "what a process of the host itself may do is not explained; the remote call was turned away"),
    Pair(
      "a remote exploit answered against a local unset allowed",
      worse: Side(.answered, .exploitation, 5),
      milder: Side(.allowed, .unexplained, nil, source: .local("")),
      "lethality 5 from the network against an unexplained call of the host itself"),
    Pair(
      "a probe whose outcome is unknown against one that was blocked afterwards",
      worse: Side(.unknown, .reconnaissance, 2, action: .probe),
      milder: Side(.blocked, .reconnaissance, 2, action: .probe),
      "a host defence noticed and shut out the one"),
    Pair(
      "a port found open against a port found closed",
      worse: Side(.connected, .reconnaissance, 2, view: .network, action: .probe),
      milder: Side(.reset, .reconnaissance, 2, view: .network, action: .probe),
      "nothing listens where it was reset"),
    Pair(
      "a statd format string with a crash against the same refused",
      worse: Side(.crashed, .exploitation, 5, criticality: 4),
      milder: Side(.refused, .exploitation, 5, criticality: 4),
      "the effect shows"),
    Pair(
      "a root exploit without an answer against a scan without one",
      worse: Side(.unanswered, .exploitation, 5, view: .network),
      milder: Side(.unanswered, .reconnaissance, 2, view: .network),
      "lethality 5 against 2; nothing is known of either's arrival"),
    Pair(
      "a crash at a desktop against a table told by a name server",
      worse: Side(.crashed, .exploitation, 5, criticality: 2),
      milder: Side(.answered, .reconnaissance, 2, criticality: 5),
      "2 + 5 and 5 + 2 are equal, and what crashed is of more concern than what answered"),
  ]
}
