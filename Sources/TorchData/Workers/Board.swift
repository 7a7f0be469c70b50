import Synchronization

/// What the workers of a crew are to do: each its own jobs, and all together the parts of batches that somebody put down.
///
/// Parts are taken from the oldest batch first, so that everybody works for the batch that the loop waits for.
final class Board: Sendable {
  /// Something to do that any worker may do.
  typealias Part = @Sendable () -> Void

  /// A worker's job, and which batch of the crew's it makes.
  struct Order {
    let job: Job
    let number: Int
  }

  private struct State {
    var orders: [[Order]]
    /// How many orders there were.
    var count = 0
    /// The parts of batches by the batches' numbers, the oldest batch last; of each the next part is the last.
    var parts: [(number: Int, parts: [Part])] = []

    mutating func nextPart() -> Part? {
      guard let last = parts.indices.last else { return nil }
      let part = parts[last].parts.removeLast()
      if parts[last].parts.isEmpty { parts.removeLast() }
      return part
    }
  }

  private let monitor: Monitor<State>

  init(workers count: Int) { monitor = Monitor(State(orders: Array(repeating: [], count: count))) }

  /// Gives a worker one job more.
  func put(_ job: Job, for worker: Int) {
    monitor.withLock(waking: .work) { state in
      state.orders[worker].append(Order(job: job, number: state.count))
      state.count += 1
    }
  }

  /// Takes all jobs of a worker back, and wakes it.
  func clear(_ worker: Int) { monitor.withLock(waking: .work) { $0.orders[worker] = [] } }

  /// Waits for a worker's next job, and does parts of others' batches meanwhile; nil once `isClosed`.
  func nextOrder(for worker: Int, isClosed: () -> Bool) -> Order? {
    help { state -> Order?? in
      if isClosed() { return .some(nil) }
      return state.orders[worker].isEmpty ? nil : .some(state.orders[worker].removeFirst())
    }
  }

  /// Has the parts of a batch done by all, the caller among them, which does older parts first; until all are done or `isStopped`.
  func share(_ parts: [@Sendable () -> Void], number: Int, isStopped: () -> Bool) {
    let left = Countdown(parts.count)
    let counted = parts.map { part -> Part in
      { [self] in
        part()
        if left.step() { monitor.withLock(waking: .work) { _ in } }
      }
    }
    monitor.withLock(waking: .work) { state in
      let place = state.parts.firstIndex { $0.number < number } ?? state.parts.count
      state.parts.insert((number, counted.reversed()), at: place)
    }
    help { state in
      if isStopped() {
        state.parts.removeAll { $0.number == number }
        return ()
      }
      return left.isOver ? () : nil
    }
  }

  /// Does parts of the oldest batch until `isEnough` gives a result.
  private func help<R>(until isEnough: (inout State) -> R?) -> R {
    while true {
      let next = monitor.wait(for: .work) { state -> (result: R?, part: Part?)? in
        if let result = isEnough(&state) { return (result, nil) }
        return state.nextPart().map { (nil, $0) }
      }
      if let result = next.result { return result }
      next.part?()
    }
  }
}

/// Counts from several threads down to zero.
private final class Countdown: Sendable {
  private let left: Atomic<Int>

  init(_ count: Int) { left = Atomic(count) }

  /// Whether this step was the last.
  func step() -> Bool { left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 }

  var isOver: Bool { left.load(ordering: .acquiring) <= 0 }
}
