/// `x * weight.T + bias`, as `torch.nn.Linear`.
///
/// - Shape: `[..., inFeatures]` to `[..., outFeatures]`.
open class Linear: Module, Layer {
  public let inFeatures: Int, outFeatures: Int
  /// - Shape: `[outFeatures, inFeatures]`.
  @Parameter public var weight: Tensor
  /// - Shape: `[outFeatures]`.
  @Parameter public var bias: Tensor?

  /// Draws weights, then bias, uniformly from +-1 / sqrt(inFeatures).
  public init(_ inFeatures: Int, _ outFeatures: Int, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu)
  {
    guard inFeatures >= 0, outFeatures >= 0 else {
      fault("Linear", "the numbers of features are at least 0, got \(inFeatures) and \(outFeatures)")
    }
    self.inFeatures = inFeatures
    self.outFeatures = outFeatures
    weight = .empty(outFeatures, inFeatures, dtype: dtype, device: device)
    self.bias = bias ? .empty(outFeatures, dtype: dtype, device: device) : nil
    super.init()
    resetParameters()
  }

  /// As ``init(_:_:bias:dtype:device:)``.
  public convenience init(
    inFeatures: Int, outFeatures: Int, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) { self.init(inFeatures, outFeatures, bias: bias, dtype: dtype, device: device) }

  /// A layer like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: Linear, _ copy: ModuleCopier) {
    inFeatures = other.inFeatures
    outFeatures = other.outFeatures
    weight = copy(other.weight)
    bias = copy(other.bias)
    super.init()
  }

  open override func copied(_ copy: ModuleCopier) -> Module { Linear(copying: self, copy) }

  /// Draws weights and bias anew.
  public func resetParameters() { drawWeights(weight, bias) }

  open func forward(_ x: Tensor) -> Tensor { F.linear(x, weight, bias) }

  open override var extraRepr: String {
    "in_features=\(inFeatures), out_features=\(outFeatures), bias=\(pythonBool(bias != nil))"
  }
}

/// The draws of linear and convolutional layers.
func drawWeights(_ weight: Tensor, _ bias: Tensor?) {
  Init.kaimingUniform_(weight, a: 5.0.squareRoot())
  guard let bias else { return }
  let fanIn = Init.fans(weight, op: "bias").in
  let bound = fanIn > 0 ? 1 / Double(fanIn).squareRoot() : 0
  Init.uniform_(bias, from: -bound, to: bound)
}

/// Returns its input, as `torch.nn.Identity`.
open class Identity: Module, Layer {
  open func forward(_ x: Tensor) -> Tensor { x }
  open override func copied(_ copy: ModuleCopier) -> Module { Identity() }
}
