// autointerp
// `WorkerService` runs a worker process: it connects the `WorkerMachine` to its socket, slots and clock.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol
package import ClusterTransport
package import Logging
internal import Platform
internal import ServiceLifecycle

/// The address of the coordinator, and how the worker behaves.
package struct WorkerConfiguration: Sendable {
  /// `tcp://HOST:PORT`.
  package var coordinator: String
  package var security: ClientSecurity
  package var hello: WorkerMessage.Hello
  /// The canonical bytes of the model's `ModelCard`.
  package var card: [UInt8]
  package var settings: WorkerSettings
  package var socket: SocketOptions

  package init(
    coordinator: String, security: ClientSecurity, hello: WorkerMessage.Hello,
    card: [UInt8] = [], settings: WorkerSettings = WorkerSettings(), socket: SocketOptions = .dealer
  ) {
    self.coordinator = coordinator
    self.security = security
    self.hello = hello
    self.card = card
    self.settings = settings
    self.socket = socket
  }
}

/// Runs one worker until it is drained (by a graceful shutdown or by the coordinator), refused, or without a
/// coordinator for too long.
package struct WorkerService: Service {
  private enum Event: Sendable {
    case frame([UInt8])
    case finished(Fence, LeaseOutcome)
    case connection(ConnectionEvent)
    case tick
    case drain(reason: String)
  }

  private let configuration: WorkerConfiguration
  private let attributor: any PromptAttributing
  private let logger: Logger

  package init(configuration: WorkerConfiguration, attributor: any PromptAttributing, logger: Logger) {
    self.configuration = configuration
    self.attributor = attributor
    self.logger = logger
  }

  /// - Throws: `WorkerError` if the coordinator refuses the worker or is gone, `TransportError` if no connection can
  ///   be tried.
  package func run() async throws {
    // The stream is bounded: frames by one coordinator's leases and answers, completions by the slots, ticks by their
    // consumption.
    let (events, feed) = AsyncStream.makeStream(of: Event.self)
    let loop = try SocketLoop()
    let dealer = DealerSocket(loop: loop, options: configuration.socket) { feed.yield(.connection($0)) }
    let slots = try ComputeSlots(count: configuration.hello.slots, attributor: attributor) {
      feed.yield(.finished($0, $1))
    }
    defer { slots.stop() }
    try await dealer.connect(configuration.coordinator, security: configuration.security)
    logger.info("worker started", metadata: metadata)

    let outcome = await withGracefulShutdownHandler {
      await withTaskGroup(of: WorkerOutcome?.self) { group in
        group.addTask {
          for await frame in dealer.incoming { feed.yield(.frame(frame)) }
          return nil
        }
        group.addTask {
          while (try? await Task.sleep(for: .milliseconds(100))) != nil { feed.yield(.tick) }
          return nil
        }
        group.addTask { await follow(events, dealer, slots) }
        defer { group.cancelAll() }
        while let result = await group.next() {
          if let result { return result }
        }
        return .drained(handedBack: 0)
      }
    } onGracefulShutdown: {
      feed.yield(.drain(reason: "shutdown"))
    }
    await dealer.close()
    await loop.shutDown()
    switch outcome {
    case .drained(let handedBack): logger.info("worker left", metadata: ["handed-back": "\(handedBack)"])
    case .failed(let error): throw error
    }
  }

  private var metadata: Logger.Metadata {
    [
      "worker": "\(configuration.hello.worker)", "slots": "\(configuration.hello.slots)",
      "coordinator": "\(configuration.coordinator)", "model": "\(configuration.hello.modelName)",
    ]
  }

  /// Feeds events to the machine and carries out its actions until it stops.
  private func follow(
    _ events: AsyncStream<Event>, _ dealer: DealerSocket, _ slots: ComputeSlots
  ) async -> WorkerOutcome {
    let clock = ContinuousClock()
    let origin = clock.now
    var machine = WorkerMachine(hello: configuration.hello, settings: configuration.settings, card: configuration.card)
    var actions = machine.start(at: .zero)
    var iterator = events.makeAsyncIterator()
    while true {
      for action in actions {
        switch action {
        case .send(let message): await send(message, through: dealer)
        case .compute(let lease): slots.submit(lease)
        case .reconnect:
          do { try await dealer.reconnect() } catch { logger.error("cannot reconnect: \(error)") }
        case .note(let text): logger.info("\(text.harmless)")
        case .stop(let outcome): return outcome
        }
      }
      // Cancelled without a graceful shutdown: leave at once. The coordinator notices the silence.
      guard let event = await iterator.next() else { return .drained(handedBack: machine.executingCount) }
      let now = clock.now - origin
      actions = handle(event, &machine, now, slots)
    }
  }

  private func handle(
    _ event: Event, _ machine: inout WorkerMachine, _ now: Duration, _ slots: ComputeSlots
  ) -> [WorkerAction] {
    switch event {
    case .frame(let frame):
      do {
        return machine.receive(try CoordinatorMessage(frame: frame), at: now)
      } catch {
        logger.warning("a message of the coordinator cannot be read: \(error)")
        return []
      }
    case .finished(let fence, let outcome):
      if case .failed(let failure) = outcome {
        logger.warning("prompt \(fence.prompt) of \(fence.run) failed: \(failure)")
      }
      return machine.finish(fence, outcome, at: now)
    case .connection(let event):
      switch event {
      case .connected: logger.debug("connected")
      case .disconnected: logger.debug("disconnected")
      case .keyRefused: logger.error("the coordinator does not accept this worker's key")
      case .handshakeFailed:
        logger.error("\(configuration.coordinator) does not have the coordinator's key that this worker was given")
      }
      return []
    case .tick:
      guard let deadline = machine.nextDeadline, now >= deadline else { return [] }
      return machine.tick(
        at: now, WorkerVitals(progress: slots.progress, residentBytes: ProcessMemory.residentBytes()))
    case .drain(let reason):
      return machine.drain(reason: reason, at: now)
    }
  }

  /// Passes a message to the socket. If the queue is full it is lost, and the machine sends it again later.
  private func send(_ message: WorkerMessage, through dealer: DealerSocket) async {
    do {
      if try await dealer.trySend(message.encoded()) != .queued {
        logger.debug("the send queue is full; the message will be repeated")
      }
    } catch {
      logger.error("cannot send: \(error)")
    }
  }
}
