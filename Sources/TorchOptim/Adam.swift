import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Gradient descent with step sizes adapted to each weight, as `torch.optim.Adam`.
///
/// Kingma and Ba, *Adam: A Method for Stochastic Optimization*, 2015.
public class Adam: Optimizer {
  /// Trains parameters with one set of options.
  /// - Parameters:
  ///   - params: the tensors to train, usually `model.parameters()`.
  ///   - lr: the learning rate.
  ///   - betas: how slowly the averages of the gradient and of its square forget.
  ///   - eps: added to the denominator.
  ///   - weightDecay: added to the gradient, times the weight.
  ///   - amsgrad: whether the largest average of the square so far is used.
  ///   - maximize: whether the objective is made larger.
  ///   - foreach: has no effect; kept for torch's sake.
  ///   - fused: has no effect: a step is one pass over the memory wherever it can be.
  /// - Precondition: no option is negative, the betas are below 1; there is a parameter.
  public convenience init(
    _ params: [Tensor], lr: Double = 0.001, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
    weightDecay: Double = 0, amsgrad: Bool = false, maximize: Bool = false,
    foreach: Bool? = nil, fused: Bool? = nil
  ) {
    self.init(
      Self.oneGroup(params), lr: lr, betas: betas, eps: eps, weightDecay: weightDecay, amsgrad: amsgrad,
      maximize: maximize, foreach: foreach, fused: fused)
  }

  /// Trains groups of parameters; the options are for groups that do not set their own.
  public convenience init(
    _ groups: [ParamGroup], lr: Double = 0.001, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
    weightDecay: Double = 0, amsgrad: Bool = false, maximize: Bool = false,
    foreach: Bool? = nil, fused: Bool? = nil
  ) {
    self.init(
      groups,
      options: Self.options(
        lr, betas, eps, weightDecay, amsgrad: amsgrad, maximize: maximize, foreach: foreach, fused: fused,
        isDecoupled: false))
  }

  init(_ groups: [ParamGroup], options: [String: StateValue]) { super.init(groups, defaults: options) }

  static func options(
    _ lr: Double, _ betas: (Double, Double), _ eps: Double, _ weightDecay: Double, amsgrad: Bool, maximize: Bool,
    foreach: Bool?, fused: Bool?, isDecoupled: Bool
  ) -> [String: StateValue] {
    [
      "lr": .double(lr), "betas": .list([.double(betas.0), .double(betas.1)]), "eps": .double(eps),
      "weight_decay": .double(weightDecay), "amsgrad": .bool(amsgrad), "maximize": .bool(maximize),
      "decoupled_weight_decay": .bool(isDecoupled), "foreach": choice(foreach), "capturable": .bool(false),
      "differentiable": .bool(false), "fused": choice(fused),
    ]
  }

  public override func complaint(about group: ParamGroup) -> String? {
    if let negative = Self.negative(group, ["lr", "eps", "weight_decay"]) { return negative }
    let betas = group.betas
    for beta in [betas.0, betas.1] where !(0..<1).contains(beta) {
      return "betas must be from 0 to below 1, got \(betas)"
    }
    return nil
  }

  public override func update(_ param: Tensor, grad: Tensor, group: ParamGroup, state: ParamState) {
    let amsgrad = group.amsgrad, betas = group.betas
    func average(_ key: String) -> Tensor {
      if let tensor = state.tensors[key] { return tensor }
      let tensor = Tensor.zeros(like: param)
      state.tensors[key] = tensor
      return tensor
    }
    let first = average("exp_avg"), second = average("exp_avg_sq")
    let largest = amsgrad ? average("max_exp_avg_sq") : nil
    state.step += 1
    let options = FusedOptimizers.Adam(
      lr: group.lr, beta1: betas.0, beta2: betas.1, eps: group.eps, weightDecay: group.weightDecay, step: state.step,
      amsgrad: amsgrad, maximize: group.maximize, isDecoupled: group.flag("decoupled_weight_decay"))
    if FusedOptimizers.canRun(param.strided, grad.strided, first.strided, second.strided, largest?.strided) {
      param.written {
        FusedOptimizers.step(
          options, param: param.strided, grad: grad.strided, average: first.strided, square: second.strided,
          largest: largest?.strided)
      }
      return
    }

    var direction = options.maximize ? -grad : grad
    if options.weightDecay != 0 {
      if options.isDecoupled {
        param.mul_(1 - options.lr * options.weightDecay)
      } else {
        direction = direction.add(param, alpha: options.weightDecay)
      }
    }
    first.lerpInPlace(direction, 1 - options.beta1)
    second.mul_(options.beta2).addProduct(direction, direction, 1 - options.beta2)
    let correction1 = 1 - pow(options.beta1, options.step), correction2 = 1 - pow(options.beta2, options.step)
    if let largest { largest.copy_(largest.maximum(second)) }
    let root = (largest ?? second).sqrt() / correction2.squareRoot()
    param.addQuotient(first, root.add_(options.eps), -(options.lr / correction1))
  }
}

/// Adam whose weight decay shrinks the weights themselves, as `torch.optim.AdamW`.
///
/// Loshchilov and Hutter, *Decoupled Weight Decay Regularization*, 2019.
public final class AdamW: Adam {
  /// Trains parameters with one set of options; see ``Adam``.
  public convenience init(
    _ params: [Tensor], lr: Double = 0.001, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
    weightDecay: Double = 0.01, amsgrad: Bool = false, maximize: Bool = false,
    foreach: Bool? = nil, fused: Bool? = nil
  ) {
    self.init(
      Self.oneGroup(params), lr: lr, betas: betas, eps: eps, weightDecay: weightDecay, amsgrad: amsgrad,
      maximize: maximize, foreach: foreach, fused: fused)
  }

  /// Trains groups of parameters; the options are for groups that do not set their own.
  public convenience init(
    _ groups: [ParamGroup], lr: Double = 0.001, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
    weightDecay: Double = 0.01, amsgrad: Bool = false, maximize: Bool = false,
    foreach: Bool? = nil, fused: Bool? = nil
  ) {
    self.init(
      groups,
      options: Self.options(
        lr, betas, eps, weightDecay, amsgrad: amsgrad, maximize: maximize, foreach: foreach, fused: fused,
        isDecoupled: true))
  }
}
