import CBytes

extension ContiguousArray {
  /// Brings an element into the cache, for whoever will ask for it soon; a place that is not there is of no concern.
  ///
  /// Elements may cross a cache line, so the line of the last byte is fetched too.
  @inline(__always) func prefetch(_ index: Int) {
    guard index >= 0, index < count else { return }
    unsafe withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      let start = index * MemoryLayout<Element>.stride
      unsafe cbytes_prefetch(base + start)
      if MemoryLayout<Element>.stride > 16 { unsafe cbytes_prefetch(base + start + MemoryLayout<Element>.stride - 1) }
    }
  }

  /// A table whose elements are all the same at first. A large one stands on large pages, if the system has them: each
  /// access in no order would need a walk through its page tables too.
  init(onLargePages element: Element, count: Int) {
    unsafe self.init(unsafeUninitializedCapacity: count) { buffer, initialised in
      unsafe cbytes_advise_large_pages(buffer.baseAddress, count * MemoryLayout<Element>.stride)
      unsafe buffer.initialize(repeating: element)
      initialised = count
    }
  }

  /// Makes sure that an element can be added; what that needs stands on large pages.
  @inline(__always) mutating func makeRoom() {
    if count == capacity { grow() }
  }

  @inline(never) private mutating func grow() {
    let old = self
    let room = Swift.max(64, old.capacity * 2)
    unsafe self = ContiguousArray(unsafeUninitializedCapacity: room) { buffer, initialised in
      unsafe cbytes_advise_large_pages(buffer.baseAddress, room * MemoryLayout<Element>.stride)
      unsafe old.withUnsafeBufferPointer { old in _ = unsafe buffer.initialize(from: old) }
      initialised = old.count
    }
  }
}
