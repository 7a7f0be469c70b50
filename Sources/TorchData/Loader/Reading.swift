// What is asked of a reader and what it gives; the same with workers and without.

import Synchronization
import Torch

/// What a reader is asked for.
enum Job: Sendable {
  /// A batch of the samples with these numbers.
  case samples([Int])
  /// A batch of the next samples of a stream.
  case next(Int)
  /// Nothing, but to begin anew: an epoch has ended.
  case restart

  /// The numbers of the samples; none of a stream's.
  var indices: [Int] {
    if case .samples(let indices) = self { return indices }
    return []
  }
}

/// What a reader gives for a job.
struct Product<Batch: Sendable>: Sendable {
  enum Content {
    case batch(Batch)
    /// All of its samples were left out.
    case nothing
    case failure(LoaderError)
    /// The stream has ended.
    case end
  }

  let content: Content
  /// What was left out, where the loader skips errors.
  var skipped: [LoaderError] = []
}

/// How to read.
struct ReadingMode: Sendable {
  /// Whether samples that cannot be read are left out.
  let skips: Bool
  /// Where parts of batches are shared with other workers; nil where there are none.
  var board: Board?
  /// Whether nobody waits for the result any more.
  let isStopped: @Sendable () -> Bool

  static func whole(skips: Bool) -> ReadingMode { ReadingMode(skips: skips, isStopped: { false }) }
}

/// Does jobs; belongs to one thread.
class Reader<Batch: Sendable> {
  /// Does a job.
  /// - Parameter number: which of the crew's jobs it is.
  func read(_ job: Job, number: Int) -> Product<Batch> { fatalError("every reader says how it reads") }
}

/// Where a loader's batches come from.
struct BatchSource<Batch: Sendable>: Sendable {
  /// Makes a reader, on the thread that will use it.
  let open: @Sendable (ReadingMode) throws -> Reader<Batch>
  private let pin: @Sendable (Batch) -> Batch

  /// Batches of samples with numbers. The collation gets at least one sample.
  init<D: Dataset>(_ dataset: D, _ collation: Collation<D.Sample, Batch>) {
    open = { mode in SampleReader(dataset, mode, collation) }
    pin = collation.pin
  }

  /// Batches of a stream.
  init<D: IterableDataset>(_ dataset: D, dropLast: Bool, _ collation: Collation<D.Sample, Batch>) {
    open = { mode in StreamReader(try dataset.makeIterator(), mode, dropLast: dropLast, collation) }
    pin = collation.pin
  }

  private init(
    _ open: @escaping @Sendable (ReadingMode) throws -> Reader<Batch>, _ pin: @escaping @Sendable (Batch) -> Batch
  ) {
    (self.open, self.pin) = (open, pin)
  }

  /// The same batches in pinned memory.
  var pinned: BatchSource { BatchSource({ [open, pin] mode in PinningReader(try open(mode), pin) }, pin) }
}

/// Reads samples by number.
private final class SampleReader<D: Dataset, Batch: Sendable>: Reader<Batch> {
  private let dataset: D
  private let mode: ReadingMode
  private let asksForBatches: Bool
  private let collation: Collation<D.Sample, Batch>
  private let scope: SampleScope

  init(_ dataset: D, _ mode: ReadingMode, _ collation: Collation<D.Sample, Batch>) {
    (self.dataset, self.mode, self.collation) = (dataset, mode, collation)
    // Whole batches of a data set stand for what stacking would make of its samples, not for anybody's own batches.
    asksForBatches = collation.isTorchs && D.Sample.self == Batch.self
    scope = SampleScope { dataset.name(of: $0) }
  }

  override func read(_ job: Job, number: Int) -> Product<Batch> {
    guard case .samples(let indices) = job else { return Product(content: .nothing) }
    check(indices)
    if asksForBatches {
      do {
        if let whole = try dataset.batch(indices) { return Product(content: .batch(whole as! Batch)) }
      } catch {
        // One by one it comes out which samples are at fault.
        if !mode.skips { return Product(content: .failure(.batch(indices, error))) }
      }
    }
    if let board = mode.board {
      let room = collation.place.map { _ in BatchRoom(indices.count) }
      if let samples = readTogether(indices, number, board, room) {
        if mode.isStopped() { return Product(content: .end) }
        return product(of: samples, room, kept: indices, skipped: [])
      }
    }
    var samples: [D.Sample] = [], kept: [Int] = [], skipped: [LoaderError] = []
    samples.reserveCapacity(indices.count)
    for index in indices {
      if mode.isStopped() { return Product(content: .end) }
      do {
        scope.index = index
        samples.append(try inModule(scope) { try dataset[index] })
        kept.append(index)
      } catch {
        let problem = LoaderError.sample(index, name: dataset.name(of: index), of: indices, error)
        if !mode.skips { return Product(content: .failure(problem)) }
        skipped.append(problem)
      }
    }
    return product(of: samples, nil, kept: kept, skipped: skipped)
  }

