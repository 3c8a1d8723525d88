// autointerp
// `ByzantineWorker` is the owner of a listed key who lies, under one or several names.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import ClusterTransport
internal import Platform

/// What the owner of a bad key remembers. It has no `WorkerMachine`: it sends what it likes.
struct ByzantineWorker {
  /// One of its names.
  struct Face {
    /// The number of the name among the workers.
    let number: Int
    var peer: PeerID
    var incarnation: UInt64
    var isWelcomed = false
    /// The leases that it has not reported.
    var held: [Fence] = []
    var progress: Int64 = 0
  }

  /// What it does next.
  enum Deed: CaseIterable {
    case greets, asks, beats
    case deliversWrongGraph, deliversRightGraph, deliversNonsense, repeatsEarlierResult, forgesFence, floods
    case fails, failsForOthers
    case leaves

    /// How often, relative to others.
    var weight: Int {
      switch self {
      case .beats: 6
      case .asks, .deliversWrongGraph, .repeatsEarlierResult: 4
      case .forgesFence, .fails: 3
      case .failsForOthers: 2
      case .greets, .floods, .deliversRightGraph, .deliversNonsense, .leaves: 1
      }
    }

    static let total = allCases.reduce(0) { $0 + $1.weight }

    /// The deed at a place in the line of all weights.
    init(place: Int) {
      var left = place
      self = Self.allCases.first { deed in
        left -= deed.weight
        return left < 0
      }!
    }
  }

  /// How many earlier grants it remembers.
  private static let memory = 100

  var faces: [Face]
  /// False once its key was taken from the allow-list.
  var isListed = true
  /// Earlier grants of any of its names, newest last.
  private(set) var past: [Fence] = []
  /// The prompts that one of its names failed. The others want to fail them too.
  var condemned: [Fence] = []

  /// A lease of a prompt that it wants in quarantine.
  func condemnedLease(of face: Int) -> Fence? {
    faces[face].held.first { held in condemned.contains { $0.isSamePrompt(as: held) } }
  }

  mutating func remember(_ fence: Fence, of face: Int) {
    guard !faces[face].held.contains(fence) else { return }
    faces[face].held.append(fence)
    past.append(fence)
    if past.count > Self.memory { past.removeFirst() }
  }
}

extension SeededRandom {
  /// Any of the elements; nil if there is none.
  mutating func element<Element>(of elements: [Element]) -> Element? {
    elements.isEmpty ? nil : elements[integer(in: 0...elements.count - 1)]
  }
}
