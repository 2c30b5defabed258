// Between the sockets' readers and the handler: bounded, so that a slow handler stops the reading
// instead of filling the memory. Several producers, one consumer, first in first out.

final class EventQueue<Element: Sendable>: Sendable {
  private struct State {
    var elements = Fifo<Element>()
    var consumer: CheckedContinuation<Element?, Never>?
    var producers: [(id: UInt64, continuation: CheckedContinuation<Void, Never>)] = []
    var lastID: UInt64 = 0
    var isFinished = false
  }

  private let limit: Int
  private let state = Lock(State())

  init(limit: Int) { self.limit = max(1, limit) }

  /// Takes the element if there is room.
  func offer(_ element: Element) -> Bool {
    let (taken, consumer) = state.withLock { state in
      if state.isFinished { return (true, CheckedContinuation<Element?, Never>?.none) }
      if let consumer = state.consumer {
        state.consumer = nil
        return (true, consumer)
      }
      guard state.elements.count < limit else { return (false, nil) }
      state.elements.append(element)
      return (true, nil)
    }
    consumer?.resume(returning: element)
    return taken
  }

  /// Waits for room. Returns without having stored the element when the task is cancelled or the
  /// queue is finished: Mercury will send it again.
  func send(_ element: Element) async {
    while !Task.isCancelled, !offer(element) { await roomOrCancellation() }
  }

  /// The next element; nil once finished. For one task.
  func next() async -> Element? {
    await withCheckedContinuation { continuation in
      let (element, waits) = state.withLock { state in
        if state.isFinished { return (Element?.none, false) }
        if let element = state.elements.popFirst() { return (element, false) }
        state.consumer = continuation
        return (nil, true)
      }
      guard !waits else { return }
      wakeProducer()
      continuation.resume(returning: element)
    }
  }

  /// Drops what is queued and lets everybody go.
  func finish() {
    let (consumer, producers) = state.withLock { state in
      state.isFinished = true
      state.elements = Fifo()
      defer { (state.consumer, state.producers) = (nil, []) }
      return (state.consumer, state.producers.map(\.continuation))
    }
    consumer?.resume(returning: nil)
    for producer in producers { producer.resume() }
  }

  private func wakeProducer() {
    let producer = state.withLock { state in
      state.producers.isEmpty ? nil : state.producers.removeFirst().continuation
    }
    producer?.resume()
  }

  private func roomOrCancellation() async {
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let goesOn = state.withLock { state in
          if state.isFinished || state.elements.count < limit || Task.isCancelled { return true }
          state.producers.append((id, continuation))
          return false
        }
        if goesOn { continuation.resume() }
      }
    } onCancel: {
      let producer = state.withLock { state in
        state.producers.firstIndex { $0.id == id }.map {
          state.producers.remove(at: $0).continuation
        }
      }
      producer?.resume()
    }
  }
}

/// Array-backed; what was taken is let go at once.
private struct Fifo<Element: Sendable>: Sendable {
  private var slots: [Element?] = []
  private var head = 0

  var count: Int { slots.count - head }

  mutating func append(_ element: Element) { slots.append(element) }

  mutating func popFirst() -> Element? {
    guard head < slots.count else { return nil }
    defer {
      slots[head] = nil
      head += 1
      if head >= 64, head * 2 >= slots.count {
        slots.removeFirst(head)
        head = 0
      }
    }
    return slots[head]
  }
}
