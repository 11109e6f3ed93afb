import Foundation
import PackagePlugin

/// Writes every file below `Knowledge/` into one Swift source of the `Knowledge` target.
@main
struct EmbedKnowledge: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = context.package.directoryURL.appending(path: "Knowledge")
    let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedKnowledge.swift")
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    let files = names.sorted().filter { $0.hasSuffix(".yaml") }.map { folder.appending(path: $0) }
    return [
      .buildCommand(
        displayName: "Embedding Knowledge/",
        executable: try context.tool(named: "embed-knowledge").url,
        arguments: [folder.path, output.path] + names.sorted().filter { $0.hasSuffix(".yaml") },
        inputFiles: files,
        outputFiles: [output])
    ]
  }
}
