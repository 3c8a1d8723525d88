// autointerp
// `LoadedModel.investigate` tests the hypotheses about a neuron on an agent's prompts, within a given time.
// SPDX-License-Identifier: Apache-2.0

package import AgentTools
internal import Causality
internal import Circuits
internal import Investigations
package import RunIndex

extension LoadedModel {
  package func investigate(
    _ request: InvestigationRequest, _ index: RunIndex, _ progress: ExperimentProgress
  ) throws -> InvestigationResult {
    let end = ContinuousClock.now + .seconds(request.maximumSeconds)
    try check(request.neuron)
    var rules = InvestigationRules()
    rules.controlCount = request.controls
    let prompts = try unseen(request.prompts, by: index)
    let runner = InterventionRunner(transformer: transformer, backend: backend)
    let gathered = try InvestigatedNeuron.gather([request.neuron], from: index, runner: runner, rules: rules) {
      tokenizer.displayText(of: $0)
    }
    let run = index.specification
    let investigation = try Investigation(
      gathered, on: prompts, givenCount: request.prompts.count,
      source: InvestigationSource(
        run: run.name, resultsDigest: "\(index.state.digest)", modelName: run.modelName,
        modelFingerprint: run.modelFingerprint ?? ""),
      runner: runner, rules: rules, seed: 0)
    for register in investigation.registers {
      progress.report("\(register.neuron.hypotheses.count) hypotheses are registered, digest \(register.digest)")
    }
    var dossiers: [Dossier] = []
    var done: [String: Int] = [:]
    do {
      try investigation.run(
        progress: { stage, steps in
          done[stage, default: 0] += 1
          progress.report("\(stage): step \(done[stage] ?? 0) of \(steps)")
        },
        isStopped: { progress.isCancelled() || ContinuousClock.now >= end }
      ) { dossiers.append($0) }
    } catch InvestigationError.stopped {
      throw ToolError(
        progress.isCancelled()
          ? "cancelled"
          : "the \(request.maximumSeconds) s were over before every hypothesis was tested, and a part decides nothing: allow more "
            + "max_seconds, or give fewer prompts or controls")
    }
    guard let dossier = dossiers.first else { preconditionFailure("one neuron gives one dossier") }
    return InvestigationResult(dossier)
  }

  /// Prompts that are not the run's, nor begin like one of them, with the run's template around them.
  private func unseen(_ prompts: [InvestigationRequest.Prompt], by index: RunIndex) throws -> [UnseenPrompt] {
    let own = index.specification.prompts.map { Array($0.text.utf8) }
    return try prompts.filter { prompt in
      let bytes = Array(prompt.text.utf8)
      return !own.contains { bytes.starts(with: $0) }
    }.map { prompt in
      UnseenPrompt(
        text: prompt.text, tokens: try tokens(ExperimentText(text: prompt.text)), group: prompt.group)
    }
  }
}

extension InvestigationResult {
  init(_ dossier: Dossier) {
    let register = dossier.register
    self.init(
      registerDigest: register.digest, unseenPrompts: register.promptCount,
      findings: dossier.findings.map { finding in
        let (hypothesis, measured) = (finding.hypothesis, finding.measurement)
        return Finding(
          kind: hypothesis.kind, statement: hypothesis.statement(dossier.neuron), basis: hypothesis.basis,
          prediction: hypothesis.prediction(dossier.neuron, register.rules), isCausal: hypothesis.isCausal,
          outcome: finding.verdict.outcome.rawValue, reason: finding.reason(register.rules), figures: finding.figures,
          effect: measured.effect?.mean, low: measured.effect?.low, high: measured.effect?.high,
          unit: hypothesis.unit, p: finding.verdict.p, q: finding.verdict.q, prompts: measured.promptCount,
          controls: measured.controls.count)
      }, cautions: dossier.cautions)
  }
}
