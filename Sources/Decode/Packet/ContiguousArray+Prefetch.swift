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
  ///
  /// An array that became large gets room for all that it may ever hold: what is never used of that is never touched, and
  /// to grow step by step would touch as much again.
  /// - Parameter most: So many elements there will be at most, as far as that is known.
  @inline(__always) mutating func makeRoom(most: Int = 0) {
    if count == capacity { grow(most: most) }
  }

  @inline(never) private mutating func grow(most: Int) {
    let old = self
    let isLarge = old.capacity * MemoryLayout<Element>.stride >= 1 << 19
    let room = Swift.max(64, old.capacity * 2, isLarge ? most : 0)
    unsafe self = ContiguousArray(unsafeUninitializedCapacity: room) { buffer, initialised in
      unsafe cbytes_advise_large_pages(buffer.baseAddress, room * MemoryLayout<Element>.stride)
      unsafe old.withUnsafeBufferPointer { old in _ = unsafe buffer.initialize(from: old) }
      initialised = old.count
    }
  }
}
