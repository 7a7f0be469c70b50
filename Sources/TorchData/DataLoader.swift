import Torch

/// Batches of a data set, as `torch.utils.data.DataLoader`.
///
/// ```swift
/// let loader = DataLoader(TensorDataset(images, labels), batchSize: 64, shuffle: true)
/// for (x, y) in loader { ... }
/// ```
///
/// With the same seed the batches are PyTorch's. An epoch takes one number of the generator even without shuffling, as in
/// PyTorch.
public struct DataLoader<Source: Dataset, Batch>: Sequence {
  public let dataset: Source
  public let batchSize: Int
  public let dropLast: Bool
  public let sampler: any Sampler
  private let generator: Generator?
  private let assemble: ([Int]) throws -> Batch

  private init(
    _ dataset: Source, _ batchSize: Int, _ shuffle: Bool, _ sampler: (any Sampler)?, _ dropLast: Bool,
    _ generator: Generator?, assemble: @escaping ([Int]) throws -> Batch
  ) {
    if batchSize < 1 { fault("DataLoader", "batchSize must be positive, got \(batchSize)") }
    if shuffle && sampler != nil { fault("DataLoader", "a sampler decides the order; leave shuffle out") }
    self.dataset = dataset
    self.batchSize = batchSize
    self.dropLast = dropLast
    self.generator = generator
    self.assemble = assemble
    self.sampler =
      sampler ?? (shuffle ? RandomSampler(dataset.count, generator: generator) : SequentialSampler(dataset.count))
  }

  /// A loader with a way of its own to make a batch of samples.
  /// - Parameters:
  ///   - dataset: where samples come from.
  ///   - batchSize: how many samples a batch has.
  ///   - shuffle: whether every epoch has a new random order.
  ///   - sampler: the order, where neither sequence nor shuffling is wanted.
  ///   - dropLast: whether an incomplete last batch is left out.
  ///   - generator: where random orders come from; the global one unless told.
  ///   - collate: makes a batch of samples.
  /// - Precondition: `batchSize` is positive; not both `shuffle` and `sampler`.
  public init(
    _ dataset: Source, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil, dropLast: Bool = false,
    generator: Generator? = nil, collate: @escaping ([Source.Sample]) throws -> Batch
  ) {
    self.init(dataset, batchSize, shuffle, sampler, dropLast, generator) { indices in
      try collate(dataset.samples(indices))
    }
  }

  /// How many batches an epoch has.
  public var count: Int { dropLast ? sampler.count / batchSize : (sampler.count + batchSize - 1) / batchSize }
  public var underestimatedCount: Int { count }

  /// The batch of some samples.
  /// - Throws: what the data set or the collating function throws; ``CollateError`` where samples do not fit together.
  public func batch(_ indices: [Int]) throws -> Batch {
    do {
      return try assemble(indices)
    } catch let error as SampleError {
      throw error.reason
    }
  }

  /// Starts an epoch. A sample that cannot be read ends the program with its error; use ``batch(_:)`` to catch it.
  public func makeIterator() -> Iterator {
    // PyTorch seeds its workers with this, and draws it without workers too.
    _ = (generator ?? .default).drawSeed()
    return Iterator(loader: self)
  }

  /// The batches of one epoch.
  public struct Iterator: IteratorProtocol {
    private let loader: DataLoader
    /// Drawn when the first batch is asked for.
    private var order: [Int]?
    private var position = 0
    private var isFinished = false

    fileprivate init(loader: DataLoader) { self.loader = loader }

    public mutating func next() -> Batch? {
      let order = order ?? loader.sampler.indices()
      self.order = order
      if position + loader.batchSize > order.count, !isFinished {
        isFinished = true
        loader.sampler.epochDidEnd()
      }
      let end = Swift.min(position + loader.batchSize, order.count)
      guard position < end, !loader.dropLast || end - position == loader.batchSize else { return nil }
      let indices = Array(order[position..<end])
      position = end
      do {
        return try loader.assemble(indices)
      } catch let error as SampleError {
        fault("DataLoader", "sample \(error.index) cannot be read: \(error.reason)")
      } catch {
        let shown = indices.prefix(8).map(String.init) + (indices.count > 8 ? ["..."] : [])
        fault("DataLoader", "the batch of samples [\(shown.joined(separator: ", "))] cannot be made: \(error)")
      }
    }
  }
}

