public import Capture
public import Evidence
import Foundation

/// The inputs of a run: named files, standard input, and what lies in named folders.
public struct InputList: Sendable {
  public struct Input: Sendable {
    public var id: InputID
    /// As the user would name it.
    public var path: String
    /// What to open; another path where standard input was kept aside.
    public var source: String
    /// Whether the time of what is opened says when the records were written.
    public var hasOwnTime: Bool
    /// The interface that it is, and no file.
    public var live: LiveRequest?
  }
  public private(set) var inputs: [Input] = []
  /// Folders without a file in them.
  public private(set) var emptyFolders: [String] = []

  /// Expands folders in the order of their paths. A named input that is not there is a fault.
  /// - Parameter spooled: where standard input was kept aside, if it was.
  public init(paths: [String], spooled: String? = nil, faults: inout [Fault]) {
    var seen: Set<String> = []
    for path in paths {
      var isFolder: ObjCBool = false
      if path == "-" {
        if seen.insert(path).inserted { add(path, source: spooled) }
      } else if !FileManager.default.exists(path, &isFolder) {
        faults.append(Fault(file: path, "no such file or folder"))
      } else if isFolder.boolValue {
        let files = InputList.files(below: path, faults: &faults)
        if files.isEmpty { emptyFolders.append(path) }
        for file in files where seen.insert(file).inserted { add(file) }
      } else if unsafe access(path, R_OK) != 0 {
        faults.append(Fault(file: path, "cannot be opened: permission denied"))
      } else if seen.insert(path).inserted {
        add(path)
      }
    }
  }

  /// Adds an interface.
  public mutating func add(_ request: LiveRequest) {
    let path = "interface \(request.interface)"
    inputs.append(Input(id: InputID(inputs.count), path: path, source: path, hasOwnTime: false, live: request))
  }

  private mutating func add(_ path: String, source: String? = nil) {
    inputs.append(
      Input(id: InputID(inputs.count), path: path, source: source ?? path, hasOwnTime: path != "-"))
  }

  /// Every regular file below a folder; links to files are followed, links to folders are not.
  private static func files(below folder: String, faults: inout [Fault]) -> [String] {
    guard let enumerator = FileManager.default.enumerator(atPath: folder),
      FileManager.default.isReadableFile(atPath: folder)
    else {
      faults.append(Fault(file: folder, "cannot be opened: permission denied"))
      return []
    }
    let base = folder.hasSuffix("/") ? folder : folder + "/"
    return enumerator.compactMap { $0 as? String }.map { base + $0 }.filter { path in
      let values = try? URL(fileURLWithPath: path).resolvingSymlinksInPath().resourceValues(forKeys: [.isRegularFileKey]
      )
      return values?.isRegularFile == true
    }.sorted()
  }
}

extension FileManager {
  fileprivate func exists(_ path: String, _ isFolder: inout ObjCBool) -> Bool {
    unsafe fileExists(atPath: path, isDirectory: &isFolder)
  }
}
