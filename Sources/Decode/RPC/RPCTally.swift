/// How many calls and replies of each procedure the packets carried.
package struct RPCTally: Sendable {
  package struct Row: Hashable, Sendable {
    package var procedure: RPCProcedure
    package var calls: Int
    package var replies: Int
  }

  /// A sender of random programs must not fill the memory.
  static let cap = 1 << 16
  private var counts: [RPCProcedure: (calls: Int, replies: Int)] = [:]

  /// - Returns: false when the table is full, and the message was not counted.
  mutating func note(_ procedure: RPCProcedure, calls: Int = 0, replies: Int = 0) -> Bool {
    guard counts.count < RPCTally.cap || counts[procedure] != nil else { return false }
    let known = counts[procedure, default: (0, 0)]
    counts[procedure] = (known.calls + calls, known.replies + replies)
    return true
  }

  /// Adds what other flows carried.
  mutating func merge(_ other: RPCTally) {
    counts.merge(other.counts) { ($0.calls + $1.calls, $0.replies + $1.replies) }
  }

  /// In the order of program, version and procedure.
  package var rows: [Row] {
    counts.map { Row(procedure: $0.key, calls: $0.value.calls, replies: $0.value.replies) }
      .sorted { $0.procedure < $1.procedure }
  }
}
