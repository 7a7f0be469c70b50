import Torch

/// Batches of a data set, as `torch.utils.data.DataLoader`.
///
/// ```swift
/// let loader = DataLoader(TensorDataset(images, labels), batchSize: 64, shuffle: true, numWorkers: 2)
/// for (x, y) in loader { ... }
/// ```
///
/// With the same seed the batches are PyTorch's, however many workers there are. An epoch takes one number of the
/// generator even without shuffling, as in PyTorch.
///
/// Workers are threads that read ahead: batch k is worker k mod n's, and comes when its turn does. Random numbers that a
/// data set draws come from the default generator: without workers that of the loop's thread, in worker i one of its
/// own, seeded by the epoch's number plus i. So a random transform gives PyTorch's numbers too. Ops in workers use one
/// thread. A loop that is left early ends its workers, each at its next sample.
public struct DataLoader<Batch: Sendable>: Sequence {
  /// How many samples a batch has; nil where a batch sampler says, and where samples come one by one.
  public let batchSize: Int?
  /// Whether an incomplete last batch is left out.
  public let dropLast: Bool
  /// How many threads read ahead; 0: the loop's thread reads.
  public let numWorkers: Int
  /// How many batches each worker is ahead; nil without workers.
  public let prefetchFactor: Int?
  /// Whether workers live on after an epoch.
  public let persistentWorkers: Bool
  /// How many seconds a batch of the workers may be waited for; 0: as long as it takes.
  public let timeout: Double
  /// Whether batches are wanted in memory that a GPU copies from quickly.
  public let pinMemory: Bool
  private let content: Content
  private let source: BatchSource<Batch>
  private let workerInit: (@Sendable (Int) throws -> Void)?
  private let generator: Generator?
  private let onError: LoaderErrorPolicy
  private let crew = Crew()

  private enum Content {
    case numbered(any Dataset, any Sampler<Int>, batches: any Sampler<[Int]>)
    case stream(any IterableDataset)
  }

  /// The workers that live on.
  private final class Crew { var epoch: CrewEpoch<Batch>? }

