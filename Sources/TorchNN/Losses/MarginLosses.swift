// Losses that ask for a distance between what belongs together and what does not.

/// What the losses with a margin share.
open class MarginLoss: ReducedLoss {
  /// How far apart is far enough.
  public let margin: Double

  init(_ margin: Double, _ reduction: Reduction) {
    self.margin = margin
    super.init(reduction: reduction)
  }

  /// A fault unless the margin is above 0.
  final func requirePositiveMargin() {
    guard margin > 0 else { fault(typeName, "margin wants to be above 0, is \(margin)") }
  }
}

/// How far the first input falls short of the second, or the other way, as `torch.nn.MarginRankingLoss`.
///
/// - Shape: both inputs and the target `[*]`; the target is 1 where the first should be the larger, -1 where the second.
open class MarginRankingLoss: MarginLoss, Layer3 {
  /// - Parameters:
  ///   - margin: how far apart is far enough.
  ///   - reduction: how the losses become one.
  public init(margin: Double = 0, reduction: Reduction = .mean) { super.init(margin, reduction) }

  open func forward(_ input1: Tensor, _ input2: Tensor, _ target: Tensor) -> Tensor {
    F.marginRankingLoss(input1, input2, target, margin: margin, reduction: reduction)
  }
  open override func copied(_ copy: ModuleCopier) -> Module {
    MarginRankingLoss(margin: margin, reduction: reduction)
  }
}

/// The input itself where the label is 1, how far it is below a margin where it is -1, as `torch.nn.HingeEmbeddingLoss`.
///
/// - Shape: input and target `[*]`.
open class HingeEmbeddingLoss: MarginLoss, Layer2 {
  /// - Parameters:
  ///   - margin: how far apart is far enough.
  ///   - reduction: how the losses become one.
  public init(margin: Double = 1, reduction: Reduction = .mean) { super.init(margin, reduction) }

  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
    F.hingeEmbeddingLoss(input, target, margin: margin, reduction: reduction)
  }
  open override func copied(_ copy: ModuleCopier) -> Module {
    HingeEmbeddingLoss(margin: margin, reduction: reduction)
  }
}

/// One minus the cosine where the label is 1, the cosine above a margin where it is -1, as
/// `torch.nn.CosineEmbeddingLoss`.
///
/// - Shape: inputs `[batch, size]` and target `[batch]`, or `[size]` and `[]`.
open class CosineEmbeddingLoss: MarginLoss, Layer3 {
  /// - Parameters:
  ///   - margin: the largest cosine of what does not belong together, -1 to 1.
  ///   - reduction: how the losses become one.
  public init(margin: Double = 0, reduction: Reduction = .mean) { super.init(margin, reduction) }

  open func forward(_ input1: Tensor, _ input2: Tensor, _ target: Tensor) -> Tensor {
    F.cosineEmbeddingLoss(input1, input2, target, margin: margin, reduction: reduction)
  }
  open override func copied(_ copy: ModuleCopier) -> Module {
    CosineEmbeddingLoss(margin: margin, reduction: reduction)
  }
}

/// The logistic loss of labels 1 and -1, as `torch.nn.SoftMarginLoss`.
///
/// - Shape: input and target `[*]`.
open class SoftMarginLoss: ReducedLoss, Layer2 {
  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
    F.softMarginLoss(input, target, reduction: reduction)
  }
  open override func copied(_ copy: ModuleCopier) -> Module { SoftMarginLoss(reduction: reduction) }
}

/// How far the score of the right class is from being a margin above the others, as `torch.nn.MultiMarginLoss`.
///
/// - Shape: input `[batch, classes]` or `[classes]`, target `[batch]` or `[]`, weight `[classes]`.
open class MultiMarginLoss: WeightedLoss, Layer2 {
  public let p: Int
  public let margin: Double

  /// - Parameters:
  ///   - p: the power of what is missing, 1 or 2.
  ///   - margin: how far apart is far enough.
  ///   - weight: a factor for each class.
  ///   - reduction: how the losses become one.
  /// - Precondition: `p` is 1 or 2; the weight has one dimension.
  public init(p: Int = 1, margin: Double = 1, weight: Tensor? = nil, reduction: Reduction = .mean) {
    guard p == 1 || p == 2 else { fault("MultiMarginLoss", "p wants to be 1 or 2, is \(p)") }
    if let weight, weight.ndim != 1 {
      fault("MultiMarginLoss", "weight wants 1 dimension, [classes]; got \(weight.signature)")
    }
    self.p = p
    self.margin = margin
    super.init(weight: weight, reduction: reduction)
  }

  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
    F.multiMarginLoss(input, target, p: p, margin: margin, weight: weight, reduction: reduction)
  }
  open override func copied(_ copy: ModuleCopier) -> Module {
    MultiMarginLoss(p: p, margin: margin, weight: copy(weight), reduction: reduction)
  }
}

