import Torch

// A loader for every kind of sample. Tuples cannot conform to `Collatable`, so each size of them has its own initializer;
// all have the same options.

extension DataLoader {
  /// Over samples that are put together as they are: tensors, numbers, strings, arrays, dictionaries.
  public init<Source: Dataset, S: Collatable>(
    _ dataset: Source,
    batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler<Int>)? = nil,
    batchSampler: (any Sampler<[Int]>)? = nil, numWorkers: Int = 0, dropLast: Bool = false, pinMemory: Bool = false,
    prefetchFactor: Int? = nil, persistentWorkers: Bool = false, timeout: Double = 0,
    workerInit: (@Sendable (Int) throws -> Void)? = nil, generator: Generator? = nil, onError: LoaderErrorPolicy = .stop
  ) where Source.Sample == S, Batch == S.Batch, S.Batch: Sendable {
    let options = LoaderOptions(
      batchSize: batchSize, shuffle: shuffle, sampler: sampler, batchSampler: batchSampler, numWorkers: numWorkers,
      dropLast: dropLast, pinMemory: pinMemory, prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers,
      timeout: timeout, workerInit: workerInit, generator: generator, onError: onError)
    self.init(options, dataset, .single())
  }

  /// Over samples that are pairs.
  public init<Source: Dataset, A: Collatable, B: Collatable>(
    _ dataset: Source,
    batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler<Int>)? = nil,
    batchSampler: (any Sampler<[Int]>)? = nil, numWorkers: Int = 0, dropLast: Bool = false, pinMemory: Bool = false,
    prefetchFactor: Int? = nil, persistentWorkers: Bool = false, timeout: Double = 0,
    workerInit: (@Sendable (Int) throws -> Void)? = nil, generator: Generator? = nil, onError: LoaderErrorPolicy = .stop
  ) where Source.Sample == (A, B), Batch == (A.Batch, B.Batch), A.Batch: Sendable, B.Batch: Sendable {
    let options = LoaderOptions(
      batchSize: batchSize, shuffle: shuffle, sampler: sampler, batchSampler: batchSampler, numWorkers: numWorkers,
      dropLast: dropLast, pinMemory: pinMemory, prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers,
      timeout: timeout, workerInit: workerInit, generator: generator, onError: onError)
    self.init(options, dataset, .pair())
  }

  /// Over samples that are triples.
  public init<Source: Dataset, A: Collatable, B: Collatable, C: Collatable>(
    _ dataset: Source,
    batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler<Int>)? = nil,
    batchSampler: (any Sampler<[Int]>)? = nil, numWorkers: Int = 0, dropLast: Bool = false, pinMemory: Bool = false,
    prefetchFactor: Int? = nil, persistentWorkers: Bool = false, timeout: Double = 0,
    workerInit: (@Sendable (Int) throws -> Void)? = nil, generator: Generator? = nil, onError: LoaderErrorPolicy = .stop
  )
  where
    Source.Sample == (A, B, C), Batch == (A.Batch, B.Batch, C.Batch), A.Batch: Sendable, B.Batch: Sendable,
    C.Batch: Sendable
  {
    let options = LoaderOptions(
      batchSize: batchSize, shuffle: shuffle, sampler: sampler, batchSampler: batchSampler, numWorkers: numWorkers,
      dropLast: dropLast, pinMemory: pinMemory, prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers,
      timeout: timeout, workerInit: workerInit, generator: generator, onError: onError)
    self.init(options, dataset, .triple())
  }

  /// Over samples of four parts.
  public init<Source: Dataset, A: Collatable, B: Collatable, C: Collatable, D: Collatable>(
    _ dataset: Source,
    batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler<Int>)? = nil,
    batchSampler: (any Sampler<[Int]>)? = nil, numWorkers: Int = 0, dropLast: Bool = false, pinMemory: Bool = false,
    prefetchFactor: Int? = nil, persistentWorkers: Bool = false, timeout: Double = 0,
    workerInit: (@Sendable (Int) throws -> Void)? = nil, generator: Generator? = nil, onError: LoaderErrorPolicy = .stop
  )
  where
    Source.Sample == (A, B, C, D), Batch == (A.Batch, B.Batch, C.Batch, D.Batch), A.Batch: Sendable, B.Batch: Sendable,
    C.Batch: Sendable, D.Batch: Sendable
  {
    let options = LoaderOptions(
      batchSize: batchSize, shuffle: shuffle, sampler: sampler, batchSampler: batchSampler, numWorkers: numWorkers,
      dropLast: dropLast, pinMemory: pinMemory, prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers,
      timeout: timeout, workerInit: workerInit, generator: generator, onError: onError)
    self.init(options, dataset, .quadruple())
  }

  /// Over samples that are a pair and something beside it.
  public init<Source: Dataset, A: Collatable, B: Collatable, C: Collatable>(
    _ dataset: Source,
    batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler<Int>)? = nil,
    batchSampler: (any Sampler<[Int]>)? = nil, numWorkers: Int = 0, dropLast: Bool = false, pinMemory: Bool = false,
    prefetchFactor: Int? = nil, persistentWorkers: Bool = false, timeout: Double = 0,
    workerInit: (@Sendable (Int) throws -> Void)? = nil, generator: Generator? = nil, onError: LoaderErrorPolicy = .stop
  )
  where
    Source.Sample == ((A, B), C), Batch == ((A.Batch, B.Batch), C.Batch), A.Batch: Sendable, B.Batch: Sendable,
    C.Batch: Sendable
  {
    let options = LoaderOptions(
      batchSize: batchSize, shuffle: shuffle, sampler: sampler, batchSampler: batchSampler, numWorkers: numWorkers,
      dropLast: dropLast, pinMemory: pinMemory, prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers,
      timeout: timeout, workerInit: workerInit, generator: generator, onError: onError)
    self.init(options, dataset, .pairAndOne())
  }

  /// Over samples that are something and a pair.
  public init<Source: Dataset, A: Collatable, B: Collatable, C: Collatable>(
    _ dataset: Source,
    batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler<Int>)? = nil,
    batchSampler: (any Sampler<[Int]>)? = nil, numWorkers: Int = 0, dropLast: Bool = false, pinMemory: Bool = false,
    prefetchFactor: Int? = nil, persistentWorkers: Bool = false, timeout: Double = 0,
    workerInit: (@Sendable (Int) throws -> Void)? = nil, generator: Generator? = nil, onError: LoaderErrorPolicy = .stop
  )
  where
    Source.Sample == (A, (B, C)), Batch == (A.Batch, (B.Batch, C.Batch)), A.Batch: Sendable, B.Batch: Sendable,
    C.Batch: Sendable
  {
    let options = LoaderOptions(
      batchSize: batchSize, shuffle: shuffle, sampler: sampler, batchSampler: batchSampler, numWorkers: numWorkers,
      dropLast: dropLast, pinMemory: pinMemory, prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers,
      timeout: timeout, workerInit: workerInit, generator: generator, onError: onError)
    self.init(options, dataset, .oneAndPair())
  }
}

