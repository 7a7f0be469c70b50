import CTorchRuntime
import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

// First values with a structure: normal ones within bounds, identities of convolutions, orthogonal and sparse matrices.

extension Init {
  /// Normal draws within bounds, as `torch.nn.init.trunc_normal_`: what falls outside is drawn again.
  ///
  /// Where few draws would fall inside, uniform ones are taken or refused by their density instead, as in PyTorch.
  /// - Precondition: `std` is positive and `a` is below `b`.
  @discardableResult
  public static func truncNormal_(
    _ x: Tensor, mean: Double = 0, std: Double = 1, a: Double = -2, b: Double = 2, generator: Generator? = nil
  ) -> Tensor {
    guard std > 0, a < b else {
      fault("trunc_normal_", "std wants to be positive and a below b; got std \(std), a \(a), b \(b)")
    }
    if x.numel() == 0 || ct_skips_draws() { return x }
    func share(below bound: Double) -> Double { (1 + erf((bound - mean) / std / 2.0.squareRoot())) / 2 }
    return noGrad {
      if share(below: b) - share(below: a) > 0.3 {
        refuseOutside(x, mean, std, a, b, generator)
      } else {
        refuseByDensity(x, mean, std, a, b, generator)
      }
      return x
    }
  }

  private static func refuseOutside(
    _ x: Tensor, _ mean: Double, _ std: Double, _ a: Double, _ b: Double, _ generator: Generator?
  ) {
    // The bounds as the dtype rounds them.
    func rounded(_ bound: Double) -> Double { Tensor.full([], bound, dtype: x.dtype).to(.float64).item() }
    let (low, high) = (rounded(a), rounded(b))
    var result = x.normal_(mean: mean, std: std, generator: generator)
    while true {
      let outside = (result .< low).logicalOr(result .> high)
      if !(outside.any().item() as Bool) { break }
      result = Tensor.empty(like: result).normal_(mean: mean, std: std, generator: generator).where(outside, result)
    }
    if result !== x { x.copy_(result) }
  }

  private static func refuseByDensity(
    _ x: Tensor, _ mean: Double, _ std: Double, _ a: Double, _ b: Double, _ generator: Generator?
  ) {
    let peak = (Swift.max(a, Swift.min(mean, b)) - mean) / std, logPeak = -0.5 * peak * peak
    var result = Tensor.empty(like: x).uniform_(from: a, to: b, generator: generator), candidates = result
    var pending = Tensor.ones(Array(x.shape), dtype: .bool, device: x.device)
    while true {
      let logDensity = ((candidates - mean) / std).square() * -0.5 - logPeak
      let draws = Tensor.empty(like: x).uniform_(generator: generator).log()
      pending = pending.logicalAnd(draws .> logDensity)
      if !(pending.any().item() as Bool) { break }
      candidates = Tensor.empty(like: x).uniform_(from: a, to: b, generator: generator)
      result = candidates.where(pending, result)
    }
    x.copy_(result)
  }

  /// The kernels of convolutions that hand each channel on, as `torch.nn.init.dirac_`.
  /// - Precondition: 3 to 5 dimensions, `[out, in, size...]`; `groups` divides the first.
  @discardableResult
  public static func dirac_(_ x: Tensor, groups: Int = 1) -> Tensor {
    guard (3...5).contains(x.ndim), groups > 0, x.shape[0] % groups == 0 else {
      fault(
        "dirac_", "wants 3 to 5 dimensions, the first divisible by groups; got \(x.shape.brackets), groups \(groups)")
    }
    let perGroup = x.shape[0] / groups
    return noGrad {
      x.zero_()
      if x.numel() == 0 { return x }
      for group in 0..<groups {
        for channel in 0..<Swift.min(perGroup, x.shape[1]) {
          var kernel = x.select(dim: 0, index: group * perGroup + channel).select(dim: 0, index: channel)
          for size in x.shape.dropFirst(2) { kernel = kernel.select(dim: 0, index: size / 2) }
          kernel.fill_(1)
        }
      }
      return x
    }
  }

  /// A random matrix whose rows or columns, whichever are fewer, are orthogonal, as `torch.nn.init.orthogonal_`.
  ///
  /// Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks",
  /// 2013. The product is computed in float64 and rounded once.
  /// - Precondition: at least 2 dimensions; all but the first count as columns.
  @discardableResult
  public static func orthogonal_(_ x: Tensor, gain: Double = 1, generator: Generator? = nil) -> Tensor {
    guard x.ndim >= 2 else { fault("orthogonal_", "wants at least 2 dimensions, got \(x.shape.brackets)") }
    if x.numel() == 0 || ct_skips_draws() { return x }
    return noGrad {
      let rows = x.shape[0], columns = x.numel() / rows
      let drawn = Tensor.empty([rows, columns], dtype: x.dtype, device: x.device).normal_(generator: generator)
      // The vectors to make orthogonal, one in each row.
      let vectors = (rows < columns ? drawn : drawn.t()).to(.float64).contiguous()
      let count = vectors.shape[0]
      for i in 0..<count {
        var vector = vectors[i]
        // Once more, against what rounding left of the others.
        for _ in 0..<(i > 0 ? 2 : 0) {
          let others = vectors.narrow(dim: 0, start: 0, length: i)
          vector = vector - others.t().mv(others.mv(vector))
        }
        vectors[i].copy_(vector / vector.norm())
      }
      let matrix = rows < columns ? vectors : vectors.t()
      x.copy_((matrix * gain).reshape(Array(x.shape)))
      return x
    }
  }

  /// Normal draws with zeros at random places of each column, as `torch.nn.init.sparse_`.
  ///
  /// Martens, "Deep learning via Hessian-free optimization", 2010.
  /// - Parameter sparsity: the share of zeros in a column, rounded up.
  /// - Precondition: 2 dimensions; `sparsity` is between 0 and 1.
  @discardableResult
  public static func sparse_(
    _ x: Tensor, sparsity: Double, std: Double = 0.01, generator: Generator? = nil
  ) -> Tensor {
    guard x.ndim == 2, sparsity >= 0, sparsity <= 1 else {
      fault(
        "sparse_", "wants 2 dimensions and a sparsity between 0 and 1; got \(x.shape.brackets), sparsity \(sparsity)")
    }
    if ct_skips_draws() { return x }
    let (rows, columns) = (x.shape[0], x.shape[1]), zeros = Int((sparsity * Double(rows)).rounded(.up))
    return noGrad {
      x.normal_(mean: 0, std: std, generator: generator)
      // As in PyTorch, the places are drawn from the default generator.
      for column in 0..<columns {
        let places = Tensor.randperm(rows, device: x.device).narrow(dim: 0, start: 0, length: zeros)
        x.select(dim: 1, index: column).indexFill_(dim: 0, index: places, value: 0)
      }
      return x
    }
  }
}
