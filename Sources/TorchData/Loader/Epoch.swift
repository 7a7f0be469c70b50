import CTorchRuntime
import Torch

/// The batches of one epoch in order.
class Epoch<Batch: Sendable> {
  /// What comes next; `.end` at the end and ever after.
  func next() -> Product<Batch> { fatalError("every epoch says how it goes on") }
}

/// An epoch that the thread of the loop reads by itself.
final class LocalEpoch<Batch: Sendable>: Epoch<Batch> {
  private let jobs: AnyIterator<Job>
  private let source: BatchSource<Batch>
  private let mode: ReadingMode
  private var reader: Reader<Batch>?
  private var hasEnded = false

  init(_ source: BatchSource<Batch>, jobs: AnyIterator<Job>, skips: Bool) {
    (self.source, self.jobs, mode) = (source, jobs, .whole(skips: skips))
  }

  override func next() -> Product<Batch> {
    guard !hasEnded, let job = jobs.next() else {
      hasEnded = true
      return Product(content: .end)
    }
    do {
      let reader = try reader ?? source.open(mode)
      self.reader = reader
      let product = reader.read(job, number: 0)
      if case .end = product.content { hasEnded = true }
      return product
    } catch {
      hasEnded = true
      return Product(content: .failure(.start(error)))
    }
  }
}

/// An epoch that workers read ahead.
///
/// Batch k is worker k mod n's. As in torch each worker is some batches ahead, and the numbers of the next ones are taken
/// from the sampler when a batch is handed out, on the thread of the loop: so draws come in torch's order.
final class CrewEpoch<Batch: Sendable>: Epoch<Batch> {
  private var jobs: AnyIterator<Job>
  private var workers: [Worker<Batch>]
  private let ahead: Int
  /// Whose product comes next, and next but one...
  private var outstanding: [(worker: Int, job: Job)] = []
  private var hasEnded: [Bool]
  private var turn = 0
  private var hasMoreJobs = true
  private let persists: Bool
  /// Seconds to wait for a product; nil for as long as it takes.
  private let timeout: Double?
  /// How many products were handed out.
  private var delivered = 0

  init(
    _ source: BatchSource<Batch>, jobs: AnyIterator<Job>, skips: Bool, workers count: Int, prefetchFactor: Int,
    baseSeed: UInt64, persists: Bool, timeout: Double?, workerInit: (@Sendable (Int) throws -> Void)?
  ) {
    (self.jobs, self.persists, ahead, self.timeout) = (jobs, persists, count * prefetchFactor, timeout)
    hasEnded = Array(repeating: false, count: count)
    let board = Board(workers: count)
    workers = (0..<count).map { id in
      let info = WorkerInfo(id: id, numWorkers: count, seed: baseSeed &+ UInt64(id))
      return Worker(source, info, board, skips: skips, setUp: workerInit)
    }
    super.init()
    for _ in 0..<ahead { assign() }
  }

  deinit { close() }

  /// Begins a new epoch with the same workers, whose generators go on; false where one of them does not answer.
  func restart(_ jobs: AnyIterator<Job>) -> Bool {
    // What the old epoch asked for is read and thrown away, as torch does it: streams of random numbers depend on it.
    while let (index, _) = outstanding.first {
      if workers[index].take(within: timeout) == nil { return false }
      outstanding.removeFirst()
    }
    delivered = 0
    hasEnded = hasEnded.map { _ in false }
    (self.jobs, hasMoreJobs, turn) = (jobs, true, 0)
    for worker in workers where worker.isStarted { worker.put(.restart) }
    for _ in 0..<ahead { assign() }
    return true
  }

  override func next() -> Product<Batch> {
    while let (index, job) = outstanding.first {
      guard let product = workers[index].take(within: timeout) else {
        // It stays the next one, should somebody ask again.
        return Product(content: .failure(.timeout(timeout!, batch: delivered, job.indices, worker: index)))
      }
      outstanding.removeFirst()
      if case .end = product.content {
        if hasEnded[index] { continue }
        hasEnded[index] = true
        assign()
        if product.skipped.isEmpty { continue }
        return Product(content: .nothing, skipped: product.skipped)
      }
      assign()
      delivered += 1
      return product
    }
    if !persists { close() }
    return Product(content: .end)
  }

  /// Gives the next job to whose turn it is.
  private func assign() {
    guard hasMoreJobs else { return }
    guard let job = jobs.next() else {
      hasMoreJobs = false
      return
    }
    for _ in workers {
      let index = turn
      turn = (turn + 1) % workers.count
      if hasEnded[index] { continue }
      workers[index].put(job)
      outstanding.append((index, job))
      return
    }
  }

  /// Ends all threads: each at its next sample, and all at once.
  private func close() {
    hasMoreJobs = false
    outstanding = []
    for worker in workers { worker.close() }
    // Who waited in vain for one of them waits for none.
    var patience = workers.contains(where: \.isLate) ? 0 : timeout
    for worker in workers where !worker.join(within: patience) { patience = 0 }
    workers = []
  }
}
