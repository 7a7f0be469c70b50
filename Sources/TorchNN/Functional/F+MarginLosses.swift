import Torch

// Losses that ask for a distance between what belongs together and what does not.

extension F {
  /// How far the first input falls short of the second, or the other way, as `torch.nn.functional.margin_ranking_loss`.
  /// - Parameter target: 1 where the first should be the larger, -1 where the second.
  /// - Precondition: all have the same number of dimensions; the shapes broadcast.
  public static func marginRankingLoss(
    _ input1: Tensor, _ input2: Tensor, _ target: Tensor, margin: Double = 0, reduction: Reduction = .mean
  ) -> Tensor {
    inOp("margin_ranking_loss") {
      let input1 = input1.raised, input2 = input2.raised
      guard input1.ndim == input2.ndim, input1.ndim == target.ndim else {
        fault(
          "margin_ranking_loss",
          "all want one number of dimensions; got \(input1.signature), \(input2.signature), target \(target.signature)")
      }
      return (-target * (input1 - input2) + margin).clampMin(0).reduced(reduction)
    }
  }

  /// The logistic loss of labels 1 and -1, as `torch.nn.functional.soft_margin_loss`.
  /// - Precondition: the input is floating point; the shapes broadcast.
  public static func softMarginLoss(_ input: Tensor, _ target: Tensor, reduction: Reduction = .mean) -> Tensor {
    inOp("soft_margin_loss") {
      let input = input.raised, target = target.raised
      guard input.isFloatingPoint() else {
        fault("soft_margin_loss", "input wants floating point; convert it with float(); got \(input.signature)")
      }
      return (-input * target).exp().log1p().reduced(reduction)
    }
  }

  /// The input itself where the label is 1, how far it is below a margin where it is -1, as
  /// `torch.nn.functional.hinge_embedding_loss`.
  public static func hingeEmbeddingLoss(
    _ input: Tensor, _ target: Tensor, margin: Double = 1, reduction: Reduction = .mean
  ) -> Tensor {
    inOp("hinge_embedding_loss") {
      let input = input.raised, target = target.raised
      let apart = (margin - input).clampMin(0).where(target .!= 1, 0)
      return (apart + input.where(target .!= -1, 0)).reduced(reduction)
    }
  }

  /// One minus the cosine where the label is 1, the cosine above a margin where it is -1, as
  /// `torch.nn.functional.cosine_embedding_loss`.
  /// - Shape: inputs `[batch, size]` and target `[batch]`, or `[size]` and `[]`.
  public static func cosineEmbeddingLoss(
    _ input1: Tensor, _ input2: Tensor, _ target: Tensor, margin: Double = 0, reduction: Reduction = .mean
  ) -> Tensor {
    inOp("cosine_embedding_loss") {
      let input1 = input1.raised, input2 = input2.raised
      guard target.ndim <= 1, input1.ndim == target.ndim + 1, input2.ndim == target.ndim + 1 else {
        fault(
          "cosine_embedding_loss",
          "wants inputs [batch, size] and a target [batch], or [size] and []; got \(input1.signature), "
            + "\(input2.signature), target \(target.signature)")
      }
      let dim = target.ndim, least = 1e-12
      let product = (input1 * input2).sum(dim: dim)
      let squares = ((input1 * input1).sum(dim: dim) + least) * ((input2 * input2).sum(dim: dim) + least)
      let cosine = product / squares.sqrt()
      let near = (1 - cosine).where(target .== 1, 0), far = (cosine - margin).clampMin(0).where(target .== -1, 0)
      return (near + far).reduced(reduction)
    }
  }

