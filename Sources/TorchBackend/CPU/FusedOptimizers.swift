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
