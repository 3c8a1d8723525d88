// autointerp
// `EdgeTable` is the hash table of a run's edges and their statistics: the coordinator's hot path.
// SPDX-License-Identifier: Apache-2.0

/// Maps a pair of endpoint numbers to the edge's statistics.
///
/// It uses open addressing with linear probing over slots of 8 bytes. A slot holds half of the key's hash and the
/// place of the edge. Most edges of a run occur in a single prompt, where one flow says everything; those take 24
/// bytes, and only edges of several prompts take the 96 bytes of full statistics. Both kinds are stored densely in
/// their own arrays, over which passes over all edges run. When a single edge is seen again, its room is reused.
///
/// Insertion and lookup are O(1). The order of edges is internal and never exported.
struct EdgeTable: Sendable {
  /// The place of an edge: an index into the single edges or, if the top bit is set, into those of several prompts.
  typealias Place = UInt32

  /// An edge that one prompt has, and its flow.
  private struct Single: Sendable {
    var key: UInt64
    var number: Int64
    /// The number of pairs of positions, and in the top two bits the column of the prompt's group.
    var occurrencesAndColumn: UInt32

    init(key: UInt64, number: Int64, occurrences: UInt32, column: GroupColumn) {
      self.key = key
      self.number = number
      occurrencesAndColumn = occurrences | column.rawValue << Self.columnShift
    }

    var column: GroupColumn { GroupColumn(rawValue: occurrencesAndColumn >> Self.columnShift) ?? .other }
    var occurrences: UInt32 { occurrencesAndColumn & ~(3 << Self.columnShift) }
    static let columnShift: UInt32 = 30
    /// More than a prompt of a million tokens can have.
    static let occurrencesLimit: UInt64 = 1 << 30
  }

  private struct Several: Sendable {
    var statistics: EdgeStatistics
    var key: UInt64
  }

  /// Equals no slot and no key, because places and endpoint numbers stay below 2^31.
  private static let vacant = UInt64.max
  private static let severalBit: Place = 1 << 31
  private static let initialCapacity = 1024

  /// Half of the hash in the high 32 bits, the place in the low 32 bits.
  private var slots: [UInt64]
  private var shift: UInt64
  private var singles: [Single] = []
  private var freeSingles: [Place] = []
  private var several: [Several] = []
  private(set) var count = 0
  /// Has no meaning. It keeps the compiler from removing the loads of the look-ahead.
  private var touched: UInt64 = 0

  init() {
    slots = Array(repeating: Self.vacant, count: Self.initialCapacity)
    shift = 64 - UInt64(Self.initialCapacity.trailingZeroBitCount)
  }