extension DataLoader {
  /// Over samples that are tensors, stacked.
  public init(
    _ dataset: Source, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil, dropLast: Bool = false,
    generator: Generator? = nil
  ) where Source.Sample == Tensor, Batch == Tensor {
    self.init(dataset, batchSize, shuffle, sampler, dropLast, generator) { indices in
      try dataset.batch(indices) ?? stacked(dataset.samples(indices), indices)
    }
  }

  /// Over pairs of tensors, each side stacked.
  public init(
    _ dataset: Source, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil, dropLast: Bool = false,
    generator: Generator? = nil
  ) where Source.Sample == (Tensor, Tensor), Batch == (Tensor, Tensor) {
    self.init(dataset, batchSize, shuffle, sampler, dropLast, generator) { indices in
      if let batch = try dataset.batch(indices) { return batch }
      let samples = try dataset.samples(indices)
      return try (stacked(samples.map(\.0), indices), stacked(samples.map(\.1), indices))
    }
  }

  /// Over triples of tensors, each place stacked.
  public init(
    _ dataset: Source, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil, dropLast: Bool = false,
    generator: Generator? = nil
  ) where Source.Sample == (Tensor, Tensor, Tensor), Batch == (Tensor, Tensor, Tensor) {
    self.init(dataset, batchSize, shuffle, sampler, dropLast, generator) { indices in
      if let batch = try dataset.batch(indices) { return batch }
      let samples = try dataset.samples(indices)
      return try (
        stacked(samples.map(\.0), indices), stacked(samples.map(\.1), indices), stacked(samples.map(\.2), indices)
      )
    }
  }

  /// Over arrays of tensors, each place stacked.
  public init(
    _ dataset: Source, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil, dropLast: Bool = false,
    generator: Generator? = nil
  ) where Source.Sample == [Tensor], Batch == [Tensor] {
    self.init(dataset, batchSize, shuffle, sampler, dropLast, generator) { indices in
      if let batch = try dataset.batch(indices) { return batch }
      let samples = try dataset.samples(indices)
      for (index, sample) in zip(indices, samples) where sample.count != samples[0].count {
        throw CollateError("sample \(indices[0]) has \(samples[0].count) tensors, sample \(index) has \(sample.count)")
      }
      return try samples[0].indices.map { place in try stacked(samples.map { $0[place] }, indices) }
    }
  }

  /// Over tensors with whole numbers as labels; the labels of a batch become an int64 tensor.
  public init(
    _ dataset: Source, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil, dropLast: Bool = false,
    generator: Generator? = nil
  ) where Source.Sample == (Tensor, Int), Batch == (Tensor, Tensor) {
    self.init(dataset, batchSize, shuffle, sampler, dropLast, generator) { indices in
      let samples = try dataset.samples(indices)
      return try (stacked(samples.map(\.0), indices), Tensor(samples.map(\.1)))
    }
  }
}

/// Why samples cannot be put together into a batch.
public struct CollateError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Which samples, and what differs.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// What a data set threw, and for which sample.
private struct SampleError: Error {
  let index: Int
  let reason: any Error
}

extension Dataset {
  fileprivate func samples(_ indices: [Int]) throws -> [Sample] {
    try indices.map { index in
      do {
        return try self[index]
      } catch {
        throw SampleError(index: index, reason: error)
      }
    }
  }
}

/// One tensor of the samples with these numbers, stacked.
private func stacked(_ tensors: [Tensor], _ indices: [Int]) throws -> Tensor {
  for (index, tensor) in zip(indices, tensors) where tensor.shape != tensors[0].shape {
    throw CollateError(
      "sample \(indices[0]) has the shape \(tensors[0].shape.brackets), sample \(index) \(tensor.shape.brackets); "
        + "make them alike or say how to combine them with collate:")
  }
  return .stack(tensors)
}
