// Build tool: embed-knowledge FOLDER OUTPUT NAME... writes one Swift file of paths, texts and what these say as YAML.
// SwiftPM's own `.embedInCode` flattens folders, and `Bundle.module` traps when its folder is gone.
import Foundation

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
  FileHandle.standardError.write(Data("usage: embed-knowledge FOLDER OUTPUT NAME...\n".utf8))
  exit(2)
}
let folder = URL(fileURLWithPath: arguments[1])
var source = "/// Generated from the folder `Knowledge/`.\n"
source += "let embeddedKnowledge: [(path: String, text: String, outline: String?)] = [\n"
do {
  for name in arguments.dropFirst(3) {
    let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    let outline = Outline(yaml: text)?.text.debugDescription ?? "nil"
    source += "  (\(name.debugDescription), \(text.debugDescription), \(outline)),\n"
  }
  source += "]\n"
  try Data(source.utf8).write(to: URL(fileURLWithPath: arguments[2]))
} catch {
  FileHandle.standardError.write(Data("embed-knowledge: \(error)\n".utf8))
  exit(1)
}