  /// A loader with a way of its own to make a batch of samples.
  /// - Parameters:
  ///   - dataset: where samples come from.
  ///   - batchSize: how many samples a batch has.
  ///   - shuffle: whether every epoch has a new random order.
  ///   - sampler: the order, where neither sequence nor shuffling is wanted.
  ///   - batchSampler: the batches, where they are not equally many numbers of a sampler.
  ///   - numWorkers: how many threads read ahead; with 0 the thread of the loop reads.
  ///   - dropLast: whether an incomplete last batch is left out.
  ///   - pinMemory: whether batches are wanted in memory that a GPU copies from quickly; without one a warning says that
  ///     it changes nothing.
  ///   - prefetchFactor: how many batches each worker is ahead; 2 unless told.
  ///   - persistentWorkers: whether workers live on after an epoch, until the loader goes: their random numbers go on too.
  ///   - timeout: how many seconds a batch of the workers may be waited for; 0: as long as it takes. A batch that does not
  ///     come is a ``LoaderError`` of the kind `timeout`, whatever `onError` says; asked again the loader waits once more.
  ///   - workerInit: called in each worker with its number before it reads anything, with its generator seeded and its
  ///     ``WorkerInfo`` there; as torch's `worker_init_fn`. What it throws comes in place of the worker's first batch.
  ///   - generator: where random orders and the workers' seeds come from; the global one unless told.
  ///   - onError: what to do about samples that cannot be read.
  ///   - collate: makes a batch of samples; called by workers.
  /// - Precondition: `batchSize` and `prefetchFactor` are positive; a sampler comes without `shuffle`, a batch sampler
  ///   without both and without `batchSize` and `dropLast`; `prefetchFactor`, `persistentWorkers` and a `timeout` come
  ///   with workers.
  public init<Source: Dataset>(
    _ dataset: Source,
    batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler<Int>)? = nil,
    batchSampler: (any Sampler<[Int]>)? = nil, numWorkers: Int = 0, dropLast: Bool = false, pinMemory: Bool = false,
    prefetchFactor: Int? = nil, persistentWorkers: Bool = false, timeout: Double = 0,
    workerInit: (@Sendable (Int) throws -> Void)? = nil, generator: Generator? = nil,
    onError: LoaderErrorPolicy = .stop, collate: @escaping @Sendable ([Source.Sample]) throws -> Batch
  ) {
    let options = LoaderOptions(
      batchSize: batchSize, shuffle: shuffle, sampler: sampler, batchSampler: batchSampler, numWorkers: numWorkers,
      dropLast: dropLast, pinMemory: pinMemory, prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers,
      timeout: timeout, workerInit: workerInit, generator: generator, onError: onError)
    self.init(options, dataset, .own(collate))
  }

  /// A loader of a stream with a way of its own to make a batch of samples.
  ///
  /// Every worker reads the whole stream: ``WorkerInfo`` tells the stream which part to give.
  /// - Parameters:
  ///   - dataset: where samples come from.
  ///   - batchSize: how many samples a batch has.
  ///   - numWorkers: how many threads read ahead; with 0 the thread of the loop reads.
  ///   - dropLast: whether the incomplete last batch of each worker is left out.
  ///   - pinMemory: see ``init(_:batchSize:shuffle:sampler:batchSampler:numWorkers:dropLast:pinMemory:prefetchFactor:persistentWorkers:timeout:workerInit:generator:onError:collate:)``.
  ///   - prefetchFactor: how many batches each worker is ahead; 2 unless told.
  ///   - persistentWorkers: whether workers live on after an epoch.
  ///   - timeout: how many seconds a batch of the workers may be waited for; 0: as long as it takes.
  ///   - workerInit: called in each worker with its number before it reads anything.
  ///   - generator: where the workers' seeds come from; the global one unless told.
  ///   - onError: what to do about samples that cannot be read.
  ///   - collate: makes a batch of samples; called by workers.
  /// - Precondition: as with a data set.
  public init<Source: IterableDataset>(
    _ dataset: Source,
    batchSize: Int = 1, numWorkers: Int = 0, dropLast: Bool = false, pinMemory: Bool = false,
    prefetchFactor: Int? = nil, persistentWorkers: Bool = false, timeout: Double = 0,
    workerInit: (@Sendable (Int) throws -> Void)? = nil, generator: Generator? = nil,
    onError: LoaderErrorPolicy = .stop, collate: @escaping @Sendable ([Source.Sample]) throws -> Batch
  ) {
    let options = LoaderOptions(
      batchSize: batchSize, numWorkers: numWorkers, dropLast: dropLast, pinMemory: pinMemory,
      prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers, timeout: timeout, workerInit: workerInit,
      generator: generator, onError: onError)
    self.init(options, dataset, .own(collate))
  }

  init<Source: Dataset>(
    _ options: LoaderOptions, _ dataset: Source, _ collation: Collation<Source.Sample, Batch>
  ) {
    options.check()
    let sampler: any Sampler<Int> =
      options.sampler
      ?? (options.shuffle && options.batchSampler == nil
        ? RandomSampler(dataset.count, generator: options.generator) : SequentialSampler(dataset.count))
    let batches: any Sampler<[Int]> =
      options.batchSampler ?? BatchSampler(sampler, batchSize: options.batchSize ?? 1, dropLast: options.dropLast)
    self.init(
      options, .numbered(dataset, sampler, batches: batches),
      BatchSource(dataset, collation))
  }

  init<Source: IterableDataset>(
    _ options: LoaderOptions, _ dataset: Source, _ collation: Collation<Source.Sample, Batch>
  ) {
    options.check()
    self.init(options, .stream(dataset), BatchSource(dataset, dropLast: options.dropLast, collation))
  }

  private init(_ options: LoaderOptions, _ content: Content, _ source: BatchSource<Batch>) {
    (self.content, self.source) = (content, source)
    batchSize = options.batchSampler == nil ? options.batchSize : nil
    dropLast = options.dropLast
    numWorkers = options.numWorkers
    prefetchFactor = options.numWorkers > 0 ? options.prefetchFactor ?? 2 : nil
    persistentWorkers = options.persistentWorkers
    pinMemory = options.pinMemory
    (timeout, workerInit) = (options.timeout, options.workerInit)
    (generator, onError) = (options.generator, options.onError)
  }

  /// The data set.
  /// - Precondition: the loader reads no stream.
  public var dataset: any Dataset {
    guard case .numbered(let dataset, _, _) = content else {
      fault("DataLoader", "this loader reads a stream, which has no samples by number")
    }
    return dataset
  }

  /// The order of the samples.
  /// - Precondition: the loader reads no stream.
  public var sampler: any Sampler<Int> {
    guard case .numbered(_, let sampler, _) = content else {
      fault("DataLoader", "this loader reads a stream, whose order is its own")
    }
    return sampler
  }

  /// How many batches an epoch has; of a stream, how many one reader makes of it.
  /// - Precondition: a stream tells its count.
  public var count: Int {
    switch content {
    case .numbered(_, _, let batches): return batches.count
    case .stream(let dataset):
      guard let count = dataset.count else { fault("DataLoader", "the stream does not tell its count") }
      return batchCount(count)
    }
  }

  /// ``count``, or 0 where fewer batches may come: of streams, and where errors are skipped.
  public var underestimatedCount: Int {
    // `map` and `Array` trap where a sequence has fewer elements than it says here.
    if case .numbered = content, case .stop = onError { return count }
    return 0
  }

  private func batchCount(_ samples: Int) -> Int {
    let size = batchSize ?? 1
    return dropLast ? samples / size : (samples + size - 1) / size
  }

  /// The batch of some samples, read on this thread.
  /// - Throws: what the data set or the collating function throws; ``CollateError`` where samples do not fit together.
  /// - Precondition: the loader reads no stream; at least one number.
  public func batch(_ indices: [Int]) throws -> Batch {
    guard case .numbered = content, !indices.isEmpty else {
      fault("DataLoader", "a batch wants the numbers of samples")
    }
    switch try source.open(.whole(skips: false)).read(.samples(indices), number: 0).content {
    case .batch(let batch): return batch
    case .failure(let error): throw error.reason
    case .nothing, .end: fault("DataLoader", "the samples \(indices) gave no batch")
    }
  }

  /// Starts an epoch. A sample that cannot be read ends the program with its error, unless `onError` skips it; use
  /// ``makeThrowingIterator()`` to catch it.
  public func makeIterator() -> Iterator { Iterator(makeThrowingIterator()) }

  /// Starts an epoch whose `next()` throws where a batch cannot be made, and goes on with the next batch afterwards.
  ///
  /// ```swift
  /// var batches = loader.makeThrowingIterator()
  /// while let (x, y) = try batches.next() { ... }
  /// ```
  public func makeThrowingIterator() -> ThrowingIterator { ThrowingIterator(begin(), onError) }

  private func begin() -> Epoch<Batch> {
    let pins = pinMemory && (CUDA.isAvailable || OpenCL.isAvailable)
    let source = pins ? self.source.pinned : self.source
    if pinMemory && !pins { warnOnceAboutPinning() }
    if let epoch = crew.epoch, epoch.restart(jobs()) { return epoch }
    // PyTorch seeds its workers with this, and draws it without workers too.
    let baseSeed = (generator ?? .default).drawSeed()
    var skips = false
    if case .skip = onError { skips = true }
    guard let prefetchFactor else { return LocalEpoch(source, jobs: jobs(), skips: skips) }
    let epoch = CrewEpoch(
      source, jobs: jobs(), skips: skips, workers: numWorkers, prefetchFactor: prefetchFactor, baseSeed: baseSeed,
      persists: persistentWorkers, timeout: timeout > 0 ? timeout : nil, workerInit: workerInit)
    if persistentWorkers { crew.epoch = epoch }
    return epoch
  }

  /// What there is to read in an epoch; the sampler begins when the first one is taken.
  private func jobs() -> AnyIterator<Job> {
    switch content {
    case .numbered(_, _, let batches):
      let indices = erased(batches)
      return AnyIterator { indices.next().map { .samples($0) } }
    case .stream:
      let size = batchSize ?? 1
      return AnyIterator { .next(size) }
    }
  }

  /// The batches of one epoch.
  public struct Iterator: IteratorProtocol {
    private var batches: ThrowingIterator

    fileprivate init(_ batches: ThrowingIterator) { self.batches = batches }

    public mutating func next() -> Batch? {
      do {
        return try batches.next()
      } catch {
        fault("DataLoader", "\(error)")
      }
    }
  }

  /// The batches of one epoch, and what went wrong with them.
  public struct ThrowingIterator {
    private let epoch: Epoch<Batch>
    private let onError: LoaderErrorPolicy

    fileprivate init(_ epoch: Epoch<Batch>, _ onError: LoaderErrorPolicy) {
      (self.epoch, self.onError) = (epoch, onError)
    }

    /// The next batch, nil at the end.
    /// - Throws: ``LoaderError`` where a batch cannot be made; asked again it gives the one after it.
    public mutating func next() throws(LoaderError) -> Batch? {
      while true {
        let product = epoch.next()
        if case .skip(let report) = onError { product.skipped.forEach(report) }
        switch product.content {
        case .batch(let batch): return batch
        case .nothing: continue
        case .failure(let error): throw error
        case .end: return nil
        }
      }
    }
  }
}
