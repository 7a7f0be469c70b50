/// Joins dimensions into one, as `torch.nn.Flatten`; all but the batch where nothing else is said.
open class Flatten: Module, Layer {
  public let startDim: Int, endDim: Int

  public init(_ startDim: Int = 1, _ endDim: Int = -1) {
    self.startDim = startDim
    self.endDim = endDim
  }

  open func forward(_ x: Tensor) -> Tensor { x.flatten(startDim, endDim) }
  open override func copied(_ copy: ModuleCopier) -> Module { Flatten(startDim, endDim) }
  open override var extraRepr: String { "start_dim=\(startDim), end_dim=\(endDim)" }
}

/// Splits a dimension into several, as `torch.nn.Unflatten`.
///
/// - Shape: `[..., product of the sizes, ...]` to `[..., sizes..., ...]`.
open class Unflatten: Module, Layer {
  public let dim: Int
  public let unflattenedSize: [Int]

  /// - Parameters:
  ///   - dim: the dimension; negative from the end.
  ///   - unflattenedSize: what it becomes; one of them may be -1, for what is left.
  public init(_ dim: Int, _ unflattenedSize: [Int]) {
    self.dim = dim
    self.unflattenedSize = unflattenedSize
  }

  open func forward(_ x: Tensor) -> Tensor { x.unflatten(dim: dim, sizes: unflattenedSize) }
  open override func copied(_ copy: ModuleCopier) -> Module { Unflatten(dim, unflattenedSize) }
  open override var extraRepr: String { "dim=\(dim), unflattened_size=\(pythonTuple(unflattenedSize))" }
}
