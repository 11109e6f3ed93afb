import Evidence

/// The flows, each in a slot of its own, and the slot of a key: one flat table with linear probing.
struct FlowSlots {
  private struct Place {
    var hash: UInt32 = 0
    var slot: Int32 = FlowSlots.none
  }
  private static let none: Int32 = -1

  private var places = ContiguousArray(repeating: Place(), count: 1 << 10)
  private var entries: ContiguousArray<FlowEntry> = []
  private var freeSlots: ContiguousArray<Int32> = []
  private(set) var count = 0

  subscript(slot: Int) -> FlowEntry {
    get { entries[slot] }
    _modify { yield &entries[slot] }
  }

  func slot(of key: FlowKey, hash: UInt32) -> Int? {
    var index = Int(hash) & (places.count - 1)
    while places[index].slot != FlowSlots.none {
      if places[index].hash == hash, entries[Int(places[index].slot)].key == key { return Int(places[index].slot) }
      index = (index + 1) & (places.count - 1)
    }
    return nil
  }

  /// Gives a flow that is not there yet a slot.
  mutating func insert(_ entry: FlowEntry) -> Int {
    // At most half full, so that the way to a key is short.
    if count * 2 >= places.count { grow() }
    let slot = freeSlots.popLast() ?? Int32(entries.count)
    if Int(slot) == entries.count { entries.append(entry) } else { entries[Int(slot)] = entry }
    place(Place(hash: entry.hash, slot: slot))
    count += 1
    return Int(slot)
  }

  mutating func remove(_ slot: Int) {
    let mask = places.count - 1
    var hole = Int(entries[slot].hash) & mask
    while places[hole].slot != Int32(slot) { hole = (hole + 1) & mask }
    places[hole] = Place()
    freeSlots.append(Int32(slot))
    count -= 1
    // What was pushed on by the one that is gone moves back, or a search would end at the hole.
    var index = (hole + 1) & mask
    while places[index].slot != FlowSlots.none {
      let home = Int(places[index].hash) & mask
      if (index - home) & mask >= (index - hole) & mask {
        places[hole] = places[index]
        places[index] = Place()
        hole = index
      }
      index = (index + 1) & mask
    }
  }

  private mutating func place(_ place: Place) {
    var index = Int(place.hash) & (places.count - 1)
    while places[index].slot != FlowSlots.none { index = (index + 1) & (places.count - 1) }
    places[index] = place
  }

  private mutating func grow() {
    let old = places
    places = ContiguousArray(repeating: Place(), count: old.count * 2)
    for known in old where known.slot != FlowSlots.none { place(known) }
  }
}
