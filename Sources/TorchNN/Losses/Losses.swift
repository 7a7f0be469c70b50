// What losses are made of, and those that measure distances and classes.

/// What the losses share: how the losses of the elements become one.
open class ReducedLoss: Module {
  public let reduction: Reduction

  /// - Parameter reduction: `.mean`, `.sum`, or `.none` for a loss of each element or sample.
  public init(reduction: Reduction = .mean) { self.reduction = reduction }
}

/// A loss with factors; they move with the module and are part of its state.
open class WeightedLoss: ReducedLoss {
  @Buffer public var weight: Tensor?

  init(weight: Tensor?, reduction: Reduction) {
    self.weight = weight
    super.init(reduction: reduction)
  }
}

/// Cross entropy of scores with labels or probabilities, as `torch.nn.CrossEntropyLoss`.
///
/// - Shape: input `[batch, classes, ...]` or `[classes]`, labels `[batch, ...]` or `[]`; probabilities as the input.
open class CrossEntropyLoss: WeightedLoss, Layer2 {
  public let ignoreIndex: Int
  public let labelSmoothing: Double

  /// - Parameters: as ``F/crossEntropy(_:_:weight:ignoreIndex:reduction:labelSmoothing:)``.
  public init(
    weight: Tensor? = nil, ignoreIndex: Int = -100, reduction: Reduction = .mean, labelSmoothing: Double = 0
  ) {
    self.ignoreIndex = ignoreIndex
    self.labelSmoothing = labelSmoothing
    super.init(weight: weight, reduction: reduction)
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
///
/// - Shape: input `[batch, classes, ...]` or `[classes]`, logarithms of probabilities; labels `[batch, ...]` or `[]`.
open class NLLLoss: WeightedLoss, Layer2 {
  public let ignoreIndex: Int

  /// - Parameters: as ``F/nllLoss(_:_:weight:ignoreIndex:reduction:)``.
  public init(weight: Tensor? = nil, ignoreIndex: Int = -100, reduction: Reduction = .mean) {
    self.ignoreIndex = ignoreIndex
    super.init(weight: weight, reduction: reduction)
  }

  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
    F.nllLoss(input, target, weight: weight, ignoreIndex: ignoreIndex, reduction: reduction)
  }

  open override func copied(_ copy: ModuleCopier) -> Module {
    NLLLoss(weight: copy(weight), ignoreIndex: ignoreIndex, reduction: reduction)
  }
}

/// Squared differences, as `torch.nn.MSELoss`.
///
/// - Shape: input and target `[*]`; they broadcast.
open class MSELoss: ReducedLoss, Layer2 {
  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor { F.mseLoss(input, target, reduction: reduction) }
  open override func copied(_ copy: ModuleCopier) -> Module { MSELoss(reduction: reduction) }
}

/// Absolute differences, as `torch.nn.L1Loss`.
///
/// - Shape: input and target `[*]`; they broadcast.
open class L1Loss: ReducedLoss, Layer2 {
  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor { F.l1Loss(input, target, reduction: reduction) }
  open override func copied(_ copy: ModuleCopier) -> Module { L1Loss(reduction: reduction) }
}

/// Differences, squared below `beta` and straight above, as `torch.nn.SmoothL1Loss`. A call wants a `beta` that is not
/// negative.
///
/// - Shape: input and target `[*]`; they broadcast.
///
/// Girshick, "Fast R-CNN", 2015.
open class SmoothL1Loss: ReducedLoss, Layer2 {
  public let beta: Double

  /// - Parameters:
  ///   - reduction: how the losses become one.
  ///   - beta: where the square ends; 0 for ``L1Loss``.
  public init(reduction: Reduction = .mean, beta: Double = 1) {
    self.beta = beta
    super.init(reduction: reduction)
  }

  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
    F.smoothL1Loss(input, target, reduction: reduction, beta: beta)
  }
  open override func copied(_ copy: ModuleCopier) -> Module { SmoothL1Loss(reduction: reduction, beta: beta) }
}

/// Differences, squared up to `delta` and straight beyond, as `torch.nn.HuberLoss`. A call wants a `delta` above 0.
///
/// - Shape: input and target `[*]`; they broadcast.
///
/// Huber, "Robust Estimation of a Location Parameter", 1964.
open class HuberLoss: ReducedLoss, Layer2 {
  public let delta: Double

  /// - Parameters:
  ///   - reduction: how the losses become one.
  ///   - delta: where the square ends, and the slope beyond.
  public init(reduction: Reduction = .mean, delta: Double = 1) {
    self.delta = delta
    super.init(reduction: reduction)
  }

  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
    F.huberLoss(input, target, reduction: reduction, delta: delta)
  }
  open override func copied(_ copy: ModuleCopier) -> Module { HuberLoss(reduction: reduction, delta: delta) }
}
