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
let hummingbird = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nio =
  ["NIOCore", "NIOHTTP1", "NIOPosix"].map { Target.Dependency.product(name: $0, package: "swift-nio") }
  + [.product(name: "NIOHTTPTypes", package: "swift-nio-extras")]
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
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
  // Exact versions, because Package.resolved is not in the repository: a commit builds the same program everywhere.
  dependencies: [
    // Command line.
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    // Structured logs.
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    // Deques for the queues of the cluster.
    .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
    // Start, signals and graceful shutdown of the daemons.
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    // The status port's HTTP.
    .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
    // The status command's HTTP (hummingbird is built on it).
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    // Its types of requests and responses, which the status port's guard of connections looks at.
    .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
    // Their requests and responses.
    .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0", traits: []),
    // The run's SQLite file.
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    // Prompt files.
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    // 0: system libraries, a module map and a header each.
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "CMsgPack", pkgConfig: "msgpack", providers: [.apt(["libmsgpack-dev"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    // The dashboard's web files, embedded by the C compiler.
    .target(name: "DashboardFiles", exclude: ["web"]),
    // The style and script of reports, embedded in the same way.
    .target(name: "ReportFiles", exclude: ["web"]),

    // 1: tools without a domain.
    target("JSON"),
    target("Platform", ["CSodium"]),
    target("TOML"),

    // 2: values and files.
    target("Circuits", ["JSON", "Platform"]),
    target("Checkpoints", ["JSON", "Platform"]),
    target("Corpora", ["Platform", yams]),
    target("AgentProtocol", ["JSON", "Platform"]),
    // Language models behind HTTP; libcurl is loaded on use.
    target("Endpoints", ["JSON", "Platform"]),

    // 3
    target("Inference", ["Checkpoints", "COpenBLAS"]),
    target("ClusterProtocol", ["Circuits", "Platform", "CMsgPack"]),
    target("Atlas", ["Circuits", "Platform", grdb, sqlite]),
    target("Labels", ["Circuits", "JSON", "Platform", grdb]),
    target("Knowledge", ["Circuits", "JSON", "Platform"]),

    // 4
    target("Attribution", ["Circuits", "Inference", "JSON", "Platform"]),
    target("ClusterTransport", ["ClusterProtocol", "Platform", "CZeroMQ", logging]),

    // 5
    target("Causality", ["Attribution", "Circuits", "Inference", "JSON", "Knowledge", "Platform"]),
    target("Coordinator", ["Atlas", "ClusterTransport", "Knowledge", "Platform", collections, lifecycle, logging]),
    // What is derived from a run's file, to be asked.
    target("RunIndex", ["Atlas", "ClusterProtocol", "Knowledge", "Platform", grdb, sqlite]),
    // What tests and the laboratory make up: models, graphs, a fleet's state; and the Float64 oracle.
    target(
      "TestSupport", ["Atlas", "Attribution", "Checkpoints", "Circuits", "ClusterProtocol", "Inference", "Platform"]),
    target("Worker", ["Attribution", "ClusterTransport", "Platform", lifecycle, logging]),

    // 6: what people see.
    target(
      "StatusServer",
      [
        "Circuits", "ClusterProtocol", "DashboardFiles", "Platform", httpTypes, hummingbird, lifecycle,
        logging,
      ]
        + nio),
    target("Console", ["Circuits", "ClusterProtocol", "Platform"] + nio),
    // The cluster without its wires, under seeded faults; part of the laboratory.
    target("Simulation", ["Coordinator", "Platform", "TestSupport", "Worker"]),

    // What is written about runs for people and other programs: comparisons, graphs, pages.
    target("Reports", ["Circuits", "JSON", "Knowledge", "Labels", "Platform", "ReportFiles", "RunIndex"]),
    // The tools that agents call.
    target("AgentTools", ["AgentProtocol", "Circuits", "JSON", "Knowledge", "Labels", "Platform", "RunIndex"]),

    // What neurons are said to do, composed from a run or proposed by a language model, and how well that predicts.
    target(
      "Descriptions", ["Circuits", "Endpoints", "JSON", "Knowledge", "Labels", "Platform", "RunIndex"]),

    // Hypotheses about neurons, tested by interventions.
    target(
      "Investigations",
      [
        "Causality", "Checkpoints", "Circuits", "Corpora", "Endpoints", "Inference", "JSON", "Knowledge", "Platform",
        "Reports", "RunIndex",
      ]),

    // The agents' tools that need a model.
    target(
      "AgentExperiments",
      [
        "AgentTools", "Attribution", "Causality", "Checkpoints", "Circuits", "Inference", "Investigations", "RunIndex",
      ]),

    // 7: cluster.toml, and the flags and plans that are made of it.
    target(
      "Settings",
      ["ClusterProtocol", "Coordinator", "Corpora", "Knowledge", "StatusServer", "TOML", "Worker", argumentParser]),

    // 8: the program.
    .executableTarget(
      name: "autointerp",
      dependencies: [
        "AgentExperiments", "AgentTools", "Settings", "Causality", "Console", "Descriptions", "Endpoints",
        "Investigations", "JSON", "Knowledge", "Labels", "Platform", "Reports", "RunIndex",
        lifecycle, logging,
        signals,
      ],
      swiftSettings: settings),
    // The laboratory, which the program must not be linked with.
    .executableTarget(
      name: "autointerp-lab",
      dependencies: [
        "COpenBLAS", "Settings", "Causality", "Console", "Investigations", "JSON", "Platform", "RunIndex", "Simulation",
        "TestSupport",
      ],
      swiftSettings: settings),

    tests(of: "JSON", ["Platform"]),
    tests(of: "Platform"),
    tests(of: "TOML"),
    tests(of: "Circuits", ["JSON", "Platform"]),
    tests(of: "Checkpoints", ["JSON", "Platform", "TestSupport"], fixtures: true),
    tests(of: "Corpora"),
    tests(of: "Inference", ["TestSupport"]),
    tests(of: "ClusterProtocol"),
    tests(of: "Atlas", [grdb]),
    tests(of: "Attribution", ["TestSupport"], fixtures: true),
    tests(of: "Causality", ["JSON", "TestSupport"], fixtures: true),
    tests(of: "ClusterTransport", ["Platform"]),
    tests(of: "Knowledge", ["JSON", "Platform"], fixtures: true),
    tests(of: "Coordinator", ["Knowledge", "Platform"]),
    tests(of: "AgentProtocol", ["JSON", "Platform"]),
    tests(
      of: "AgentExperiments",
      [
        "AgentTools", "Atlas", "Attribution", "Causality", "Checkpoints", "Circuits", "Inference", "RunIndex",
        "TestSupport",
      ]),
    tests(of: "Endpoints", ["JSON", "Platform"], fixtures: true),
    tests(
      of: "Descriptions",
      ["Atlas", "Circuits", "Endpoints", "JSON", "Labels", "Platform", "RunIndex", "TestSupport"]),
    tests(
      of: "Investigations",
      ["Atlas", "Causality", "Circuits", "Endpoints", "Inference", "JSON", "Platform", "RunIndex", "TestSupport"]),
    tests(of: "AgentTools", ["AgentProtocol", "Atlas", "Circuits", "JSON", "Labels", "RunIndex", "TestSupport"]),
    tests(of: "Labels", ["Circuits", grdb]),
    tests(of: "RunIndex", ["Atlas", "Circuits", "Knowledge", "TestSupport", grdb]),
    tests(
      of: "Reports",
      ["Atlas", "Circuits", "ClusterProtocol", "JSON", "Knowledge", "Labels", "Platform", "RunIndex", "TestSupport"]),
    tests(of: "Worker", ["Platform"]),
    tests(of: "StatusServer", ["Console", "TestSupport", httpTypes, lifecycle, logging, nioEmbedded] + nio),
    tests(of: "Console", ["TestSupport"]),
    tests(of: "Settings"),
    tests(of: "TestSupport"),
    tests(of: "Simulation"),
    tests(of: "autointerp", ["Platform"]),
    tests(of: "autointerp-lab"),
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
      name: "FuzzedParsers", dependencies: ["Circuits", "Platform"], path: "Tests/Fuzzing/parsers",
      swiftSettings: instrumented),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "CLibFuzzer", "Checkpoints", "Circuits", "ClusterProtocol", "ClusterTransport", "Corpora", "FuzzedParsers",
        "TOML", "TestSupport",
      ],
      path: "Tests/Fuzzing/fuzz", swiftSettings: [.swiftLanguageMode(.v6)],
      linkerSettings: [.unsafeFlags([libFuzzer, "-sanitize=address"]), .linkedLibrary("stdc++")]),
  ]
}
