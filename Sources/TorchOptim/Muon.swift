import Torch

/// How ``Muon`` fits its learning rate to a matrix of `a` rows and `b` columns.
public enum AdjustLrFn: String, Sendable {
  /// `sqrt(max(1, a / b))`, as its author has it.
  case original
  /// `0.2 sqrt(max(a, b))`, so that rates and decays of AdamW can be kept.
  case matchRmsAdamw = "match_rms_adamw"
  /// `sqrt(a / b)`.
  case spectralUnclamped = "spectral_unclamped"
}

/// Momentum made orthogonal, for the matrices of hidden layers, as `torch.optim.Muon`.
///
/// Embeddings, biases and the last layer are trained with another optimizer. Jordan et al., *Muon: An optimizer for
/// hidden layers in neural networks*, 2024; `matchRmsAdamw`: Liu et al., *Muon is Scalable for LLM Training*, 2025.
public final class Muon: Optimizer {
  /// Trains parameters, or groups of them that may have options of their own.
  /// - Parameters:
  ///   - params: the tensors to train, usually `model.parameters()`, or groups of them.
  ///   - lr: the learning rate.
  ///   - weightDecay: how strongly the weights themselves shrink.
  ///   - momentum: how much of the last direction is kept.
  ///   - nesterov: whether momentum looks one step ahead.
  ///   - nsCoefficients: the polynomial of one Newton-Schulz step: of x, x³ and x⁵.
  ///   - eps: the smallest norm that is divided by.
  ///   - nsSteps: how many Newton-Schulz steps are made, below 100.
  ///   - adjustLrFn: how the learning rate fits a matrix; ``AdjustLrFn/original`` where left out.
  /// - Precondition: every parameter has two dimensions; rate, momentum and decay are not negative.
  public init(
    _ params: [some Trainable], lr: Double = 0.001, weightDecay: Double = 0.1, momentum: Double = 0.95,
    nesterov: Bool = true, nsCoefficients: (Double, Double, Double) = (3.4445, -4.775, 2.0315), eps: Double = 1e-7,
    nsSteps: Int = 5, adjustLrFn: AdjustLrFn? = nil
  ) {
    let (a, b, c) = nsCoefficients
    super.init(
      params,
      defaults: [
        "lr": .double(lr), "weight_decay": .double(weightDecay), "momentum": .double(momentum),
        "nesterov": .bool(nesterov), "ns_coefficients": .tuple([.double(a), .double(b), .double(c)]),
        "eps": .double(eps), "ns_steps": .int(nsSteps),
        "adjust_lr_fn": adjustLrFn.map { .string($0.rawValue) } ?? .none,
      ])
  }

  public override var savesStep: Bool { false }

  public override func complaint(about group: ParamGroup) -> String? {
    if let negative = Self.negative(group, ["lr", "momentum", "weight_decay"]) { return negative }
    if let name = group.options["adjust_lr_fn"]?.string, AdjustLrFn(rawValue: name) == nil {
      return "adjust_lr_fn '\(name)' is unknown; there are original, match_rms_adamw and spectral_unclamped"
    }
    if let steps = group.options["ns_steps"]?.int, steps >= 100 { return "ns_steps must be below 100, got \(steps)" }
    guard group.options["ns_coefficients"]?.list?.count == 3 else { return "ns_coefficients must be three numbers" }
    if let param = group.params.first(where: { $0.ndim != 2 }) {
      return "only matrices can be trained, got a parameter \(param.shape.brackets); train the others with AdamW"
    }
    return nil
  }

  public override func update(_ param: Tensor, grad: Tensor, group: ParamGroup, state: ParamState) {
    let momentum = group.momentum, lr = group.lr
    let buffer = state.zeros("momentum_buffer", like: grad)
    state.step += 1
    buffer.lerpInPlace(grad, 1 - momentum)
    var way = buffer
    if group.nesterov {
      way = grad.clone()
      way.lerpInPlace(buffer, momentum)
    }
    way = Self.orthogonal(way, group)
    let a = Double(param.shape[0]), b = Double(param.shape[1])
    let ratio =
      switch group.options["adjust_lr_fn"]?.string.flatMap(AdjustLrFn.init(rawValue:)) ?? .original {
      case .original: max(1, a / b).squareRoot()
      case .matchRmsAdamw: 0.2 * max(a, b).squareRoot()
      case .spectralUnclamped: (a / b).squareRoot()
      }
    param.mul_(1 - lr * group.weightDecay)
    param.add_(way, alpha: -(lr * ratio))
  }

  /// The nearest matrix with orthonormal rows or columns, roughly, by Newton-Schulz steps in bfloat16.
  private static func orthogonal(_ matrix: Tensor, _ group: ParamGroup) -> Tensor {
    let numbers = group.options["ns_coefficients"]?.list?.compactMap(\.double) ?? []
    guard numbers.count == 3 else { fault("Muon", "ns_coefficients must be three numbers") }
    let isTall = matrix.shape[0] > matrix.shape[1]
    var x = matrix.to(.bfloat16)
    if isTall { x = x.T }
    x = x / x.norm().clamp(min: group.eps)
    for _ in 0..<(group.options["ns_steps"]?.int ?? 5) {
      let gram = x.matmul(x.T)
      x = x.addmm(gram.addmm(gram, gram, beta: numbers[1], alpha: numbers[2]), x, beta: numbers[0])
    }
    return isTall ? x.T : x
  }
}
