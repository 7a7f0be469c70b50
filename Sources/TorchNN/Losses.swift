/// Cross entropy of scores with labels or probabilities, as `torch.nn.CrossEntropyLoss`.
open class CrossEntropyLoss: Module, Layer2 {
  @Buffer public var weight: Tensor?
  public let ignoreIndex: Int
  public let reduction: Reduction
  public let labelSmoothing: Double

  public init(
    weight: Tensor? = nil, ignoreIndex: Int = -100, reduction: Reduction = .mean, labelSmoothing: Double = 0
  ) {
    self.weight = weight
    self.ignoreIndex = ignoreIndex
    self.reduction = reduction
    self.labelSmoothing = labelSmoothing
  }

  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
    F.crossEntropy(
      input, target, weight: weight, ignoreIndex: ignoreIndex, reduction: reduction, labelSmoothing: labelSmoothing)
  }

  open override func copied(_ copy: ModuleCopier) -> Module {
    CrossEntropyLoss(
      weight: copy(weight), ignoreIndex: ignoreIndex, reduction: reduction, labelSmoothing: labelSmoothing)
  }
}

/// Negative log likelihood of labels, as `torch.nn.NLLLoss`.
open class NLLLoss: Module, Layer2 {
  @Buffer public var weight: Tensor?
  public let ignoreIndex: Int
  public let reduction: Reduction

  public init(weight: Tensor? = nil, ignoreIndex: Int = -100, reduction: Reduction = .mean) {
    self.weight = weight
    self.ignoreIndex = ignoreIndex
    self.reduction = reduction
  }

  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
    F.nllLoss(input, target, weight: weight, ignoreIndex: ignoreIndex, reduction: reduction)
  }

  open override func copied(_ copy: ModuleCopier) -> Module {
    NLLLoss(weight: copy(weight), ignoreIndex: ignoreIndex, reduction: reduction)
  }
}

/// Squared differences, as `torch.nn.MSELoss`.
open class MSELoss: Module, Layer2 {
  public let reduction: Reduction
  public init(reduction: Reduction = .mean) { self.reduction = reduction }
  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor { F.mseLoss(input, target, reduction: reduction) }
  open override func copied(_ copy: ModuleCopier) -> Module { MSELoss(reduction: reduction) }
}

/// Absolute differences, as `torch.nn.L1Loss`.
open class L1Loss: Module, Layer2 {
  public let reduction: Reduction
  public init(reduction: Reduction = .mean) { self.reduction = reduction }
  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor { F.l1Loss(input, target, reduction: reduction) }
  open override func copied(_ copy: ModuleCopier) -> Module { L1Loss(reduction: reduction) }
}
