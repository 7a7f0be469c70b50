import Torch

/// Samples by number, as `torch.utils.data.Dataset`.
///
/// ```swift
/// struct Squares: Dataset {
///   let count = 100
///   subscript(index: Int) -> (Tensor, Tensor) { (Tensor(Double(index)), Tensor(Double(index * index))) }
/// }
/// ```
///
/// A loader's workers read several samples at once, each on a thread of its own: a data set is `Sendable`.
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
  /// A sample whose random choices are made; nil, the default, where that cannot be told apart from reading it.
  ///
  /// What it gives may be called on any thread and draws no random numbers: a loader's workers share the samples of a batch then,
  /// and the first batch comes sooner. A data set that gives nil has drawn nothing.
  func plan(_ index: Int) throws -> (@Sendable () throws -> Sample)?
  /// What a message calls a sample beside its number, the path of its file, say; nil, the default, for nothing.
  func name(of index: Int) -> String?
}

extension Dataset {
  public func batch(_ indices: [Int]) throws -> Sample? { nil }
  public func plan(_ index: Int) throws -> (@Sendable () throws -> Sample)? { nil }
  public func name(of index: Int) -> String? { nil }
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
    // Selecting many rows refuses negative numbers, which one row takes.
    guard indices.allSatisfy({ $0 >= 0 }) else { return nil }
    return pack(
      tensors.map { tensor in
        tensor.indexSelect(dim: 0, index: Tensor(indices, dtype: .int64).to(tensor.device))
      })
  }
}
