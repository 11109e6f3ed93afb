// Build tool: embed-knowledge FOLDER OUTPUT NAME... writes one Swift file of (path, text) pairs.
// SwiftPM's own `.embedInCode` flattens folders, and `Bundle.module` traps when its folder is gone.
import Foundation

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
  FileHandle.standardError.write(Data("usage: embed-knowledge FOLDER OUTPUT NAME...\n".utf8))
  exit(2)
}
let folder = URL(fileURLWithPath: arguments[1])
var source = "/// Generated from the folder `Knowledge/`.\nlet embeddedKnowledge: [(path: String, text: String)] = [\n"
do {
  for name in arguments.dropFirst(3) {
    let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    source += "  (\(name.debugDescription), \(text.debugDescription)),\n"
  }
  source += "]\n"
  try Data(source.utf8).write(to: URL(fileURLWithPath: arguments[2]))
} catch {
  FileHandle.standardError.write(Data("embed-knowledge: \(error)\n".utf8))
  exit(1)
}
