import Foundation
import Testing

/// The real binary, as a user runs it.
enum Program {
  /// Beside the bundle of the tests, where the same build put it.
  static let path: String = {
    let bundle = URL(fileURLWithPath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
    return bundle.deletingLastPathComponent().appendingPathComponent("watchfloor").path
  }()

  struct Result {
    var status: Int32
    var output: [UInt8]
    var errors: [UInt8]
    var outputText: String { String(decoding: output, as: UTF8.self) }
    var errorText: String { String(decoding: errors, as: UTF8.self) }
    func json() throws -> JSON { try JSON(output) }
  }

  /// Runs a command; what it writes goes to files, so that no pipe can fill. A program that hangs is ended, and the status
  /// says so.
  static func run(
    _ arguments: [String], executable: String = path, input: String? = nil, directory: String = Repository.root,
    environment: [String: String] = [:]
  ) async throws -> Result {
    let scratch = try Scratch()
    let output = try scratch.write(Data(), "output")
    let errors = try scratch.write(Data(), "errors")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = input.map { FileHandle(forReadingAtPath: $0) ?? .nullDevice } ?? .nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    let deadline = ContinuousClock.now + .seconds(60)
    while process.isRunning, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
    let hung = process.isRunning
    if hung { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    #expect(!hung, "\(arguments) did not end")
    #expect(process.terminationReason == .exit || hung, "\(arguments) died of signal \(process.terminationStatus)")
    return Result(
      status: process.terminationStatus, output: Array(try Repository.bytes(output)),
      errors: Array(try Repository.bytes(errors)))
  }

  static func analyze(_ arguments: String..., input: String? = nil, asOf: String? = "2000-01-06") async throws -> Result
  {
    try await run(["analyze"] + arguments + (asOf.map { ["--as-of", $0] } ?? []), input: input)
  }

  /// A file as a tool of the system packs it.
  static func pack(_ file: String, with tool: String, to packed: String) async throws {
    let result = try await run(["-c", "-q", file], executable: "/usr/bin/" + tool)
    try #require(result.status == 0)
    try Data(result.output).write(to: URL(fileURLWithPath: packed))
  }

  static func areInstalled(_ tools: String...) -> Bool {
    tools.allSatisfy { FileManager.default.isExecutableFile(atPath: "/usr/bin/" + $0) }
  }
}
