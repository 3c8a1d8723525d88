// autointerp
// Tests setting nodes to their means: the sums behind a reference, its file, and the measured effects.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Circuits
import Inference
import TestSupport
import Testing

@testable import Attribution

@Suite struct MeanVerificationTests {
  static let prompts: [[Int32]] = [[3, 49, 0, 7, 7, 21, 30], [5, 5, 12], [9]]

  private static func activations<B: ComputeBackend>(
    _ transformer: Transformer<B>, _ tokens: [Int32], on backend: B
  ) throws -> [[Float]] {
    let trace = try transformer.forward(tokens, on: backend)
    return trace.layers.map {
      backend.download($0.activations, rows: tokens.count, columns: transformer.configuration.feedForwardDimension)
    }
  }

  private static func reference<B: ComputeBackend>(
    _ transformer: Transformer<B>, on backend: B, prompts: [[Int32]] = prompts
  ) throws -> ActivationReference {
    var sums = ActivationSums(of: transformer)
    for tokens in prompts { sums.add(try transformer.forward(tokens, on: backend), on: backend) }
    return ActivationReference(
      modelFingerprint: "f00d", template: "raw", corpusName: "c", corpusDigest: "d", means: sums.means)
  }

  @Test func meansAreOverPromptsAtTheFirstPositionAndOverPositionsElsewhere() throws {
    let oracle = Float64Backend()
    let transformer = Transformer(ConservationTests.models[0].checkpoint, backend: oracle, storage: .resident)
    let width = transformer.configuration.feedForwardDimension
    let reference = try Self.reference(transformer, on: oracle)
    #expect(reference.means.promptCount == 3 && reference.means.laterPositionCount == 6 + 2)
    let each = try Self.prompts.map { try Self.activations(transformer, $0, on: oracle) }
    for layer in transformer.layers.indices {
      for index in stride(from: 0, to: width, by: 5) {
        let first = each.reduce(Float(0)) { $0 + $1[layer][index] } / 3
        let later =
          each.reduce(Float(0)) { sum, prompt in
            stride(from: width + index, to: prompt[layer].count, by: width).reduce(sum) { $0 + prompt[layer][$1] }
          } / 8
        #expect(abs(reference.means.mean(layer: layer, index: index, position: 0) - first) < 1e-5)
        #expect(abs(reference.means.mean(layer: layer, index: index, position: 5) - later) < 1e-5)
      }
    }
  }

  /// Against whole passes of the Float64 oracle with the node set to its mean.
  @Test(arguments: ConservationTests.models.indices) func measuredEffectsAreThoseOfWholePasses(model: Int) throws {
    let checkpoint = ConservationTests.models[model].checkpoint
    let oracle = Float64Backend()
    let exact = Transformer(checkpoint, backend: oracle, storage: .resident)
    let reference = try Self.reference(exact, on: oracle)
    let fast = OpenBLASBackend(threadCount: 2)
    var settings = GradientTests.everything(.contrast(4, 9), .gradient)
    settings.selection = .top(40)
    settings.verification = .all
    settings.verifiedChanges = [.zero, .mean]
    let graph = try RelevancePropagation(
      transformer: Transformer(checkpoint, backend: fast, storage: .resident), backend: fast
    ).graph(of: Self.prompts[0], settings: settings, means: reference.means)
    #expect(graph.verified.mean.count == 40 && graph.verified.zero.count == 40 && graph.verified.twice.isEmpty)
    #expect(Set(graph.neurons.position).contains(0) && Set(graph.neurons.position).count > 2)
    let trace = try exact.forward(Self.prompts[0], on: oracle)
    let sets = (0..<40).map { i in
      let (layer, index, position) = (
        Int(graph.neurons.layer[i]), Int(graph.neurons.index[i]), Int(graph.neurons.position[i])
      )
      return [
        Intervention(
          layer: layer, index: index, position: position,
          operation: .set(reference.means.mean(layer: layer, index: index, position: position)))
      ]
    }
    let before = Double(trace.logits[4]) - Double(trace.logits[9])
    var differs = false
    for (i, logits) in try exact.logits(under: sets, over: trace, on: oracle).enumerated() {
      let expected = Double(logits[4]) - Double(logits[9]) - before
      #expect(abs(Double(graph.verified.mean[i]) - expected) < 2e-4 * max(1, abs(expected)))
      if abs(graph.verified.mean[i] - graph.verified.zero[i]) > 1e-3 { differs = true }
    }
    #expect(differs, "a mean of zero would tell nothing")
    try graph.validate()
  }

  @Test func withoutAReferenceTheErrorNamesCalibrate() throws {
    let backend = Float64Backend()
    let propagation = RelevancePropagation(
      transformer: Transformer(ConservationTests.models[0].checkpoint, backend: backend, storage: .resident),
      backend: backend)
    var settings = AttributionSettings()
    settings.verifiedChanges = [.zero, .mean]
    let error = #expect(throws: AttributionError.self) {
      try propagation.graph(of: Self.prompts[0], settings: settings)
    }
    #expect("\(error.map { "\($0)" } ?? "")".contains("autointerp calibrate"))
    // A reference of a model of another shape.
    var other = try Self.reference(propagation.transformer, on: backend)
    other.means.layerCount += 1
    #expect(throws: AttributionError.self) {
      try propagation.graph(of: Self.prompts[0], settings: settings, means: other.means)
    }
  }

  @Test func theFileReadsBackAndDamageIsNoticed() throws {
    let backend = Float64Backend()
    let transformer = Transformer(ConservationTests.models[0].checkpoint, backend: backend, storage: .resident)
    let reference = try Self.reference(transformer, on: backend)
    let bytes = reference.fileBytes()
    #expect(try ActivationReference(fileBytes: bytes) == reference)
    for end in stride(from: 0, to: bytes.count, by: 101) {
      #expect(throws: ReferenceError.self) { try ActivationReference(fileBytes: Array(bytes[..<end])) }
    }
    let head = try #require(bytes.firstIndex(of: UInt8(ascii: "\n")))
    for place in stride(from: head + 1, to: bytes.count, by: 97) {
      var damaged = bytes
      damaged[place] ^= 1
      let error = #expect(throws: ReferenceError.self) { try ActivationReference(fileBytes: damaged) }
      #expect(error?.problem == "its bytes do not match their digest")
    }
    var older = Array(#"{"schema":"autointerp.means/0"}"#.utf8)
    older.append(UInt8(ascii: "\n"))
    let error = #expect(throws: ReferenceError.self) { try ActivationReference(fileBytes: older) }
    #expect(error?.problem.contains("autointerp.means/1") == true)
  }
}
