/// Normalisation over groups of channels and space of each sample, as `torch.nn.GroupNorm`.
///
/// Wu and He, "Group Normalization", 2018.
/// - Shape: `[batch, numChannels, ...]`.
open class GroupNorm: Module, Layer {
  public let numGroups: Int, numChannels: Int
  /// Added to the variance.
  public let eps: Double
  public let affine: Bool
  /// - Shape: `[numChannels]`; ones at first.
  @Parameter public var weight: Tensor?
  /// - Shape: `[numChannels]`; zeros at first.
  @Parameter public var bias: Tensor?

  /// - Parameters:
  ///   - affine: whether there is a scale for each channel, and with `bias` a shift.
  /// - Precondition: the groups divide the channels.
  public init(
    _ numGroups: Int, _ numChannels: Int, eps: Double = 1e-5, affine: Bool = true, bias: Bool = true,
    dtype: DType = .float32, device: Device = .cpu
  ) {
    guard numGroups > 0, numChannels >= 0, numChannels % numGroups == 0 else {
      fault("GroupNorm", "\(numChannels) channels do not divide into \(numGroups) groups")
    }
    self.numGroups = numGroups
    self.numChannels = numChannels
    self.eps = eps
    self.affine = affine
    weight = affine ? .ones(numChannels, dtype: dtype, device: device) : nil
    self.bias = affine && bias ? .zeros(numChannels, dtype: dtype, device: device) : nil
  }

  /// A layer like another with copied weights. For subclasses that override ``copied(_:)``.
  public init(copying other: GroupNorm, _ copy: ModuleCopier) {
    numGroups = other.numGroups
    numChannels = other.numChannels
    eps = other.eps
    affine = other.affine
    weight = copy(other.weight)
    bias = copy(other.bias)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { GroupNorm(copying: self, copy) }

  open func forward(_ x: Tensor) -> Tensor {
    F.groupNorm(x, numGroups: numGroups, weight: weight, bias: bias, eps: eps)
  }

  open override var extraRepr: String {
    "\(numGroups), \(numChannels), eps=\(pythonRepr(eps)), affine=\(pythonBool(affine)), "
      + "bias=\(pythonBool(bias != nil))"
  }
}

/// Division by the neighbouring channels' strength, as `torch.nn.LocalResponseNorm`.
///
/// Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012.
/// - Shape: `[batch, channels, ...]`.
open class LocalResponseNorm: Module, Layer {
  public let size: Int
  public let alpha: Double, beta: Double, k: Double

  /// - Parameter size: how many channels count as neighbours.
  public init(_ size: Int, alpha: Double = 1e-4, beta: Double = 0.75, k: Double = 1) {
    self.size = size
    self.alpha = alpha
    self.beta = beta
    self.k = k
  }

  open override func copied(_ copy: ModuleCopier) -> Module {
    LocalResponseNorm(size, alpha: alpha, beta: beta, k: k)
  }

  open func forward(_ x: Tensor) -> Tensor {
    F.localResponseNorm(x, size: size, alpha: alpha, beta: beta, k: k)
  }

  open override var extraRepr: String {
    "\(size), alpha=\(pythonRepr(alpha)), beta=\(pythonRepr(beta)), k=\(pythonRepr(k))"
  }
}
