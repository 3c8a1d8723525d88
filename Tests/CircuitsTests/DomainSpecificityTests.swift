// autointerp
// `DomainSpecificityTests` tests that `DomainSpecificity` accounts for the sizes of both corpora and is always defined.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Circuits

@Suite struct DomainSpecificityTests {
  @Test func unequalCorporaDoNotCount() {
    // Half of 10 prompts against half of 1000.
    let even = DomainSpecificity(domain: 5, of: 10, baseline: 500, of: 1000)
    #expect(even.ratio == 0.5)
    #expect(abs(even.zScore) < 0.1)
    // A plain count would give 5 / (5 + 50); rates give 0.5 / (0.5 + 0.05).
    let specific = DomainSpecificity(domain: 5, of: 10, baseline: 50, of: 1000)
    #expect(abs(specific.ratio - 10.0 / 11) < 1e-15)
    #expect(specific.zScore > 3)
  }

  @Test(arguments: [(0, 0, 0, 0), (900, 1000, 0, 0), (0, 0, 2, 4), (0, 5, 0, 5)])
  func withoutEvidenceItIsNeutral(domain: Int, domainPrompts: Int, baseline: Int, baselinePrompts: Int) {
    let specificity = DomainSpecificity(
      domain: domain, of: domainPrompts, baseline: baseline, of: baselinePrompts)
    #expect(specificity.ratio == 0.5)
    #expect(specificity.logOdds == 0)
    #expect(specificity.zScore == 0)
  }

  @Test func extremesAreReached() {
    #expect(DomainSpecificity(domain: 1, of: 3, baseline: 0, of: 4).ratio == 1)
    #expect(DomainSpecificity(domain: 0, of: 3, baseline: 2, of: 4).ratio == 0)
  }

  @Test func swappingTheOriginsSwapsTheSign() {
    let one = DomainSpecificity(domain: 7, of: 9, baseline: 2, of: 11)
    let other = DomainSpecificity(domain: 2, of: 11, baseline: 7, of: 9)
    #expect(one.logOdds == -other.logOdds)
    #expect(one.zScore == -other.zScore)
    // ln((7.5 * 9.5) / (2.5 * 2.5)), and its error sqrt(1/7.5 + 1/2.5 + 1/2.5 + 1/9.5).
    #expect(one.logOdds == 2.433613)
    #expect(one.zScore == 2.387966)
  }

  /// More prompts with a neuron than there are prompts come from a miscount, of which every figure would be wrong.
  @Test func moreThanAllPromptsOfAGroupIsAMistakeOfTheCaller() async {
    await #expect(processExitsWith: .failure) { _ = DomainSpecificity(domain: 4, of: 3, baseline: 0, of: 4) }
    await #expect(processExitsWith: .failure) { _ = DomainSpecificity(domain: 0, of: 3, baseline: 5, of: 4) }
  }

  @Test func onePromptIsNoProof() {
    let once = DomainSpecificity(domain: 1, of: 12, baseline: 0, of: 12)
    let often = DomainSpecificity(domain: 11, of: 12, baseline: 1, of: 12)
    #expect(once.ratio == 1)
    #expect(once.zScore < RunSummary.specificZScore)
    #expect(often.ratio < 1)
    #expect(often.zScore > RunSummary.specificZScore)
  }
}
