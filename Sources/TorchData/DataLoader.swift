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
      try collate(indices.map { try dataset[$0] })
    }
  }

  /// How many batches an epoch has.
  public var count: Int { dropLast ? sampler.count / batchSize : (sampler.count + batchSize - 1) / batchSize }
  public var underestimatedCount: Int { count }

  /// The batch of some samples.
  /// - Throws: what the data set throws.
  public func batch(_ indices: [Int]) throws -> Batch { try assemble(indices) }

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

    fileprivate init(loader: DataLoader) { self.loader = loader }

    public mutating func next() -> Batch? {
      let order = order ?? loader.sampler.indices()
      self.order = order
      let end = Swift.min(position + loader.batchSize, order.count)
      guard position < end, !loader.dropLast || end - position == loader.batchSize else { return nil }
      let indices = Array(order[position..<end])
      position = end
      do {
        return try loader.assemble(indices)
      } catch {
        fault("DataLoader", "the batch of samples \(indices.prefix(8)) cannot be read: \(error)")
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
      try dataset.batch(indices) ?? Tensor.stack(indices.map { try dataset[$0] })
    }
  }

  /// Over pairs of tensors, each side stacked.
  public init(
    _ dataset: Source, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil, dropLast: Bool = false,
    generator: Generator? = nil
  ) where Source.Sample == (Tensor, Tensor), Batch == (Tensor, Tensor) {
    self.init(dataset, batchSize, shuffle, sampler, dropLast, generator) { indices in
      if let batch = try dataset.batch(indices) { return batch }
      let samples = try indices.map { try dataset[$0] }
      return (Tensor.stack(samples.map(\.0)), Tensor.stack(samples.map(\.1)))
    }
  }

  /// Over triples of tensors, each place stacked.
  public init(
    _ dataset: Source, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil, dropLast: Bool = false,
    generator: Generator? = nil
  ) where Source.Sample == (Tensor, Tensor, Tensor), Batch == (Tensor, Tensor, Tensor) {
    self.init(dataset, batchSize, shuffle, sampler, dropLast, generator) { indices in
      if let batch = try dataset.batch(indices) { return batch }
      let samples = try indices.map { try dataset[$0] }
      return (
        Tensor.stack(samples.map(\.0)), Tensor.stack(samples.map(\.1)), Tensor.stack(samples.map(\.2))
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
      let samples = try indices.map { try dataset[$0] }
      return samples[0].indices.map { place in Tensor.stack(samples.map { $0[place] }) }
    }
  }

  /// Over tensors with whole numbers as labels; the labels of a batch become an int64 tensor.
  public init(
    _ dataset: Source, batchSize: Int = 1, shuffle: Bool = false, sampler: (any Sampler)? = nil, dropLast: Bool = false,
    generator: Generator? = nil
  ) where Source.Sample == (Tensor, Int), Batch == (Tensor, Tensor) {
    self.init(dataset, batchSize, shuffle, sampler, dropLast, generator) { indices in
      let samples = try indices.map { try dataset[$0] }
      return (Tensor.stack(samples.map(\.0)), Tensor(samples.map(\.1)))
    }
  }
}
