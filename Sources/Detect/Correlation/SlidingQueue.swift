/// First in, first out, in one array: what was taken is given back once it is half of it.
struct SlidingQueue<Element: Sendable>: Sendable {
  private var storage: [Element] = []
  private var head = 0

  var count: Int { storage.count - head }
  var isEmpty: Bool { head == storage.count }
  var first: Element? { isEmpty ? nil : storage[head] }
  var elements: ArraySlice<Element> { storage[head...] }

  mutating func append(_ element: Element) { storage.append(element) }

  /// Puts `element` in the place of the newest.
  mutating func replaceLast(with element: Element) {
    if !isEmpty { storage[storage.count - 1] = element }
  }
  var last: Element? { isEmpty ? nil : storage.last }

  mutating func popFirst() -> Element? {
    guard let element = first else { return nil }
    head += 1
    if head >= 32, head * 2 >= storage.count {
      storage.removeFirst(head)
      head = 0
    }
    return element
  }

  mutating func removeAll() {
    storage.removeAll(keepingCapacity: storage.count <= 64)
    head = 0
  }
}
