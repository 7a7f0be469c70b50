import Torch

/// The order in which a loader goes through a data set, as `torch.utils.data.Sampler`.
///
/// Each `makeIterator()` is an epoch. What a sampler draws it draws when numbers are asked for, as torch's generators do.
/// A loader takes numbers of one epoch on one thread: that of its loop. Sequences have a `Generator` of their own, so inside
/// of a sampler the source of random numbers is spelt `Torch.Generator`.
///
/// ```swift
/// struct Backwards: Sampler {
///   let count: Int
///   func makeIterator() -> AnyIterator<Int> { AnyIterator((0..<count).reversed().makeIterator()) }
/// }
/// ```
public protocol Sampler<Element>: Sequence, Sendable {
  /// How many elements an epoch has.
  var count: Int { get }
}

/// 0, 1, 2 and so on, as `torch.utils.data.SequentialSampler`.
public struct SequentialSampler: Sampler {
  public let count: Int

  /// All numbers below `count`.
  public init(_ count: Int) { self.count = count }
  /// All numbers of a data set.
  public init(_ dataset: some Dataset) { count = dataset.count }

  public func makeIterator() -> Range<Int>.Iterator { (0..<count).makeIterator() }
}

/// A new random order each epoch, as `torch.utils.data.RandomSampler`.
///
/// Without a generator an epoch takes one 64-bit number of the global one and seeds a fresh generator with it; the orders
/// are PyTorch's.
public struct RandomSampler: Sampler {
  /// How many numbers an epoch has.
  public let count: Int
  /// Whether a number may come several times in an epoch.
  public let replacement: Bool
  private let size: Int
  private let generator: Torch.Generator?

  /// Numbers below `count` in random order.
  /// - Parameters:
  ///   - count: how many samples there are.
  ///   - replacement: whether each number is drawn from all; otherwise all come before one comes again.
  ///   - numSamples: how many numbers an epoch has; `count` unless told.
  ///   - generator: where the order comes from; a fresh one each epoch unless told, seeded by the global one.
  /// - Precondition: `count` and `numSamples` are positive.
  public init(_ count: Int, replacement: Bool = false, numSamples: Int? = nil, generator: Torch.Generator? = nil) {
    guard count > 0 else { fault("RandomSampler", "wants at least one sample to shuffle, got \(count)") }
    if let numSamples, numSamples < 1 { fault("RandomSampler", "numSamples must be positive, got \(numSamples)") }
    (size, self.count) = (count, numSamples ?? count)
    (self.replacement, self.generator) = (replacement, generator)
  }

  /// The numbers of a data set in random order; see ``init(_:replacement:numSamples:generator:)-(Int,_,_,_)``.
  /// - Precondition: the data set has a sample; `numSamples` is positive.
  public init(
    _ dataset: some Dataset, replacement: Bool = false, numSamples: Int? = nil, generator: Torch.Generator? = nil
  ) { self.init(dataset.count, replacement: replacement, numSamples: numSamples, generator: generator) }

  public func makeIterator() -> AnyIterator<Int> {
    let (size, total, replacement) = (size, count, replacement)
    var source = generator
    var left: Int? = total
    return inChunks {
      guard let wanted = left else { return nil }
      let generator = source ?? Torch.Generator(seed: Torch.Generator.default.drawSeed())
      source = generator
      // The last chunk is an incomplete one, empty where there is nothing left: torch draws a permutation for it anyway,
      // which a generator of one's own shows.
      let chunk = replacement ? 32 : size
      left = wanted >= chunk ? wanted - chunk : nil
      if replacement { return generator.integers(below: size, count: Swift.min(wanted, chunk)) }
      let order = generator.permutation(size)
      return wanted >= chunk ? order : Array(order[..<wanted])
    }
  }
}

/// Given numbers in a new random order each epoch, as `torch.utils.data.SubsetRandomSampler`.
public struct SubsetRandomSampler: Sampler {
  /// The numbers to choose from.
  public let indices: [Int]
  private let generator: Torch.Generator?

