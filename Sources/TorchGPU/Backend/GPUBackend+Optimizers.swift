import TorchBackend

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// Optimizer steps: one launch for a parameter.

extension OptimizerStep.Pointwise.Kind {
  /// The macro that optimizer.cl knows it by.
  var inKernels: String {
    switch self {
    case .adadelta: "OPTIMIZER_ADADELTA"
    case .adagrad: "OPTIMIZER_ADAGRAD"
    case .adamax: "OPTIMIZER_ADAMAX"
    case .nadam: "OPTIMIZER_NADAM"
    case .radam: "OPTIMIZER_RADAM"
    case .rmsprop: "OPTIMIZER_RMSPROP"
    case .rprop: "OPTIMIZER_RPROP"
    case .asgd: "OPTIMIZER_ASGD"
    }
  }

  static let all: [OptimizerStep.Pointwise.Kind] = [
    .adadelta, .adagrad, .adamax, .nadam, .radam, .rmsprop, .rprop, .asgd,
  ]
}

extension GPUBackend {
  package func runsOptimizers(in dtype: DType) -> Bool { dtype == .float32 || dtype == .float64 }

  package func optimizerStep(_ step: OptimizerStep, param: Strided, grad: Strided, states: OptimizerStep.States) {
    if param.count == 0 { return }
    let macro: String
    var arguments = GPUArguments()
    arguments.add(Int64(param.count))
    func add(_ numbers: Double...) {
      for number in numbers {
        if param.dtype == .float64 { arguments.add(number) } else { arguments.add(Float(number)) }
      }
    }
    /// What all steps begin with.
    func open(maximize: Bool, weightDecay: Double, isDecoupled: Bool, keep: Double) {
      arguments.add(Int32(maximize ? 1 : 0))
      arguments.add(Int32(weightDecay == 0 ? 0 : isDecoupled ? 2 : 1))
      add(weightDecay, keep)
    }
    func add(optional operand: Strided?) {
      arguments.add(Int32(operand == nil ? 0 : 1))
      arguments.add(operand ?? param)
    }
    switch step {
    case .sgd(let o):
      macro = "OPTIMIZER_SGD"
      open(maximize: o.maximize, weightDecay: o.weightDecay, isDecoupled: false, keep: 1)
      add(o.momentum, 1 - o.dampening)
      arguments.add(Int32(o.nesterov ? 1 : 0))
      arguments.add(Int32(o.isFirst ? 1 : 0))
      add(-o.lr)
      arguments.add(param)
      arguments.add(grad)
      add(optional: o.momentum == 0 ? nil : states.0)
    case .adam(let o):
      guard let average = states.0, let square = states.1 else { fault("optimizer", "Adam's averages are missing") }
      macro = "OPTIMIZER_ADAM"
      open(
        maximize: o.maximize, weightDecay: o.weightDecay, isDecoupled: o.isDecoupled, keep: 1 - o.lr * o.weightDecay)
      let correction1 = 1 - pow(o.beta1, o.step), correction2 = 1 - pow(o.beta2, o.step)
      add(1 - o.beta1)
      arguments.add(Int32((1 - o.beta1).magnitude < 0.5 ? 1 : 0))
      add(o.beta2, 1 - o.beta2, correction2.squareRoot(), o.eps, -(o.lr / correction1))
      for operand in [param, grad, average, square] { arguments.add(operand) }
      add(optional: o.amsgrad ? states.2 : nil)
    case .pointwise(let o):
      guard let first = states.0 else { fault("optimizer", "\(o.kind) keeps something of each parameter") }
      macro = o.kind.inKernels
      open(maximize: o.maximize, weightDecay: o.weightDecay, isDecoupled: o.isDecoupled, keep: o.keep)
      add(o.weight)
      arguments.add(Int32(o.weight.magnitude < 0.5 ? 1 : 0))
      add(o.squareKeep, 1 - o.squareKeep, o.eps, o.rate, o.averageRate, o.correction, o.root, o.rectifier, o.momentum)
      add(o.less, o.more, o.smallest, o.largest, o.shrink, o.share)
      for operand in [param, grad, first] { arguments.add(operand) }
      add(optional: states.1)
      add(optional: states.2)
    }
    run(
      "optimizer_step", of: program("optimizer", [("OPTIMIZER", macro)], x: param.dtype), count: param.count, arguments)
  }

  package func scale(_ x: Strided, by factor: Double, noting found: Strided) {
    if x.count == 0 { return }
    let views = KernelViews(x)
    guard views.fits else {
      let fresh = contiguous(x)
      scale(fresh, by: factor, noting: found)
      return copy(fresh, into: x)
    }
    var arguments = GPUArguments()
    arguments.add(Int64(x.count))
    arguments.add(sizes: views)
    if x.dtype == .float64 { arguments.add(factor) } else { arguments.add(Float(factor)) }
    arguments.add(x)
    arguments.add(strides: views, of: 0)
    arguments.add(found)
    run(
      "scale_noting", of: program("optimizer", [("OPTIMIZER", "OPTIMIZER_SCALE")], x: x.dtype), count: x.count,
      arguments)
  }
}
