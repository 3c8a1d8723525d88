// autointerp
// `AtlasPage` gives the status port the page that explores runs, and whoever answers its questions.
// SPDX-License-Identifier: Apache-2.0

/// Answers `/api/v1`. Targets beside this one know runs' files; the program joins them.
package protocol RunQuestions: Sendable {
  /// - Parameters:
  ///   - path: what follows `/api/v1`, such as `/search_neurons`. It comes from outside.
  ///   - query: names and values, decoded, in order of names; no name twice. They come from outside.
  /// - Returns: the answer, or what is wrong with the question.
  func answer(_ path: String, _ query: [(name: String, value: String)]) async -> RunAnswer
}

/// The answer to a question about a run.
package enum RunAnswer: Equatable, Sendable {
  /// JSON.
  case content([UInt8])
  /// A status code of HTTP, and what is wrong.
  case failure(status: Int, String)
}

/// The page at `/atlas` and `/api/v1`.
package struct AtlasPage: Sendable {
  package var questions: any RunQuestions
  /// True if it is at `/` too. The dashboard is then at `/dashboard` only.
  package var isHome: Bool

  package init(_ questions: any RunQuestions, isHome: Bool = false) {
    self.questions = questions
    self.isHome = isHome
  }
}
