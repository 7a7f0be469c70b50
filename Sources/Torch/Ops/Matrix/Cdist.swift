// Distances between all pairs of two sets of vectors.

/// How ``Tensor/cdist(_:_:p:computeMode:)`` measures Euclidean distances.
public enum CdistMode: String, Sendable {
  /// By a matrix product where a set has more than 25 vectors.
  case useMmForEuclidDistIfNecessary = "use_mm_for_euclid_dist_if_necessary"
  case useMmForEuclidDist = "use_mm_for_euclid_dist"
  /// By differences, which is the more exact for vectors close to one another.
  case donotUseMmForEuclidDist = "donot_use_mm_for_euclid_dist"
}

/// Euclidean distances by a matrix product: `|x|² - 2 x·y + |y|²`.
struct EuclideanDistance: Op {
  var name: StaticString { "cdist" }
  var node: StaticString { "euclidean_dist" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.input(1)
    saving.output(0)
    let (x, y) = (inputs[0], inputs[1])
    let squares = x.square().sum(dim: -1, keepdim: true), others = y.square().sum(dim: -1, keepdim: true)
    let left = Tensor.cat([x * -2, squares, Tensor.ones(like: squares)], dim: -1)
    let right = Tensor.cat([y, Tensor.ones(like: others), others], dim: -1)
    return [left.matmul(right.mT).clampMin(0).sqrt()]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0], y = saved[1], distance = saved[2]
    // Where two vectors are one the distance has a corner, and PyTorch takes 0.
    let ratio = (g / distance).maskedFill(distance .== 0, value: 0)
    return [
      saved.needs(0) ? x * ratio.sum(dim: -1, keepdim: true) - ratio.matmul(y) : nil,
      saved.needs(1) ? y * ratio.sum(dim: -2).unsqueeze(-1) - ratio.mT.matmul(x) : nil,
    ]
  }
}

/// The largest magnitude of the vectors in the last dimension. Unlike a norm's, each of several largest gets the whole
/// gradient, as in PyTorch's distances.
private struct LargestMagnitude: Op {
  var name: StaticString { "cdist" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.output(0)
    return [inputs[0].abs().amax(dim: -1)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0]
    return [x.sign() * g.unsqueeze(-1).where(x.abs() .== saved[1].unsqueeze(-1), 0)]
  }
}

extension Tensor {
  /// The p-norms of differences in the last dimension.
  private func distances(p: Double) -> Tensor {
    if shape[ndim - 1] == 0 { return sum(dim: -1) }
    if p == .infinity { return LargestMagnitude()(self) }
    // How many differ has a gradient here, which is 0.
    if p == 0 {
      return maskedFill(Tensor.ones([], dtype: .bool, device: device), value: 0).sum(dim: -1) + norm(p: 0, dim: -1)
    }
    return norm(p: p, dim: -1)
  }

  /// The p-norms of the differences between all vectors of two sets, as `torch.cdist`.
  /// - Shape: x1 `[..., n, size]`, x2 `[..., m, size]`; the result is `[..., n, m]`. The batches broadcast.
  /// - Parameter computeMode: how Euclidean distances are measured.
  /// - Precondition: one floating point dtype; `p` is not negative.
  public static func cdist(
    _ x1: Tensor, _ x2: Tensor, p: Double = 2, computeMode: CdistMode = .useMmForEuclidDistIfNecessary
  ) -> Tensor {
    inOp("cdist") {
      let x1 = x1.raised, x2 = x2.raised
      func refuse(_ rule: String) -> Never { fault("cdist", "\(rule); got x1 \(x1.signature), x2 \(x2.signature)") }
      guard x1.isFloatingPoint(), x1.dtype == x2.dtype else {
        refuse("wants one floating point dtype; convert one with to(_:)")
      }
      guard x1.ndim >= 2, x2.ndim >= 2 else { refuse("both want at least 2 dimensions, [vectors, size]") }
      guard x1.shape[x1.ndim - 1] == x2.shape[x2.ndim - 1] else { refuse("the vectors want one size") }
      guard p >= 0 else { refuse("p cannot be negative, is \(p)") }
      let n = x1.shape[x1.ndim - 2], m = x2.shape[x2.ndim - 2], size = x1.shape[x1.ndim - 1]
      let batch = checked { () throws(OpError) in
        try Layout.broadcast(Shape(x1.shape.dropLast(2)), Shape(x2.shape.dropLast(2)), op: "cdist")
      }
      let x = x1.expand(Array(batch) + [n, size]), y = x2.expand(Array(batch) + [m, size])
      let byProduct =
        switch computeMode {
        case .useMmForEuclidDist: true
        case .donotUseMmForEuclidDist: false
        case .useMmForEuclidDistIfNecessary: n > 25 || m > 25
        }
      if p == 2, byProduct, size > 0 {
        return withoutAutocast { EuclideanDistance()(x.widened, y.widened).to(x1.dtype) }
      }
      let differences = x.widened.unsqueeze(-2) - y.widened.unsqueeze(-3)
      return differences.distances(p: p).to(x1.dtype)
    }
  }

  /// The p-norms of the differences between all pairs of rows, as `torch.nn.functional.pdist`.
  package func pdist(p: Double) -> Tensor {
    inOp("pdist") {
      func refuse(_ rule: String) -> Never { fault("pdist", "\(rule); got input \(signature), p \(p)") }
      guard ndim == 2 else { refuse("input wants 2 dimensions, [vectors, size]") }
      guard isFloatingPoint() else { refuse("input wants floating point; convert it with float()") }
      guard p >= 0 else { refuse("p cannot be negative") }
      let count = shape[0]
      let pairs = (0..<count).flatMap { i in ((i + 1)..<Swift.max(count, i + 1)).map { (i, $0) } }
      let first = Tensor(pairs.map(\.0), dtype: .int64, device: device)
      let second = Tensor(pairs.map(\.1), dtype: .int64, device: device)
      return (indexSelect(dim: 0, index: first) - indexSelect(dim: 0, index: second)).distances(p: p)
    }
  }
}