// The same over streams.

extension DataLoader {
  /// Over samples of a stream that are put together as they are: tensors, numbers, strings, arrays, dictionaries.
  public init<Source: IterableDataset, S: Collatable>(
    _ dataset: Source,
    batchSize: Int = 1, numWorkers: Int = 0, dropLast: Bool = false, pinMemory: Bool = false,
    prefetchFactor: Int? = nil, persistentWorkers: Bool = false, timeout: Double = 0,
    workerInit: (@Sendable (Int) throws -> Void)? = nil, generator: Generator? = nil, onError: LoaderErrorPolicy = .stop
  ) where Source.Sample == S, Batch == S.Batch, S.Batch: Sendable {
    let options = LoaderOptions(
      batchSize: batchSize, numWorkers: numWorkers, dropLast: dropLast, pinMemory: pinMemory,
      prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers, timeout: timeout, workerInit: workerInit,
      generator: generator, onError: onError)
    self.init(options, dataset, .single())
  }

  /// Over samples of a stream that are pairs.
  public init<Source: IterableDataset, A: Collatable, B: Collatable>(
    _ dataset: Source,
    batchSize: Int = 1, numWorkers: Int = 0, dropLast: Bool = false, pinMemory: Bool = false,
    prefetchFactor: Int? = nil, persistentWorkers: Bool = false, timeout: Double = 0,
    workerInit: (@Sendable (Int) throws -> Void)? = nil, generator: Generator? = nil, onError: LoaderErrorPolicy = .stop
  ) where Source.Sample == (A, B), Batch == (A.Batch, B.Batch), A.Batch: Sendable, B.Batch: Sendable {
    let options = LoaderOptions(
      batchSize: batchSize, numWorkers: numWorkers, dropLast: dropLast, pinMemory: pinMemory,
      prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers, timeout: timeout, workerInit: workerInit,
      generator: generator, onError: onError)
    self.init(options, dataset, .pair())
  }

