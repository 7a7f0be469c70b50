import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Adaptive steps whose memory grows with rows plus columns, not their product, as `torch.optim.Adafactor`.
///
/// Shazeer and Stern, *Adafactor: Adaptive Learning Rates with Sublinear Memory Cost*, 2018.
public final class Adafactor: Optimizer {
  /// Trains parameters, or groups of them that may have options of their own.
  /// - Parameters:
  ///   - params: the tensors to train, usually `model.parameters()`, or groups of them.
  ///   - lr: the largest relative step.
  ///   - beta2Decay: the power of the step by which the averages of squares take up what is new.
  ///   - eps: the smallest average of squares (the dtype's own spacing at 1 where nil) and the smallest scale of a weight.
  ///   - d: the largest root mean square of an update.
  ///   - weightDecay: how strongly the weights themselves shrink.
  ///   - foreach: has no effect; kept for torch's sake.
  ///   - maximize: whether the objective is made larger.
  /// - Precondition: `lr`, `eps` and `weightDecay` are not negative, `beta2Decay` is not positive, `d` is at least 1.
  public init(
    _ params: [some Trainable], lr: Double = 0.01, beta2Decay: Double = -0.8, eps: (Double?, Double) = (nil, 0.001),
    d: Double = 1, weightDecay: Double = 0, foreach: Bool? = nil, maximize: Bool = false
  ) {
    super.init(
      params,
      defaults: [
        "lr": .double(lr), "beta2_decay": .double(beta2Decay),
        "eps": .tuple([eps.0.map { .double($0) } ?? .none, .double(eps.1)]), "d": .double(d),
        "weight_decay": .double(weightDecay), "foreach": Self.choice(foreach), "maximize": .bool(maximize),
      ])
  }

  public override func requiredState(of param: Tensor, in group: ParamGroup) -> [String] {
    param.ndim > 1 ? ["row_var", "col_var"] : ["variance"]
  }

  public override func complaint(about group: ParamGroup) -> String? {
    if let negative = Self.negative(group, ["lr", "weight_decay"]) { return negative }
    let decay = group.number("beta2_decay"), d = group.number("d"), eps = Self.eps(group)
    if !(decay <= 0) { return "beta2_decay must be 0 or less, got \(decay)" }
    if let first = eps.0, !(first >= 0) { return "the first eps must be 0 or more, got \(first)" }
    if !(eps.1 >= 0) { return "the second eps must be 0 or more, got \(eps.1)" }
    return d >= 1 ? nil : "d must be 1 or more, got \(d)"
  }

  public override func stateShape(_ key: String, of param: Tensor) -> Shape? {
    guard let dim = ["row_var": param.ndim - 1, "col_var": param.ndim - 2][key], dim >= 0 else { return param.shape }
    var sizes = Array(param.shape)
    sizes[dim] = 1
    return Shape(sizes)
  }

  private static func eps(_ group: ParamGroup) -> (Double?, Double) {
    guard let list = group.options["eps"]?.list, list.count == 2 else { return (nil, .nan) }
    return (list[0].double, list[1].double ?? .nan)
  }

  public override func update(_ param: Tensor, grad: Tensor, group: ParamGroup, state: ParamState) {
    let eps = Self.eps(group), lr = group.lr, floor = eps.0 ?? param.dtype.spacing
    func average(_ key: String, _ squares: Tensor, _ weight: Double) -> Tensor {
      let average = state.tensors[key] ?? Tensor.zeros(like: squares)
      state.tensors[key] = average
      average.lerpInPlace(squares, weight)
      return average
    }
    func scale(_ tensor: Tensor) -> Double { tensor.norm().item() / Double(tensor.numel()).squareRoot() }
    let direction = group.maximize ? -grad : grad
    state.step += 1
    let weight = pow(state.step, group.number("beta2_decay"))
    let rate = max(eps.1, scale(param)) * min(lr, 1 / state.step.squareRoot())
    if group.weightDecay != 0 { param.mul_(1 - lr * group.weightDecay) }
    var estimate: Tensor
    if direction.ndim > 1 {
      func means(_ dim: Int) -> Tensor {
        direction.norm(dim: dim, keepdim: true).square().div_(direction.size(dim))
      }
      let rows = average("row_var", means(-1), weight), columns = average("col_var", means(-2), weight)
      estimate = rows.matmul(columns).div_(rows.mean(dim: -2, keepdim: true).clamp_(min: floor))
    } else {
      estimate = average("variance", direction * direction, weight).clone()
    }
    let way = estimate.clamp_(min: floor * floor).rsqrt().mul_(direction)
    param.add_(way, alpha: -rate / max(1, scale(way) / group.number("d")))
  }
}

extension DType {
  /// The distance from 1 to the next number, as `torch.finfo(dtype).eps`.
  fileprivate var spacing: Double {
    switch self {
    case .float64: 0x1p-52
    case .float16: 0x1p-10
    case .bfloat16: 0x1p-7
    default: 0x1p-23
    }
  }
}
