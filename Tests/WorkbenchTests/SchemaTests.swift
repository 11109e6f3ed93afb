import Foundation
import Testing

/// The JSON report holds what docs/analysis.schema.json promises to scripts.
struct SchemaTests {
  private static let schema = Repository.root + "/docs/analysis.schema.json"
  /// Debian's python3-jsonschema.
  private static let validator = """
    import json, sys
    from jsonschema.validators import validator_for
    schema = json.load(open(sys.argv[1]))
    kind = validator_for(schema)
    kind.check_schema(schema)
    faults = sorted(kind(schema).iter_errors(json.load(open(sys.argv[2]))), key=lambda fault: list(map(str, fault.absolute_path)))
    for fault in faults[:20]: print("/".join(map(str, fault.absolute_path)), fault.message[:300])
    sys.exit(1 if faults else 0)
    """

  private static let hasValidator: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = ["-c", "import jsonschema"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  private func faults(_ report: String) async throws -> Program.Result {
    try await Program.run(["-c", SchemaTests.validator, SchemaTests.schema, report], executable: "/usr/bin/python3")
  }

  @Test(
    "the reports on both examples validate",
    .enabled(if: hasValidator, "Debian's python3-jsonschema is not installed"),
    arguments: [
      ("Examples/y2k-watch", "2000-01-06"), ("Examples/portmapper-recon", "2026-11-23"),
      ("Tests/Golden/ordinary-log", "2026-03-05"),
    ])
  func validates(_ path: String, _ asOf: String) async throws {
    let scratch = try Scratch()
    let report = scratch.path + "/report.json"
    #expect(try await Program.analyze(path, "--format", "json", "--output", report, asOf: asOf).status == 0)
    let result = try await faults(report)
    #expect(result.status == 0, "\(result.outputText)\(result.errorText)")
  }

  @Test(
    "the schema refuses a report without a field that is promised",
    .enabled(if: hasValidator, "Debian's python3-jsonschema is not installed"),
    arguments: ["as_of", "incidents", "situation", "counters", "inputs", "rpc", "exposures", "mentions", "oddities"])
  func refuses(_ field: String) async throws {
    let scratch = try Scratch()
    let report = try await Program.analyze("Examples/y2k-watch", "--format", "json")
    #expect(report.outputText.contains("\"\(field)\""))
    let broken = try scratch.write(
      report.outputText.replacingOccurrences(of: "\"\(field)\"", with: "\"x_\(field)\""), "broken.json")
    #expect(try await faults(broken).status == 1)
  }
}
