import Evidence
import Testing

@testable import Fuse
@testable import Judge

/// What to look at next fits what happened.
struct NextLookTests {
  private func steps(_ incident: Incident) -> String {
    let severity = SeverityJudge(estate: Estate()).severity(of: incident)
    return NextLook(JudgedIncident(incident: incident, severity: severity), otherView: nil).steps
      .joined(separator: "\n")
  }

  @Test func aCrashLeavesACoreFile() {
    let crash = steps(.fixture(outcome: .crashed, stage: .effect, action: .crash))
    #expect(crash.contains("core file") && crash.contains("new accounts"))
    #expect(steps(.fixture(outcome: .unknown, stage: .exploitation, action: .stackExecution)).contains("core file"))
  }

  @Test func anErrorOrATryLeavesNone() {
    for incident: Incident in [
      .fixture(outcome: .unknown, stage: .effect, action: .daemonError),
      .fixture(outcome: .answered, stage: .exploitation),
    ] {
      let text = steps(incident)
      #expect(!text.contains("core file") && text.contains("still runs") && text.contains("new accounts"))
    }
  }

  @Test func whatWasTurnedAwayLeftNothingBehind() {
    let text = steps(.fixture(outcome: .refused, stage: .exploitation))
    #expect(text.contains("this try was turned away"))
    #expect(!text.contains("core file") && !text.contains("new accounts") && !text.contains("still runs"))
  }

  @Test func aReflectionIsNoExploit() {
    var incident = Incident.fixture(outcome: .answered, stage: .access)
    incident.findings = incident.findings.map { finding in
      let signature = Signature(
        id: "r", title: "Amplified", stage: .access, lethality: 4, lethalityReason: "", level: "high",
        techniques: ["T1498.002"], limits: "")
      return IncidentFinding(signature: signature, pattern: "r", events: finding.events)
    }
    let text = steps(incident)
    #expect(text.contains("served as a reflector") && !text.contains("core file") && !text.contains("may ask"))
    // A look-up that weighs more hides it no more.
    incident.findings.append(
      IncidentFinding(
        signature: Signature(
          id: "x", title: "Exploit", stage: .exploitation, lethality: 5, lethalityReason: "", level: "high",
          techniques: [], limits: ""), pattern: "x", events: [0]))
    incident.stage = .exploitation
    #expect(steps(incident).contains("served as a reflector") && steps(incident).contains("new accounts"))
  }

  @Test func whatWasGivenTellsWhereItsUseWouldShow() {
    func given(_ rpc: RPCFacts) -> String {
      var incident = Incident.fixture(outcome: .answered, stage: .access)
      incident.events[0].rpc = rpc
      return steps(incident)
    }
    var mount = RPCFacts(program: ProgramTable.mountd, procedure: 1, procedureName: "mnt")
    mount.details.givesHandle = true
    #expect(given(mount).contains("NFS calls from 192.0.2.66 with the file handles"))
    #expect(given(RPCFacts(program: ProgramTable.portmapper, procedure: 3)).contains("to the ports that it was told"))
    #expect(!given(RPCFacts(program: 100_002, procedure: 2)).contains("ports that it was told"))
  }

  @Test func whatIsOpenIsAskedOfTheHostsWhereItIs() {
    var incident = Incident.fixture(days: [0, 0], outcome: .unknown, action: .probe)
    let other = Host.name("zappa")
    incident.events[1].target = Endpoint(host: other)
    incident.events[1].outcome = .refused
    incident.targets.append(Incident.Target(host: other, alias: nil, services: [], spellings: [other]))
    let text = steps(incident)
    #expect(text.contains("what listens on marlin at") && text.contains("their patches"))
    #expect(steps(.fixture()).contains("the criticality of marlin: the severity"))
  }
}
