// autointerp
// `ModelAttributor` computes the graphs of leased prompts with a model on this machine.
// SPDX-License-Identifier: Apache-2.0

internal import Attribution
package import Checkpoints
package import Circuits
package import ClusterProtocol
package import Inference

/// Holds one model that all compute threads of a worker share. Each prompt is computed by one thread, so that its
/// numbers do not depend on what else is running.
package struct ModelAttributor: PromptAttributing {
  private let propagation: RelevancePropagation<OpenBLASBackend>
  private let tokenizer: Tokenizer

  /// - Parameters:
  ///   - checkpoint: the model.
  ///   - tokenizer: the model's tokenizer.
  ///   - storage: how the weights are held in memory.
  package init(checkpoint: Checkpoint, tokenizer: Tokenizer, storage: WeightStorage) {
    let backend = OpenBLASBackend(threadCount: 1)
    propagation = RelevancePropagation(
      transformer: Transformer(checkpoint, backend: backend, storage: storage), backend: backend)
    self.tokenizer = tokenizer
  }

  package func attribute(
    _ lease: CoordinatorMessage.Lease, progress: ProgressCounter
  ) throws -> EdgeDelta {
    let tokens = try PromptTemplate(name: lease.template.name, system: lease.template.system)
      .tokens(for: lease.text, answerPrefix: lease.answerPrefix, tokenizer: tokenizer)
    progress.advance()
    var settings = lease.settings
    if let target = lease.target {
      settings.metric = try target.specification(in: settings.metric) { try tokenizer.token(named: $0) }
    }
    let graph = try propagation.graph(
      of: tokens, settings: settings, peakStart: commonStart(of: tokens, lease.template)
    ) { _ in progress.advance() }
    let mentioned = Set(graph.tokens + graph.metric.targets.map(\.token)).sorted()
    return EdgeDelta(
      prompt: lease.fence.prompt, origin: lease.origin, graph: graph,
      vocabulary: mentioned.map { TokenText(id: $0, text: tokenizer.displayText(of: $0)) })
  }

  /// How many tokens a prompt has in common with an empty one, at least the first: what the template puts before the text.
  private func commonStart(of tokens: [Int32], _ template: TemplateSpecification) -> Int {
    // Without a template an empty prompt may have no tokens at all.
    let empty = try? PromptTemplate(name: template.name, system: template.system)
      .tokens(for: "", answerPrefix: "", tokenizer: tokenizer)
    return max(1, zip(tokens, empty ?? []).prefix { $0 == $1 }.count)
  }
}
