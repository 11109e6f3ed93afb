public import Evidence
public import Foundation

/// A file that the user named, read whole: a fault says why it cannot be.
public enum UserFile {
  /// More than any file that people write has.
  public static let textCap = 64 << 20

  /// - Throws: ``Faults`` with the system's words, or that it is no UTF-8 text or larger than any honest file.
  public static func text(_ path: String, cap: Int = textCap) throws(Faults) -> String {
    guard let text = String(data: try data(path, cap: cap), encoding: .utf8) else {
      throw Faults([Fault(file: path, "is not UTF-8 text")])
    }
    return text
  }

  /// - Parameter cap: Of bytes; a device that never ends is read no further.
  public static func data(_ path: String, cap: Int) throws(Faults) -> Data {
    let data: Data?
    do {
      data = try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).read(upToCount: cap + 1)
    } catch {
      throw Faults([Fault(file: path, "cannot be read: \(reason(error))")])
    }
    guard let data, data.count > cap else { return data ?? Data() }
    throw Faults([Fault(file: path, "is larger than \(cap) bytes, and so nothing that is read here")])
  }

  /// The system's words, which Foundation keeps below its own.
  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    return underlying?.localizedFailureReason ?? error.localizedDescription
  }
}