  /// Over samples of a stream that are triples.
  public init<Source: IterableDataset, A: Collatable, B: Collatable, C: Collatable>(
    _ dataset: Source,
    batchSize: Int = 1, numWorkers: Int = 0, dropLast: Bool = false, pinMemory: Bool = false,
    prefetchFactor: Int? = nil, persistentWorkers: Bool = false, timeout: Double = 0,
    workerInit: (@Sendable (Int) throws -> Void)? = nil, generator: Generator? = nil, onError: LoaderErrorPolicy = .stop
  )
  where
    Source.Sample == (A, B, C), Batch == (A.Batch, B.Batch, C.Batch), A.Batch: Sendable, B.Batch: Sendable,
    C.Batch: Sendable
  {
    let options = LoaderOptions(
      batchSize: batchSize, numWorkers: numWorkers, dropLast: dropLast, pinMemory: pinMemory,
      prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers, timeout: timeout, workerInit: workerInit,
      generator: generator, onError: onError)
    self.init(options, dataset, .triple())
  }
}

// Samples one by one, as torch has it with batch_size=None.

extension DataLoader {
  /// Over samples one by one, as they are: nothing is put together. As torch with `batch_size=None`.
  ///
  /// ```swift
  /// for (image, label) in DataLoader(unbatched: photographs, shuffle: true, numWorkers: 2) { ... }
  /// ```
  ///
  /// For data sets whose samples are batches already, or whose samples somebody else puts together. What a batch is
  /// elsewhere is a sample here: ``batchSize`` is nil, ``count`` that of the samples, and each worker is
  /// ``prefetchFactor`` samples ahead.
  public init<Source: Dataset>(
    unbatched dataset: Source,
    shuffle: Bool = false, sampler: (any Sampler<Int>)? = nil, numWorkers: Int = 0, pinMemory: Bool = false,
    prefetchFactor: Int? = nil, persistentWorkers: Bool = false, timeout: Double = 0,
    workerInit: (@Sendable (Int) throws -> Void)? = nil, generator: Generator? = nil, onError: LoaderErrorPolicy = .stop
  ) where Source.Sample == Batch {
    let options = LoaderOptions(
      batchSize: nil, shuffle: shuffle, sampler: sampler, numWorkers: numWorkers, dropLast: false, pinMemory: pinMemory,
      prefetchFactor: prefetchFactor, persistentWorkers: persistentWorkers, timeout: timeout, workerInit: workerInit,
      generator: generator, onError: onError)
    self.init(options, dataset, .own(Self.onlyOne))
  }

  /// Over the samples of a stream one by one, as they are.
  public init<Source: IterableDataset>(
    unbatched dataset: Source,
    numWorkers: Int = 0, pinMemory: Bool = false, prefetchFactor: Int? = nil, persistentWorkers: Bool = false,
    timeout: Double = 0, workerInit: (@Sendable (Int) throws -> Void)? = nil, generator: Generator? = nil,
    onError: LoaderErrorPolicy = .stop
  ) where Source.Sample == Batch {
    let options = LoaderOptions(
      batchSize: nil, numWorkers: numWorkers, dropLast: false, pinMemory: pinMemory, prefetchFactor: prefetchFactor,
      persistentWorkers: persistentWorkers, timeout: timeout, workerInit: workerInit, generator: generator,
      onError: onError)
    self.init(options, dataset, .own(Self.onlyOne))
  }

  @Sendable private static func onlyOne(_ samples: [Batch]) -> Batch {
    guard samples.count == 1 else {
      fault("DataLoader", "a loader without batches gives one sample at a time, not \(samples.count)")
    }
    return samples[0]
  }
}
