extension F {
  /// Cross entropy of linear scores, as `torch.nn.functional.linear_cross_entropy` without its options of chunking.
  /// - Parameters:
  ///   - ignoreIndex: a label that does not count, -100 if not told; for labels alone.
  ///   - weight: one number for each class.
  ///   - labelSmoothing: the share of the target that is spread over all classes, 0 to 1.
  /// - Shape: input `[batch, in]` or `[in]`, linearWeight `[classes, ..., in]`, linearBias `[classes, ...]`; labels
  ///   `[batch, ...]` or `[]`, probabilities `[batch, classes, ...]` or `[classes]`.
  /// - Precondition: the sizes agree; a weight of more than two dimensions wants a batch.
  public static func linearCrossEntropy(
    _ input: Tensor, _ linearWeight: Tensor, _ target: Tensor, linearBias: Tensor? = nil, weight: Tensor? = nil,
    reduction: Reduction = .mean, ignoreIndex: Int? = nil, labelSmoothing: Double = 0
  ) -> Tensor {
    inOp("linear_cross_entropy") {
      func refuse(_ rule: String) -> Never {
        let bias = linearBias.map { ", linearBias \($0.signature)" } ?? ""
        fault(
          "linear_cross_entropy",
          "\(rule); got input \(input.signature), linearWeight \(linearWeight.signature)\(bias), "
            + "target \(target.signature)")
      }
      guard input.ndim == 1 || input.ndim == 2 else { refuse("input wants 1 or 2 dimensions") }
      guard linearWeight.ndim >= 2 else { refuse("linearWeight wants at least 2 dimensions, [classes, ..., in]") }
      let features = input.shape[input.ndim - 1], outer = Array(linearWeight.shape.dropLast())
      guard features == linearWeight.shape[linearWeight.ndim - 1] else {
        refuse("the last dimensions of input and linearWeight want to agree")
      }
      guard linearBias == nil || linearBias!.shape.elementsEqual(outer) else {
        refuse("linearBias wants the shape \(outer)")
      }
      guard outer.count == 1 || input.ndim == 2 else {
        refuse("a linearWeight of more than 2 dimensions wants a batch, [batch, in]")
      }
      let shape = input.shape.dropLast() + outer
      guard ignoreIndex == nil || !target.shape.elementsEqual(shape) else {
        refuse("ignoreIndex is for labels, the target holds probabilities")
      }
      let scores = linear(input, linearWeight.reshape(-1, features), linearBias?.reshape(-1)).reshape(Array(shape))
      return crossEntropy(
        scores, target, weight: weight, ignoreIndex: ignoreIndex ?? -100, reduction: reduction,
        labelSmoothing: labelSmoothing)
    }
  }
}

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
