// autointerp
// `GraphCollection.write` writes the graphs of files into the file of a run.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import Circuits
internal import ClusterProtocol

extension GraphCollection {
  /// How many results are written in one transaction.
  private static let batchLength = 64

  /// Writes the file of `specification`, a run of these graphs' prompts. Reads the files again. Blocks.
  ///
  /// - Parameters:
  ///   - specification: with the prompts of `specification(corpusName:)` in any order.
  ///   - path: of the new file.
  ///   - softwareVersion: recorded in the file.
  ///   - now: in milliseconds since 1970.
  /// - Throws: an `AtlasError` if there is a file at `path` already, if a graph file has changed, or if reading or writing
  ///   fails. Then there is no new file.
  package func write(
    _ specification: RunSpecification, to path: String, softwareVersion: String, now: Int64
  ) throws {
    try RunMerge.create(specification, at: path, softwareVersion: softwareVersion, now: now) { atlas in
      let places = Dictionary(
        specification.prompts.enumerated().map { (PromptContent($1), Int32($0)) },
        uniquingKeysWith: { first, _ in first })
      var numbers = numbers
      var batch = AtlasBatch()
      batch.orders = [Requester.ownProcess.order(.submit, summary.joined(separator: "; "), at: now)]
      for entry in entries {
        let graph = try Self.read(entry.path, &numbers)
        guard let place = places[PromptContent(graph.runPrompt(in: entry.group))] else {
          throw AtlasError.failed(path: entry.path, detail: "it changed while it was read; try again")
        }
        let payload = graph.delta(prompt: place, in: entry.group).payload()
        batch.deltas.append(
          StoredDelta(
            prompt: place, attempt: 0, worker: "graph file", incarnation: 0, computeKernel: "unknown",
            computeMilliseconds: 0, receivedAt: now, digest: DeltaDigest(of: payload).bytes, payload: payload))
        guard batch.deltas.count == Self.batchLength else { continue }
        _ = try atlas.write([batch])
        batch = AtlasBatch()
      }
      _ = try atlas.write([batch])
    }
  }

  /// What the run is made of and what it lacks, in sentences for people. The file keeps them among its orders.
  package var summary: [String] {
    let kinds = [ImportedGraph.Format.full, .neuronpedia, .legacy].compactMap { format in
      formats[format].map { "\($0) in the format \(format.rawValue)" }
    }
    return ["made of \(entries.count) graph files: \(kinds.joined(separator: ", "))"] + lacks
  }

  /// What runs have and this one lacks.
  package var lacks: [String] {
    [
      "no fingerprint of the model: the run cannot be continued or merged, and a model given with --model is not compared",
      "no strongest activations: exemplars and comparisons are of neurons that were selected into graphs",
      "no workers, times and BLAS kernels",
    ]
      + GraphFile.Gap.allCases.compactMap { gap in
        gaps[gap].map { "\(gap.text) (\($0) of \(entries.count) files)" }
      }
  }
}
