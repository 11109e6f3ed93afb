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

  /// Makes `slot` the newest.
  mutating func touch(_ slot: Int) {
    if Int(last) == slot { return }
    remove(slot)
    while nodes.count <= slot { nodes.append(Node()) }
    nodes[slot] = Node(previous: last, next: RecencyList.end)
    if last == RecencyList.end { first = Int32(slot) } else { nodes[Int(last)].next = Int32(slot) }
    last = Int32(slot)
  }

  /// Takes `slot` out, if it is in.
  mutating func remove(_ slot: Int) {
    guard slot < nodes.count, nodes[slot].next != RecencyList.absent else { return }
    let node = nodes[slot]
    if node.previous == RecencyList.end { first = node.next } else { nodes[Int(node.previous)].next = node.next }
    if node.next == RecencyList.end { last = node.previous } else { nodes[Int(node.next)].previous = node.previous }
    nodes[slot] = Node()
  }
}
