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
  /// Trains parameters, or groups of them that may have options of their own.
  /// - Parameters:
  ///   - params: the tensors to train, usually `model.parameters()`, or groups of them.
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
    _ params: [some Trainable], lr: Double = 0.001, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
    weightDecay: Double = 0, amsgrad: Bool = false, maximize: Bool = false,
    foreach: Bool? = nil, fused: Bool? = nil
  ) {
    self.init(
      params,
      options: Self.options(
        lr, betas, eps, weightDecay, amsgrad: amsgrad, maximize: maximize, foreach: foreach, fused: fused,
        isDecoupled: false))
  }

  init(_ params: [some Trainable], options: KeyValuePairs<String, StateValue>) { super.init(params, defaults: options) }

  static func options(
    _ lr: Double, _ betas: (Double, Double), _ eps: Double, _ weightDecay: Double, amsgrad: Bool, maximize: Bool,
    foreach: Bool?, fused: Bool?, isDecoupled: Bool
  ) -> KeyValuePairs<String, StateValue> {
    [
      "lr": .double(lr), "betas": .tuple([.double(betas.0), .double(betas.1)]), "eps": .double(eps),
      "weight_decay": .double(weightDecay), "amsgrad": .bool(amsgrad), "maximize": .bool(maximize),
      "foreach": choice(foreach), "capturable": .bool(false), "differentiable": .bool(false), "fused": choice(fused),
      "decoupled_weight_decay": .bool(isDecoupled),
    ]
  }

  public override func requiredState(of param: Tensor, in group: ParamGroup) -> [String] {
    ["exp_avg", "exp_avg_sq"] + (group.amsgrad ? ["max_exp_avg_sq"] : [])
  }

  public override func complaint(about group: ParamGroup) -> String? {
    Self.negative(group, ["lr", "eps", "weight_decay"]) ?? Self.betas(outOfRange: group)
  }

  public override func update(_ param: Tensor, grad: Tensor, group: ParamGroup, state: ParamState) {
    let amsgrad = group.amsgrad, betas = group.betas
    let first = state.zeros("exp_avg", like: param), second = state.zeros("exp_avg_sq", like: param)
    let largest = amsgrad ? state.zeros("max_exp_avg_sq", like: param) : nil
    state.step += 1
    let options = OptimizerStep.Adam(
      lr: group.lr, beta1: betas.0, beta2: betas.1, eps: group.eps, weightDecay: group.weightDecay, step: state.step,
      amsgrad: amsgrad, maximize: group.maximize, isDecoupled: group.flag("decoupled_weight_decay"))
    if OptimizerStep.canRun(param.strided, grad.strided, first.strided, second.strided, largest?.strided) {
      param.written("optimizer") {
        OptimizerStep.adam(options).run(
          param: param.strided, grad: grad.strided, states: (first.strided, second.strided, largest?.strided))
      }
      return
    }

    let direction = Self.direction(grad, of: param, group, decoupled: options.isDecoupled)
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
  /// Trains parameters, or groups of them; see ``Adam``.
  public convenience init(
    _ params: [some Trainable], lr: Double = 0.001, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
    weightDecay: Double = 0.01, amsgrad: Bool = false, maximize: Bool = false,
    foreach: Bool? = nil, fused: Bool? = nil
  ) {
    self.init(
      params,
      options: Self.options(
        lr, betas, eps, weightDecay, amsgrad: amsgrad, maximize: maximize, foreach: foreach, fused: fused,
        isDecoupled: true))
  }
}
