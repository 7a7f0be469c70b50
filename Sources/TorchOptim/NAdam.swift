import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Adam with Nesterov's look ahead, as `torch.optim.NAdam`.
///
/// Dozat, *Incorporating Nesterov Momentum into Adam*, 2016.
public final class NAdam: Optimizer {
  /// Trains parameters, or groups of them that may have options of their own.
  /// - Parameters:
  ///   - params: the tensors to train, usually `model.parameters()`, or groups of them.
  ///   - lr: the learning rate.
  ///   - betas: how slowly the averages of the gradient and of its square forget.
  ///   - eps: added to the denominator.
  ///   - weightDecay: added to the gradient, times the weight.
  ///   - momentumDecay: how fast the momentum grows to its full strength.
  ///   - decoupledWeightDecay: whether weight decay shrinks the weights and leaves the gradient alone, as in AdamW.
  ///   - maximize: whether the objective is made larger.
  ///   - foreach: has no effect; kept for torch's sake.
  /// - Precondition: no option is negative, the betas are below 1; there is a parameter.
  public init(
    _ params: [some Trainable], lr: Double = 0.002, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
    weightDecay: Double = 0, momentumDecay: Double = 0.004, decoupledWeightDecay: Bool = false, foreach: Bool? = nil,
    maximize: Bool = false
  ) {
    super.init(
      params,
      defaults: [
        "lr": .double(lr), "betas": .tuple([.double(betas.0), .double(betas.1)]), "eps": .double(eps),
        "weight_decay": .double(weightDecay), "momentum_decay": .double(momentumDecay),
        "decoupled_weight_decay": .bool(decoupledWeightDecay), "maximize": .bool(maximize),
        "foreach": Self.choice(foreach), "capturable": .bool(false), "differentiable": .bool(false),
      ])
  }

  public override func requiredState(of param: Tensor, in group: ParamGroup) -> [String] {
    ["exp_avg", "exp_avg_sq", "mu_product"]
  }

  public override func complaint(about group: ParamGroup) -> String? {
    Self.negative(group, ["lr", "eps", "weight_decay", "momentum_decay"]) ?? Self.betas(outOfRange: group)
  }

  public override func stateShape(_ key: String, of param: Tensor) -> Shape? {
    key == "mu_product" ? nil : super.stateShape(key, of: param)
  }

  public override func update(_ param: Tensor, grad: Tensor, group: ParamGroup, state: ParamState) {
    let (beta1, beta2) = group.betas, lr = group.lr, decay = group.number("momentum_decay")
    let first = state.zeros("exp_avg", like: param), second = state.zeros("exp_avg_sq", like: param)
    state.step += 1
    func momentum(_ step: Double) -> Double { beta1 * (1 - 0.5 * pow(0.96, step * decay)) }
    let mu = momentum(state.step), next = momentum(state.step + 1)
    // torch keeps the product in float32.
    let product = Float(state.values["mu_product"]?.double ?? 1) * Float(mu)
    state.values["mu_product"] = .tensor(Tensor(product))
    let sofar = Double(product), ahead = sofar * next, correction = 1 - pow(beta2, state.step)
    let isDecoupled = group.flag("decoupled_weight_decay")
    var options = OptimizerStep.Pointwise(.nadam)
    (options.weight, options.squareKeep, options.correction) = (1 - beta1, beta2, correction)
    (options.rate, options.averageRate) = (-lr * (1 - mu) / (1 - sofar), (-lr * next) / (1 - ahead))
    if Self.stepFused(options, param, grad, group, decoupled: isDecoupled, first, second) { return }

    let direction = Self.direction(grad, of: param, group, decoupled: isDecoupled)
    first.lerpInPlace(direction, 1 - beta1)
    second.mul_(beta2).addProduct(direction, direction, 1 - beta2)
    let bottom = (second / correction).sqrt().add_(group.eps)
    param.addQuotient(direction, bottom, options.rate)
    param.addQuotient(first, bottom, options.averageRate)
  }
}
