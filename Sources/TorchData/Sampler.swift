import Torch

/// The order in which a loader goes through a data set, as `torch.utils.data.Sampler`.
public protocol Sampler: Sendable {
  /// How many numbers an epoch has.
  var count: Int { get }
  /// The numbers of the next epoch.
  func indices() -> [Int]
  /// Called when all numbers of an epoch were taken; not after an epoch that was left early.
  func epochDidEnd()
}

extension Sampler {
  public func epochDidEnd() {}
}

/// 0, 1, 2 and so on, as `torch.utils.data.SequentialSampler`.
public struct SequentialSampler: Sampler {
  public let count: Int

  /// All numbers below `count`.
  public init(_ count: Int) { self.count = count }

  public func indices() -> [Int] { Array(0..<count) }
}

/// A new random order each epoch, as `torch.utils.data.RandomSampler`.
///
/// Without a generator an epoch takes one 64-bit number of the global one and seeds a fresh generator with it; the orders
/// are PyTorch's.
public struct RandomSampler: Sampler {
  public let count: Int
  private let generator: Generator?

  /// All numbers below `count`, each once.
  /// - Precondition: `count` is positive.
  public init(_ count: Int, generator: Generator? = nil) {
    guard count > 0 else { fault("RandomSampler", "wants at least one sample to shuffle, got \(count)") }
    self.count = count
    self.generator = generator
  }

  public func indices() -> [Int] {
    let source = generator ?? Generator(seed: Generator.default.drawSeed())
    return source.permutation(count)
  }

  /// PyTorch shuffles once more at the end of an epoch and uses none of it; a generator that lives on shows it.
  public func epochDidEnd() {
    if let generator { _ = generator.permutation(count) }
  }
}

extension Generator {
  /// A number as `torch.empty((), dtype=torch.int64).random_()` gives it.
  func drawSeed() -> UInt64 { next64() & UInt64(Int64.max) }

  /// The numbers of `torch.randperm(count)`.
  func permutation(_ count: Int) -> [Int] {
    let order = withTwister { twister in
      [Int64](unsafeUninitializedCapacity: count) { buffer, filled in
        twister.fillPermutation(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
        filled = count
      }
    }
    return order.map { Int($0) }
  }
}
