import CTorchRuntime
import Synchronization
import Torch

/// A thread that does jobs in order, seen from the thread that gives them.
///
/// The thread starts at the first job, so that workers without one cost nothing.
final class Worker<Batch: Sendable> {
  private let line = Line<Batch>()
  private let board: Board
  private let source: BatchSource<Batch>
  private let info: WorkerInfo
  private let skips: Bool
  private let setUp: (@Sendable (Int) throws -> Void)?
  private let recordsGradients = ct_grad_enabled()
  private var thread: WorkerThread?
  /// Whether the last wait for a product was in vain.
  private(set) var isLate = false

  init(
    _ source: BatchSource<Batch>, _ info: WorkerInfo, _ board: Board, skips: Bool,
    setUp: (@Sendable (Int) throws -> Void)?
  ) {
    (self.source, self.info, self.board, self.skips, self.setUp) = (source, info, board, skips, setUp)
  }

  var isStarted: Bool { thread != nil }

  /// Asks for one product more.
  func put(_ job: Job) {
    board.put(job, for: info.id)
    if thread == nil { start() }
  }

  /// Waits for the product of the oldest job that was not taken yet, some seconds at most where they are told.
  func take(within seconds: Double?) -> Product<Batch>? {
    let product = line.monitor.wait(for: .results, seconds: seconds) {
      $0.products.isEmpty ? nil : $0.products.removeFirst()
    }
    isLate = product == nil
    return product
  }

  /// Tells the thread to end at its next sample.
  func close() {
    line.isClosed.store(true, ordering: .relaxed)
    board.clear(info.id)
  }

  /// Waits until a closed thread has ended; false where it has not after some seconds, and is let go.
  ///
  /// Such a thread owns what it uses, and ends when it comes to its next sample.
  func join(within seconds: Double?) -> Bool {
    guard let thread else { return true }
    let hasEnded =
      seconds == nil || line.monitor.wait(for: .results, seconds: seconds) { $0.hasEnded ? true : nil } == true
    if hasEnded { thread.join() } else { thread.detach() }
    self.thread = nil
    line.monitor.withLock { $0.products = [] }
    return hasEnded
  }

  private func start() {
    // The closure must not hold the worker, whose owner waits for the thread when it goes.
    let profiler = ProfilerSession.current
    thread = WorkerThread("worker \(info.id)") {
      [line, board, source, info, skips, setUp, recordsGradients] in
      info.run {
        setGradEnabled(recordsGradients) {
          let work = { line.work(source, board, worker: info.id, skips: skips) { try setUp?(info.id) } }
          if let profiler { profiler.record(thread: "worker \(info.id)", work) } else { work() }
        }
      }
    }
  }
}

/// What a worker's thread shares with the thread that waits for it.
private final class Line<Batch: Sendable>: Sendable {
  struct State {
    var products: [Product<Batch>] = []
    var hasEnded = false
  }

  let monitor = Monitor(State())
  let isClosed = Atomic(false)

  /// Does jobs until the line is closed.
  func work(_ source: BatchSource<Batch>, _ board: Board, worker: Int, skips: Bool, setUp: () throws -> Void) {
    defer { monitor.withLock(waking: .results) { $0.hasEnded = true } }
    let isClosed: @Sendable () -> Bool = { [self] in self.isClosed.load(ordering: .relaxed) }
    let mode = ReadingMode(skips: skips, board: board, isStopped: isClosed)
    var opened: Result<Reader<Batch>, LoaderError>? = open(source, mode, after: setUp)
    while let order = board.nextOrder(for: worker, isClosed: isClosed) {
      if case .restart = order.job {
        opened = open(source, mode)
        continue
      }
      let product: Product<Batch>
      switch opened {
      case .success(let reader): product = reader.read(order.job, number: order.number)
      case .failure(let error):
        // Told once; then there is nothing more to read.
        product = Product(content: .failure(error))
        opened = nil
      case nil: product = Product(content: .end)
      }
      monitor.withLock(waking: .results) { $0.products.append(product) }
    }
  }

  private func open(
    _ source: BatchSource<Batch>, _ mode: ReadingMode, after setUp: () throws -> Void = {}
  ) -> Result<Reader<Batch>, LoaderError> {
    do {
      try setUp()
      return .success(try source.open(mode))
    } catch {
      return .failure(.start(error))
    }
  }
}
