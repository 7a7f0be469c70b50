// Activations whose result is always a new tensor.

/// `1 / (1 + exp(-x))`, as `torch.nn.Sigmoid`.
open class Sigmoid: Module, Layer {
  open func forward(_ x: Tensor) -> Tensor { x.sigmoid() }
  open override func copied(_ copy: ModuleCopier) -> Module { Sigmoid() }
}

/// The logarithm of the sigmoid, computed without overflow, as `torch.nn.LogSigmoid`.
open class LogSigmoid: Module, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.logsigmoid(x) }
  open override func copied(_ copy: ModuleCopier) -> Module { LogSigmoid() }
}

/// The hyperbolic tangent, as `torch.nn.Tanh`.
open class Tanh: Module, Layer {
  open func forward(_ x: Tensor) -> Tensor { x.tanh() }
  open override func copied(_ copy: ModuleCopier) -> Module { Tanh() }
}

/// `x - tanh(x)`, as `torch.nn.Tanhshrink`.
open class Tanhshrink: Module, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.tanhshrink(x) }
  open override func copied(_ copy: ModuleCopier) -> Module { Tanhshrink() }
}

/// `x / (1 + |x|)`, as `torch.nn.Softsign`.
open class Softsign: Module, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.softsign(x) }
  open override func copied(_ copy: ModuleCopier) -> Module { Softsign() }
}

/// `log(1 + exp(beta * x)) / beta`, a smooth ``ReLU``, as `torch.nn.Softplus`.
open class Softplus: Module, Layer {
  public let beta: Double, threshold: Double

  /// - Parameter threshold: where `beta * x` is above it, the result is `x`.
  public init(beta: Double = 1, threshold: Double = 20) {
    self.beta = beta
    self.threshold = threshold
  }

  open func forward(_ x: Tensor) -> Tensor { F.softplus(x, beta: beta, threshold: threshold) }
  open override func copied(_ copy: ModuleCopier) -> Module { Softplus(beta: beta, threshold: threshold) }
  open override var extraRepr: String { "beta=\(pythonRepr(beta)), threshold=\(pythonRepr(threshold))" }
}

/// `x` times the normal distribution's cumulative function at `x`, as `torch.nn.GELU`.
///
/// Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
open class GELU: Module, Layer {
  public let approximate: GELUApproximation

  /// - Parameter approximate: exact by default, or the curve by a hyperbolic tangent.
  public init(approximate: GELUApproximation = .none) { self.approximate = approximate }

  open func forward(_ x: Tensor) -> Tensor { F.gelu(x, approximate: approximate) }
  open override func copied(_ copy: ModuleCopier) -> Module { GELU(approximate: approximate) }
  open override var extraRepr: String { "approximate='\(approximate.rawValue)'" }
}

/// One half of a dimension times the sigmoid of the other, as `torch.nn.GLU`.
///
/// - Shape: `[..., 2 * size, ...]` to `[..., size, ...]`.
///
/// Dauphin et al., "Language Modeling with Gated Convolutional Networks", 2016.
open class GLU: Module, Layer {
  public let dim: Int
  public init(dim: Int = -1) { self.dim = dim }
  open func forward(_ x: Tensor) -> Tensor { F.glu(x, dim: dim) }
  open override func copied(_ copy: ModuleCopier) -> Module { GLU(dim: dim) }
  open override var extraRepr: String { "dim=\(dim)" }
}

/// Negative numbers times slopes that are learnt, as `torch.nn.PReLU`.
///
/// - Shape: `[batch, channels, ...]`, kept.
///
/// He et al., "Delving Deep into Rectifiers", 2015.
open class PReLU: Module, Layer {
  public let numParameters: Int
  /// What the slopes start from.
  public let start: Double
  /// The slopes.
  /// - Shape: `[numParameters]`.
  @Parameter public var weight: Tensor

  /// - Parameters:
  ///   - numParameters: 1 for one slope, or the number of channels, which are dimension 1.
  ///   - start: what the slopes start from.
  public init(numParameters: Int = 1, init start: Double = 0.25, dtype: DType = .float32, device: Device = .cpu) {
    guard numParameters >= 0 else { fault("PReLU", "numParameters is at least 0, got \(numParameters)") }
    self.numParameters = numParameters
    self.start = start
    weight = .full([numParameters], start, dtype: dtype, device: device)
  }

  /// A layer like another with copied slopes. For subclasses that override ``copied(_:)``.
  public init(copying other: PReLU, _ copy: ModuleCopier) {
    numParameters = other.numParameters
    start = other.start
    weight = copy(other.weight)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { PReLU(copying: self, copy) }

  /// Sets all slopes to what they started from.
  public func resetParameters() { Init.constant_(weight, start) }

  open func forward(_ x: Tensor) -> Tensor { F.prelu(x, weight) }
  open override var extraRepr: String { "num_parameters=\(numParameters)" }
}
