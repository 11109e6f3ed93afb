import Evidence

/// The flows, each in a slot of its own, found by their key.
struct FlowSlots {
  // Each packet of a scan adds a flow and takes one out: that is quicker where most places are free.
  private var index = SlotIndex(share: 4)
  private var entries: ContiguousArray<FlowEntry> = []
  private var freeSlots: ContiguousArray<Int32> = []

  var count: Int { index.count }

  subscript(slot: Int) -> FlowEntry {
    get { entries[slot] }
    _modify { yield &entries[slot] }
  }

  /// Brings the index's place of a hash into the cache.
  func prefetch(hash: UInt32) { index.prefetch(hash: hash) }

  /// Brings the entry of a flow into the cache, if there is one.
  func prefetchEntry(hash: UInt32) -> Int? {
    guard let slot = index.likelySlot(hash: hash) else { return nil }
    entries.prefetch(slot)
    return slot
  }

  /// Brings an entry into the cache.
  func prefetch(slot: Int) { entries.prefetch(slot) }

  /// Brings into the cache where the index knows of a flow that will end soon.
  /// - Returns: its first note, and who probably asks.
  mutating func prefetchEnd(_ slot: Int) -> (firstNote: Int32, client: UInt128) {
    index.prefetch(hash: entries[slot].hash)
    return (entries[slot].firstNote, entries[slot].likelyClient)
  }

  func slot(of key: FlowKey, hash: UInt32) -> Int? { index.slot(hash: hash) { entries[$0].key == key } }

  /// Gives a flow that is not there yet a slot.
  /// - Parameter most: So many flows there will be at most.
  mutating func insert(_ entry: FlowEntry, most: Int) -> Int {
    let slot = freeSlots.popLast() ?? Int32(entries.count)
    if Int(slot) == entries.count {
      entries.makeRoom(most: most)
      entries.append(entry)
    } else {
      entries[Int(slot)] = entry
    }
    index.insert(hash: entry.hash, slot: Int(slot))
    return Int(slot)
  }

  mutating func remove(_ slot: Int) {
    index.remove(hash: entries[slot].hash, slot: slot)
    freeSlots.append(Int32(slot))
  }
}
