import Torch

// The compound steps of optimizers as PyTorch rounds them: narrow floats are widened for one step and rounded once.

extension Tensor {
  /// `self + weight * (end - self)`, leaning on the nearer end, as `torch.Tensor.lerp_`.
  func lerpInPlace(_ end: Tensor, _ weight: Double) {
    let start = widened, end = end.widened, way = end - start
    copy_(weight.magnitude < 0.5 ? start.add(way, alpha: weight) : end.sub(way, alpha: 1 - weight))
  }

  /// `self + value * x * y`, as `torch.Tensor.addcmul_`.
  func addProduct(_ x: Tensor, _ y: Tensor, _ value: Double) {
    copy_(widened + x.widened * value * y.widened)
  }

  /// `self + value * x / y`, as `torch.Tensor.addcdiv_`.
  func addQuotient(_ x: Tensor, _ y: Tensor, _ value: Double) {
    copy_(widened + x.widened * value / y.widened)
  }
}

extension Optimizer {
  /// One pass over memory where the tensors allow it; false where the step is to be made of single ops.
  ///
  /// What all kinds share is filled in here: the direction, the decay, the small number.
  static func stepFused(
    _ options: OptimizerStep.Pointwise, _ param: Tensor, _ grad: Tensor, _ group: ParamGroup, decoupled: Bool = false,
    _ first: Tensor, _ second: Tensor? = nil, _ third: Tensor? = nil
  ) -> Bool {
    guard
      OptimizerStep.canRun(param.strided, grad.strided, first.strided, second?.strided, third?.strided)
    else { return false }
    var options = options
    options.maximize = group.maximize
    options.isDecoupled = decoupled
    options.weightDecay = group.options["weight_decay"]?.double ?? 0
    options.keep = 1 - group.lr * options.weightDecay
    options.eps = group.eps
    param.written("optimizer") {
      OptimizerStep.pointwise(options).run(
        param: param.strided, grad: grad.strided, states: (first.strided, second?.strided, third?.strided))
    }
    return true
  }
}
