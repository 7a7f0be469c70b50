import Torch

/// Gradients divided by the root of their average square, as `torch.optim.RMSprop`.
///
/// Hinton, *Neural Networks for Machine Learning*, lecture 6e, 2012; centered: Graves, *Generating Sequences With
/// Recurrent Neural Networks*, 2013.
public final class RMSprop: Optimizer {
  /// Trains parameters, or groups of them that may have options of their own.
  /// - Parameters:
  ///   - params: the tensors to train, usually `model.parameters()`, or groups of them.
  ///   - lr: the learning rate.
  ///   - alpha: how slowly the average of squares forgets.
  ///   - eps: added to the denominator.
  ///   - weightDecay: added to the gradient, times the weight.
  ///   - momentum: how much of the last direction is kept.
  ///   - centered: whether the square of the average gradient is taken off, which leaves its variance.
  ///   - foreach: has no effect; kept for torch's sake.
  ///   - maximize: whether the objective is made larger.
  /// - Precondition: no option is negative; there is a parameter.
  public init(
    _ params: [some Trainable], lr: Double = 0.01, alpha: Double = 0.99, eps: Double = 1e-8, weightDecay: Double = 0,
    momentum: Double = 0, centered: Bool = false, foreach: Bool? = nil, maximize: Bool = false
  ) {
    super.init(
      params,
      defaults: [
        "lr": .double(lr), "momentum": .double(momentum), "alpha": .double(alpha), "eps": .double(eps),
        "centered": .bool(centered), "weight_decay": .double(weightDecay), "capturable": .bool(false),
        "foreach": Self.choice(foreach), "maximize": .bool(maximize), "differentiable": .bool(false),
      ])
  }

  public override func requiredState(of param: Tensor, in group: ParamGroup) -> [String] {
    ["square_avg"] + (group.momentum > 0 ? ["momentum_buffer"] : []) + (group.flag("centered") ? ["grad_avg"] : [])
  }

  public override func complaint(about group: ParamGroup) -> String? {
    Self.negative(group, ["lr", "eps", "momentum", "weight_decay", "alpha"])
  }

  public override func update(_ param: Tensor, grad: Tensor, group: ParamGroup, state: ParamState) {
    let alpha = group.number("alpha")
    let square = state.zeros("square_avg", like: param)
    let average = group.flag("centered") ? state.zeros("grad_avg", like: param) : nil
    let buffer = group.momentum > 0 ? state.zeros("momentum_buffer", like: param) : nil
    state.step += 1
    var options = OptimizerStep.Pointwise(.rmsprop)
    (options.weight, options.squareKeep) = (1 - alpha, alpha)
    (options.rate, options.momentum) = (-group.lr, group.momentum)
    if Self.stepFused(options, param, grad, group, square, average, buffer) { return }

    let direction = Self.direction(grad, of: param, group)
    square.mul_(alpha).addProduct(direction, direction, 1 - alpha)
    var bottom = square
    if let average {
      average.lerpInPlace(direction, 1 - alpha)
      bottom = square.clone()
      bottom.addProduct(average, average, -1)
    }
    bottom = bottom.sqrt().add_(group.eps)
    if let buffer {
      buffer.mul_(group.momentum).addQuotient(direction, bottom, 1)
      param.add_(buffer, alpha: -group.lr)
    } else {
      param.addQuotient(direction, bottom, -group.lr)
    }
  }
}
