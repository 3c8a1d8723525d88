// autointerp
// `LanguageModelOptions` holds the flags that name a language model behind a chat-completions endpoint.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Endpoints
internal import Foundation

/// An endpoint. Its key comes from the environment, because arguments can be seen by everybody on the machine.
struct LanguageModelOptions: ParsableArguments {
  @Option(
    name: .customLong("llm"),
    help: ArgumentHelp(
      "An OpenAI-compatible endpoint, such as http://127.0.0.1:8080/v1; the key is read from AUTOINTERP_LLM_KEY.",
      valueName: "url"))
  var url: String?

  @Option(name: .customLong("llm-model"), help: ArgumentHelp("The model's name there.", valueName: "name"))
  var model = "default"

  @Option(name: .customLong("llm-seconds"), help: ArgumentHelp("Time for one reply.", valueName: "seconds"))
  var seconds = 60

  func validate() throws {
    if !(1...600).contains(seconds) { throw ValidationError("--llm-seconds is \(seconds); it must be 1 to 600.") }
  }

  /// Nil without --llm.
  ///
  /// - Throws: `EndpointError` about the address, or if libcurl is missing.
  func endpoint() throws -> ChatEndpoint? {
    guard let url else { return nil }
    let environment = ProcessInfo.processInfo.environment
    let key = ["AUTOINTERP_LLM_KEY", "OPENAI_API_KEY"].compactMap { environment[$0] }.first { !$0.isEmpty }
    var limits = ChatLimits()
    limits.replySeconds = seconds
    return try ChatEndpoint(url: url, model: model, key: key, limits: limits, transport: try CurlTransport())
  }
}
