// autointerp
// `LeidenClustering` divides a weighted graph into clusters by igraph's Leiden algorithm; igraph is loaded when it is needed.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

/// The Leiden algorithm (Traag, Waltman and van Eck 2019) of libigraph 0.10, with modularity as what it maximises. libigraph
/// is no dependency of the program: without it, only modules are missing.
package struct LeidenClustering: Sendable {
  package static let fileName = "libigraph.so.3"
  /// The best of so many runs from different seeds counts: one run may stop at a local maximum.
  static let runs = 10

  private let igraph: IGraph

  /// - Throws: `ModuleError.igraph` if the library is missing or has another version.
  package init(library: String = Self.fileName) throws(ModuleError) { igraph = try IGraph(library) }

  /// The cluster of each node, numbered by their first nodes. Equal arguments give equal clusters.
  package func membership(
    of graph: WeightedGraph, resolution: Double, seed: UInt64
  ) throws(ModuleError) -> [Int] {
    guard !graph.edges.isEmpty else { return Array(0..<graph.nodeCount) }
    var best: (membership: [Int], quality: Double)?
    for run in 0..<UInt64(Self.runs) {
      // Runs of neighbouring seeds share none.
      let found = try igraph.leiden(graph, resolution: resolution, seed: seed &* 31 &+ run)
      let quality = graph.modularity(of: found, resolution: resolution)
      // Numbers that differ by rounding only must not decide.
      if quality > (best?.quality ?? -.infinity) + 1e-12 { best = (found, quality) }
    }
    return Self.numberedByFirst(best?.membership ?? [])
  }

  private static func numberedByFirst(_ labels: [Int]) -> [Int] {
    var numbers: [Int: Int] = [:]
    return labels.map { label in
      let number = numbers[label] ?? numbers.count
      numbers[label] = number
      return number
    }
  }
}

/// The functions of libigraph that are used, and its structures as far as they are.
private struct IGraph: Sendable {
  /// `igraph_vector_t` and `igraph_vector_int_t` of 0.10: the begin and end of the storage, and the end of what is used.
  private struct Vector {
    var storage: UnsafeMutableRawPointer?
    var storageEnd: UnsafeMutableRawPointer?
    var end: UnsafeMutableRawPointer?
  }

  private typealias Failure = Int32
  private typealias ErrorHandler =
    @convention(c) (
      UnsafePointer<CChar>?, UnsafePointer<CChar>?, Int32, Int32
    ) -> Void

