import CTorchKernels

// Optimizer steps in one pass over memory.

/// Elements a thread takes at least.
private let optimizerGrain = 1 << 15

extension CPUBackend {
  package func runsOptimizers(in dtype: DType) -> Bool { dtype == .float32 || dtype == .float64 }

  package func optimizerStep(_ step: OptimizerStep, param: Strided, grad: Strided, states: OptimizerStep.States) {
    switch step {
    case .sgd(let options): self.step(options, param: param, grad: grad, buffer: states.0)
    case .adam(let options):
      guard let average = states.0, let square = states.1 else { fault("optimizer", "Adam's averages are missing") }
      self.step(options, param: param, grad: grad, average: average, square: square, largest: states.2)
    case .pointwise(let options): self.step(options, param: param, grad: grad, states: states)
    }
  }

  /// `buffer` is the momentum, needed where there is any.
  private func step(_ options: OptimizerStep.SGD, param: Strided, grad: Strided, buffer: Strided?) {
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

  private func step(
    _ options: OptimizerStep.Adam, param: Strided, grad: Strided, average: Strided, square: Strided, largest: Strided?
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

  private func step(
    _ options: OptimizerStep.Pointwise, param: Strided, grad: Strided, states: OptimizerStep.States
  ) {
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

  private func kind(_ kind: OptimizerStep.Pointwise.Kind) -> tk_step_kind {
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

  private func of<T>(_ tensor: Strided, _ type: T.Type) -> UnsafeMutablePointer<T> {
    tensor.pointer.assumingMemoryBound(to: type)
  }

  /// Calls `body` with the start, the length and the numbers of each thread's part.
  private func run<Numbers>(
    _ count: Int, _ numbers: Numbers, _ body: (Int, Int, UnsafePointer<Numbers>) -> Void
  ) {
    withUnsafePointer(to: numbers) { pointer in
      parallelFor(count, grain: optimizerGrain) { body($0.lowerBound, $0.count, pointer) }
    }
  }
}
