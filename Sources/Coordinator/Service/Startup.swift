// autointerp
// `Startup` tells callers that the coordinator has started, or why it has not.
// SPDX-License-Identifier: Apache-2.0

/// Holds the result of the start for everyone who asks.
actor Startup {
  private var result: Result<String, any Error>?
  private var waiters: [CheckedContinuation<String, any Error>] = []

  func succeed(_ endpoint: String) { settle(.success(endpoint)) }

  func fail(_ error: any Error) { settle(.failure(error)) }

  private func settle(_ result: Result<String, any Error>) {
    guard self.result == nil else { return }
    self.result = result
    for waiter in waiters { waiter.resume(with: result) }
    waiters = []
  }

  /// The endpoint, once it is bound.
  func endpoint() async throws -> String {
    if let result { return try result.get() }
    return try await withCheckedThrowingContinuation { waiters.append($0) }
  }

  /// Why the coordinator does not serve (yet); nil if it does.
  var problem: String? {
    switch result {
    case nil: "the coordinator is starting: it reads its runs and does not listen yet"
    case .failure(let error): "the coordinator could not start: \(error)"
    case .success: nil
    }
  }
}
