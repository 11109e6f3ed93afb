public import Evidence
import Foundation
import Knowledge

/// An earlier JSON report, for telling what is new: patterns that it has were seen before.
public struct Baseline: Sendable {
  public private(set) var patterns: Set<String> = []

  /// More than any report of ours has; a larger file is something else.
  private static let sizeCap = 1 << 30

  public init?(file: String, faults: inout [Fault]) {
    let data: Data
    do { data = try UserFile.data(file, cap: Baseline.sizeCap) } catch {
      faults += error.list
      return nil
    }
    guard let report = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any],
      (report["schema"] as? String)?.hasPrefix("watchfloor.analysis/") == true,
      let incidents = report["incidents"] as? [[String: Any]]
    else {
      faults.append(Fault(file: file, "is no report that --format json wrote"))
      return nil
    }
    for incident in incidents { patterns.formUnion(incident["patterns"] as? [String] ?? []) }
  }
}
