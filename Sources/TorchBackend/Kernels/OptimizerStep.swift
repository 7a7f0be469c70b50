/// A step of an optimizer as backends take it, which is one pass over memory.
package enum OptimizerStep: Sendable {
  case sgd(SGD), adam(Adam), pointwise(Pointwise)

  /// What is kept of a parameter: SGD's momentum; Adam's averages and, with amsgrad, the largest second one; of others what
  /// their kind keeps.
  package typealias States = (Strided?, Strided?, Strided?)

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
}

extension OptimizerStep {
  /// Whether the tensors of one step can be walked side by side where they lie.
  package static func canRun(_ tensors: Strided?...) -> Bool {
    guard let first = tensors[0], Backends.of(first.device).runsOptimizers(in: first.dtype) else { return false }
    return tensors.allSatisfy { tensor in
      guard let tensor else { return true }
      return tensor.device == first.device && tensor.dtype == first.dtype && tensor.isContiguous
        && tensor.count == first.count
    }
  }

  /// Makes the step.
  /// - Precondition: ``canRun(_:)``.
  package func run(param: Strided, grad: Strided, states: States) {
    Backends.of(param.device).optimizerStep(self, param: param, grad: grad, states: states)
  }
}

extension Backend {
  package func runsOptimizers(in dtype: DType) -> Bool { false }

  package func optimizerStep(_ step: OptimizerStep, param: Strided, grad: Strided, states: OptimizerStep.States) {
    fault("optimizer", "\(deviceName) has no kernel for a whole step")
  }
}
