// autointerp
// `KeygenCommand` is `autointerp keygen`: it makes a CURVE key pair for a coordinator, a worker or a client.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import ClusterTransport

struct KeygenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keygen",
    abstract: "Make a key pair for a coordinator, a worker or a client.",
    discussion: """
      Writes NAME.key (mode 0600, for --key-file of that peer) and NAME.pub (for everyone else). For a worker or a client \
      it prints the line that goes into the coordinator's allow-list. Existing files are never overwritten. Several workers may share a key.

      EXAMPLES
        autointerp keygen coordinator --role coordinator
        autointerp keygen node-1 >> allowed
        autointerp keygen alice --role client >> allowed
      """)

  @Option(help: "worker, client or coordinator: what the key is for.")
  var role: String = PeerRole.worker.rawValue

  @Option(help: "Where to write the files.")
  var directory: String = "."

  @Argument(help: "Name of the files.")
  var name: String

  func validate() throws {
    guard PeerRole(rawValue: role) != nil || role == "coordinator" else {
      throw ValidationError("--role must be worker, client or coordinator.")
    }
    let isPlain = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    guard isPlain, !name.isEmpty, !name.hasPrefix(".") else {
      throw ValidationError("'\(name)' cannot be a file name: use letters, digits, '-', '_' and '.'.")
    }
  }

  func run() throws {
    let pair = try CurveKeyPair.generate()
    _ = try KeyFile.write(pair, name: name, directory: directory)
    if PeerRole(rawValue: role) != nil { print("\(role) \(pair.publicKey) \(name)") }
  }
}