  /// Each of some numbers once.
  /// - Parameters:
  ///   - indices: the numbers.
  ///   - generator: where the order comes from; the global one unless told.
  public init(_ indices: some Sequence<Int>, generator: Torch.Generator? = nil) {
    (self.indices, self.generator) = (Array(indices), generator)
  }

  public var count: Int { indices.count }

  public func makeIterator() -> AnyIterator<Int> {
    once {
      (generator ?? Torch.Generator.default).permutation(indices.count).map { indices[$0] }
    }
  }
}

/// Numbers drawn by weight, as `torch.utils.data.WeightedRandomSampler`: rare classes may come as often as others.
public struct WeightedRandomSampler: Sampler {
  /// How many numbers an epoch has.
  public let count: Int
  /// The weight of each number; they need not add up to 1.
  public let weights: [Double]
  /// Whether a number may come several times in an epoch.
  public let replacement: Bool
  private let generator: Torch.Generator?

  /// Numbers from 0 up to how many weights there are.
  /// - Parameters:
  ///   - weights: the weight of each number.
  ///   - numSamples: how many numbers an epoch has.
  ///   - replacement: whether a number may come again.
  ///   - generator: where the draws come from; the global one unless told.
  /// - Precondition: `numSamples` is positive, and without replacement not above the number of weights; weights are
  ///   finite, not negative and not all zero.
  public init(_ weights: [Double], numSamples: Int, replacement: Bool = true, generator: Torch.Generator? = nil) {
    guard numSamples > 0 else { fault("WeightedRandomSampler", "numSamples must be positive, got \(numSamples)") }
    guard replacement || numSamples <= weights.count else {
      fault("WeightedRandomSampler", "cannot draw \(numSamples) of \(weights.count) numbers without replacement")
    }
    if let place = weights.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
      fault("WeightedRandomSampler", "weights must be finite and not negative; number \(place) has \(weights[place])")
    }
    guard weights.contains(where: { $0 > 0 }) else {
      fault("WeightedRandomSampler", "wants a weight above 0, got \(weights.count) weights and none")
    }
    (count, self.weights, self.replacement, self.generator) = (numSamples, weights, replacement, generator)
  }

  /// Numbers by the weights of a tensor with one dimension; see ``init(_:numSamples:replacement:generator:)-([Double],_,_,_)``.
  public init(_ weights: Tensor, numSamples: Int, replacement: Bool = true, generator: Torch.Generator? = nil) {
    guard weights.ndim == 1 else {
      fault("WeightedRandomSampler", "wants weights with one dimension, got shape \(weights.shape.brackets)")
    }
    self.init(weights.array(Double.self), numSamples: numSamples, replacement: replacement, generator: generator)
  }

  public func makeIterator() -> AnyIterator<Int> {
    once { (generator ?? Torch.Generator.default).multinomial(weights, samples: count, replacement: replacement) }
  }
}

/// The numbers of a sampler in batches, as `torch.utils.data.BatchSampler`.
public struct BatchSampler: Sampler {
  public let sampler: any Sampler<Int>
  public let batchSize: Int
  public let dropLast: Bool

  /// Batches of a sampler's numbers.
  /// - Parameters:
  ///   - sampler: where the numbers come from.
  ///   - batchSize: how many make a batch.
  ///   - dropLast: whether an incomplete last batch is left out.
  /// - Precondition: `batchSize` is positive.
  public init(_ sampler: any Sampler<Int>, batchSize: Int, dropLast: Bool) {
    guard batchSize > 0 else { fault("BatchSampler", "batchSize must be positive, got \(batchSize)") }
    (self.sampler, self.batchSize, self.dropLast) = (sampler, batchSize, dropLast)
  }

  public var count: Int { dropLast ? sampler.count / batchSize : (sampler.count + batchSize - 1) / batchSize }

  public func makeIterator() -> AnyIterator<[Int]> {
    let numbers = erased(sampler)
    var isFinished = false
    return AnyIterator {
      if isFinished { return nil }
      var batch: [Int] = []
      batch.reserveCapacity(batchSize)
      while batch.count < batchSize, let number = numbers.next() { batch.append(number) }
      isFinished = batch.count < batchSize
      return batch.isEmpty || isFinished && dropLast ? nil : batch
    }
  }
}
