// autointerp
// The hash table of all position-free edges: the coordinator's hot path.
// SPDX-License-Identifier: Apache-2.0

/// Position-free edges and their statistics, keyed by a pair of endpoint numbers.
///
/// Open addressing with linear probing over two parallel arrays (key, place of the statistics). Most edges of a run are
/// seen in a single prompt, where one flow says everything, so those take 16 bytes and only edges of several prompts
/// take the 80 bytes of full statistics. The place of an edge that is seen again is reused by the next new one.
///
/// Insertion and lookup are O(1); the order of slots means nothing and never reaches the outside.
struct EdgeTable: Sendable {
  /// The flow of an edge that one prompt has.
  private struct Single: Sendable {
    var number: Int64
    /// Pairs of positions; the top bit says that the prompt is of the baseline.
    var occurrencesAndOrigin: UInt32

    var origin: PromptOrigin { occurrencesAndOrigin & Self.baselineBit == 0 ? .domain : .baseline }
    var occurrences: UInt32 { occurrencesAndOrigin & ~Self.baselineBit }
    static let baselineBit: UInt32 = 1 << 31
  }

  private static let vacantKey = UInt64.max
  /// Set in the place of an edge with full statistics.
  private static let severalBit: UInt32 = 1 << 31
  private static let initialCapacity = 1024

  private var keys: [UInt64]
  private var places: [UInt32]
  private var shift: UInt64
  private var singles: [Single] = []
  private var freeSingles: [UInt32] = []
  private var several: [EdgeStatistics] = []
  private(set) var count = 0
  /// Keeps the loads of the look-ahead from being optimised away; means nothing.
  private var touched: UInt64 = 0

  init() {
    keys = Array(repeating: Self.vacantKey, count: Self.initialCapacity)
    places = Array(repeating: 0, count: Self.initialCapacity)
    shift = 64 - UInt64(Self.initialCapacity.trailingZeroBitCount)
  }