  /// How much nearer the anchor should be to one vector than to another, as `torch.nn.functional.triplet_margin_loss`.
  ///
  /// - Parameters:
  ///   - p: of the norm that measures; `eps` is added to each difference.
  ///   - swap: whether the distance of the other two counts where it is the smaller.
  /// - Precondition: `margin` is above 0; all have the same number of dimensions.
  public static func tripletMarginLoss(
    _ anchor: Tensor, _ positive: Tensor, _ negative: Tensor, margin: Double = 1, p: Double = 2, eps: Double = 1e-6,
    swap: Bool = false, reduction: Reduction = .mean
  ) -> Tensor {
    tripletMarginWithDistanceLoss(
      anchor.raised, positive.raised, negative.raised, distanceFunction: { pairwiseDistance($0, $1, p: p, eps: eps) },
      margin: margin,
      swap: swap, reduction: reduction, op: "triplet_margin_loss")
  }

  /// As ``tripletMarginLoss(_:_:_:margin:p:eps:swap:reduction:)`` with a distance of one's own, as
  /// `torch.nn.functional.triplet_margin_with_distance_loss`.
  public static func tripletMarginWithDistanceLoss(
    _ anchor: Tensor, _ positive: Tensor, _ negative: Tensor, distanceFunction: ((Tensor, Tensor) -> Tensor)? = nil,
    margin: Double = 1, swap: Bool = false, reduction: Reduction = .mean
  ) -> Tensor {
    tripletMarginWithDistanceLoss(
      anchor, positive, negative, distanceFunction: distanceFunction ?? { pairwiseDistance($0, $1) }, margin: margin,
      swap: swap, reduction: reduction, op: "triplet_margin_with_distance_loss")
  }

  private static func tripletMarginWithDistanceLoss(
    _ anchor: Tensor, _ positive: Tensor, _ negative: Tensor, distanceFunction distance: (Tensor, Tensor) -> Tensor,
    margin: Double, swap: Bool, reduction: Reduction, op: StaticString
  ) -> Tensor {
    inOp(op) {
      guard margin > 0 else { fault("\(op)", "margin wants to be above 0, is \(margin)") }
      guard anchor.ndim == positive.ndim, anchor.ndim == negative.ndim else {
        fault(
          "\(op)",
          "all want one number of dimensions; got anchor \(anchor.signature), positive \(positive.signature), "
            + "negative \(negative.signature)")
      }
      let near = distance(anchor, positive)
      var far = distance(anchor, negative)
      if swap { far = far.minimum(distance(positive, negative)) }
      return (margin + near - far).clampMin(0).reduced(reduction)
    }
  }

  /// How far the score of the right class is from being a margin above the others, as
  /// `torch.nn.functional.multi_margin_loss`.
  /// - Shape: input `[batch, classes]` or `[classes]`, target `[batch]` or `[]`, weight `[classes]`.
  /// - Precondition: `p` is 1 or 2; the input is floating point, the labels are int64 and name classes.
  public static func multiMarginLoss(
    _ input: Tensor, _ target: Tensor, p: Int = 1, margin: Double = 1, weight: Tensor? = nil,
    reduction: Reduction = .mean
  ) -> Tensor {
    inOp("multi_margin_loss") {
      let input = input.raised
      func refuse(_ rule: String) -> Never {
        fault("multi_margin_loss", "\(rule); got input \(input.signature), target \(target.signature)")
      }
      guard p == 1 || p == 2 else { refuse("p wants to be 1 or 2, is \(p)") }
      guard input.isFloatingPoint(), target.dtype == .int64 else { refuse("wants floating point and int64 labels") }
      guard input.ndim <= 2, target.ndim <= 1 else { refuse("input wants at most 2 dimensions, target at most 1") }
      let x = input.ndim == 2 ? input : input.reshape(1, -1)
      let (batch, classes) = (x.shape[0], x.shape[1])
      guard classes > 0 else { refuse("there are no classes") }
      guard target.numel() == batch, input.ndim < 2 || target.ndim == 1 else {
        refuse("target wants a label for each of \(batch) samples")
      }
      let labels = target.reshape(-1, 1)
      var loss = (margin - x.gather(dim: 1, index: labels) + x).clampMin(0)
      if p == 2 { loss = loss.square() }
      if let weight {
        guard weight.ndim == 1, weight.numel() == classes, weight.dtype == input.dtype else {
          refuse("weight wants one \(input.dtype.name) for each of \(classes) classes, is \(weight.signature)")
        }
        loss = loss * weight.detach().indexSelect(dim: 0, index: labels.flatten()).unsqueeze(1)
      }
      let others = Tensor.arange(classes, device: input.device) .!= labels
      return perSample(loss.where(others, 0).sum(dim: 1) / Double(classes), reduction, isSingle: target.ndim == 0)
    }
  }

