import Torch

/// Steps whose sizes follow the sign of the gradient alone, as `torch.optim.Rprop`; for whole batches.
///
/// Riedmiller and Braun, *A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP Algorithm*, 1993.
public final class Rprop: Optimizer {
  /// Trains parameters, or groups of them that may have options of their own.
  /// - Parameters:
  ///   - params: the tensors to train, usually `model.parameters()`, or groups of them.
  ///   - lr: the size of the first step.
  ///   - etas: what a step size is multiplied by when the sign turns, and when it stays.
  ///   - stepSizes: the smallest and the largest step.
  ///   - foreach: has no effect; kept for torch's sake.
  ///   - maximize: whether the objective is made larger.
  /// - Precondition: `lr` is not negative, 0 < `etas.0` < 1 < `etas.1`; there is a parameter.
  public init(
    _ params: [some Trainable], lr: Double = 0.01, etas: (Double, Double) = (0.5, 1.2),
    stepSizes: (Double, Double) = (1e-6, 50), foreach: Bool? = nil, maximize: Bool = false
  ) {
    super.init(
      params,
      defaults: [
        "lr": .double(lr), "etas": .tuple([.double(etas.0), .double(etas.1)]),
        "step_sizes": .tuple([.double(stepSizes.0), .double(stepSizes.1)]), "foreach": Self.choice(foreach),
        "maximize": .bool(maximize), "differentiable": .bool(false), "capturable": .bool(false),
      ])
  }

  public override func requiredState(of param: Tensor, in group: ParamGroup) -> [String] {
    ["prev", "step_size"]
  }

  public override func complaint(about group: ParamGroup) -> String? {
    if let negative = Self.negative(group, ["lr"]) { return negative }
    let etas = group.pair("etas")
    return 0 < etas.0 && etas.0 < 1 && 1 < etas.1
      ? nil : "etas must be between 0 and 1, and above 1, got \(etas)"
  }

  public override func update(_ param: Tensor, grad: Tensor, group: ParamGroup, state: ParamState) {
    let (less, more) = group.pair("etas"), (smallest, largest) = group.pair("step_sizes")
    if state.tensors["step_size"] == nil { state.zeros("step_size", like: param).fill_(group.lr) }
    let last = state.zeros("prev", like: param), size = state.zeros("step_size", like: param)
    state.step += 1
    var options = OptimizerStep.Pointwise(.rprop)
    (options.less, options.more, options.smallest, options.largest) = (less, more, smallest, largest)
    if Self.stepFused(options, param, grad, group, last, size) { return }

    let direction = group.maximize ? -grad : grad
    let agreement = direction * last, turned = agreement .< 0
    let factor = Tensor.ones(like: param).maskedFill(agreement .> 0, value: more).maskedFill(turned, value: less)
    size.mul_(factor).clamp_(min: smallest, max: largest)
    // After a turn the step is left out, and the next one counts as the first.
    last.copy_(direction.maskedFill(turned, value: 0))
    param.addProduct(last.sign(), size, -1)
  }
}
