/// How many calls and replies of each procedure the packets carried.
public struct RPCTally: Sendable {
  public struct Row: Hashable, Sendable {
    public var procedure: RPCProcedure
    public var calls: Int
    public var replies: Int
  }

  /// A sender of random programs must not fill the memory.
  static let cap = 1 << 16
  private var counts: [Row] = []
  /// Replies for which no call was found, so that nobody knows what they answer.
  public private(set) var repliesAlone = 0
  /// Where in ``counts`` a procedure stands.
  private var places: [RPCProcedure: Int] = [:]
  /// The place of the last message's: its reply is of the same procedure, and mostly the next call too.
  private var last = 0

  /// - Returns: false when the table is full, and the message was not counted.
  mutating func note(_ procedure: RPCProcedure, calls: Int = 0, replies: Int = 0) -> Bool {
    guard let place = place(of: procedure) else { return false }
    counts[place].calls += calls
    counts[place].replies += replies
    last = place
    return true
  }

  mutating func note(repliesAlone count: Int) { repliesAlone += count }

  private mutating func place(of procedure: RPCProcedure) -> Int? {
    if last < counts.count, counts[last].procedure == procedure { return last }
    if let known = places[procedure] { return known }
    guard counts.count < RPCTally.cap else { return nil }
    places[procedure] = counts.count
    counts.append(Row(procedure: procedure, calls: 0, replies: 0))
    return counts.count - 1
  }

  /// Adds what other flows carried.
  mutating func merge(_ other: RPCTally) {
    repliesAlone += other.repliesAlone
    for row in other.counts where !note(row.procedure, calls: row.calls, replies: row.replies) {
      places[row.procedure] = counts.count
      counts.append(row)
    }
  }

  /// In the order of program, version and procedure.
  public var rows: [Row] { counts.sorted { $0.procedure < $1.procedure } }
}
