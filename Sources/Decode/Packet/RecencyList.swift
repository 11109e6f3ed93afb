/// Slots in the order in which they were last touched: an intrusive list, every operation in constant time.
struct RecencyList {
  private struct Node {
    var previous: Int32 = RecencyList.absent
    var next: Int32 = RecencyList.absent
  }
  private static let absent: Int32 = -2
  private static let end: Int32 = -1

  private var nodes: ContiguousArray<Node> = []
  private var first = end
  private var last = end

  /// The slot that was not touched for the longest time.
  var oldest: Int? { first == RecencyList.end ? nil : Int(first) }

  /// The one that was touched next after `slot`; nil where `slot` is not in, or is the newest.
  func next(after slot: Int) -> Int? {
    guard slot >= 0, slot < nodes.count, nodes[slot].next >= 0 else { return nil }
    return Int(nodes[slot].next)
  }

  /// Makes `slot` the newest.
  mutating func touch(_ slot: Int) {
    if Int(last) == slot { return }
    while nodes.count <= slot { nodes.append(Node()) }
    var (first, last) = (first, last)
    RecencyList.unlink(slot, in: &nodes, &first, &last)
    nodes[slot] = Node(previous: last, next: RecencyList.end)
    if last == RecencyList.end { first = Int32(slot) } else { nodes[Int(last)].next = Int32(slot) }
    (self.first, self.last) = (first, Int32(slot))
  }

  /// Takes `slot` out, if it is in.
  mutating func remove(_ slot: Int) {
    guard slot < nodes.count else { return }
    RecencyList.unlink(slot, in: &nodes, &first, &last)
    nodes[slot] = Node()
  }

  @inline(__always)
  private static func unlink(
    _ slot: Int, in nodes: inout ContiguousArray<Node>, _ first: inout Int32, _ last: inout Int32
  ) {
    let node = nodes[slot]
    guard node.next != absent else { return }
    if node.previous == end { first = node.next } else { nodes[Int(node.previous)].next = node.next }
    if node.next == end { last = node.previous } else { nodes[Int(node.next)].previous = node.previous }
  }

  /// Brings the node of `slot` into the cache.
  func prefetch(_ slot: Int) { nodes.prefetch(slot) }
}
