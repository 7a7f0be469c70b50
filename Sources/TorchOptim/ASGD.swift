import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Gradient descent that keeps the average of its path, as `torch.optim.ASGD`.
///
/// The average stands in the state, as `"ax"`. Polyak and Juditsky, *Acceleration of Stochastic Approximation by
/// Averaging*, 1992.
public final class ASGD: Optimizer {
  /// Trains parameters, or groups of them that may have options of their own.
  /// - Parameters:
  ///   - params: the tensors to train, usually `model.parameters()`, or groups of them.
  ///   - lr: the learning rate.
  ///   - lambd: how fast the weights are drawn to zero.
  ///   - alpha: the power by which the learning rate falls.
  ///   - t0: the step at which averaging starts.
  ///   - weightDecay: added to the gradient, times the weight.
  ///   - foreach: has no effect; kept for torch's sake.
  ///   - maximize: whether the objective is made larger.
  /// - Precondition: no option but `t0` is negative; there is a parameter.
  public init(
    _ params: [some Trainable], lr: Double = 0.01, lambd: Double = 1e-4, alpha: Double = 0.75, t0: Double = 1e6,
    weightDecay: Double = 0, foreach: Bool? = nil, maximize: Bool = false
  ) {
    super.init(
      params,
      defaults: [
        "lr": .double(lr), "lambd": .double(lambd), "alpha": .double(alpha), "t0": .double(t0),
        "weight_decay": .double(weightDecay), "foreach": Self.choice(foreach), "maximize": .bool(maximize),
        "differentiable": .bool(false), "capturable": .bool(false),
      ])
  }

  public override func requiredState(of param: Tensor, in group: ParamGroup) -> [String] {
    ["ax", "eta", "mu"]
  }

  public override func complaint(about group: ParamGroup) -> String? {
    Self.negative(group, ["lr", "lambd", "alpha", "weight_decay"])
  }

  public override func stateShape(_ key: String, of param: Tensor) -> Shape? {
    key == "eta" || key == "mu" ? nil : super.stateShape(key, of: param)
  }

  public override func update(_ param: Tensor, grad: Tensor, group: ParamGroup, state: ParamState) {
    let lambd = group.number("lambd"), lr = group.lr
    let average = state.zeros("ax", like: param)
    // torch keeps the two numbers in float32.
    let rate = state.values["eta"]?.double ?? Double(Float(lr)), share = state.values["mu"]?.double ?? 1
    state.step += 1
    var options = OptimizerStep.Pointwise(.asgd)
    (options.rate, options.shrink, options.share) = (-rate, 1 - lambd * rate, share)
    if !Self.stepFused(options, param, grad, group, average) {
      let direction = Self.direction(grad, of: param, group)
      param.mul_(options.shrink)
      param.add_(direction, alpha: -rate)
      if share == 1 {
        average.copy_(param)
      } else {
        average.add_(param.sub(average).mul_(share))
      }
    }
    let next = lr / pow(1 + lambd * lr * state.step, group.number("alpha"))
    state.values["eta"] = .tensor(Tensor(Float(next)))
    state.values["mu"] = .tensor(Tensor(Float(1 / max(1, state.step - group.number("t0")))))
  }
}
