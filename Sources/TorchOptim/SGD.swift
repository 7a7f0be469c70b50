import Torch

/// Gradient descent with momentum, as `torch.optim.SGD`.
public final class SGD: Optimizer {
  /// Trains parameters, or groups of them that may have options of their own.
  /// - Parameters:
  ///   - params: the tensors to train, usually `model.parameters()`, or groups of them.
  ///   - lr: the learning rate.
  ///   - momentum: how much of the last direction is kept.
  ///   - dampening: what part of a new gradient the momentum does without.
  ///   - weightDecay: added to the gradient, times the weight.
  ///   - nesterov: whether momentum looks one step ahead; wants momentum and no dampening.
  ///   - maximize: whether the objective is made larger.
  ///   - foreach: has no effect; kept for torch's sake.
  ///   - fused: has no effect: a step is one pass over the memory wherever it can be.
  /// - Precondition: no option is negative; there is a parameter.
  public init(
    _ params: [some Trainable], lr: Double = 0.001, momentum: Double = 0, dampening: Double = 0,
    weightDecay: Double = 0,
    nesterov: Bool = false, maximize: Bool = false, foreach: Bool? = nil, fused: Bool? = nil
  ) {
    super.init(
      params,
      defaults: [
        "lr": .double(lr), "momentum": .double(momentum), "dampening": .double(dampening),
        "weight_decay": .double(weightDecay), "nesterov": .bool(nesterov), "maximize": .bool(maximize),
        "foreach": Self.choice(foreach), "differentiable": .bool(false), "fused": Self.choice(fused),
      ])
  }

  public override var savesStep: Bool { false }

  public override func complaint(about group: ParamGroup) -> String? {
    if let negative = Self.negative(group, ["lr", "momentum", "weight_decay"]) { return negative }
    if group.nesterov && (group.momentum <= 0 || group.dampening != 0) {
      return "nesterov wants a momentum above 0 and a dampening of 0, got \(group.momentum) and \(group.dampening)"
    }
    return nil
  }

  public override func update(_ param: Tensor, grad: Tensor, group: ParamGroup, state: ParamState) {
    let momentum = group.momentum
    var buffer = state.tensors["momentum_buffer"]
    let isFirst = buffer == nil
    if momentum != 0 && isFirst {
      buffer = Tensor.empty(like: param)
      state.tensors["momentum_buffer"] = buffer
    }
    state.step += 1
    let options = OptimizerStep.SGD(
      lr: group.lr, momentum: momentum, dampening: group.dampening, weightDecay: group.weightDecay,
      nesterov: group.nesterov, maximize: group.maximize, isFirst: isFirst)
    if OptimizerStep.canRun(param.strided, grad.strided, momentum == 0 ? nil : buffer?.strided) {
      param.written("optimizer") {
        OptimizerStep.sgd(options).run(param: param.strided, grad: grad.strided, states: (buffer?.strided, nil, nil))
      }
      return
    }

    var direction = Self.direction(grad, of: param, group)
    if momentum != 0, let buffer {
      if isFirst {
        buffer.copy_(direction)
      } else {
        buffer.mul_(momentum).add_(direction, alpha: 1 - options.dampening)
      }
      direction = options.nesterov ? direction.add(buffer, alpha: momentum) : buffer
    }
    param.add_(direction, alpha: -options.lr)
  }
}

extension Optimizer {
  /// A sentence about the first of some options that is not zero or more.
  static func negative(_ group: ParamGroup, _ names: [String]) -> String? {
    for name in names where !(group.number(name) >= 0) {
      return "\(name) must be 0 or more, got \(group.number(name))"
    }
    return nil
  }
}
