// autointerp
// `RestingPool` closes the connections to a run's file while nobody needs them, and opens them again on demand.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import Synchronization

/// The connections to a run's file. A coordinator knows many runs that ended; each would hold up to five descriptors and
/// their caches. `rest` closes the connections, and the next access opens them again, unless it was the last rest.
final class RestingPool: Sendable {
  private struct State {
    var pool: DatabasePool?
    var users = 0
    /// True once the file was given up. Somebody else may have it by now.
    var isClosed = false
  }

  private let state: Mutex<State>
  private let reopen: @Sendable () throws -> DatabasePool

  /// `pool` is open; `reopen` opens another one for the same file.
  init(_ pool: DatabasePool, reopen: @escaping @Sendable () throws -> DatabasePool) {
    state = Mutex(State(pool: pool))
    self.reopen = reopen
  }

  func read<Value>(_ body: (Database) throws -> Value) throws -> Value { try use { try $0.read(body) } }

  func write<Value>(_ body: (Database) throws -> Value) throws -> Value { try use { try $0.write(body) } }

  func writeWithoutTransaction<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try use { try $0.writeWithoutTransaction(body) }
  }

  private func use<Value>(_ body: (DatabasePool) throws -> Value) throws -> Value {
    let pool = try state.withLock { state in
      guard !state.isClosed else {
        throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "it was closed, so nothing more is read or written")
      }
      let pool = try state.pool ?? reopen()
      state.pool = pool
      state.users += 1
      return pool
    }
    defer { state.withLock { $0.users -= 1 } }
    return try body(pool)
  }

  /// Closes the connections with `close`, unless they are closed already. If they are in use, `isLast` decides: at the end
  /// `close` waits for their users, and nothing opens the file again; otherwise nothing happens.
  func rest(isLast: Bool, _ close: (DatabasePool) throws -> Void) throws {
    guard isLast else {
      return try state.withLock { state in
        guard let pool = state.pool, state.users == 0 else { return }
        try close(pool)
        state.pool = nil
      }
    }
    let pool = state.withLock { state in
      state.isClosed = true
      return state.pool
    }
    guard let pool else { return }
    try close(pool)
    state.withLock { $0.pool = nil }
  }
}
