import Torch

extension F {
  /// Negative numbers times a small slope, as `torch.nn.functional.leaky_relu`.
  /// - Precondition: the dtype is floating point.
  public static func leakyRelu(_ x: Tensor, negativeSlope: Double = 0.01, inplace: Bool = false) -> Tensor {
    x.leakyRelu(slope: negativeSlope, inPlace: inplace)
  }

  /// `alpha * (exp(x) - 1)` below zero, as `torch.nn.functional.elu`.
  ///
  /// Clevert, Unterthiner and Hochreiter, "Fast and Accurate Deep Network Learning by Exponential Linear Units", 2015.
  /// - Precondition: the dtype is floating point.
  public static func elu(_ x: Tensor, alpha: Double = 1, inplace: Bool = false) -> Tensor {
    x.elu(alpha: alpha, inPlace: inplace)
  }

  /// `log(1 + exp(beta * x)) / beta`, as `torch.nn.functional.softplus`.
  /// - Parameter threshold: above it `beta * x` counts as the logarithm itself.
  /// - Precondition: the dtype is floating point.
  public static func softplus(_ x: Tensor, beta: Double = 1, threshold: Double = 20) -> Tensor {
    x.softplus(beta: beta, threshold: threshold)
  }

  /// The logarithm of the sigmoid, computed without overflow, as `torch.nn.functional.logsigmoid`.
  /// - Precondition: the dtype is floating point.
  public static func logsigmoid(_ x: Tensor) -> Tensor { x.logSigmoid() }

  /// Numbers held between two bounds, as `torch.nn.functional.hardtanh`.
  /// - Precondition: `minVal` is not above `maxVal`; the dtype is not bool.
  public static func hardtanh(_ x: Tensor, minVal: Double = -1, maxVal: Double = 1, inplace: Bool = false) -> Tensor {
    inOp("hardtanh") {
      guard minVal <= maxVal else { fault("hardtanh", "minVal \(minVal) is above maxVal \(maxVal)") }
      return x.hardtanh(low: minVal, high: maxVal, inPlace: inplace)
    }
  }

  /// Numbers held between 0 and 6, as `torch.nn.functional.relu6`.
  /// - Precondition: the dtype is not bool.
  public static func relu6(_ x: Tensor, inplace: Bool = false) -> Tensor {
    inOp("relu6") { x.hardtanh(low: 0, high: 6, inPlace: inplace) }
  }

  /// Negative numbers times a learnt slope, as `torch.nn.functional.prelu`.
  ///
  /// He et al., "Delving Deep into Rectifiers", 2015.
  /// - Shape: weight `[channels]`, the size of the second dimension of x, or `[1]` or `[]`.
  /// - Precondition: the shapes and dtypes agree.
  public static func prelu(_ x: Tensor, _ weight: Tensor) -> Tensor {
    inOp("prelu") {
      let x = x.lowered, weight = weight.lowered
      let got = "; got input \(x.signature), weight \(weight.signature)"
      guard x.isFloatingPoint(), x.dtype == weight.dtype else {
        fault("prelu", "input and weight want one floating point dtype; convert one with to(_:)" + got)
      }
      guard weight.ndim <= 1 else { fault("prelu", "weight wants at most 1 dimension" + got) }
      let channels = x.ndim >= 2 ? x.shape[1] : 1
      guard weight.numel() == 1 || weight.numel() == channels else {
        fault("prelu", "weight wants 1 number, or one for each of \(channels) channels" + got)
      }
      var shape = [Int](repeating: 1, count: x.ndim)
      if x.ndim >= 2 { shape[1] = weight.numel() }
      return x.where(x .> 0, x * weight.reshape(shape))
    }
  }

  /// One half of a dimension times the sigmoid of the other, as `torch.nn.functional.glu`.
  ///
  /// Dauphin et al., "Language Modeling with Gated Convolutional Networks", 2016.
  /// - Precondition: the size of `dim` is even; the dtype is floating point.
  public static func glu(_ x: Tensor, dim: Int = -1) -> Tensor {
    inOp("glu") {
      let got = "; got input \(x.signature), dim \(dim)"
      guard x.isFloatingPoint() else { fault("glu", "input wants floating point" + got) }
      guard x.ndim > 0 else { fault("glu", "input wants at least 1 dimension" + got) }
      guard x.size(dim) % 2 == 0 else { fault("glu", "the size of dim wants to be even, is \(x.size(dim))" + got) }
      let half = x.size(dim) / 2, wide = x.widened
      if let quick = wide.gated(dim: dim) { return quick.to(x.dtype).named("glu") }
      let product =
        wide.narrow(dim: dim, start: 0, length: half) * wide.narrow(dim: dim, start: half, length: half).sigmoid()
      return product.to(x.dtype).named("glu")
    }
  }

  /// `x * relu6(x + 3) / 6`, as `torch.nn.functional.hardswish`.
  /// - Precondition: the dtype is floating point.
  public static func hardswish(_ x: Tensor, inplace: Bool = false) -> Tensor { x.hardswish(inPlace: inplace) }

  /// `relu6(x + 3) / 6`, as `torch.nn.functional.hardsigmoid`.
  /// - Precondition: the dtype is floating point.
  public static func hardsigmoid(_ x: Tensor, inplace: Bool = false) -> Tensor { x.hardsigmoid(inPlace: inplace) }

  /// `x * tanh(softplus(x))`, as `torch.nn.functional.mish`.
  ///
  /// Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", 2019.
  /// - Precondition: the dtype is floating point.
  public static func mish(_ x: Tensor, inplace: Bool = false) -> Tensor { x.mish(inPlace: inplace) }

  /// Numbers that are not above a threshold become `value`, as `torch.nn.functional.threshold`.
  /// - Precondition: the dtype is not bool.
  public static func threshold(_ x: Tensor, threshold: Double, value: Double, inplace: Bool = false) -> Tensor {
    x.threshold(threshold, value: value, inPlace: inplace)
  }

  /// `x / (1 + |x|)`, as `torch.nn.functional.softsign`.
  public static func softsign(_ x: Tensor) -> Tensor { inOp("softsign") { x / (x.abs() + 1) } }

  /// `x - tanh(x)`, as `torch.nn.functional.tanhshrink`.
  public static func tanhshrink(_ x: Tensor) -> Tensor { inOp("tanhshrink") { x - x.tanh() } }

  /// The softmax of the negative, as `torch.nn.functional.softmin`.
  public static func softmin(_ x: Tensor, dim: Int, dtype: DType? = nil) -> Tensor {
    inOp("softmin") { (-x).softmax(dim: dim, dtype: dtype) }
  }
}
