// Activations that may write into their input.

/// What the activations that may write into their input share.
open class InplaceActivation: Module {
  /// Whether the result is written into the input.
  public let inplace: Bool

  /// - Parameter inplace: write into the input.
  public init(inplace: Bool = false) { self.inplace = inplace }

  open override var extraRepr: String { inplace ? "inplace=True" : "" }

  /// Arguments as torch prints them, `inplace` after them where it is set.
  final func shown(_ arguments: String) -> String { inplace ? arguments + ", inplace=True" : arguments }
}

/// Negative numbers become 0, as `torch.nn.ReLU`.
open class ReLU: InplaceActivation, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.relu(x, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module { ReLU(inplace: inplace) }
}

/// Numbers held between 0 and 6, as `torch.nn.ReLU6`.
open class ReLU6: InplaceActivation, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.relu6(x, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module { ReLU6(inplace: inplace) }
}

/// An exponential linear unit under which mean 0 and variance 1 stay, as `torch.nn.SELU`.
///
/// Klambauer et al., "Self-Normalizing Neural Networks", 2017.
open class SELU: InplaceActivation, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.selu(x, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module { SELU(inplace: inplace) }
}

/// `x * sigmoid(x)`, as `torch.nn.SiLU`.
open class SiLU: InplaceActivation, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.silu(x, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module { SiLU(inplace: inplace) }
}

/// `x * tanh(softplus(x))`, as `torch.nn.Mish`.
///
/// Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", 2019.
open class Mish: InplaceActivation, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.mish(x, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module { Mish(inplace: inplace) }
}

/// `x * relu6(x + 3) / 6`, as `torch.nn.Hardswish`.
open class Hardswish: InplaceActivation, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.hardswish(x, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module { Hardswish(inplace: inplace) }
  // torch shows no arguments of this one.
  open override var extraRepr: String { "" }
}

/// `relu6(x + 3) / 6`, as `torch.nn.Hardsigmoid`.
open class Hardsigmoid: InplaceActivation, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.hardsigmoid(x, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module { Hardsigmoid(inplace: inplace) }
  // torch shows no arguments of this one.
  open override var extraRepr: String { "" }
}

/// `alpha * (exp(x) - 1)` below zero, as `torch.nn.ELU`.
///
/// Clevert, Unterthiner and Hochreiter, "Fast and Accurate Deep Network Learning by Exponential Linear Units", 2015.
open class ELU: InplaceActivation, Layer {
  public let alpha: Double

  /// - Parameters:
  ///   - alpha: what the negative side tends to, times -1.
  ///   - inplace: write into the input.
  public init(alpha: Double = 1, inplace: Bool = false) {
    self.alpha = alpha
    super.init(inplace: inplace)
  }

  open func forward(_ x: Tensor) -> Tensor { F.elu(x, alpha: alpha, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module { ELU(alpha: alpha, inplace: inplace) }
  open override var extraRepr: String { shown("alpha=\(pythonRepr(alpha))") }
}

/// `alpha * (exp(x / alpha) - 1)` below zero, as `torch.nn.CELU`. A call wants an `alpha` other than 0.
///
/// Barron, "Continuously Differentiable Exponential Linear Units", 2017.
open class CELU: InplaceActivation, Layer {
  public let alpha: Double

  /// - Parameters:
  ///   - alpha: what the negative side tends to, times -1.
  ///   - inplace: write into the input.
  public init(alpha: Double = 1, inplace: Bool = false) {
    self.alpha = alpha
    super.init(inplace: inplace)
  }

  open func forward(_ x: Tensor) -> Tensor { F.celu(x, alpha: alpha, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module { CELU(alpha: alpha, inplace: inplace) }
  open override var extraRepr: String { shown("alpha=\(pythonRepr(alpha))") }
}

/// Negative numbers times a small slope, as `torch.nn.LeakyReLU`.
open class LeakyReLU: InplaceActivation, Layer {
  public let negativeSlope: Double

  /// - Parameters:
  ///   - negativeSlope: the slope below zero.
  ///   - inplace: write into the input.
  public init(negativeSlope: Double = 0.01, inplace: Bool = false) {
    self.negativeSlope = negativeSlope
    super.init(inplace: inplace)
  }

  open func forward(_ x: Tensor) -> Tensor { F.leakyRelu(x, negativeSlope: negativeSlope, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module {
    LeakyReLU(negativeSlope: negativeSlope, inplace: inplace)
  }
  open override var extraRepr: String { shown("negative_slope=\(pythonRepr(negativeSlope))") }
}

/// Negative numbers times a slope that is drawn for each while training, else the middle one, as `torch.nn.RReLU`. A call
/// wants a `lower` that is not above `upper`.
///
/// Xu et al., "Empirical Evaluation of Rectified Activations in Convolutional Network", 2015.
open class RReLU: InplaceActivation, Layer {
  public let lower: Double, upper: Double

  /// - Parameters:
  ///   - lower: the smallest slope.
  ///   - upper: the largest slope.
  ///   - inplace: write into the input.
  public init(lower: Double = 1.0 / 8, upper: Double = 1.0 / 3, inplace: Bool = false) {
    self.lower = lower
    self.upper = upper
    super.init(inplace: inplace)
  }

  open func forward(_ x: Tensor) -> Tensor {
    F.rrelu(x, lower: lower, upper: upper, training: training, inplace: inplace)
  }
  open override func copied(_ copy: ModuleCopier) -> Module { RReLU(lower: lower, upper: upper, inplace: inplace) }
  open override var extraRepr: String { shown("lower=\(pythonRepr(lower)), upper=\(pythonRepr(upper))") }
}

/// Numbers held between two bounds, as `torch.nn.Hardtanh`.
open class Hardtanh: InplaceActivation, Layer {
  public let minVal: Double, maxVal: Double

  /// - Parameters:
  ///   - minVal: what smaller numbers become.
  ///   - maxVal: what larger numbers become.
  ///   - inplace: write into the input.
  /// - Precondition: `minVal` is below `maxVal`.
  public init(minVal: Double = -1, maxVal: Double = 1, inplace: Bool = false) {
    guard minVal < maxVal else { fault("Hardtanh", "minVal wants to be below maxVal, got \(minVal) and \(maxVal)") }
    self.minVal = minVal
    self.maxVal = maxVal
    super.init(inplace: inplace)
  }

  open func forward(_ x: Tensor) -> Tensor { F.hardtanh(x, minVal: minVal, maxVal: maxVal, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module {
    Hardtanh(minVal: minVal, maxVal: maxVal, inplace: inplace)
  }
  open override var extraRepr: String { shown("min_val=\(pythonRepr(minVal)), max_val=\(pythonRepr(maxVal))") }
}

/// Numbers that are not above a threshold become `value`, as `torch.nn.Threshold`.
open class Threshold: InplaceActivation, Layer {
  public let threshold: Double, value: Double

  /// - Parameters:
  ///   - threshold: numbers above it stay.
  ///   - value: what the others become.
  ///   - inplace: write into the input.
  public init(_ threshold: Double, _ value: Double, inplace: Bool = false) {
    self.threshold = threshold
    self.value = value
    super.init(inplace: inplace)
  }

  open func forward(_ x: Tensor) -> Tensor { F.threshold(x, threshold: threshold, value: value, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module { Threshold(threshold, value, inplace: inplace) }
  open override var extraRepr: String { shown("threshold=\(pythonRepr(threshold)), value=\(pythonRepr(value))") }
}
