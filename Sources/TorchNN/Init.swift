import CTorchRuntime

/// First values for weights, as `torch.nn.init`. They write in place, without gradients, and return the tensor.
public enum Init {
  /// Which sizes of a weight count.
  public enum Mode: Sendable { case fanIn, fanOut }

  /// What follows the weight, which decides the scale.
  public enum Nonlinearity: Sendable {
    case linear, sigmoid, tanh, relu, selu
    case leakyRelu(Double)

    /// The recommended factor, as `torch.nn.init.calculate_gain`.
    public var gain: Double {
      switch self {
      case .linear, .sigmoid: 1
      case .tanh: 5.0 / 3
      case .relu: 2.0.squareRoot()
      case .leakyRelu(let slope): (2 / (1 + slope * slope)).squareRoot()
      case .selu: 0.75
      }
    }
  }

  /// Draws from `from` up to `to`, as `torch.nn.init.uniform_`.
  @discardableResult
  public static func uniform_(_ x: Tensor, from: Double = 0, to: Double = 1, generator: Generator? = nil) -> Tensor {
    if ct_skips_draws() { return x }
    return noGrad { x.uniform_(from: from, to: to, generator: generator) }
  }

  /// Draws from a normal distribution, as `torch.nn.init.normal_`.
  @discardableResult
  public static func normal_(_ x: Tensor, mean: Double = 0, std: Double = 1, generator: Generator? = nil) -> Tensor {
    if ct_skips_draws() { return x }
    return noGrad { x.normal_(mean: mean, std: std, generator: generator) }
  }

  /// One number everywhere, as `torch.nn.init.constant_`.
  @discardableResult
  public static func constant_(_ x: Tensor, _ value: some TensorScalar) -> Tensor { noGrad { x.fill_(value) } }
  /// Zeros, as `torch.nn.init.zeros_`.
  @discardableResult
  public static func zeros_(_ x: Tensor) -> Tensor { constant_(x, 0) }
  /// Ones, as `torch.nn.init.ones_`.
  @discardableResult
  public static func ones_(_ x: Tensor) -> Tensor { constant_(x, 1) }

  /// The identity matrix, as `torch.nn.init.eye_`.
  /// - Precondition: the tensor has 2 dimensions.
  @discardableResult
  public static func eye_(_ x: Tensor) -> Tensor {
    guard x.ndim == 2 else { fault("eye_", "wants 2 dimensions, got \(x.shape.brackets)") }
    return noGrad { x.copy_(Tensor.eye(x.shape[0], x.shape[1], dtype: x.dtype, device: x.device)) }
  }

  /// Uniform draws that keep the variance through a layer, as `torch.nn.init.kaiming_uniform_`.
  ///
  /// He et al., "Delving Deep into Rectifiers", 2015.
  /// - Parameter a: the slope of the leaky rectifier that follows, where `nonlinearity` is nil.
  /// - Precondition: the tensor has at least 2 dimensions.
  @discardableResult
  public static func kaimingUniform_(
    _ x: Tensor, a: Double = 0, mode: Mode = .fanIn, nonlinearity: Nonlinearity? = nil, generator: Generator? = nil
  ) -> Tensor {
    if x.numel() == 0 { return x }
    let std = (nonlinearity ?? .leakyRelu(a)).gain / fan(x, mode, op: "kaiming_uniform_").squareRoot()
    let bound = 3.0.squareRoot() * std
    return uniform_(x, from: -bound, to: bound, generator: generator)
  }

  /// Normal draws that keep the variance through a layer, as `torch.nn.init.kaiming_normal_`.
  /// - Precondition: the tensor has at least 2 dimensions.
  @discardableResult
  public static func kaimingNormal_(
    _ x: Tensor, a: Double = 0, mode: Mode = .fanIn, nonlinearity: Nonlinearity? = nil, generator: Generator? = nil
  ) -> Tensor {
    if x.numel() == 0 { return x }
    let std = (nonlinearity ?? .leakyRelu(a)).gain / fan(x, mode, op: "kaiming_normal_").squareRoot()
    return normal_(x, mean: 0, std: std, generator: generator)
  }

  /// Uniform draws that balance both directions, as `torch.nn.init.xavier_uniform_`.
  ///
  /// Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
  /// - Precondition: the tensor has at least 2 dimensions.
  @discardableResult
  public static func xavierUniform_(_ x: Tensor, gain: Double = 1, generator: Generator? = nil) -> Tensor {
    let (fanIn, fanOut) = fans(x, op: "xavier_uniform_")
    let bound = 3.0.squareRoot() * (gain * (2 / Double(fanIn + fanOut)).squareRoot())
    return uniform_(x, from: -bound, to: bound, generator: generator)
  }

  /// Normal draws that balance both directions, as `torch.nn.init.xavier_normal_`.
  /// - Precondition: the tensor has at least 2 dimensions.
  @discardableResult
  public static func xavierNormal_(_ x: Tensor, gain: Double = 1, generator: Generator? = nil) -> Tensor {
    let (fanIn, fanOut) = fans(x, op: "xavier_normal_")
    return normal_(x, mean: 0, std: gain * (2 / Double(fanIn + fanOut)).squareRoot(), generator: generator)
  }

  /// How many inputs and outputs an element of a weight `[out, in, ...]` takes part in.
  static func fans(_ x: Tensor, op: String) -> (in: Int, out: Int) {
    guard x.ndim >= 2 else { fault(op, "wants at least 2 dimensions, [out, in, ...]; got \(x.shape.brackets)") }
    let field = x.shape.dropFirst(2).reduce(1, *)
    return (x.shape[1] * field, x.shape[0] * field)
  }

  private static func fan(_ x: Tensor, _ mode: Mode, op: String) -> Double {
    let (fanIn, fanOut) = fans(x, op: op)
    return Double(mode == .fanIn ? fanIn : fanOut)
  }
}
