import Torch

/// Samples by number, as `torch.utils.data.Dataset`.
///
/// ```swift
/// struct Squares: Dataset {
///   let count = 100
///   subscript(index: Int) -> (Tensor, Tensor) { (Tensor(Double(index)), Tensor(Double(index * index))) }
/// }
/// ```
public protocol Dataset<Sample>: Sendable {
  /// What one number gives: an image and its label, say.
  associatedtype Sample
  /// How many samples there are.
  var count: Int { get }
  /// The sample of a number from 0 up to `count`.
  subscript(index: Int) -> Sample { get throws }
  /// Several samples as one batch, where that is quicker than one by one; nil, the default, where it is not.
  ///
  /// Asked only where a batch of samples has the type of a sample: tensors and tuples of tensors.
  func batch(_ indices: [Int]) throws -> Sample?
}

extension Dataset {
  public func batch(_ indices: [Int]) throws -> Sample? { nil }
}

/// Tensors of equally many rows; a sample is a row of each. As `torch.utils.data.TensorDataset`.
///
/// `TensorDataset(x, y)` has pairs as samples, with one tensor or three it is alike, and with an array of tensors samples
/// are arrays.
public struct TensorDataset<Sample>: Dataset {
  /// The tensors, whole.
  public let tensors: [Tensor]
  private let pack: @Sendable ([Tensor]) -> Sample

  private init(_ tensors: [Tensor], pack: @escaping @Sendable ([Tensor]) -> Sample) {
    guard let first = tensors.first else { fault("TensorDataset", "wants at least one tensor") }
    for (index, tensor) in tensors.enumerated() {
      guard tensor.ndim > 0, tensor.size(0) == first.shape.first else {
        let shapes = tensors.map { $0.shape.brackets }.joined(separator: ", ")
        fault("TensorDataset", "tensors differ in their first size at tensor \(index); got \(shapes)")
      }
    }
    self.tensors = tensors
    self.pack = pack
  }

  /// Samples that are rows of one tensor.
  public init(_ x: Tensor) where Sample == Tensor { self.init([x]) { $0[0] } }
  /// Samples that are pairs of rows.
  /// - Precondition: as many rows in both.
  public init(_ x: Tensor, _ y: Tensor) where Sample == (Tensor, Tensor) { self.init([x, y]) { ($0[0], $0[1]) } }
  /// Samples that are triples of rows.
  /// - Precondition: as many rows in all.
  public init(_ x: Tensor, _ y: Tensor, _ z: Tensor) where Sample == (Tensor, Tensor, Tensor) {
    self.init([x, y, z]) { ($0[0], $0[1], $0[2]) }
  }
  /// Samples that are arrays of rows.
  /// - Precondition: at least one tensor, as many rows in all.
  public init(_ tensors: [Tensor]) where Sample == [Tensor] { self.init(tensors) { $0 } }

  public var count: Int { tensors[0].size(0) }

  public subscript(index: Int) -> Sample { pack(tensors.map { $0.select(dim: 0, index: index) }) }

  public func batch(_ indices: [Int]) -> Sample? {
    pack(
      tensors.map { tensor in
        tensor.indexSelect(dim: 0, index: Tensor(indices, dtype: .int64).to(tensor.device))
      })
  }
}

/// Some samples of a data set, as `torch.utils.data.Subset`.
public struct Subset<Base: Dataset>: Dataset {
  public let dataset: Base
  /// The numbers in `dataset` of the samples here.
  public let indices: [Int]

  /// The samples of given numbers, in that order.
  public init(_ dataset: Base, indices: [Int]) {
    self.dataset = dataset
    self.indices = indices
  }

  public var count: Int { indices.count }
  public subscript(index: Int) -> Base.Sample { get throws { try dataset[indices[index]] } }
  public func batch(_ indices: [Int]) throws -> Base.Sample? { try dataset.batch(indices.map { self.indices[$0] }) }
}

/// Splits a data set at random into parts of given sizes, as `torch.utils.data.random_split`.
/// - Parameters:
///   - dataset: what to split.
///   - lengths: how many samples each part gets.
///   - generator: where the order comes from; the global one unless told.
/// - Precondition: the lengths add up to the size of the data set.
public func randomSplit<D: Dataset>(_ dataset: D, _ lengths: [Int], generator: Generator? = nil) -> [Subset<D>] {
  guard lengths.allSatisfy({ $0 >= 0 }), lengths.reduce(0, +) == dataset.count else {
    fault("randomSplit", "the lengths \(lengths) do not add up to the \(dataset.count) samples of the data set")
  }
  let order = (generator ?? .default).permutation(dataset.count)
  var start = 0
  return lengths.map { length in
    defer { start += length }
    return Subset(dataset, indices: Array(order[start..<start + length]))
  }
}

/// Splits a data set at random into fractions, `[0.8, 0.2]`; what rounding leaves goes to the first parts, one each.
/// - Precondition: the fractions are from 0 to 1 and add up to 1.
public func randomSplit<D: Dataset>(_ dataset: D, _ fractions: [Double], generator: Generator? = nil) -> [Subset<D>] {
  let sum = fractions.reduce(0, +)
  guard fractions.allSatisfy({ (0...1).contains($0) }), (sum - 1).magnitude < 1e-6 else {
    fault("randomSplit", "fractions must be from 0 to 1 and add up to 1, got \(fractions)")
  }
  var lengths = fractions.map { Int((Double(dataset.count) * $0).rounded(.down)) }
  for i in 0..<max(dataset.count - lengths.reduce(0, +), 0) { lengths[i % lengths.count] += 1 }
  return randomSplit(dataset, lengths, generator: generator)
}
