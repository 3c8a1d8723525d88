// autointerp
// Every setting of cluster.toml with its default.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Coordinator
internal import StatusServer

/// The settings of `cluster.toml`. What a file does not mention has the default written here or in the type named here;
/// flags of the command line override both.
struct ClusterConfiguration: Equatable, Sendable {
  struct Model: Equatable, Sendable {
    /// A checkpoint; empty is the one that `scripts/fetch-model` fetches.
    var path = ""
  }

  struct Template: Equatable, Sendable {
    var name = "raw"
    /// The system turn of chat templates; nil is the template's own.
    var system: String?
  }

  struct Run: Equatable, Sendable {
    /// Worker processes of a run without a daemon.
    var local = 2
    /// Prompts in all; 0 takes every one.
    var limit = 0
    var seed = 0
    var output = "edge_stats.json"
    /// Where a run without `--run-dir` gets its folder.
    var directory = "runs"
  }

  struct Coordinator: Equatable, Sendable {
    var listen = "tcp://127.0.0.1:7645"
    /// Holds the folder of every run of the daemon.
    var directory = "runs"
    var fleet = FleetSettings()
  }

  struct Worker: Equatable, Sendable {
    var coordinator = "tcp://127.0.0.1:7645"
    /// Unique in the fleet; empty is host name and process.
    var name = ""
    /// Prompts computed at once, a thread each.
    var slots = 1
    /// OpenBLAS core type; empty is what OpenBLAS finds best for the processor.
    var kernel = ""
    /// `resident`, `mapped`, or `auto` for what fits in memory.
    var weights = "auto"
    /// Time to finish what is being computed when asked to leave.
    var drainLimit: Duration = .seconds(60)
    /// Without a coordinator for this long the worker ends; zero is never.
    var giveUpAfter: Duration = .zero
  }

  struct Security: Equatable, Sendable {
    /// File with this process's CURVE key pair, as `autointerp keygen` writes it; empty is plain TCP.
    var keyFile = ""
    /// The coordinator's public key, or a file with it: for workers and clients.
    var serverKey = ""
    /// File with the keys that the coordinator lets in.
    var allow = ""
    /// Permits plain TCP to and from other machines.
    var insecure = false
  }

  var model = Model()
  var template = Template()
  var attribution = AttributionSettings()
  var run = Run()
  var coordinator = Coordinator()
  var worker = Worker()
  var status = StatusServerConfiguration()
  var security = Security()
}

extension AttributionSettings {
  /// The setting `top_logits`; a run traces other metrics only when its flags say so.
  var topLogitCount: Int {
    get { if case .topLogits(let count) = metric { count } else { 0 } }
    set { metric = .topLogits(count: newValue) }
  }

  /// The setting `position`, in which -1 is the last.
  var positionOrLast: Int {
    get { position ?? -1 }
    set { position = newValue < 0 ? nil : newValue }
  }
}
