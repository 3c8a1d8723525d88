// autointerp
// `ClusterConfiguration` holds every setting of cluster.toml with its default.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import Coordinator
package import StatusServer

/// The settings of `cluster.toml`. A setting that a file does not mention has the default written here or in the type
/// named here. Command-line flags override both.
package struct ClusterConfiguration: Equatable, Sendable {
  package struct Model: Equatable, Sendable {
    /// A checkpoint; empty means the one that `scripts/fetch-model` downloads.
    package var path = ""
  }

  package struct Template: Equatable, Sendable {
    package var name = "raw"
    /// The system turn of chat templates; nil means the model's own.
    package var system: String?
  }

  package struct Run: Equatable, Sendable {
    /// How many worker processes a run without a coordinator elsewhere starts.
    package var local = 2
    /// How many prompts are run; 0 means all.
    package var limit = 0
    package var seed = 0
    /// The share of prompts that a second key computes as well.
    package var spotCheck = 0.0
    package var output = "edge_stats.json"
    /// The folder in which a run without `--run-dir` gets its own folder.
    package var directory = "runs"
  }

  package struct Coordinator: Equatable, Sendable {
    package var listen = "tcp://127.0.0.1:7645"
    /// The folder for the files of the coordinator's runs.
    package var directory = "runs"
    package var fleet = FleetSettings()
  }

  package struct Worker: Equatable, Sendable {
    package var coordinator = "tcp://127.0.0.1:7645"
    /// The worker's name, unique in the fleet; empty means host name and process id.
    package var name = ""
    /// How many prompts are computed at once, one thread each.
    package var slots = 1
    /// The OpenBLAS core type; empty means what suits the processor.
    package var kernel = ""
    /// `resident`, `mapped`, or `auto`: resident if the weights fit in memory.
    package var weights = "auto"
    /// How long a worker that is asked to leave may finish what it computes.
    package var drainLimit: Duration = .seconds(60)
    /// A worker that has no coordinator for this long ends; zero means never.
    package var giveUpAfter: Duration = .zero
  }

  package struct Security: Equatable, Sendable {
    /// The file with this process's CURVE key pair, as `autointerp keygen` writes it; empty means plain TCP.
    package var keyFile = ""
    /// The coordinator's public key, or a file with it. For workers and clients.
    package var serverKey = ""
    /// The file of the keys that may connect to the coordinator.
    package var allow = ""
    /// Permits plain TCP to and from other machines.
    package var insecure = false
  }

  package var model = Model()
  package var template = Template()
  package var attribution = AttributionSettings.ofRuns
  package var run = Run()
  package var coordinator = Coordinator()
  package var worker = Worker()
  package var status = StatusServerConfiguration()
  package var security = Security()

  package init() {}
}

extension AttributionSettings {
  /// The setting `top_logits`, an abbreviation of the metric `topk COUNT`.
  package var topLogitCount: Int {
    get { if case .topLogits(let count) = metric { count } else { 0 } }
    set { metric = .topLogits(count: newValue) }
  }

  /// The setting `tau`, an abbreviation of the selection `tau=X`.
  package var tau: Double {
    get { if case .tau(let tau) = selection { tau } else { 0 } }
    set { selection = .tau(newValue) }
  }
}
