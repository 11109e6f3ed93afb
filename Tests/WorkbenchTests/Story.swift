import Decode
import Evidence
import Foundation
import Fuse
import Judge
import Testing
import Workbench

/// Questions that the tests put to an analysis of the watch over the turn of the year.
struct Story: Sendable {
  let analysis: Analysis

  init(_ analysis: Analysis) { self.analysis = analysis }

  var incidents: [JudgedIncident] { analysis.incidents }

  /// The one incident with this source (as a person reads it) at exactly these targets.
  func incident(_ source: String, _ targets: String..., location: SourceLocation = #_sourceLocation) throws
    -> JudgedIncident
  {
    let found = incidents.filter {
      $0.incident.source.notation == source && $0.incident.targets.map(\.host.notation).sorted() == targets.sorted()
    }
    try #require(found.count == 1, "incidents of \(source) against \(targets)", sourceLocation: location)
    return found[0]
  }

  /// The rank of an incident, from 1.
  func rank(_ judged: JudgedIncident) -> Int {
    (incidents.firstIndex { $0.incident.id == judged.incident.id } ?? incidents.count) + 1
  }

  func window(_ day: String, location: SourceLocation = #_sourceLocation) throws -> Situation.Window {
    try #require(analysis.situation.windows.first { $0.day.description == day }, sourceLocation: location)
  }
}

extension JudgedIncident {
  /// Expects a deduction of just this confidence that has all these words, whatever else it says.
  func expect(_ confidence: Confidence, _ words: String..., location: SourceLocation = #_sourceLocation) {
    let said = incident.deductions.filter { $0.confidence == confidence && $0.text.hasAll(words) }
    #expect(
      said.contains { !$0.evidence.isEmpty },
      "no \(confidence.rawValue) deduction with \(words) among \(incident.deductions.map { "\($0.confidence.rawValue): \($0.text)" })",
      sourceLocation: location)
  }

  /// Expects that nothing is deduced with all these words, at any of these confidences.
  func expectNo(
    _ confidences: [Confidence] = Confidence.allCases, _ words: String..., location: SourceLocation = #_sourceLocation
  ) {
    let said = incident.deductions.filter { confidences.contains($0.confidence) && $0.text.hasAll(words) }
    #expect(said.isEmpty, "deduced: \(said.map(\.text))", sourceLocation: location)
  }

  /// The ports of its targets, such as `tcp/111`.
  var ports: Set<String> {
    Set(incident.targets.flatMap(\.services).map { "\($0.transport.rawValue)/\($0.port)" })
  }
  /// Records of the host's view, without what a defence did.
  var hostRecords: Int { incident.events.count { $0.view == .host } }
  var networkPackets: Int {
    incident.events.reduce(0) { $0 + ($1.view == .network ? $1.conversation?.packetCount ?? 1 : 0) }
  }
}

extension String {
  func hasAll(_ words: [String]) -> Bool {
    let text = lowercased()
    return words.allSatisfy { text.contains($0.lowercased()) }
  }
}
