import Torch

/// Steps that shrink with the sum of all squared gradients so far, as `torch.optim.Adagrad`.
///
/// Duchi, Hazan and Singer, *Adaptive Subgradient Methods for Online Learning and Stochastic Optimization*, 2011.
public final class Adagrad: Optimizer {
  /// Trains parameters, or groups of them that may have options of their own.
  /// - Parameters:
  ///   - params: the tensors to train, usually `model.parameters()`, or groups of them.
  ///   - lr: the learning rate.
  ///   - lrDecay: how fast the learning rate falls with the number of steps.
  ///   - weightDecay: added to the gradient, times the weight.
  ///   - initialAccumulatorValue: where the sum of squares starts.
  ///   - eps: added to the denominator.
  ///   - foreach: has no effect; kept for torch's sake.
  ///   - maximize: whether the objective is made larger.
  ///   - fused: has no effect; kept for torch's sake.
  /// - Precondition: no option is negative; there is a parameter.
  public init(
    _ params: [some Trainable], lr: Double = 0.01, lrDecay: Double = 0, weightDecay: Double = 0,
    initialAccumulatorValue: Double = 0, eps: Double = 1e-10, foreach: Bool? = nil, maximize: Bool = false,
    fused: Bool? = nil
  ) {
    super.init(
      params,
      defaults: [
        "lr": .double(lr), "lr_decay": .double(lrDecay), "eps": .double(eps), "weight_decay": .double(weightDecay),
        "initial_accumulator_value": .double(initialAccumulatorValue), "foreach": Self.choice(foreach),
        "maximize": .bool(maximize), "differentiable": .bool(false), "fused": Self.choice(fused),
      ])
    // As in torch, the sums are there before the first step.
    for param in paramGroups.flatMap(\.params) { _ = sum(of: param, state(of: param)) }
  }

  public override func requiredState(of param: Tensor, in group: ParamGroup) -> [String] {
    ["sum"]
  }

  public override func complaint(about group: ParamGroup) -> String? {
    Self.negative(group, ["lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"])
  }

  private func sum(of param: Tensor, _ state: ParamState) -> Tensor {
    if let sum = state.tensors["sum"] { return sum }
    let sum = Tensor.zeros(like: param)
    if let start = defaults["initial_accumulator_value"]?.double { sum.fill_(start) }
    state.tensors["sum"] = sum
    return sum
  }

  public override func update(_ param: Tensor, grad: Tensor, group: ParamGroup, state: ParamState) {
    let sum = sum(of: param, state)
    state.step += 1
    let rate = group.lr / (1 + (state.step - 1) * group.number("lr_decay"))
    var options = OptimizerStep.Pointwise(.adagrad)
    options.rate = -rate
    if Self.stepFused(options, param, grad, group, sum) { return }

    let direction = Self.direction(grad, of: param, group)
    sum.addProduct(direction, direction, 1)
    param.addQuotient(direction, sum.sqrt().add_(group.eps), -rate)
  }
}
