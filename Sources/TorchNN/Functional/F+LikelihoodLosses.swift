import Torch

// Negative logarithms of likelihoods.

extension F {
  /// Negative log likelihood of counts, as `torch.nn.functional.poisson_nll_loss`.
  /// - Parameters:
  ///   - logInput: whether the input is the logarithm of the rate, else the rate.
  ///   - full: whether Stirling's approximation of the target's factorial is added.
  ///   - eps: added to a rate before its logarithm is taken.
  public static func poissonNllLoss(
    _ input: Tensor, _ target: Tensor, logInput: Bool = true, full: Bool = false, eps: Double = 1e-8,
    reduction: Reduction = .mean
  ) -> Tensor {
    inOp("poisson_nll_loss") {
      let input = input.raised, target = target.raised
      var loss = logInput ? input.exp() - target * input : input - target * (input + eps).log()
      if full {
        let stirling = target * target.log() - target + 0.5 * (2 * Double.pi * target).log()
        loss = loss + stirling.maskedFill(target .<= 1, value: 0)
      }
      return loss.reduced(reduction)
    }
  }

  /// Negative log likelihood of normal numbers, as `torch.nn.functional.gaussian_nll_loss`.
  ///
  /// Nix and Weigend, "Estimating the mean and variance of the target probability distribution", 1994.
  /// - Parameters:
  ///   - variance: in the shape of the input, or with 1 or nothing in place of one size.
  ///   - full: whether the constant is added.
  ///   - eps: the smallest variance that counts; the bound is not part of the derivative.
  /// - Precondition: no variance is negative.
  public static func gaussianNllLoss(
    _ input: Tensor, _ target: Tensor, _ variance: Tensor, full: Bool = false, eps: Double = 1e-6,
    reduction: Reduction = .mean
  ) -> Tensor {
    inOp("gaussian_nll_loss") {
      func refuse(_ rule: String) -> Never {
        fault("gaussian_nll_loss", "\(rule); got input \(input.signature), variance \(variance.signature)")
      }
      guard !((variance .< 0).any().item() as Bool) else { refuse("no variance may be negative, one is") }
      var variance = variance
      if variance.shape != input.shape {
        if variance.shape.elementsEqual(input.shape.dropLast()) && input.ndim > 0 {
          variance = variance.unsqueeze(-1)
        } else {
          let others = input.ndim == variance.ndim ? zip(input.shape, variance.shape).filter { $0 != $1 } : []
          guard others.reduce(0, { $0 + $1.1 }) == 1 else {
            refuse("the variance wants the input's shape, or 1 or nothing in place of one size")
          }
        }
      }
      let held = variance.clone()
      noGrad { held.clamp_(min: eps) }
      var loss = 0.5 * (held.log() + (input - target).square() / held)
      if full { loss = loss + 0.5 * 1.8378770664093453 }
      return loss.reduced(reduction)
    }
  }
  /// As ``gaussianNllLoss(_:_:_:full:eps:reduction:)-(Tensor,Tensor,Tensor,_,_,_)`` with one variance for all.
  public static func gaussianNllLoss(
    _ input: Tensor, _ target: Tensor, _ variance: Double, full: Bool = false, eps: Double = 1e-6,
    reduction: Reduction = .mean
  ) -> Tensor {
    gaussianNllLoss(
      input, target, Tensor.full(like: input, variance), full: full, eps: eps, reduction: reduction)
  }
}
