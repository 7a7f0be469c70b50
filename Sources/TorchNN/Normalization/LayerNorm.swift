/// Normalisation over the last dimensions, then a scale and a shift for each of their elements, as `torch.nn.LayerNorm`.
///
/// Ba, Kiros and Hinton, "Layer Normalization", 2016.
/// - Shape: `[..., normalizedShape...]`.
open class LayerNorm: Module, Layer {
  public let normalizedShape: [Int]
  /// Added to the variance.
  public let eps: Double
  public let elementwiseAffine: Bool
  /// - Shape: `normalizedShape`; ones at first.
  @Parameter public var weight: Tensor?
  /// - Shape: `normalizedShape`; zeros at first.
  @Parameter public var bias: Tensor?

  /// - Parameters:
  ///   - normalizedShape: the last sizes of the input: a number for one dimension, or an array.
  ///   - elementwiseAffine: whether there is a scale, and with `bias` a shift.
  public init(
    _ normalizedShape: some SpatialSize, eps: Double = 1e-5, elementwiseAffine: Bool = true, bias: Bool = true,
    dtype: DType = .float32, device: Device = .cpu
  ) {
    self.normalizedShape = normalizedShape.sizes
    self.eps = eps
    self.elementwiseAffine = elementwiseAffine
    weight = elementwiseAffine ? .ones(normalizedShape.sizes, dtype: dtype, device: device) : nil
    self.bias = elementwiseAffine && bias ? .zeros(normalizedShape.sizes, dtype: dtype, device: device) : nil
  }

  /// A layer like another with copied weights. For subclasses that override ``copied(_:)``.
  public init(copying other: LayerNorm, _ copy: ModuleCopier) {
    normalizedShape = other.normalizedShape
    eps = other.eps
    elementwiseAffine = other.elementwiseAffine
    weight = copy(other.weight)
    bias = copy(other.bias)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { LayerNorm(copying: self, copy) }

  open func forward(_ x: Tensor) -> Tensor {
    F.layerNorm(x, normalizedShape: normalizedShape, weight: weight, bias: bias, eps: eps)
  }

  open override var extraRepr: String {
    "\(pythonTuple(normalizedShape)), eps=\(pythonRepr(eps)), elementwise_affine=\(pythonBool(elementwiseAffine)), "
      + "bias=\(pythonBool(bias != nil))"
  }
}

/// Division by the root of the mean square over the last dimensions, then a scale, as `torch.nn.RMSNorm`.
///
/// Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019.
/// - Shape: `[..., normalizedShape...]`.
open class RMSNorm: Module, Layer {
  public let normalizedShape: [Int]
  /// Added to the mean square; nil for the smallest step at 1 of the dtype.
  public let eps: Double?
  public let elementwiseAffine: Bool
  /// - Shape: `normalizedShape`; ones at first.
  @Parameter public var weight: Tensor?

  /// - Parameter normalizedShape: the last sizes of the input: a number for one dimension, or an array.
  public init(
    _ normalizedShape: some SpatialSize, eps: Double? = nil, elementwiseAffine: Bool = true, dtype: DType = .float32,
    device: Device = .cpu
  ) {
    self.normalizedShape = normalizedShape.sizes
    self.eps = eps
    self.elementwiseAffine = elementwiseAffine
    weight = elementwiseAffine ? .ones(normalizedShape.sizes, dtype: dtype, device: device) : nil
  }

  /// A layer like another with copied weights. For subclasses that override ``copied(_:)``.
  public init(copying other: RMSNorm, _ copy: ModuleCopier) {
    normalizedShape = other.normalizedShape
    eps = other.eps
    elementwiseAffine = other.elementwiseAffine
    weight = copy(other.weight)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { RMSNorm(copying: self, copy) }

  open func forward(_ x: Tensor) -> Tensor {
    F.rmsNorm(x, normalizedShape: normalizedShape, weight: weight, eps: eps)
  }

  open override var extraRepr: String {
    "\(pythonTuple(normalizedShape)), eps=\(eps.map { pythonRepr($0) } ?? "None"), "
      + "elementwise_affine=\(pythonBool(elementwiseAffine))"
  }
}
