/// The slot of a key: one flat table with linear probing. The keys stand with their owner, which hashes and compares them.
struct SlotIndex {
  private struct Place {
    var hash: UInt32 = 0
    var slot: Int32 = SlotIndex.none
  }
  private static let none: Int32 = -1

  private var places = ContiguousArray(repeating: Place(), count: 1 << 10)
  private(set) var count = 0
  /// At most one of so many places is taken, so that the way to a key is short.
  private let share: Int

  init(share: Int = 2) { self.share = share }

  /// Brings the place of a hash into the cache.
  func prefetch(hash: UInt32) { places.prefetch(Int(hash) & (places.count - 1)) }

  /// A slot that is probably that of the hash, without asking its owner.
  func likelySlot(hash: UInt32) -> Int? {
    let place = places[Int(hash) & (places.count - 1)]
    return place.slot != SlotIndex.none && place.hash == hash ? Int(place.slot) : nil
  }

  /// The slot of that hash for which `matches` is true.
  @inline(__always)
  func slot(hash: UInt32, where matches: (Int) -> Bool) -> Int? {
    let mask = places.count - 1
    var index = Int(hash) & mask
    while places[index].slot != SlotIndex.none {
      if places[index].hash == hash, matches(Int(places[index].slot)) { return Int(places[index].slot) }
      index = (index + 1) & mask
    }
    return nil
  }

  /// Adds a slot whose key is not there yet.
  mutating func insert(hash: UInt32, slot: Int) {
    if count &* share >= places.count { grow() }
    place(Place(hash: hash, slot: Int32(truncatingIfNeeded: slot)))
    count += 1
  }

  /// Takes out a slot that is there.
  mutating func remove(hash: UInt32, slot: Int) {
    let mask = places.count - 1
    var hole = Int(hash) & mask
    count -= 1
    var places = places.mutableSpan
    while places[hole].slot != Int32(truncatingIfNeeded: slot) { hole = (hole + 1) & mask }
    places[hole] = Place()
    // What was pushed on by the one that is gone moves back, or a search would end at the hole.
    var index = (hole + 1) & mask
    while places[index].slot != SlotIndex.none {
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
    let mask = places.count - 1
    var index = Int(place.hash) & mask
    while places[index].slot != SlotIndex.none { index = (index + 1) & mask }
    places[index] = place
  }

  private mutating func grow() {
    let old = places
    places = ContiguousArray(onLargePages: Place(), count: old.count * 2)
    for known in old where known.slot != SlotIndex.none { place(known) }
  }
}
