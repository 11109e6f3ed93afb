import Evidence

/// The files of one rotated log, by their names: `messages`, `messages.1`, `messages.2.gz`, or `messages-20260301.gz`.
enum Rotation {
  /// The places of paths that belong together, each series from the newest to the oldest.
  static func series(_ paths: [String]) -> [[Int]] {
    var files: [String: [(age: Int, index: Int)]] = [:]
    for (index, path) in paths.enumerated() {
      let (base, age) = split(path)
      files[base, default: []].append((age, index))
    }
    return files.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { _, members in
      members.sorted { ($0.age, $0.index) < ($1.age, $1.index) }.map(\.index)
    }
  }

  /// The log's own path, and how old the file is among its rotations: 0 for the log itself.
  static func split(_ path: String) -> (base: String, age: Int) {
    var name = Substring(path)
    for suffix in [".gz", ".xz", ".zst", ".bz2"] where name.hasSuffix(suffix) { name = name.dropLast(suffix.count) }
    guard let mark = name.lastIndex(where: { $0 == "." || $0 == "-" }) else { return (String(name), 0) }
    let digits = name[name.index(after: mark)...]
    guard !digits.isEmpty, digits.utf8.count <= 8, digits.utf8.allSatisfy(\.isDigit), let number = Int(digits) else {
      return (String(name), 0)
    }
    let base = String(name[..<mark])
    // A date grows with time, a number with age.
    if digits.utf8.count == 8 { return (base, 100_000_000 - number) }
    return name[mark] == "." && digits.utf8.count <= 4 ? (base, number + 1) : (String(name), 0)
  }
}
