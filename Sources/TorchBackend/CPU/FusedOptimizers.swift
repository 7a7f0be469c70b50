import CTorchKernels

/// Optimizer steps in one pass over memory, for row-major float32 and float64 tensors of the CPU.
package enum FusedOptimizers {
  /// Elements a thread takes at least.
  private static let grain = 1 << 15

  /// The numbers of one step of gradient descent, named as `torch.optim.SGD` names them.
  package struct SGD: Sendable {
    package var lr, momentum, dampening, weightDecay: Double
    package var nesterov, maximize: Bool
    /// Whether the momentum buffer has no content yet and starts as the gradient.
    package var isFirst: Bool

    package init(
      lr: Double, momentum: Double, dampening: Double, weightDecay: Double, nesterov: Bool, maximize: Bool,
      isFirst: Bool
    ) {
      (self.lr, self.momentum, self.dampening, self.weightDecay) = (lr, momentum, dampening, weightDecay)
      (self.nesterov, self.maximize, self.isFirst) = (nesterov, maximize, isFirst)
    }
  }

  /// The numbers of one step of Adam or AdamW, named as `torch.optim.Adam` names them.
  package struct Adam: Sendable {
    package var lr, beta1, beta2, eps, weightDecay: Double
    /// The number of this step, from 1.
    package var step: Double
    package var amsgrad, maximize: Bool
    /// Whether weight decay shrinks the weights (AdamW) and leaves the gradient alone.
    package var isDecoupled: Bool

    package init(
      lr: Double, beta1: Double, beta2: Double, eps: Double, weightDecay: Double, step: Double, amsgrad: Bool,
      maximize: Bool, isDecoupled: Bool
    ) {
      (self.lr, self.beta1, self.beta2, self.eps, self.weightDecay) = (lr, beta1, beta2, eps, weightDecay)
      (self.step, self.amsgrad, self.maximize, self.isDecoupled) = (step, amsgrad, maximize, isDecoupled)
    }
  }

  /// The numbers of one step of an optimizer that goes element by element; what a kind does not use stays zero.
  package struct Pointwise: Sendable {
    /// Which optimizer it is; its states stand in the order of `tk_step_kind`.
    package enum Kind: Sendable { case adadelta, adagrad, adamax, nadam, radam, rmsprop, rprop, asgd }

    package var kind: Kind
    package var maximize = false, isDecoupled = false
    /// How strongly weights decay, and what a decoupled decay leaves of them.
    package var weightDecay = 0.0, keep = 1.0
    /// What a new gradient counts in the average of gradients, and what is kept of the average of squares.
    package var weight = 0.0, squareKeep = 0.0
    package var eps = 0.0
    /// What the gradient's quotient is multiplied by, and what NAdam's average is.
    package var rate = 0.0, averageRate = 0.0
    /// What RAdam's average of gradients, or NAdam's of squares, is divided by.
    package var correction = 1.0
    /// RAdam's root of the correction of squares and its rectifier; none while that is 0.
    package var root = 0.0, rectifier = 0.0
    package var momentum = 0.0
    /// What Rprop multiplies a step size by after a turn and without, and its bounds.
    package var less = 1.0, more = 1.0, smallest = 0.0, largest = 0.0
    /// What ASGD keeps of the weights, and what the new ones count in their average.
    package var shrink = 1.0, share = 1.0

    package init(_ kind: Kind) { self.kind = kind }
  }

  /// Whether the tensors of one step can be walked side by side here.
  package static func canRun(_ tensors: Strided?...) -> Bool {
    guard let first = tensors[0], first.dtype == .float32 || first.dtype == .float64 else { return false }
    return tensors.allSatisfy { tensor in
      guard let tensor else { return true }
      return tensor.device == .cpu && tensor.dtype == first.dtype && tensor.isContiguous
        && tensor.count == first.count
    }
  }

  /// Moves `param` one step; `buffer` is the momentum, needed where there is any.
  package static func step(_ options: SGD, param: Strided, grad: Strided, buffer: Strided?) {
    let numbers = tk_sgd_options(
      lr: options.lr, momentum: options.momentum, dampening: options.dampening, weight_decay: options.weightDecay,
      nesterov: options.nesterov ? 1 : 0, maximize: options.maximize ? 1 : 0, first: options.isFirst ? 1 : 0)
    if param.dtype == .float32 {
      let (p, g, b) = (of(param, Float.self), of(grad, Float.self), buffer.map { of($0, Float.self) })
      run(param.count, numbers) { i, n, numbers in
        tk_sgd_step_f32(n, p + i, g + i, b.map { $0 + i }, numbers)
      }
    } else {
      let (p, g, b) = (of(param, Double.self), of(grad, Double.self), buffer.map { of($0, Double.self) })
      run(param.count, numbers) { i, n, numbers in
        tk_sgd_step_f64(n, p + i, g + i, b.map { $0 + i }, numbers)
      }
    }
  }

  /// Moves `param`, its two averages and, with amsgrad, the largest second average one step.
  package static func step(
    _ options: Adam, param: Strided, grad: Strided, average: Strided, square: Strided, largest: Strided?
  ) {
    let numbers = tk_adam_options(
      lr: options.lr, beta1: options.beta1, beta2: options.beta2, eps: options.eps, weight_decay: options.weightDecay,
      step: options.step, amsgrad: options.amsgrad ? 1 : 0, maximize: options.maximize ? 1 : 0,
      decoupled: options.isDecoupled ? 1 : 0)
    if param.dtype == .float32 {
      let (p, g, m) = (of(param, Float.self), of(grad, Float.self), of(average, Float.self))
      let (v, top) = (of(square, Float.self), largest.map { of($0, Float.self) })
      run(param.count, numbers) { i, n, numbers in
        tk_adam_step_f32(n, p + i, g + i, m + i, v + i, top.map { $0 + i }, numbers)
      }
    } else {
      let (p, g, m) = (of(param, Double.self), of(grad, Double.self), of(average, Double.self))
      let (v, top) = (of(square, Double.self), largest.map { of($0, Double.self) })
      run(param.count, numbers) { i, n, numbers in
        tk_adam_step_f64(n, p + i, g + i, m + i, v + i, top.map { $0 + i }, numbers)
      }
    }
  }

  /// Moves `param` and the states of its kind one step.
  package static func step(_ options: Pointwise, param: Strided, grad: Strided, states: (Strided?, Strided?, Strided?))
  {
    let numbers = tk_step_options(
      kind: kind(options.kind), maximize: options.maximize ? 1 : 0, decoupled: options.isDecoupled ? 1 : 0,
      weight_decay: options.weightDecay, keep: options.keep, weight: options.weight,
      square_keep: options.squareKeep, eps: options.eps, rate: options.rate, average_rate: options.averageRate,
      correction: options.correction, root: options.root, rectifier: options.rectifier, momentum: options.momentum,
      less: options.less, more: options.more, smallest: options.smallest, largest: options.largest,
      shrink: options.shrink, share: options.share)
    if param.dtype == .float32 {
      let (p, g, a) = (of(param, Float.self), of(grad, Float.self), states.0.map { of($0, Float.self) })
      let (b, c) = (states.1.map { of($0, Float.self) }, states.2.map { of($0, Float.self) })
      run(param.count, numbers) { i, n, numbers in
        tk_optimizer_step_f32(n, p + i, g + i, a.map { $0 + i }, b.map { $0 + i }, c.map { $0 + i }, numbers)
      }
    } else {
      let (p, g, a) = (of(param, Double.self), of(grad, Double.self), states.0.map { of($0, Double.self) })
      let (b, c) = (states.1.map { of($0, Double.self) }, states.2.map { of($0, Double.self) })
      run(param.count, numbers) { i, n, numbers in
        tk_optimizer_step_f64(n, p + i, g + i, a.map { $0 + i }, b.map { $0 + i }, c.map { $0 + i }, numbers)
      }
    }
  }

  private static func kind(_ kind: Pointwise.Kind) -> tk_step_kind {
    switch kind {
    case .adadelta: TK_STEP_ADADELTA
    case .adagrad: TK_STEP_ADAGRAD
    case .adamax: TK_STEP_ADAMAX
    case .nadam: TK_STEP_NADAM
    case .radam: TK_STEP_RADAM
    case .rmsprop: TK_STEP_RMSPROP
    case .rprop: TK_STEP_RPROP
    case .asgd: TK_STEP_ASGD
    }
  }

  private static func of<T>(_ tensor: Strided, _ type: T.Type) -> UnsafeMutablePointer<T> {
    tensor.pointer.assumingMemoryBound(to: type)
  }

  /// Calls `body` with the start, the length and the numbers of each thread's part.
  private static func run<Numbers>(
    _ count: Int, _ numbers: Numbers, _ body: (Int, Int, UnsafePointer<Numbers>) -> Void
  ) {
    withUnsafePointer(to: numbers) { pointer in
      parallelFor(count, grain: grain) { body($0.lowerBound, $0.count, pointer) }
    }
  }
}
