public import Evidence
import Foundation

/// What the field knows, as files: log formats, rules, tables and policies. They are embedded in the binary; a folder of
/// the same layout can stand in for them.
public struct KnowledgeFolder: Sendable {
  public struct File: Sendable {
    /// Relative to the folder: `formats/rpcbind.yaml`.
    public var path: String
    /// As faults name it: with the folder, where there is one.
    public var shownPath: String
    public var text: String
    /// What the text says, where that was found out when the program was built.
    var outline: String?

    public init(path: String, shownPath: String, text: String) {
      self.path = path
      self.shownPath = shownPath
      self.text = text
    }
  }
  public var files: [File]

  public init(files: [File]) { self.files = files }

  /// The files that the binary carries.
  public static let embedded = KnowledgeFolder(
    files: embeddedKnowledge.map {
      var file = File(path: $0.path, shownPath: $0.path, text: $0.text)
      file.outline = $0.outline
      return file
    })

  /// The `.yaml` files below a folder.
  /// - Throws: ``Faults`` naming each file that cannot be read.
  public init(folder: String) throws(Faults) {
    var faults: [Fault] = []
    let isFolder = try? URL(fileURLWithPath: folder).resourceValues(forKeys: [.isDirectoryKey]).isDirectory
    guard isFolder == true else {
      throw Faults([Fault(file: folder, "no such folder")])
    }
    let names = (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []).sorted()
    files = []
    for name in names where name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
      let path = folder + "/" + name
      do { files.append(File(path: name, shownPath: path, text: try UserFile.text(path))) } catch {
        faults += error.list
      }
    }
    guard faults.isEmpty else { throw Faults(faults) }
  }

  /// A folder, or a file alone.
  public init(path: String) throws(Faults) {
    let isFile = try? URL(fileURLWithPath: path).resourceValues(forKeys: [.isRegularFileKey]).isRegularFile
    guard isFile == true else {
      self = try KnowledgeFolder(folder: path)
      return
    }
    files = [File(path: path, shownPath: path, text: try UserFile.text(path))]
  }

  /// The documents of all files, or of those below a subfolder, in the order of their paths; the faults of all files
  /// together.
  public func documents(below subfolder: String? = nil, faults: inout [Fault]) -> [YAMLNode] {
    let prefix = subfolder.map { $0 + "/" } ?? ""
    var documents: [YAMLNode] = []
    for file in files.sorted(by: { $0.path < $1.path }) where file.path.hasPrefix(prefix) {
      do { documents += try file.documents } catch { faults += error.list }
    }
    return documents
  }
}

extension KnowledgeFolder.File {
  fileprivate var documents: [YAMLNode] {
    get throws(Faults) {
      if let documents = outline.flatMap({ YAMLNode.documents(outline: $0, file: shownPath) }) { return documents }
      return try YAMLNode.documents(text: text, file: shownPath)
    }
  }
}
