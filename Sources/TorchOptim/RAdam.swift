import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Adam that waits until its average of squares can be trusted, as `torch.optim.RAdam`.
///
/// Liu et al., *On the Variance of the Adaptive Learning Rate and Beyond*, 2020.
public final class RAdam: Optimizer {
  /// Trains parameters, or groups of them that may have options of their own.
  /// - Parameters:
  ///   - params: the tensors to train, usually `model.parameters()`, or groups of them.
  ///   - lr: the learning rate.
  ///   - betas: how slowly the averages of the gradient and of its square forget.
  ///   - eps: added to the denominator.
  ///   - weightDecay: added to the gradient, times the weight.
  ///   - decoupledWeightDecay: whether weight decay shrinks the weights and leaves the gradient alone, as in AdamW.
  ///   - maximize: whether the objective is made larger.
  ///   - foreach: has no effect; kept for torch's sake.
  /// - Precondition: no option is negative, the betas are below 1; there is a parameter.
  public init(
    _ params: [some Trainable], lr: Double = 0.001, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
    weightDecay: Double = 0, decoupledWeightDecay: Bool = false, foreach: Bool? = nil, maximize: Bool = false
  ) {
    super.init(
      params,
      defaults: [
        "lr": .double(lr), "betas": .tuple([.double(betas.0), .double(betas.1)]), "eps": .double(eps),
        "weight_decay": .double(weightDecay), "maximize": .bool(maximize), "foreach": Self.choice(foreach),
        "capturable": .bool(false), "decoupled_weight_decay": .bool(decoupledWeightDecay),
        "differentiable": .bool(false),
      ])
  }

  public override func requiredState(of param: Tensor, in group: ParamGroup) -> [String] {
    ["exp_avg", "exp_avg_sq"]
  }

  public override func complaint(about group: ParamGroup) -> String? {
    Self.negative(group, ["lr", "eps", "weight_decay"]) ?? Self.betas(outOfRange: group)
  }

  public override func update(_ param: Tensor, grad: Tensor, group: ParamGroup, state: ParamState) {
    let (beta1, beta2) = group.betas
    let first = state.zeros("exp_avg", like: param), second = state.zeros("exp_avg_sq", like: param)
    state.step += 1
    let step = state.step, isDecoupled = group.flag("decoupled_weight_decay")
    let correction2 = 1 - pow(beta2, step)
    var options = OptimizerStep.Pointwise(.radam)
    (options.weight, options.squareKeep) = (1 - beta1, beta2)
    (options.rate, options.correction) = (group.lr, 1 - pow(beta1, step))
    // How long an average the squares amount to, now and at last.
    let longest = 2 / (1 - beta2) - 1, length = longest - 2 * step * pow(beta2, step) / correction2
    if length > 5 {
      let part = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
      (options.root, options.rectifier) = (pow(correction2, 0.5), pow(part, 0.5))
    }
    if Self.stepFused(options, param, grad, group, decoupled: isDecoupled, first, second) { return }

    let direction = Self.direction(grad, of: param, group, decoupled: isDecoupled)
    first.lerpInPlace(direction, 1 - beta1)
    second.mul_(beta2).addProduct(direction, direction, 1 - beta2)
    var way = first / options.correction * group.lr
    if options.rectifier != 0 {
      way = way * (second.sqrt().add_(group.eps).reciprocal() * options.root) * options.rectifier
    }
    param.add_(way, alpha: -1.0)
  }
}
