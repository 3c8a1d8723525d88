// swift-tools-version: 6.1
// autointerp: finds out, over a cluster, what the neurons of a language model do.
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
]

/// Products of other packages, by the name under which the targets below use them.
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio =
  ["NIOCore", "NIOHTTP1", "NIOPosix"].map { Target.Dependency.product(name: $0, package: "swift-nio") }
  + [.product(name: "NIOHTTPTypes", package: "swift-nio-extras")]
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// `fixtures`: the target has a folder `Fixtures` that its tests read by path.
func tests(of name: String, _ dependencies: [Target.Dependency] = [], fixtures: Bool = false) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies,
    exclude: fixtures ? ["Fixtures"] : [], swiftSettings: settings)
}

// Targets in layers; an arrow points only downwards (scripts/check-layers holds this file to it).
let package = Package(
  name: "autointerp",
  products: [.executable(name: "autointerp", targets: ["autointerp"])],
  dependencies: [
    // Command line.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    // Structured logs.
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    // Deques for the queues of the cluster.
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    // Start, signals and graceful shutdown of the daemons.
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    // The status port's HTTP.
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
    // The status command's HTTP (hummingbird is built on it).
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    // Its types of requests and responses, which the status port's guard of connections looks at.
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
    // The run's SQLite file.
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    // Prompt files.
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    // cluster.toml.
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: [
    // 0: system libraries, a module map and a header each.
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "CMsgPack", pkgConfig: "msgpack", providers: [.apt(["libmsgpack-dev"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),

    // 1: values and files.
    target("Circuits"),
    target("Checkpoints", ["CSodium"]),
    target("Corpora", ["CSodium", yams]),

    // 2
    target("Inference", ["Checkpoints", "COpenBLAS"]),
    target("ClusterProtocol", ["Circuits", "CMsgPack"]),
    target("Atlas", ["Circuits", grdb, sqlite]),

    // 3
    target("Attribution", ["Circuits", "Inference"]),
    target("ClusterTransport", ["ClusterProtocol", "CZeroMQ", logging]),
    target("StatusServer", ["Circuits", "ClusterProtocol", "CSodium", hummingbird, lifecycle, logging] + nio),

    // 4
    target("Coordinator", ["Atlas", "ClusterTransport", "CSodium", collections, lifecycle, logging]),
    target("Worker", ["Attribution", "ClusterTransport", lifecycle, logging]),

    // 5: the cluster without its wires, under seeded faults.
    target("Simulation", ["Coordinator", "Worker"]),

    // 6
    .executableTarget(
      name: "autointerp",
      dependencies: ["Corpora", "Simulation", "StatusServer", argumentParser, lifecycle, logging, signals, toml],
      swiftSettings: settings),

    tests(of: "Circuits"),
    tests(of: "Checkpoints", fixtures: true),
    tests(of: "Corpora"),
    tests(of: "Inference"),
    tests(of: "ClusterProtocol"),
    tests(of: "Atlas", [grdb]),
    tests(of: "Attribution", fixtures: true),
    tests(of: "ClusterTransport"),
    tests(of: "StatusServer", [lifecycle, logging] + nio),
    tests(of: "Coordinator"),
    tests(of: "Worker"),
    tests(of: "Simulation"),
    tests(of: "autointerp"),
    .testTarget(name: "EndToEndTests", dependencies: ["autointerp"], swiftSettings: settings),
  ]
)

// scripts/fuzz only, which names libFuzzer's library in the variable: the decoders' targets with its instrumentation,
// and a program that feeds them.
if let libFuzzer = Context.environment["AUTOINTERP_LIBFUZZER"] {
  for target in package.targets where target.type == .regular {
    target.swiftSettings?.append(.unsafeFlags(["-sanitize=fuzzer,address"]))
  }
  let instrumented = settings + [SwiftSetting.unsafeFlags(["-sanitize=fuzzer,address"])]
  package.targets += [
    .systemLibrary(name: "CLibFuzzer", path: "Tests/Fuzzing/CLibFuzzer"),
    // Links to those files of the status port and the program that decode something, without all that the others need.
    .target(
      name: "FuzzedParsers", dependencies: ["Circuits", "CSodium"], path: "Tests/Fuzzing/parsers",
      swiftSettings: instrumented),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "CLibFuzzer", "Checkpoints", "Circuits", "ClusterProtocol", "ClusterTransport", "Corpora", "FuzzedParsers",
      ],
      path: "Tests/Fuzzing/fuzz", swiftSettings: [.swiftLanguageMode(.v6)],
      linkerSettings: [.unsafeFlags([libFuzzer, "-sanitize=address"]), .linkedLibrary("stdc++")]),
  ]
}
