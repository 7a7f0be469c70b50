// Activations that make a distribution of scores.

/// What the softmax layers share: the dimension along which they work.
open class SoftmaxLayer: Module {
  public let dim: Int

  /// - Parameter dim: the dimension whose elements belong together; negative from the end.
  public init(dim: Int) { self.dim = dim }

  open override var extraRepr: String { "dim=\(dim)" }
}

/// Exponentials that add up to one along a dimension, as `torch.nn.Softmax`.
open class Softmax: SoftmaxLayer, Layer {
  open func forward(_ x: Tensor) -> Tensor { x.softmax(dim: dim) }
  open override func copied(_ copy: ModuleCopier) -> Module { Softmax(dim: dim) }
}

/// The logarithm of the softmax, as `torch.nn.LogSoftmax`.
open class LogSoftmax: SoftmaxLayer, Layer {
  open func forward(_ x: Tensor) -> Tensor { x.logSoftmax(dim: dim) }
  open override func copied(_ copy: ModuleCopier) -> Module { LogSoftmax(dim: dim) }
}

/// The softmax of the negative, as `torch.nn.Softmin`.
open class Softmin: SoftmaxLayer, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.softmin(x, dim: dim) }
  open override func copied(_ copy: ModuleCopier) -> Module { Softmin(dim: dim) }
}

/// The softmax over the channels of each pixel, as `torch.nn.Softmax2d`.
///
/// - Shape: `[batch, channels, height, width]` or `[channels, height, width]`, kept.
open class Softmax2d: Module, Layer {
  open func forward(_ x: Tensor) -> Tensor {
    guard x.ndim == 3 || x.ndim == 4 else {
      fault("Softmax2d", "input wants 4 dimensions, or 3 without a batch; got input \(x.signature)")
    }
    return x.softmax(dim: -3)
  }
  open override func copied(_ copy: ModuleCopier) -> Module { Softmax2d() }
}
