// Layers that set parts of their input to 0 while training.

/// What the dropout layers share: how likely a 0 is, and whether it is written into the input.
open class DropoutLayer: Module {
  /// The probability of a 0.
  public let p: Double
  /// Whether the result is written into the input.
  public let inplace: Bool

  /// - Parameters:
  ///   - p: the probability of a 0.
  ///   - inplace: write into the input.
  /// - Precondition: `p` is between 0 and 1.
  public init(_ p: Double = 0.5, inplace: Bool = false) {
    self.p = p
    self.inplace = inplace
    super.init()
    guard p >= 0, p <= 1 else { fault(typeName, "p is a probability between 0 and 1, got \(p)") }
  }

  /// As ``init(_:inplace:)``.
  public convenience init(p: Double, inplace: Bool = false) { self.init(p, inplace: inplace) }

  open override var extraRepr: String { "p=\(pythonRepr(p)), inplace=\(pythonBool(inplace))" }
}

/// Sets elements to 0 with a probability while training, and scales the others up, as `torch.nn.Dropout`.
///
/// Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014.
open class Dropout: DropoutLayer, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.dropout(x, p: p, training: training, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module { Dropout(p, inplace: inplace) }
}

/// Sets whole channels of signals to 0 while training, and scales the others up, as `torch.nn.Dropout1d`.
///
/// - Shape: `[batch, channels, length]` or `[channels, length]`, kept.
///
/// Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2015.
open class Dropout1d: DropoutLayer, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.dropout1d(x, p: p, training: training, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module { Dropout1d(p, inplace: inplace) }
}

/// Sets whole channels of images to 0 while training, and scales the others up, as `torch.nn.Dropout2d`.
///
/// - Shape: `[batch, channels, height, width]`, kept.
///
/// Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2015.
open class Dropout2d: DropoutLayer, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.dropout2d(x, p: p, training: training, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module { Dropout2d(p, inplace: inplace) }
}

/// Sets whole channels of volumes to 0 while training, and scales the others up, as `torch.nn.Dropout3d`.
///
/// - Shape: `[batch, channels, depth, height, width]`, kept.
///
/// Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2015.
open class Dropout3d: DropoutLayer, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.dropout3d(x, p: p, training: training, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module { Dropout3d(p, inplace: inplace) }
}

/// Dropout after ``SELU`` while training: mean 0 and variance 1 stay, as `torch.nn.AlphaDropout`.
///
/// Klambauer et al., "Self-Normalizing Neural Networks", 2017.
open class AlphaDropout: DropoutLayer, Layer {
  // As in PyTorch, whose layer leaves its input alone: `inplace` is only shown.
  open func forward(_ x: Tensor) -> Tensor { F.alphaDropout(x, p: p, training: training) }
  open override func copied(_ copy: ModuleCopier) -> Module { AlphaDropout(p, inplace: inplace) }
}

/// ``AlphaDropout`` of whole channels, as `torch.nn.FeatureAlphaDropout`.
///
/// - Shape: `[batch, channels, ...]`, kept.
open class FeatureAlphaDropout: DropoutLayer, Layer {
  // As in PyTorch, whose layer leaves its input alone: `inplace` is only shown.
  open func forward(_ x: Tensor) -> Tensor { F.featureAlphaDropout(x, p: p, training: training) }
  open override func copied(_ copy: ModuleCopier) -> Module { FeatureAlphaDropout(p, inplace: inplace) }
}
