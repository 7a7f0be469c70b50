/// A linear layer and the cross entropy of its scores in one, as `torch.nn.LinearCrossEntropyLoss` without its options of
/// chunking.
///
/// - Shape: input `[batch, inFeatures]` or `[inFeatures]`; labels `[batch, outFeatures...]` or `[]`, probabilities
///   `[batch, numClasses, outFeatures...]` or `[numClasses]`.
open class LinearCrossEntropyLoss: WeightedLoss, Layer2 {
  public let numClasses: Int
  /// The sizes of a loss of several labels for each sample.
  public let outFeatures: [Int]
  public let ignoreIndex: Int?
  public let labelSmoothing: Double
  /// What makes the scores: `numClasses` times the product of `outFeatures` of them.
  public let linear: Linear

  /// Draws weights, then bias, as ``Linear`` does.
  /// - Parameters:
  ///   - outFeatures: the sizes of a loss of several labels for each sample.
  ///   - bias: whether the scores have one.
  ///   - reduction: how the losses become one.
  ///   - weight: one number for each class.
  ///   - ignoreIndex: a label that does not count, -100 if not told; for labels alone.
  ///   - labelSmoothing: the share of the target that is spread over all classes.
  /// - Precondition: the weight has a number for each class; the smoothing is between 0 and 1.
  public init(
    _ inFeatures: Int, _ numClasses: Int, outFeatures: [Int] = [], bias: Bool = false, dtype: DType = .float32,
    device: Device = .cpu, reduction: Reduction = .mean, weight: Tensor? = nil, ignoreIndex: Int? = nil,
    labelSmoothing: Double = 0
  ) {
    func refuse(_ rule: String) -> Never { fault("LinearCrossEntropyLoss", rule) }
    if let weight, !weight.shape.elementsEqual([numClasses]) {
      refuse("weight wants a number for each of \(numClasses) classes; got \(weight.signature)")
    }
    guard labelSmoothing >= 0, labelSmoothing <= 1 else {
      refuse("labelSmoothing wants to be between 0 and 1, is \(labelSmoothing)")
    }
    self.numClasses = numClasses
    self.outFeatures = outFeatures
    self.ignoreIndex = ignoreIndex
    self.labelSmoothing = labelSmoothing
    linear = Linear(inFeatures, outFeatures.reduce(numClasses, *), bias: bias, dtype: dtype, device: device)
    super.init(weight: weight, reduction: reduction)
  }

  /// A loss like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: LinearCrossEntropyLoss, _ copy: ModuleCopier) {
    numClasses = other.numClasses
    outFeatures = other.outFeatures
    ignoreIndex = other.ignoreIndex
    labelSmoothing = other.labelSmoothing
    linear = copy(other.linear)
    super.init(weight: copy(other.weight), reduction: other.reduction)
  }

  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
    let outer = [numClasses] + outFeatures
    return F.linearCrossEntropy(
      input, linear.weight.reshape(outer + [linear.inFeatures]), target, linearBias: linear.bias?.reshape(outer),
      weight: weight, reduction: reduction, ignoreIndex: ignoreIndex, labelSmoothing: labelSmoothing)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { LinearCrossEntropyLoss(copying: self, copy) }

  open override var extraRepr: String {
    "in_features=\(linear.inFeatures), num_classes=\(numClasses), out_features=\(pythonTuple(outFeatures)), "
      + "bias=\(pythonBool(linear.bias != nil)), reduction=\(reduction.rawValue), "
      + "ignore_index=\(ignoreIndex.map(String.init) ?? "None"), label_smoothing=\(pythonRepr(labelSmoothing)), "
      + "options=None"
  }
}
