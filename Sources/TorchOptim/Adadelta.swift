import Torch

/// Steps in the measure of the last steps, with no learning rate to choose, as `torch.optim.Adadelta`.
///
/// Zeiler, *ADADELTA: An Adaptive Learning Rate Method*, 2012.
public final class Adadelta: Optimizer {
  /// Trains parameters, or groups of them that may have options of their own.
  /// - Parameters:
  ///   - params: the tensors to train, usually `model.parameters()`, or groups of them.
  ///   - lr: what a step is multiplied by.
  ///   - rho: how slowly the averages of squares forget.
  ///   - eps: added below both roots.
  ///   - weightDecay: added to the gradient, times the weight.
  ///   - foreach: has no effect; kept for torch's sake.
  ///   - maximize: whether the objective is made larger.
  /// - Precondition: no option is negative, `rho` is at most 1; there is a parameter.
  public init(
    _ params: [some Trainable], lr: Double = 1, rho: Double = 0.9, eps: Double = 1e-6, weightDecay: Double = 0,
    foreach: Bool? = nil, maximize: Bool = false
  ) {
    super.init(
      params,
      defaults: [
        "lr": .double(lr), "rho": .double(rho), "eps": .double(eps), "weight_decay": .double(weightDecay),
        "maximize": .bool(maximize), "capturable": .bool(false), "foreach": Self.choice(foreach),
        "differentiable": .bool(false),
      ])
  }

  public override func requiredState(of param: Tensor, in group: ParamGroup) -> [String] {
    ["square_avg", "acc_delta"]
  }

  public override func complaint(about group: ParamGroup) -> String? {
    if let negative = Self.negative(group, ["lr", "eps", "weight_decay"]) { return negative }
    let rho = group.number("rho")
    return (0...1).contains(rho) ? nil : "rho must be from 0 to 1, got \(rho)"
  }

  public override func update(_ param: Tensor, grad: Tensor, group: ParamGroup, state: ParamState) {
    let rho = group.number("rho"), eps = group.eps
    let square = state.zeros("square_avg", like: param), steps = state.zeros("acc_delta", like: param)
    state.step += 1
    var options = OptimizerStep.Pointwise(.adadelta)
    (options.squareKeep, options.rate) = (rho, -group.lr)
    if Self.stepFused(options, param, grad, group, square, steps) { return }

    let direction = Self.direction(grad, of: param, group)
    square.mul_(rho).addProduct(direction, direction, 1 - rho)
    let way = steps.add(eps).sqrt().div_(square.add(eps).sqrt()).mul_(direction)
    steps.mul_(rho).addProduct(way, way, 1 - rho)
    param.add_(way, alpha: -group.lr)
  }
}
