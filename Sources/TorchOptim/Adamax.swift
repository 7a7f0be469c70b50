import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Adam that divides by the largest gradient of late, as `torch.optim.Adamax`.
///
/// Kingma and Ba, *Adam: A Method for Stochastic Optimization*, 2015, section 7.
public final class Adamax: Optimizer {
  /// Trains parameters, or groups of them that may have options of their own.
  /// - Parameters:
  ///   - params: the tensors to train, usually `model.parameters()`, or groups of them.
  ///   - lr: the learning rate.
  ///   - betas: how slowly the average of the gradient and its largest magnitude forget.
  ///   - eps: added to the gradient's magnitude.
  ///   - weightDecay: added to the gradient, times the weight.
  ///   - foreach: has no effect; kept for torch's sake.
  ///   - maximize: whether the objective is made larger.
  /// - Precondition: no option is negative, the betas are below 1; there is a parameter.
  public init(
    _ params: [some Trainable], lr: Double = 0.002, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
    weightDecay: Double = 0, foreach: Bool? = nil, maximize: Bool = false
  ) {
    super.init(
      params,
      defaults: [
        "lr": .double(lr), "betas": .tuple([.double(betas.0), .double(betas.1)]), "eps": .double(eps),
        "weight_decay": .double(weightDecay), "foreach": Self.choice(foreach), "maximize": .bool(maximize),
        "differentiable": .bool(false), "capturable": .bool(false),
      ])
  }

  public override func requiredState(of param: Tensor, in group: ParamGroup) -> [String] {
    ["exp_avg", "exp_inf"]
  }

  public override func complaint(about group: ParamGroup) -> String? {
    Self.negative(group, ["lr", "eps", "weight_decay"]) ?? Self.betas(outOfRange: group)
  }

  public override func update(_ param: Tensor, grad: Tensor, group: ParamGroup, state: ParamState) {
    let (beta1, beta2) = group.betas
    let average = state.zeros("exp_avg", like: param), largest = state.zeros("exp_inf", like: param)
    state.step += 1
    let rate = group.lr / (1 - pow(beta1, state.step))
    var options = OptimizerStep.Pointwise(.adamax)
    (options.weight, options.squareKeep, options.rate) = (1 - beta1, beta2, -rate)
    if Self.stepFused(options, param, grad, group, average, largest) { return }

    let direction = Self.direction(grad, of: param, group)
    average.lerpInPlace(direction, 1 - beta1)
    largest.copy_(largest.mul_(beta2).maximum(direction.abs().add_(group.eps)))
    param.addQuotient(average, largest, -rate)
  }
}
