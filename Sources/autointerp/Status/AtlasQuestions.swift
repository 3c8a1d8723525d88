// autointerp
// `AtlasQuestions` lets the status port ask `RunAPI`.
// SPDX-License-Identifier: Apache-2.0

internal import AgentTools
internal import StatusServer

/// Joins the status port, which knows HTTP, with the tools, which know runs' files.
struct AtlasQuestions: RunQuestions {
  let api: RunAPI

  func answer(_ path: String, _ query: [(name: String, value: String)]) async -> RunAnswer {
    switch await api.answer(path, query) {
    case .content(let bytes): .content(bytes)
    case .failure(let status, let message): .failure(status: status, message)
    }
  }
}
