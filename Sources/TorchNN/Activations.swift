/// Negative numbers become 0, as `torch.nn.ReLU`.
open class ReLU: Module, Layer {
  public let inplace: Bool
  /// - Parameter inplace: write into the input.
  public init(inplace: Bool = false) { self.inplace = inplace }
  open func forward(_ x: Tensor) -> Tensor { F.relu(x, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module { ReLU(inplace: inplace) }
  open override var extraRepr: String { inplace ? "inplace=True" : "" }
}

/// `1 / (1 + exp(-x))`, as `torch.nn.Sigmoid`.
open class Sigmoid: Module, Layer {
  open func forward(_ x: Tensor) -> Tensor { x.sigmoid() }
  open override func copied(_ copy: ModuleCopier) -> Module { Sigmoid() }
}

/// The hyperbolic tangent, as `torch.nn.Tanh`.
open class Tanh: Module, Layer {
  open func forward(_ x: Tensor) -> Tensor { x.tanh() }
  open override func copied(_ copy: ModuleCopier) -> Module { Tanh() }
}

/// Exponentials that add up to one along a dimension, as `torch.nn.Softmax`.
open class Softmax: Module, Layer {
  public let dim: Int
  public init(dim: Int) { self.dim = dim }
  open func forward(_ x: Tensor) -> Tensor { x.softmax(dim: dim) }
  open override func copied(_ copy: ModuleCopier) -> Module { Softmax(dim: dim) }
  open override var extraRepr: String { "dim=\(dim)" }
}

/// The logarithm of the softmax, as `torch.nn.LogSoftmax`.
open class LogSoftmax: Module, Layer {
  public let dim: Int
  public init(dim: Int) { self.dim = dim }
  open func forward(_ x: Tensor) -> Tensor { x.logSoftmax(dim: dim) }
  open override func copied(_ copy: ModuleCopier) -> Module { LogSoftmax(dim: dim) }
  open override var extraRepr: String { "dim=\(dim)" }
}
