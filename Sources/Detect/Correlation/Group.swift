import Evidence

/// The events of one correlation that agree in the fields of `group-by`.
struct Group: Sendable {
  /// An event of the window that no finding has yet.
  struct Pending: Sendable {
    var time: Int64
    var index: Int
  }
  /// A maximal stretch over which the condition held, with gaps no longer than the timespan: one finding.
  struct Run: Sendable {
    var events: [Int] = []
    /// Of the last event, for the finding's pattern.
    var values: [FieldValue?] = []
    /// The time of the last event at which the condition held.
    var lastTime: Int64
  }

  let key: [FieldValue]
  var lastTime: Int64
  /// Neighbours in the order of ``lastTime``; see ``GroupTable``.
  var older: Int?
  var newer: Int?

  var pending = SlidingQueue<Pending>()
  var run: Run?

  /// Begins a new window with nothing in it.
  mutating func clear() {
    pending.removeAll()
    weights = WeightWindow()
    values = DistinctWindow()
    proximity = ProximityWindow()
    numbers = NumberWindow()
    opened = nil
  }

  // Of these one is used, the one of the correlation's type; the others are empty and cost no memory of the heap.
  var weights = WeightWindow()
  var values = DistinctWindow()
  var proximity = ProximityWindow()
  var chain = ChainWindow()
  var numbers = NumberWindow()
  var absence = AbsenceWindow()
  /// When the window began, of a correlation that is decided when it is over.
  var opened: Int64?
  /// Of the window's last event, for the finding's pattern.
  var lastValues: [FieldValue?] = []

  init(key: [FieldValue], at time: Int64) {
    self.key = key
    lastTime = time
  }

  var footprint: Int {
    pending.count + (run?.events.count ?? 0) + weights.footprint + values.footprint + chain.footprint
      + numbers.footprint + absence.footprint
  }
}

/// The groups of one correlation, found by key and ordered by when they last changed.
struct GroupTable: Sendable {
  private var slots: [Group] = []
  private var free: [Int] = []
  private var places: [[FieldValue]: Int] = [:]
  private var oldestSlot: Int?
  private var newestSlot: Int?

  var count: Int { places.count }
  var oldestTime: Int64? { oldestSlot.map { slots[$0].lastTime } }

  subscript(slot: Int) -> Group {
    _read { yield slots[slot] }
    _modify { yield &slots[slot] }
  }

  /// The slot of the group with `key`, made if need be, and now the newest.
  mutating func touch(_ key: [FieldValue], at time: Int64) -> Int {
    if let slot = places[key] {
      unlink(slot)
      slots[slot].lastTime = time
      link(slot)
      return slot
    }
    let group = Group(key: key, at: time)
    let slot: Int
    if let reused = free.popLast() {
      slot = reused
      slots[slot] = group
    } else {
      slot = slots.count
      slots.append(group)
    }
    places[key] = slot
    link(slot)
    return slot
  }

  /// The slot of the group that did not change for longest.
  var oldest: Int? { oldestSlot }

  mutating func removeOldest() {
    guard let slot = oldestSlot else { return }
    unlink(slot)
    places[slots[slot].key] = nil
    slots[slot] = Group(key: [], at: 0)
    free.append(slot)
  }

  private mutating func link(_ slot: Int) {
    slots[slot].older = newestSlot
    slots[slot].newer = nil
    if let newestSlot { slots[newestSlot].newer = slot } else { oldestSlot = slot }
    newestSlot = slot
  }

  private mutating func unlink(_ slot: Int) {
    let (older, newer) = (slots[slot].older, slots[slot].newer)
    if let older { slots[older].newer = newer } else { oldestSlot = newer }
    if let newer { slots[newer].older = older } else { newestSlot = older }
  }
}
