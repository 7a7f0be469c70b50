// Losses that compare distributions, or ask how likely the target is.

/// Cross entropy of probabilities with the probabilities they should be, as `torch.nn.BCELoss`.
///
/// - Shape: input and target `[*]`, numbers between 0 and 1; weight broadcasts.
open class BCELoss: WeightedLoss, Layer2 {
  /// - Parameters:
  ///   - weight: a factor for each loss; broadcasts.
  ///   - reduction: how the losses become one.
  public override init(weight: Tensor? = nil, reduction: Reduction = .mean) {
    super.init(weight: weight, reduction: reduction)
  }

  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
    F.binaryCrossEntropy(input, target, weight: weight, reduction: reduction)
  }
  open override func copied(_ copy: ModuleCopier) -> Module { BCELoss(weight: copy(weight), reduction: reduction) }
}

/// Cross entropy of the sigmoid of scores, computed without overflow, as `torch.nn.BCEWithLogitsLoss`.
///
/// - Shape: input and target `[*]`; weight and posWeight broadcast.
open class BCEWithLogitsLoss: WeightedLoss, Layer2 {
  /// A factor for what should be 1.
  @Buffer public var posWeight: Tensor?

  /// - Parameters:
  ///   - weight: a factor for each loss; broadcasts.
  ///   - reduction: how the losses become one.
  ///   - posWeight: a factor for what should be 1; broadcasts.
  public init(weight: Tensor? = nil, reduction: Reduction = .mean, posWeight: Tensor? = nil) {
    self.posWeight = posWeight
    super.init(weight: weight, reduction: reduction)
  }

  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
    F.binaryCrossEntropyWithLogits(input, target, weight: weight, reduction: reduction, posWeight: posWeight)
  }
  open override func copied(_ copy: ModuleCopier) -> Module {
    BCEWithLogitsLoss(weight: copy(weight), reduction: reduction, posWeight: copy(posWeight))
  }
}

/// The Kullback-Leibler divergence of logarithms of probabilities, as `torch.nn.KLDivLoss`.
///
/// - Shape: input and target `[*]`.
open class KLDivLoss: ReducedLoss, Layer2 {
  public let logTarget: Bool

  /// - Parameters:
  ///   - reduction: `.batchmean` is the divergence as mathematics defines it.
  ///   - logTarget: whether the target holds logarithms, too.
  public init(reduction: Reduction = .mean, logTarget: Bool = false) {
    self.logTarget = logTarget
    super.init(reduction: reduction)
  }

  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
    F.klDiv(input, target, reduction: reduction, logTarget: logTarget)
  }
  open override func copied(_ copy: ModuleCopier) -> Module { KLDivLoss(reduction: reduction, logTarget: logTarget) }
}

/// Negative log likelihood of counts, as `torch.nn.PoissonNLLLoss`.
///
/// - Shape: input and target `[*]`.
open class PoissonNLLLoss: ReducedLoss, Layer2 {
  public let logInput: Bool, full: Bool
  public let eps: Double

  /// - Parameters:
  ///   - logInput: whether the input is the logarithm of the rate, else the rate.
  ///   - full: whether Stirling's approximation of the target's factorial is added.
  ///   - eps: added to a rate before its logarithm is taken.
  ///   - reduction: how the losses become one.
  public init(logInput: Bool = true, full: Bool = false, eps: Double = 1e-8, reduction: Reduction = .mean) {
    self.logInput = logInput
    self.full = full
    self.eps = eps
    super.init(reduction: reduction)
  }

  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
    F.poissonNllLoss(input, target, logInput: logInput, full: full, eps: eps, reduction: reduction)
  }
  open override func copied(_ copy: ModuleCopier) -> Module {
    PoissonNLLLoss(logInput: logInput, full: full, eps: eps, reduction: reduction)
  }
}

/// Negative log likelihood of normal numbers, as `torch.nn.GaussianNLLLoss`.
///
/// - Shape: input and target `[*]`; the variance likewise, or with 1 or nothing in place of one size.
///
/// Nix and Weigend, "Estimating the mean and variance of the target probability distribution", 1994.
open class GaussianNLLLoss: ReducedLoss, Layer3 {
  public let full: Bool
  public let eps: Double

  /// - Parameters:
  ///   - full: whether the constant is added.
  ///   - eps: the smallest variance that counts; the bound is not part of the derivative.
  ///   - reduction: how the losses become one.
  public init(full: Bool = false, eps: Double = 1e-6, reduction: Reduction = .mean) {
    self.full = full
    self.eps = eps
    super.init(reduction: reduction)
  }

  open func forward(_ input: Tensor, _ target: Tensor, _ variance: Tensor) -> Tensor {
    F.gaussianNllLoss(input, target, variance, full: full, eps: eps, reduction: reduction)
  }

  /// Runs the loss with one variance for all.
  public func callAsFunction(_ input: Tensor, _ target: Tensor, _ variance: Double) -> Tensor {
    self(input, target, Tensor.full(like: input, variance))
  }

  open override func copied(_ copy: ModuleCopier) -> Module {
    GaussianNLLLoss(full: full, eps: eps, reduction: reduction)
  }
}

/// The negative log likelihood of labels whose places in time are not known, as `torch.nn.CTCLoss`.
///
/// - Shape: logarithms of probabilities `[time, batch, classes]` or `[time, classes]`, targets `[batch, length]` or
///   `[sum of lengths]`, both lengths `[batch]` or `[]`.
///
/// Graves et al., "Connectionist Temporal Classification", 2006.
open class CTCLoss: ReducedLoss, Layer4 {
  public let blank: Int
  public let zeroInfinity: Bool

  /// - Parameters:
  ///   - blank: the class that stands for no label.
  ///   - reduction: how the losses become one; the mean divides each by the length of its target first.
  ///   - zeroInfinity: whether losses of samples too short for their labels count 0, with no gradient.
  public init(blank: Int = 0, reduction: Reduction = .mean, zeroInfinity: Bool = false) {
    self.blank = blank
    self.zeroInfinity = zeroInfinity
    super.init(reduction: reduction)
  }

  open func forward(_ logProbs: Tensor, _ targets: Tensor, _ inputLengths: Tensor, _ targetLengths: Tensor) -> Tensor {
    F.ctcLoss(
      logProbs, targets, inputLengths: inputLengths, targetLengths: targetLengths, blank: blank, reduction: reduction,
      zeroInfinity: zeroInfinity)
  }

  /// Runs the loss with the lengths in arrays.
  public func callAsFunction(
    _ logProbs: Tensor, _ targets: Tensor, _ inputLengths: [Int], _ targetLengths: [Int]
  ) -> Tensor { self(logProbs, targets, Tensor(inputLengths), Tensor(targetLengths)) }

  open override func copied(_ copy: ModuleCopier) -> Module {
    CTCLoss(blank: blank, reduction: reduction, zeroInfinity: zeroInfinity)
  }
}