  /// As ``multiMarginLoss(_:_:p:margin:weight:reduction:)`` with several right classes, as
  /// `torch.nn.functional.multilabel_margin_loss`.
  /// - Shape: input and target `[batch, classes]` or `[classes]`; labels up to the first -1 count.
  /// - Precondition: the input is floating point; the labels are int64, -1 or the name of a class.
  public static func multilabelMarginLoss(_ input: Tensor, _ target: Tensor, reduction: Reduction = .mean) -> Tensor {
    inOp("multilabel_margin_loss") {
      let input = input.raised
      func refuse(_ rule: String) -> Never {
        fault("multilabel_margin_loss", "\(rule); got input \(input.signature), target \(target.signature)")
      }
      guard input.isFloatingPoint(), target.dtype == .int64 else { refuse("wants floating point and int64 labels") }
      guard input.ndim <= 2, input.shape == target.shape else { refuse("wants one shape of at most 2 dimensions") }
      let x = input.ndim == 2 ? input : input.reshape(1, -1), labels = target.ndim == 2 ? target : target.reshape(1, -1)
      let classes = x.shape[1]
      guard classes > 0 else { refuse("there are no classes") }
      let bad = (labels .< -1).logicalOr(labels .>= classes)
      guard !(bad.any().item() as Bool) else { refuse("labels are -1 or from 0 to \(classes - 1), one is not") }
      let places = Tensor.arange(classes, device: input.device)
      let end = Tensor.where(labels .== -1, places, classes).amin(dim: 1, keepdim: true)
      let counts = places .< end
      let right = (labels.where(counts, -1).unsqueeze(-1) .== places).any(dim: 1)
      let scores = x.gather(dim: 1, index: labels.where(counts, 0))
      let loss = (1 - scores.unsqueeze(-1) + x.unsqueeze(1)).clampMin(0)
      let asked = right.logicalNot().unsqueeze(1).logicalAnd(counts.unsqueeze(-1))
      return perSample(loss.where(asked, 0).sum(dim: [1, 2]) / Double(classes), reduction, isSingle: input.ndim < 2)
    }
  }

  /// The logistic loss of several labels, 1 or 0 each, as `torch.nn.functional.multilabel_soft_margin_loss`.
  /// - Shape: input and target `[..., classes]`; weight broadcasts.
  public static func multilabelSoftMarginLoss(
    _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, reduction: Reduction = .mean
  ) -> Tensor {
    inOp("multilabel_soft_margin_loss") {
      guard input.ndim > 0 else {
        fault("multilabel_soft_margin_loss", "input wants at least 1 dimension; got \(input.signature)")
      }
      let loss = -(target * input.logSigmoid() + (1 - target) * (-input).logSigmoid())
      let weighted = weight.map { loss * $0 } ?? loss
      return (weighted.sum(dim: input.ndim - 1) / Double(input.shape[input.ndim - 1])).reduced(reduction)
    }
  }

  /// The losses of a batch joined; one of no sample has the mean 0.
  private static func perSample(_ loss: Tensor, _ reduction: Reduction, isSingle: Bool) -> Tensor {
    if reduction == .none { return isSingle ? loss.squeeze(0) : loss }
    return loss.numel() == 0 ? loss.sum() : loss.reduced(reduction)
  }
}