  /// The samples of a batch, read by all workers; nil where the data set does not plan them and where one cannot be read.
  ///
  /// Then nothing was drawn: the generator stands where it stood. Nobody looks at what comes once the worker is stopped.
  private func readTogether(
    _ indices: [Int], _ number: Int, _ board: Board, _ room: BatchRoom?
  ) -> [D.Sample]? {
    let generator = Generator.default, before = generator.copy()
    let gathered = Gathered<D.Sample>(indices.count)
    var parts: [@Sendable () -> Void] = []
    for (place, index) in indices.enumerated() {
      scope.index = index
      do {
        if let finish = try inModule(scope, { try dataset.plan(index) }) {
          parts.append { [dataset, placing = collation.place] in
            let scope = SampleScope { dataset.name(of: $0) }
            scope.index = index
            guard let sample = try? inModule(scope, finish) else { return }
            gathered[place] = if let placing, let room { placing(sample, place, room) } else { sample }
          }
        } else if parts.isEmpty {
          generator.goOn(as: before)
          return nil
        } else {
          gathered[place] = try inModule(scope) { try dataset[index] }
        }
      } catch {
        generator.goOn(as: before)
        return nil
      }
    }
    board.share(parts, number: number, isStopped: mode.isStopped)
    if mode.isStopped() { return [] }
    guard let samples = gathered.all else {
      // Once more, one by one: so it comes out which sample is at fault, and what was drawn up to there.
      generator.goOn(as: before)
      return nil
    }
    return samples
  }

  private func product(
    of samples: [D.Sample], _ room: BatchRoom?, kept: [Int], skipped: [LoaderError]
  ) -> Product<Batch> {
    if samples.isEmpty { return Product(content: .nothing, skipped: skipped) }
    do {
      return Product(content: .batch(try collation.collate(samples, room)), skipped: skipped)
    } catch {
      let problem = LoaderError.batch(kept, error)
      return mode.skips
        ? Product(content: .nothing, skipped: skipped + [problem]) : Product(content: .failure(problem))
    }
  }

  /// A sampler's numbers are not the data set's fault.
  private func check(_ indices: [Int]) {
    let count = dataset.count
    for index in indices where index >= count || index < -count {
      fault("DataLoader", "the sampler gives \(index), and the data set has \(count) samples")
    }
  }
}

/// The samples of a batch, each put in by whoever read it.
private final class Gathered<Sample>: @unchecked Sendable {
  // Each place is written once, by one thread, and read when all threads are done.
  private let samples: UnsafeMutableBufferPointer<Sample?>

  init(_ count: Int) {
    samples = .allocate(capacity: count)
    samples.initialize(repeating: nil)
  }

  deinit {
    samples.deinitialize()
    samples.deallocate()
  }

  subscript(place: Int) -> Sample? {
    get { samples[place] }
    set { samples[place] = newValue }
  }

  /// All of them, nil where one is missing.
  var all: [Sample]? {
    let found = samples.compactMap { $0 }
    return found.count == samples.count ? found : nil
  }
}

/// Reads a stream.
private final class StreamReader<Sample, Batch: Sendable>: Reader<Batch> {
  private var iterator: SampleIterator<Sample>
  private let mode: ReadingMode
  private let dropLast: Bool
  private let collation: Collation<Sample, Batch>
  private var hasEnded = false
  private var position = 0

  init(
    _ iterator: SampleIterator<Sample>, _ mode: ReadingMode, dropLast: Bool, _ collation: Collation<Sample, Batch>
  ) {
    (self.iterator, self.mode, self.dropLast, self.collation) = (iterator, mode, dropLast, collation)
  }

  override func read(_ job: Job, number: Int) -> Product<Batch> {
    guard case .next(let count) = job else { return Product(content: .nothing) }
    var samples: [Sample] = [], skipped: [LoaderError] = []
    samples.reserveCapacity(count)
    while !hasEnded, samples.count < count {
      if mode.isStopped() { return Product(content: .end) }
      do {
        guard let sample = try iterator.next() else {
          hasEnded = true
          break
        }
        samples.append(sample)
        position += 1
      } catch {
        let problem = LoaderError.streamed(position, error)
        if !mode.skips { return Product(content: .failure(problem)) }
        skipped.append(problem)
      }
    }
    if samples.isEmpty || dropLast && samples.count < count { return Product(content: .end, skipped: skipped) }
    do {
      return Product(content: .batch(try collation.collate(samples, nil)), skipped: skipped)
    } catch {
      let problem = LoaderError.batch([], error)
      return mode.skips
        ? Product(content: .nothing, skipped: skipped + [problem]) : Product(content: .failure(problem))
    }
  }
}

/// Lets a fault in a data set's own code name the sample that it was about.
private final class SampleScope: ModuleScope {
  var index = 0
  private let name: (Int) -> String?
  var isModule: Bool { false }

  init(name: @escaping (Int) -> String?) { self.name = name }

  func scopeDescription(of module: AnyObject) -> String {
    let sample = "sample \(index)" + (name(index).map { " (\($0))" } ?? "")
    return module === self ? sample : "\(sample): \(type(of: module))"
  }
}