  static func key(source: UInt32, target: UInt32) -> UInt64 { UInt64(source) << 32 | UInt64(target) }
  static func source(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key >> 32) }
  static func target(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key) }

  var residentBytes: Int {
    slots.capacity * 8 + singles.capacity * MemoryLayout<Single>.stride
      + freeSingles.capacity * MemoryLayout<Place>.stride + several.capacity * MemoryLayout<Several>.stride
  }

  // MARK: Reading

  subscript(key: UInt64) -> EdgeStatistics? {
    let slot = slots[slot(of: key)]
    return slot == Self.vacant ? nil : statistics(at: Self.place(slot))
  }

  func statistics(at place: Place) -> EdgeStatistics {
    if place & Self.severalBit != 0 { return several[Int(place & ~Self.severalBit)].statistics }
    let single = singles[Int(place)]
    return EdgeStatistics(number: single.number, occurrences: single.occurrences, column: single.column)
  }

  /// Visits the edges of several prompts, with the magnitude of their summed flow in `2^-32`, rounded to a Double.
  @inline(__always)
  func forEachSeveral(_ body: (_ key: UInt64, _ place: Place, _ prompts: UInt32, _ magnitude: () -> Double) -> Void) {
    for index in several.indices {
      let edge = several[index]
      body(
        edge.key, Place(index) | Self.severalBit, UInt32(edge.statistics.prompts),
        { abs(FixedPoint.double(edge.statistics.sumNumber)) })
    }
  }

  /// Visits the edges of one prompt, with the magnitude of their flow in `2^-32`, rounded to a Double.
  @inline(__always)
  func forEachSingle(_ body: (_ key: UInt64, _ place: Place, _ magnitude: () -> Double) -> Void) {
    for index in singles.indices {
      let edge = singles[index]
      guard edge.key != Self.vacant else { continue }
      body(edge.key, Place(index), { Double(abs(edge.number)) })
    }
  }

  /// Visits every edge.
  func forEach(_ body: (_ key: UInt64, _ place: Place) throws -> Void) rethrows {
    for index in several.indices { try body(several[index].key, Place(index) | Self.severalBit) }
    for index in singles.indices where singles[index].key != Self.vacant {
      try body(singles[index].key, Place(index))
    }
  }

  // MARK: Recording

  /// Makes room for this many more edges, so that recording them does not grow the table.
  mutating func reserve(additional: Int) {
    var needed = slots.count
    while (count + additional) * 4 > needed * 3 { needed *= 2 }
    if needed > slots.count { grow(to: needed) }
  }

  /// Adds one prompt's flow on an edge. Call `reserve` first.
  @inline(__always)
  mutating func record(_ key: UInt64, number: Int64, occurrences: UInt32, column: GroupColumn) {
    let slot = slot(of: key)
    guard slots[slot] != Self.vacant else {
      insert(
        key, inSlot: slot,
        place: placeSingle(Single(key: key, number: number, occurrences: occurrences, column: column)))
      return
    }
    let place = Self.place(slots[slot])
    if place & Self.severalBit != 0 {
      several[Int(place & ~Self.severalBit)].statistics.add(number: number, occurrences: occurrences, column: column)
    } else {
      var statistics = statistics(at: place)
      statistics.add(number: number, occurrences: occurrences, column: column)
      promote(key, inSlot: slot, from: place, to: statistics)
    }
  }

  /// Adds the flows of one prompt, whose endpoints have these numbers. Call `reserve` first.
  ///
  /// The table is much larger than any cache. A block of flows is therefore looked up before it is added: these loads
  /// do not wait for each other, which makes the whole about 1.5 times as fast.
  mutating func record(_ flows: [FlowGrouping.Flow], endpoints: [UInt32], column: GroupColumn) {
    let blockLength = 64
    var keysOfBlock = [UInt64](repeating: 0, count: blockLength)
    var start = 0
    while start < flows.count {
      let length = min(blockLength, flows.count - start)
      for i in 0..<length {
        let flow = flows[start + i]
        let key = Self.key(source: endpoints[Int(flow.source)], target: endpoints[Int(flow.target)])
        keysOfBlock[i] = key
        touched &+= slots[Int(truncatingIfNeeded: Self.hash(key) >> shift)]
      }
      for i in 0..<length {
        let hash = Self.hash(keysOfBlock[i])
        let slot = slots[Int(truncatingIfNeeded: hash >> shift)]
        guard slot != Self.vacant, slot >> 32 == hash & 0xFFFF_FFFF else { continue }
        let place = Self.place(slot)
        touched &+=
          place & Self.severalBit != 0
          ? several[Int(place & ~Self.severalBit)].key : UInt64(singles[Int(place)].occurrencesAndColumn)
      }
      for i in 0..<length {
        let flow = flows[start + i]
        record(keysOfBlock[i], number: flow.number, occurrences: flow.occurrences, column: column)
      }
      start += length
    }
  }

  /// Adds the statistics of an edge from prompts that are not in this table. Call `reserve` first.
  mutating func record(_ key: UInt64, _ other: EdgeStatistics) {
    if other.prompts == 1, other.occurrences < Single.occurrencesLimit {
      record(
        key, number: other.minimumNumber, occurrences: UInt32(other.occurrences),
        column: other.domainPrompts == 1 ? .domain : other.baselinePrompts == 1 ? .baseline : .other)
      return
    }
    let slot = slot(of: key)
    guard slots[slot] != Self.vacant else {
      insert(key, inSlot: slot, place: placeSeveral(key, other))
      return
    }
    let place = Self.place(slots[slot])
    if place & Self.severalBit != 0 {
      several[Int(place & ~Self.severalBit)].statistics.add(other)
    } else {
      var statistics = statistics(at: place)
      statistics.add(other)
      promote(key, inSlot: slot, from: place, to: statistics)
    }
  }

  /// Turns a single edge into an edge of several prompts.
  private mutating func promote(_ key: UInt64, inSlot slot: Int, from place: Place, to statistics: EdgeStatistics) {
    singles[Int(place)].key = Self.vacant
    freeSingles.append(place)
    slots[slot] = slots[slot] & ~0xFFFF_FFFF | UInt64(placeSeveral(key, statistics))
  }

  private mutating func placeSingle(_ single: Single) -> Place {
    if let place = freeSingles.popLast() {
      singles[Int(place)] = single
      return place
    }
    singles.append(single)
    return Place(singles.count - 1)
  }

  private mutating func placeSeveral(_ key: UInt64, _ statistics: EdgeStatistics) -> Place {
    several.append(Several(statistics: statistics, key: key))
    return Place(several.count - 1) | Self.severalBit
  }

  private mutating func insert(_ key: UInt64, inSlot slot: Int, place: Place) {
    precondition(count * 4 < slots.count * 3, "reserve must be called first")
    slots[slot] = Self.slot(hash: Self.hash(key), place: place)
    count += 1
  }

  // MARK: Slots

  private static func slot(hash: UInt64, place: Place) -> UInt64 { hash << 32 | UInt64(place) }
  private static func place(_ slot: UInt64) -> Place { Place(truncatingIfNeeded: slot) }

  private func key(at place: Place) -> UInt64 {
    place & Self.severalBit != 0 ? several[Int(place & ~Self.severalBit)].key : singles[Int(place)].key
  }

  /// Returns the slot that has the key, or the vacant slot where it belongs.
  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    let mask = slots.count - 1
    let hash = Self.hash(key)
    var slot = Int(truncatingIfNeeded: hash >> shift)
    while true {
      let found = slots[slot]
      if found == Self.vacant { return slot }
      if found >> 32 == hash & 0xFFFF_FFFF, self.key(at: Self.place(found)) == key { return slot }
      slot = (slot + 1) & mask
    }
  }

  /// The top bits give the home slot; the slot stores the low half.
  @inline(__always)
  private static func hash(_ key: UInt64) -> UInt64 {
    // The finaliser of SplitMix64 (Steele, Lea and Flood 2014) without its last step.
    let first = (key ^ (key >> 30)) &* 0xBF58_476D_1CE4_E5B9
    return (first ^ (first >> 27)) &* 0x94D0_49BB_1331_11EB
  }

  private mutating func grow(to capacity: Int) {
    precondition(capacity <= 1 << 31, "an aggregate holds fewer than 2^31 distinct edges")
    slots = Array(repeating: Self.vacant, count: capacity)
    shift = 64 - UInt64(capacity.trailingZeroBitCount)
    let mask = capacity - 1
    forEach { key, place in
      let hash = Self.hash(key)
      var slot = Int(truncatingIfNeeded: hash >> shift)
      while slots[slot] != Self.vacant { slot = (slot + 1) & mask }
      slots[slot] = Self.slot(hash: hash, place: place)
    }
  }
}
