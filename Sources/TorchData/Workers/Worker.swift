import CTorchRuntime
import Synchronization
import Torch

/// A thread that does jobs in order, seen from the thread that gives them.
///
/// The thread starts at the first job, so that workers without one cost nothing.
final class Worker<Batch: Sendable> {
  private let line = Line<Batch>()
  private let source: BatchSource<Batch>
  private let info: WorkerInfo
  private let skips: Bool
  private let recordsGradients = ct_grad_enabled()
  private var thread: WorkerThread?

  init(_ source: BatchSource<Batch>, _ info: WorkerInfo, skips: Bool) {
    (self.source, self.info, self.skips) = (source, info, skips)
  }

  var isStarted: Bool { thread != nil }

  /// Asks for one product more.
  func put(_ job: Job) {
    line.monitor.withLock(waking: .work) { $0.jobs.append(job) }
    if thread == nil { start() }
  }

  /// Waits for the product of the oldest job that was not taken yet.
  func take() -> Product<Batch> {
    line.monitor.wait(for: .results) { $0.products.isEmpty ? nil : $0.products.removeFirst() }
  }

  /// Tells the thread to end at its next sample.
  func close() {
    line.isClosed.store(true, ordering: .relaxed)
    line.monitor.withLock(waking: .work) { $0.jobs = [] }
  }

  /// Waits until a closed thread has ended.
  func join() {
    thread?.join()
    thread = nil
    line.monitor.withLock { $0.products = [] }
  }

  private func start() {
    // The closure must not hold the worker, whose owner waits for the thread when it goes.
    thread = WorkerThread("worker \(info.id)") {
      [line, source, info, skips, recordsGradients] in
      info.run { setGradEnabled(recordsGradients) { line.work(source, skips: skips) } }
    }
  }
}

/// What a worker's thread shares with the thread that waits for it.
private final class Line<Batch: Sendable>: Sendable {
  struct State {
    var jobs: [Job] = []
    var products: [Product<Batch>] = []
  }

  let monitor = Monitor(State())
  let isClosed = Atomic(false)

  /// Does jobs until the line is closed.
  func work(_ source: BatchSource<Batch>, skips: Bool) {
    let mode = ReadingMode(skips: skips) { [self] in isClosed.load(ordering: .relaxed) }
    var opened: Result<Reader<Batch>, LoaderError>? = open(source, mode)
    while let job = nextJob() {
      if case .restart = job {
        opened = open(source, mode)
        continue
      }
      let product: Product<Batch>
      switch opened {
      case .success(let reader): product = reader.read(job)
      case .failure(let error):
        // Told once; then there is nothing more to read.
        product = Product(content: .failure(error))
        opened = nil
      case nil: product = Product(content: .end)
      }
      monitor.withLock(waking: .results) { $0.products.append(product) }
    }
  }

  private func open(_ source: BatchSource<Batch>, _ mode: ReadingMode) -> Result<Reader<Batch>, LoaderError> {
    do {
      return .success(try source.open(mode))
    } catch {
      return .failure(.start(error))
    }
  }

  private func nextJob() -> Job? {
    monitor.wait(for: .work) { state -> Job?? in
      if isClosed.load(ordering: .relaxed) { return .some(nil) }
      return state.jobs.isEmpty ? nil : .some(state.jobs.removeFirst())
    }
  }
}
