import Torch

// How far a prediction is from what it should be. Half types are computed in float32 and rounded before the reduction.

extension F {
  /// Squared below `beta`, straight above, as `torch.nn.functional.smooth_l1_loss`.
  ///
  /// Girshick, "Fast R-CNN", 2015.
  /// - Precondition: `beta` is not negative; the shapes broadcast.
  public static func smoothL1Loss(
    _ input: Tensor, _ target: Tensor, reduction: Reduction = .mean, beta: Double = 1
  ) -> Tensor {
    inOp("smooth_l1_loss") {
      let input = input.raised, target = target.raised
      guard beta >= 0 else { fault("smooth_l1_loss", "beta wants to be 0 or more, is \(beta)") }
      // As PyTorch does, which leaves no step of this name.
      if beta == 0 { return (input.widened - target.widened).abs().to(input.dtype).reduced(reduction) }
      let x = input.widened, y = target.widened, bend = BentLoss(limit: beta, curve: 0.5 / beta, slope: 1)
      let quick = x.bentLoss(y, bend, named: "smooth_l1_loss")
      func plain() -> Tensor {
        let distance = (x - y).abs()
        return (distance.square() * (0.5 / beta)).where(distance .< beta, distance - 0.5 * beta)
      }
      return (quick ?? plain()).to(input.dtype).reduced(reduction).named("smooth_l1_loss")
    }
  }

  /// Squared up to `delta`, straight beyond, as `torch.nn.functional.huber_loss`.
  ///
  /// Huber, "Robust Estimation of a Location Parameter", 1964.
  /// - Precondition: `delta` is above 0; the shapes broadcast.
  public static func huberLoss(
    _ input: Tensor, _ target: Tensor, reduction: Reduction = .mean, delta: Double = 1
  ) -> Tensor {
    inOp("huber_loss") {
      let input = input.raised, target = target.raised
      guard delta > 0 else { fault("huber_loss", "delta wants to be above 0, is \(delta)") }
      let x = input.widened, y = target.widened, bend = BentLoss(limit: delta, curve: 0.5, slope: delta)
      let quick = x.bentLoss(y, bend, named: "huber_loss")
      func plain() -> Tensor {
        let distance = (x - y).abs()
        return (distance.square() * 0.5).where(distance .<= delta, (distance - 0.5 * delta) * delta)
      }
      return (quick ?? plain()).to(input.dtype).reduced(reduction).named("huber_loss")
    }
  }

  /// Cross entropy of probabilities with the probabilities they should be, as
  /// `torch.nn.functional.binary_cross_entropy`.
  /// - Parameter weight: a factor for each loss; broadcasts.
  /// - Precondition: the shapes agree; the input is between 0 and 1.
  public static func binaryCrossEntropy(
    _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, reduction: Reduction = .mean
  ) -> Tensor {
    inOp("binary_cross_entropy") {
      let input = input.raised, target = target.raised
      let weight = weight?.raised
      checkShapes(input, target, "binary_cross_entropy")
      let inside = noGrad { (input .>= 0).logicalAnd(input .<= 1).all().item() as Bool }
      guard inside || input.numel() == 0 else {
        fault(
          "binary_cross_entropy",
          "input wants probabilities between 0 and 1; for scores use binaryCrossEntropyWithLogits; got input \(input.signature)"
        )
      }
      let loss = input.binaryCrossEntropy(target)
      return (weight.map { loss * $0 } ?? loss).reduced(reduction)
    }
  }

  /// Cross entropy of the sigmoid of scores, computed without overflow, as
  /// `torch.nn.functional.binary_cross_entropy_with_logits`.
  /// - Parameters:
  ///   - weight: a factor for each loss; broadcasts.
  ///   - posWeight: a factor for what should be 1; broadcasts.
  /// - Precondition: the shapes agree.
  public static func binaryCrossEntropyWithLogits(
    _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, reduction: Reduction = .mean, posWeight: Tensor? = nil
  ) -> Tensor {
    inOp("binary_cross_entropy_with_logits") {
      let input = input.raised, target = target.raised
      let weight = weight?.raised, posWeight = posWeight?.raised
      checkShapes(input, target, "binary_cross_entropy_with_logits")
      let certainty = input.logSigmoid()
      let loss: Tensor
      if let posWeight {
        loss = (1 - target) * input - ((posWeight - 1) * target + 1) * certainty
      } else {
        loss = (1 - target) * input - certainty
      }
      return (weight.map { loss * $0 } ?? loss).reduced(reduction)
    }
  }

  /// The Kullback-Leibler divergence of logarithms of probabilities, as `torch.nn.functional.kl_div`.
  /// - Parameters:
  ///   - reduction: `.batchmean` is the divergence as mathematics defines it.
  ///   - logTarget: the target holds logarithms, too.
  public static func klDiv(
    _ input: Tensor, _ target: Tensor, reduction: Reduction = .mean, logTarget: Bool = false
  ) -> Tensor {
    inOp("kl_div") {
      let input = input.raised, target = target.raised
      let loss: Tensor
      if logTarget {
        loss = target.exp() * (target - input)
      } else {
        loss = target.xlogy(target) - target * input
      }
      return reduction == .batchmean
        ? loss.sum() / Double(Swift.max(input.shape.first ?? 1, 1)) : loss.reduced(reduction)
    }
  }

  private static func checkShapes(_ input: Tensor, _ target: Tensor, _ op: StaticString) {
    guard input.shape == target.shape else {
      fault("\(op)", "target wants the shape of the input; got input \(input.signature), target \(target.signature)")
    }
    guard input.isFloatingPoint(), input.dtype == target.dtype else {
      fault(
        "\(op)",
        "input and target want one floating point dtype; convert one with to(_:); got input \(input.signature), target \(target.signature)"
      )
    }
  }
}
