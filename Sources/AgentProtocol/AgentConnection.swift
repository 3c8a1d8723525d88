// autointerp
// `AgentConnection` serves one client: it reads its messages, performs its calls on several threads and writes the answers.
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Glibc
internal import JSON
package import Platform
internal import Synchronization

/// Performs calls. Called on several threads at once; may block.
package protocol AgentHandler: Sendable {
  /// `context` says whether the client still wants the answer, and takes progress.
  func perform(_ call: AgentCall, _ context: AgentContext) -> AgentAnswer
}

/// What a call can ask and say while it is performed.
package struct AgentContext: Sendable {
  fileprivate let connection: AgentConnection?
  fileprivate let ticket: Int

  /// For calls without a connection, such as those of tests.
  package static var detached: AgentContext { AgentContext(connection: nil, ticket: 0) }

  package var isCancelled: Bool { connection?.isCancelled(ticket) ?? false }

  package func report(_ progress: Double, of total: Double?, _ text: String) {
    connection?.report(ticket, progress, of: total, text)
  }
}

/// One client on standard input and output, or on any other two descriptors.
///
/// The thread that calls `run` reads. A few others perform calls. Everything that is written is written whole, under one
/// lock. When the client closes its end, it gets the answers that it still waits for, unless they take longer than `grace`:
/// whoever sends a few lines through a pipe wants to read them. Then `run` returns.
package final class AgentConnection: Sendable {
  /// Longer lines are answered with an error and thrown away.
  package static let maximumLineBytes = 1 << 20

  private struct State {
    var machine: AgentMachine
    var waiting: [AgentCall] = []
    var cancelled: Set<Int> = []
    var running: Set<Int> = []
    var isClosed = false
  }

  private let state: Mutex<State>
  /// Serialises writing; taken while `state` is not.
  private let output: Mutex<Int32>
  private let input: Int32
  private let handler: any AgentHandler
  private let threadCount: Int
  private let grace: Duration
  /// Counts waiting calls, so that idle threads sleep.
  private let available = DispatchSemaphore(value: 0)

  package init(
    _ machine: AgentMachine, input: Int32, output: Int32, handler: any AgentHandler, threads: Int = 4,
    grace: Duration = .seconds(60)
  ) {
    state = Mutex(State(machine: machine))
    self.input = input
    self.output = Mutex(output)
    self.handler = handler
    threadCount = threads
    self.grace = grace
  }

  /// Serves until the client closes its end or cannot be written to. Blocks.
  package func run() throws(PlatformError) {
    for number in 1...threadCount {
      try DedicatedThread.start(name: "call \(number)") { self.performCalls() }
    }
    var lines = LineReader(descriptor: input, maximumBytes: Self.maximumLineBytes)
    while let line = lines.next() {
      let actions = state.withLock { state in
        switch line {
        case .line(let bytes): state.machine.receive(bytes)
        case .tooLong: state.machine.refusedLine(maximumBytes: Self.maximumLineBytes)
        }
      }
      guard carryOut(actions) else { break }
    }
    let end = ContinuousClock.now + grace
    while ContinuousClock.now < end, state.withLock({ !$0.isClosed && !($0.waiting.isEmpty && $0.running.isEmpty) }) {
      usleep(2000)
    }
    close()
  }

  /// Returns false if the client is gone.
  private func carryOut(_ actions: [AgentAction]) -> Bool {
    for action in actions {
      switch action {
      case .send(let message): guard write(message) else { return false }
      case .perform(let call):
        state.withLock { $0.waiting.append(call) }
        available.signal()
      case .cancel(let ticket):
        state.withLock { state in
          state.waiting.removeAll { $0.ticket == ticket }
          if state.running.contains(ticket) { state.cancelled.insert(ticket) }
        }
      }
    }
    return true
  }

  private enum Next {
    case call(AgentCall)
    /// The call was cancelled while it waited.
    case nothing
    case end
  }

  private func performCalls() {
    while true {
      available.wait()
      let next = state.withLock { state -> Next in
        guard !state.isClosed else { return .end }
        guard !state.waiting.isEmpty else { return .nothing }
        let call = state.waiting.removeFirst()
        state.running.insert(call.ticket)
        return .call(call)
      }
      switch next {
      case .call(let call): perform(call)
      case .nothing: continue
      case .end: return
      }
    }
  }

  private func perform(_ call: AgentCall) {
    let answer = handler.perform(call, AgentContext(connection: self, ticket: call.ticket))
    let actions = state.withLock { state in
      state.isClosed ? [] : state.machine.finish(ticket: call.ticket, answer)
    }
    let isWritten = carryOut(actions)
    state.withLock { state in
      state.running.remove(call.ticket)
      state.cancelled.remove(call.ticket)
    }
    if !isWritten { close() }
  }

  private func close() {
    state.withLock { state in
      state.isClosed = true
      state.waiting = []
      state.cancelled.formUnion(state.running)
    }
    for _ in 0..<threadCount { available.signal() }
  }

  fileprivate func isCancelled(_ ticket: Int) -> Bool {
    state.withLock { $0.isClosed || $0.cancelled.contains(ticket) }
  }

  fileprivate func report(_ ticket: Int, _ progress: Double, of total: Double?, _ text: String) {
    _ = carryOut(state.withLock { $0.machine.progress(ticket: ticket, progress, of: total, text) })
  }

  /// Returns false if the client does not read any more.
  private func write(_ message: JSONValue) -> Bool {
    let bytes = message.bytes
    return output.withLock { descriptor in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        rest.removeFirst(count)
      }
      return true
    }
  }
}