  private let create: @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, Int64, Bool) -> Failure
  private let destroy: @convention(c) (UnsafeMutableRawPointer) -> Void
  private let cluster:
    @convention(c) (
      UnsafeRawPointer, UnsafeRawPointer, UnsafeRawPointer, Double, Double, Bool, Int64, UnsafeMutableRawPointer,
      UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Double>
    ) -> Failure
  private let initVector: @convention(c) (UnsafeMutableRawPointer, Int64) -> Failure
  private let destroyVector: @convention(c) (UnsafeMutableRawPointer) -> Void
  private let defaultRandom: @convention(c) () -> OpaquePointer
  private let seedRandom: @convention(c) (OpaquePointer, UInt) -> Failure
  private let errorText: @convention(c) (Failure) -> UnsafePointer<CChar>

  /// How far the algorithm may stray from the steepest way when it refines clusters: the default of its authors.
  private static let randomness = 0.01
  /// igraph's random numbers and errors belong to the process: one call at a time.
  private static let turn = Mutex(())
  /// More than `igraph_t` of 0.10 has (176 bytes).
  private static let graphBytes = 1024

  /// The library stays loaded until the process ends.
  init(_ name: String) throws(ModuleError) {
    guard let handle = dlopen(name, RTLD_NOW) else {
      throw .igraph(name: name, reason: "it is needed to find modules; install the package libigraph3 (igraph 0.10)")
    }
    func symbol<Function>(_ function: String) throws(ModuleError) -> Function {
      guard let found = dlsym(handle, function) else {
        throw .igraph(name: name, reason: "it has no function \(function); igraph 0.10 is needed (package libigraph3)")
      }
      return unsafeBitCast(found, to: Function.self)
    }
    let version:
      @convention(c) (
        UnsafeMutablePointer<UnsafePointer<CChar>?>?, UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<Int32>?,
        UnsafeMutablePointer<Int32>?
      ) -> Void = try symbol("igraph_version")
    var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
    version(nil, &major, &minor, &patch)
    // The structures above are those of this version.
    guard major == 0, minor == 10 else {
      throw .igraph(
        name: name, reason: "this is igraph \(major).\(minor).\(patch); igraph 0.10 is needed (package libigraph3)")
    }
    create = try symbol("igraph_create")
    destroy = try symbol("igraph_destroy")
    cluster = try symbol("igraph_community_leiden")
    initVector = try symbol("igraph_vector_int_init")
    destroyVector = try symbol("igraph_vector_int_destroy")
    defaultRandom = try symbol("igraph_rng_default")
    seedRandom = try symbol("igraph_rng_seed")
    errorText = try symbol("igraph_strerror")
    // The handler that the library starts with ends the process.
    let setHandler: @convention(c) (ErrorHandler) -> ErrorHandler? = try symbol("igraph_set_error_handler")
    let ignore: ErrorHandler = try symbol("igraph_error_handler_ignore")
    Self.turn.withLock { _ in _ = setHandler(ignore) }
  }

  /// One run of the algorithm until it finds no better clusters.
  func leiden(_ graph: WeightedGraph, resolution: Double, seed: UInt64) throws(ModuleError) -> [Int] {
    var ends = graph.edges.flatMap { [Int64($0.first), Int64($0.second)] }
    var weights = graph.edges.map(\.weight)
    // Modularity in the library's terms: nodes weigh as much as their edges, pairs of nodes cost resolution / 2m.
    var nodeWeights = graph.strengths
    let cost = resolution / (2 * graph.totalWeight)
    let outcome = Self.turn.withLock { _ -> Result<[Int], ModuleError> in
      let space = UnsafeMutableRawPointer.allocate(byteCount: Self.graphBytes, alignment: 16)
      space.initializeMemory(as: UInt8.self, repeating: 0, count: Self.graphBytes)
      defer { space.deallocate() }
      func check(_ code: Failure) -> ModuleError? {
        code == 0 ? nil : .failed(reason: "igraph: \(String(cString: errorText(code)))")
      }
      let created = ends.withUnsafeMutableBytes { bytes in
        withUnsafePointer(to: Self.view(bytes)) { create(space, $0, Int64(graph.nodeCount), false) }
      }
      if let error = check(created) { return .failure(error) }
      defer { destroy(space) }
      var membership = Vector()
      if let error = check(initVector(&membership, 0)) { return .failure(error) }
      defer { destroyVector(&membership) }
      if let error = check(seedRandom(defaultRandom(), UInt(truncatingIfNeeded: seed & 0x7FFF_FFFF))) {
        return .failure(error)
      }
      var (clusterCount, quality): (Int64, Double) = (0, 0)
      let code = weights.withUnsafeMutableBytes { weightBytes in
        nodeWeights.withUnsafeMutableBytes { nodeBytes in
          withUnsafePointer(to: Self.view(weightBytes)) { weightView in
            withUnsafePointer(to: Self.view(nodeBytes)) { nodeView in
              cluster(
                space, weightView, nodeView, cost, Self.randomness, false, -1, &membership, &clusterCount,
                &quality)
            }
          }
        }
      }
      if let error = check(code) { return .failure(error) }
      guard let start = membership.storage, let end = membership.end else {
        return .failure(.failed(reason: "igraph returned no clusters"))
      }
      let labels = UnsafeRawBufferPointer(start: start, count: end - start).bindMemory(to: Int64.self)
      guard labels.count == graph.nodeCount else {
        return .failure(.failed(reason: "igraph returned too few clusters"))
      }
      return .success(labels.map { Int($0) })
    }
    return try outcome.get()
  }

  /// A vector over memory that the library only reads.
  private static func view(_ bytes: UnsafeMutableRawBufferPointer) -> Vector {
    let end = bytes.baseAddress.map { $0 + bytes.count }
    return Vector(storage: bytes.baseAddress, storageEnd: end, end: end)
  }
}