  static func key(source: UInt32, target: UInt32) -> UInt64 { UInt64(source) << 32 | UInt64(target) }
  static func source(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key >> 32) }
  static func target(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key) }

  /// Slots, occupied or not.
  var slotCount: Int { keys.count }

  var residentBytes: Int {
    keys.capacity * 8 + places.capacity * 4 + singles.capacity * MemoryLayout<Single>.stride
      + freeSingles.capacity * 4 + several.capacity * MemoryLayout<EdgeStatistics>.stride
  }

  /// The key in a slot, nil when the slot is vacant.
  func key(inSlot slot: Int) -> UInt64? { keys[slot] == Self.vacantKey ? nil : keys[slot] }

  /// The statistics in an occupied slot.
  func statistics(inSlot slot: Int) -> EdgeStatistics { statistics(at: places[slot]) }

  /// `statistics(inSlot:).prompts`, cheaper.
  func promptCount(inSlot slot: Int) -> UInt32 {
    let place = places[slot]
    guard place & Self.severalBit != 0 else { return 1 }
    let statistics = several[Int(place & ~Self.severalBit)]
    return statistics.domainPrompts + statistics.baselinePrompts
  }

  /// The magnitude of the summed flow, in `2^-32`, rounded to a Double.
  func sumMagnitude(inSlot slot: Int) -> Double {
    let place = places[slot]
    guard place & Self.severalBit != 0 else { return Double(abs(singles[Int(place)].number)) }
    return abs(FixedPoint.double(several[Int(place & ~Self.severalBit)].sumNumber))
  }

  subscript(key: UInt64) -> EdgeStatistics? {
    let slot = slot(of: key)
    return keys[slot] == key ? statistics(at: places[slot]) : nil
  }

  private func statistics(at place: UInt32) -> EdgeStatistics {
    if place & Self.severalBit != 0 { return several[Int(place & ~Self.severalBit)] }
    let single = singles[Int(place)]
    return EdgeStatistics(number: single.number, occurrences: single.occurrences, origin: single.origin)
  }

  /// Makes room for more edges without growing in between.
  mutating func reserve(additional: Int) {
    var needed = keys.count
    while (count + additional) * 4 > needed * 3 { needed *= 2 }
    if needed > keys.count { grow(to: needed) }
  }

  /// Adds one prompt's flow on an edge. Room must have been reserved.
  @inline(__always)
  mutating func record(_ key: UInt64, number: Int64, occurrences: UInt32, origin: PromptOrigin) {
    let slot = slot(of: key)
    guard keys[slot] == key else {
      insert(
        key, inSlot: slot,
        place: placeSingle(
          Single(
            number: number,
            occurrencesAndOrigin: occurrences | (origin == .baseline ? Single.baselineBit : 0))))
      return
    }
    let place = places[slot]
    if place & Self.severalBit != 0 {
      several[Int(place & ~Self.severalBit)].add(number: number, occurrences: occurrences, origin: origin)
    } else {
      var statistics = statistics(at: place)
      statistics.add(number: number, occurrences: occurrences, origin: origin)
      freeSingles.append(place)
      places[slot] = placeSeveral(statistics)
    }
  }

  /// Adds the flows of one prompt, whose endpoints have these numbers. Room must have been reserved.
  ///
  /// The table is far larger than any cache, so a block of flows is looked up before it is added: those loads do not
  /// wait for each other, which makes the whole about 1.5 times as fast.
  mutating func record(_ flows: [FlowGrouping.Flow], endpoints: [UInt32], origin: PromptOrigin) {
    let blockLength = 64
    var keysOfBlock = [UInt64](repeating: 0, count: blockLength)
    var start = 0
    while start < flows.count {
      let length = min(blockLength, flows.count - start)
      for i in 0..<length {
        let flow = flows[start + i]
        let key = Self.key(source: endpoints[Int(flow.source)], target: endpoints[Int(flow.target)])
        keysOfBlock[i] = key
        let home = home(of: key)
        touched &+= keys[home] &+ UInt64(places[home])
      }
      for i in 0..<length {
        let home = home(of: keysOfBlock[i])
        guard keys[home] == keysOfBlock[i] else { continue }
        let place = places[home]
        if place & Self.severalBit != 0 {
          touched &+= UInt64(several[Int(place & ~Self.severalBit)].domainPrompts)
        } else {
          touched &+= UInt64(singles[Int(place)].occurrencesAndOrigin)
        }
      }
      for i in 0..<length {
        let flow = flows[start + i]
        record(keysOfBlock[i], number: flow.number, occurrences: flow.occurrences, origin: origin)
      }
      start += length
    }
  }

  /// Adds the statistics of an edge from prompts that are not in this table. Room must have been reserved.
  mutating func record(_ key: UInt64, _ other: EdgeStatistics) {
    if other.prompts == 1, other.occurrences < UInt64(Single.baselineBit) {
      record(
        key, number: other.minimumNumber, occurrences: UInt32(other.occurrences),
        origin: other.domainPrompts == 1 ? .domain : .baseline)
      return
    }
    let slot = slot(of: key)
    guard keys[slot] == key else {
      insert(key, inSlot: slot, place: placeSeveral(other))
      return
    }
    let place = places[slot]
    if place & Self.severalBit != 0 {
      several[Int(place & ~Self.severalBit)].add(other)
    } else {
      var statistics = statistics(at: place)
      statistics.add(other)
      freeSingles.append(place)
      places[slot] = placeSeveral(statistics)
    }
  }

  private mutating func placeSingle(_ single: Single) -> UInt32 {
    if let place = freeSingles.popLast() {
      singles[Int(place)] = single
      return place
    }
    singles.append(single)
    return UInt32(singles.count - 1)
  }

  private mutating func placeSeveral(_ statistics: EdgeStatistics) -> UInt32 {
    several.append(statistics)
    return UInt32(several.count - 1) | Self.severalBit
  }

  private mutating func insert(_ key: UInt64, inSlot slot: Int, place: UInt32) {
    precondition(count * 4 < keys.count * 3, "room must be reserved")
    keys[slot] = key
    places[slot] = place
    count += 1
  }

  /// The slot that has the key, or the vacant one where it belongs.
  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    let mask = keys.count - 1
    var slot = home(of: key)
    while true {
      let found = keys[slot]
      if found == key || found == Self.vacantKey { return slot }
      slot = (slot + 1) & mask
    }
  }

  /// Multiplicative hash; the fold lets both numbers reach the top bits.
  @inline(__always)
  private func home(of key: UInt64) -> Int {
    let folded = (key ^ (key >> 32)) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: ((folded ^ (folded >> 29)) &* 0xBF58_476D_1CE4_E5B9) >> shift)
  }

  private mutating func grow(to capacity: Int) {
    precondition(capacity <= 1 << 31, "an aggregate holds fewer than 2^31 distinct edges")
    let (oldKeys, oldPlaces) = (keys, places)
    keys = Array(repeating: Self.vacantKey, count: capacity)
    places = Array(repeating: 0, count: capacity)
    shift = 64 - UInt64(capacity.trailingZeroBitCount)
    for (key, place) in zip(oldKeys, oldPlaces) where key != Self.vacantKey {
      let slot = slot(of: key)
      keys[slot] = key
      places[slot] = place
    }
  }
}
