/// `x1 * W * x2 + bias` with a matrix for each output, as `torch.nn.Bilinear`.
///
/// - Shape: `[..., in1Features]` and `[..., in2Features]` to `[..., outFeatures]`.
open class Bilinear: Module, Layer2 {
  public let in1Features: Int, in2Features: Int, outFeatures: Int
  /// - Shape: `[outFeatures, in1Features, in2Features]`.
  @Parameter public var weight: Tensor
  /// - Shape: `[outFeatures]`.
  @Parameter public var bias: Tensor?

  /// Draws weights, then bias, uniformly from +-1 / sqrt(in1Features).
  /// - Precondition: `in1Features` is positive.
  public init(
    _ in1Features: Int, _ in2Features: Int, _ outFeatures: Int, bias: Bool = true, dtype: DType = .float32,
    device: Device = .cpu
  ) {
    guard in1Features > 0, in2Features >= 0, outFeatures >= 0 else {
      fault(
        "Bilinear",
        "in1Features wants to be positive, the others at least 0; got \(in1Features), \(in2Features) "
          + "and \(outFeatures)")
    }
    self.in1Features = in1Features
    self.in2Features = in2Features
    self.outFeatures = outFeatures
    weight = .empty([outFeatures, in1Features, in2Features], dtype: dtype, device: device)
    self.bias = bias ? .empty([outFeatures], dtype: dtype, device: device) : nil
    super.init()
    resetParameters()
  }

  /// A layer like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: Bilinear, _ copy: ModuleCopier) {
    in1Features = other.in1Features
    in2Features = other.in2Features
    outFeatures = other.outFeatures
    weight = copy(other.weight)
    bias = copy(other.bias)
    super.init()
  }

  open override func copied(_ copy: ModuleCopier) -> Module { Bilinear(copying: self, copy) }

  /// Draws weights and bias anew.
  public func resetParameters() {
    let bound = 1 / Double(in1Features).squareRoot()
    Init.uniform_(weight, from: -bound, to: bound)
    if let bias { Init.uniform_(bias, from: -bound, to: bound) }
  }

  open func forward(_ x1: Tensor, _ x2: Tensor) -> Tensor { F.bilinear(x1, x2, weight, bias) }

  open override var extraRepr: String {
    "in1_features=\(in1Features), in2_features=\(in2Features), out_features=\(outFeatures), "
      + "bias=\(pythonBool(bias != nil))"
  }
}