/// ``MultiMarginLoss`` with several right classes, as `torch.nn.MultiLabelMarginLoss`.
///
/// - Shape: input and target `[batch, classes]` or `[classes]`; labels up to the first -1 count.
open class MultiLabelMarginLoss: ReducedLoss, Layer2 {
  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
    F.multilabelMarginLoss(input, target, reduction: reduction)
  }
  open override func copied(_ copy: ModuleCopier) -> Module { MultiLabelMarginLoss(reduction: reduction) }
}

/// The logistic loss of several labels, 1 or 0 each, as `torch.nn.MultiLabelSoftMarginLoss`.
///
/// - Shape: input and target `[..., classes]`; weight broadcasts.
open class MultiLabelSoftMarginLoss: WeightedLoss, Layer2 {
  /// - Parameters:
  ///   - weight: a factor for each class.
  ///   - reduction: how the losses become one.
  public override init(weight: Tensor? = nil, reduction: Reduction = .mean) {
    super.init(weight: weight, reduction: reduction)
  }

  open func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
    F.multilabelSoftMarginLoss(input, target, weight: weight, reduction: reduction)
  }
  open override func copied(_ copy: ModuleCopier) -> Module {
    MultiLabelSoftMarginLoss(weight: copy(weight), reduction: reduction)
  }
}

/// How much nearer the anchor should be to one vector than to another, as `torch.nn.TripletMarginLoss`.
///
/// - Shape: anchor, positive and negative `[batch, size]` or `[size]`.
open class TripletMarginLoss: MarginLoss, Layer3 {
  public let p: Double, eps: Double
  public let swap: Bool

  /// - Parameters:
  ///   - margin: how much nearer is near enough.
  ///   - p: of the norm that measures distances.
  ///   - eps: added to each difference.
  ///   - swap: whether the distance of the other two counts where it is the smaller.
  ///   - reduction: how the losses become one.
  /// - Precondition: `margin` is above 0.
  public init(
    margin: Double = 1, p: Double = 2, eps: Double = 1e-6, swap: Bool = false, reduction: Reduction = .mean
  ) {
    self.p = p
    self.eps = eps
    self.swap = swap
    super.init(margin, reduction)
    requirePositiveMargin()
  }

  open func forward(_ anchor: Tensor, _ positive: Tensor, _ negative: Tensor) -> Tensor {
    F.tripletMarginLoss(
      anchor, positive, negative, margin: margin, p: p, eps: eps, swap: swap, reduction: reduction)
  }
  open override func copied(_ copy: ModuleCopier) -> Module {
    TripletMarginLoss(margin: margin, p: p, eps: eps, swap: swap, reduction: reduction)
  }
}

/// ``TripletMarginLoss`` with a distance of one's own, as `torch.nn.TripletMarginWithDistanceLoss`.
///
/// - Shape: anchor, positive and negative `[batch, ...]`, as the distance takes them.
open class TripletMarginWithDistanceLoss: MarginLoss, Layer3 {
  /// The module that measures, a child of this one; nil where a closure does.
  public let distanceFunction: (any Layer2<Tensor, Tensor, Tensor>)?
  public let swap: Bool
  private let closure: ((Tensor, Tensor) -> Tensor)?

  /// - Parameters:
  ///   - distanceFunction: the module that measures.
  ///   - margin: how much nearer is near enough.
  ///   - swap: whether the distance of the other two counts where it is the smaller.
  ///   - reduction: how the losses become one.
  /// - Precondition: `margin` is above 0.
  public init(
    distanceFunction: any Layer2<Tensor, Tensor, Tensor> = PairwiseDistance(), margin: Double = 1, swap: Bool = false,
    reduction: Reduction = .mean
  ) {
    self.distanceFunction = distanceFunction
    closure = nil
    self.swap = swap
    super.init(margin, reduction)
    requirePositiveMargin()
  }

  /// As ``init(distanceFunction:margin:swap:reduction:)`` with a closure that measures; a copy of the loss shares it.
  public init(
    distanceFunction: @escaping (Tensor, Tensor) -> Tensor, margin: Double = 1, swap: Bool = false,
    reduction: Reduction = .mean
  ) {
    self.distanceFunction = nil
    closure = distanceFunction
    self.swap = swap
    super.init(margin, reduction)
    requirePositiveMargin()
  }

  /// A loss like another with a copy of its distance. For subclasses that override ``copied(_:)``.
  public init(copying other: TripletMarginWithDistanceLoss, _ copy: ModuleCopier) {
    distanceFunction = other.distanceFunction.map { copy($0 as Module) as! any Layer2<Tensor, Tensor, Tensor> }
    closure = other.closure
    swap = other.swap
    super.init(other.margin, other.reduction)
  }

  open func forward(_ anchor: Tensor, _ positive: Tensor, _ negative: Tensor) -> Tensor {
    F.tripletMarginWithDistanceLoss(
      anchor, positive, negative,
      distanceFunction: { [distanceFunction, closure] in distanceFunction?($0, $1) ?? closure!($0, $1) },
      margin: margin, swap: swap, reduction: reduction)
  }
  open override func copied(_ copy: ModuleCopier) -> Module { TripletMarginWithDistanceLoss(copying: self, copy) }
}
