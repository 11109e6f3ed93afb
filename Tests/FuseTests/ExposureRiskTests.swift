import Evidence
import Testing

@testable import Fuse

/// What is said of a service that nmap lists: by its number, or by what it answered, and each once.
struct ExposureRiskTests {
  private func risk(_ name: Bytes, transport: Transport = .tcp, _ change: (inout Exposure) -> Void = { _ in }) -> String
  {
    let place = Provenance(input: InputID(0), place: .lines(first: 1, last: 1), offset: 0, length: 1)
    var exposure = Exposure(
      report: .nmap, host: "sam", transport: transport, port: 111, name: name, state: "open",
      citation: Citation(place, text: "row"))
    change(&exposure)
    return ExposureReading(programs: .known, events: []).risk(exposure)
  }

  @Test func aNameByNumberIsCalledThat() {
    #expect(risk("sunrpc").contains("by the port's number"))
    let recognised = risk("sunrpc") { $0.isRecognised = true }
    #expect(recognised.contains("by its answer") && !recognised.contains("number"))
  }

  @Test func aProgramIsToldOnce() throws {
    let told = risk("sunrpc") { $0.program = ProgramTable.portmapper }
    let known = try #require(ProgramTable.known[ProgramTable.portmapper]).risk
    #expect(told == known)
  }

  @Test func silenceIsNoAnswer() {
    #expect(risk("", transport: .udp).contains("no answer came"))
    #expect(risk("", transport: .udp) { $0.hasAnswered = true }.isEmpty)
  }
}
