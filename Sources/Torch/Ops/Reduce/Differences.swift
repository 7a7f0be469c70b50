// Differences of neighbours, slopes and areas under sampled curves.

extension Tensor {
  /// The differences of neighbours along a dimension, `n` times over, as `torch.diff`; of bool, whether they differ.
  ///
  /// - Parameters:
  ///   - n: how many times; 0 gives a copy.
  ///   - prepend: what stands before the first element, `append` what stands behind the last.
  /// - Precondition: at least one dimension; `n` is not negative.
  public func diff(n: Int = 1, dim: Int = -1, prepend: Tensor? = nil, append: Tensor? = nil) -> Tensor {
    inOp("diff") {
      guard ndim > 0 else { fault("diff", "wants at least 1 dimension, got a 0-dim tensor") }
      guard n >= 0 else { fault("diff", "n cannot be negative, got \(n)") }
      let along = checked { () throws(OpError) in try strided.layout.wrap(dim, op: "diff") }
      for part in [prepend, append] {
        guard let part, part.ndim != ndim else { continue }
        fault(
          "diff",
          "prepend and append want the input's \(ndim) dimensions; got \(shape.brackets) and \(part.shape.brackets)"
        )
      }
      if n == 0 { return clone() }
      let parts = [prepend, self, append].compactMap { $0 }
      var x = parts.count == 1 ? self : Tensor.cat(parts, dim: along)
      for _ in 0..<Swift.min(n, x.shape[along]) {
        let count = x.shape[along] - 1
        let later = x.narrow(dim: along, start: 1, length: count),
          earlier = x.narrow(dim: along, start: 0, length: count)
        x = x.dtype == .bool ? later.logicalXor(earlier) : later - earlier
      }
      return x
    }
  }

  /// Slopes along dimensions, all by default, by central differences and by one-sided ones at the edges, as `torch.gradient`.
  ///
  /// - Parameters:
  ///   - spacing: how far neighbours are apart.
  ///   - edgeOrder: 1 or 2, the order of the one-sided differences.
  /// - Precondition: not bool or uint8; each dimension has more elements than `edgeOrder`.
  public func gradient(spacing: Double = 1, dim: [Int] = [], edgeOrder: Int = 1) -> [Tensor] {
    inOp("gradient") {
      let dims = slopeDims(dim, edgeOrder)
      return dims.map { slope($0, spacing, edgeOrder) }
    }
  }
  public func gradient(spacing: Double = 1, dim: Int, edgeOrder: Int = 1) -> [Tensor] {
    gradient(spacing: spacing, dim: [dim], edgeOrder: edgeOrder)
  }

  /// As ``gradient(spacing:dim:edgeOrder:)-(Double,[Int],Int)``, with a spacing for each dimension.
  public func gradient(spacing: [Double], dim: [Int] = [], edgeOrder: Int = 1) -> [Tensor] {
    inOp("gradient") {
      let dims = slopeDims(dim, edgeOrder, spacings: spacing.count)
      return zip(dims, spacing).map { slope($0, $1, edgeOrder) }
    }
  }
  public func gradient(spacing: [Double], dim: Int, edgeOrder: Int = 1) -> [Tensor] {
    gradient(spacing: spacing, dim: [dim], edgeOrder: edgeOrder)
  }

  /// As ``gradient(spacing:dim:edgeOrder:)-(Double,[Int],Int)``, with the coordinates of each dimension, one for each element.
  public func gradient(spacing: [Tensor], dim: [Int] = [], edgeOrder: Int = 1) -> [Tensor] {
    inOp("gradient") {
      let dims = slopeDims(dim, edgeOrder, spacings: spacing.count)
      return zip(dims, spacing).map { along, coordinates in
        guard coordinates.ndim == 1, coordinates.shape[0] == shape[along] else {
          fault(
            "gradient",
            "dim \(along) with size \(shape[along]) wants as many coordinates, got \(coordinates.shape.brackets)")
        }
        return slope(along, coordinates.diff(), edgeOrder)
      }
    }
  }
  public func gradient(spacing: [Tensor], dim: Int, edgeOrder: Int = 1) -> [Tensor] {
    gradient(spacing: spacing, dim: [dim], edgeOrder: edgeOrder)
  }

  private func slopeDims(_ dim: [Int], _ edgeOrder: Int, spacings: Int? = nil) -> [Int] {
    guard dtype != .bool, dtype != .uint8 else {
      fault("gradient", "takes signed numbers, not \(dtype.name); convert first, for instance with float()")
    }
    guard edgeOrder == 1 || edgeOrder == 2 else { fault("gradient", "edgeOrder is 1 or 2, got \(edgeOrder)") }
    _ = reducedDims(dim, of: self, op: "gradient")
    let dims = dim.isEmpty ? Array(0..<ndim) : dim.map { $0 < 0 ? $0 + Swift.max(ndim, 1) : $0 }
    if let spacings, spacings != dims.count {
      fault("gradient", "wants a spacing for each of \(dims.count) dimensions, got \(spacings)")
    }
    for along in dims where ndim == 0 || shape[along] <= edgeOrder {
      fault("gradient", "wants more than \(edgeOrder) elements along dim \(along); got input \(shape.brackets)")
    }
    return dims
  }

  private func slope(_ dim: Int, _ dx: Double, _ edgeOrder: Int) -> Tensor {
    let n = shape[dim]
    func at(_ start: Int, _ length: Int = 1) -> Tensor { narrow(dim: dim, start: start, length: length) }
    let center = (at(2, n - 2) - at(0, n - 2)) / dx / 2
    let first: Tensor, last: Tensor
    if edgeOrder == 1 {
      first = (at(1) - at(0)) / dx
      last = (at(n - 1) - at(n - 2)) / dx
    } else {
      first = at(0) * (-1.5 / dx) + at(1) * (2 / dx) + at(2) * (-0.5 / dx)
      last = at(n - 3) * (0.5 / dx) + at(n - 2) * (-2 / dx) + at(n - 1) * (1.5 / dx)
    }
    return Tensor.cat([first, center, last], dim: dim)
  }

  /// Slopes where neighbours are apart by the elements of `dx`.
  private func slope(_ dim: Int, _ dx: Tensor, _ edgeOrder: Int) -> Tensor {
    let n = shape[dim]
    func at(_ start: Int, _ length: Int = 1) -> Tensor { narrow(dim: dim, start: start, length: length) }
    var along = [Int](repeating: 1, count: ndim)
    along[dim] = n - 2
    let left = dx.narrow(dim: 0, start: 0, length: n - 2).view(along)
    let right = dx.narrow(dim: 0, start: 1, length: n - 2).view(along)
    let center =
      at(0, n - 2) * (-right / (left * (left + right))) + at(1, n - 2) * ((right - left) / (left * right))
      + at(2, n - 2) * (left / (right * (left + right)))
    let first: Tensor, last: Tensor
    if edgeOrder == 1 {
      first = (at(1) - at(0)) / dx[0]
      last = (at(n - 1) - at(n - 2)) / dx[n - 2]
    } else {
      let (a, b) = (dx[0], dx[1]), (c, d) = (dx[n - 3], dx[n - 2])
      first =
        at(0) * (-(2 * a + b) / (a * (a + b))) + at(1) * ((a + b) / (a * b)) + at(2) * (-a / (b * (a + b)))
      last =
        at(n - 3) * (d / (c * (c + d))) + at(n - 2) * (-(c + d) / (c * d)) + at(n - 1) * ((2 * d + c) / (d * (c + d)))
    }
    return Tensor.cat([first, center, last], dim: dim)
  }

  /// The area under samples along a dimension that are `dx` apart, by trapezoids, as `torch.trapezoid`.
  /// - Precondition: at least one dimension; not bool.
  public func trapezoid(dx: Double = 1, dim: Int = -1) -> Tensor {
    inOp("trapezoid") {
      let along = sampleDim(dim, "trapezoid")
      if shape[along] == 0 { return noArea(along) }
      // All samples, the outer ones by half.
      let outer = select(dim: along, index: 0) + select(dim: along, index: -1)
      return (sum(dim: along) - outer * 0.5) * dx
    }
  }

  /// The area under samples along a dimension that stand at `x`, by trapezoids, as `torch.trapezoid`.
  /// - Parameter x: a vector with one element for each sample, or points that broadcast.
  /// - Precondition: at least one dimension; not bool.
  public func trapezoid(_ x: Tensor, dim: Int = -1) -> Tensor {
    inOp("trapezoid") {
      let along = sampleDim(dim, "trapezoid")
      if shape[along] == 0 { return noArea(along) }
      return (widths(x, along, "trapezoid") * neighbourSums(along)).sum(dim: along) / 2
    }
  }

  /// The areas under samples up to each of them but the first, `dx` apart, as `torch.cumulative_trapezoid`.
  /// - Precondition: at least one dimension; not bool.
  public func cumulativeTrapezoid(dx: Double = 1, dim: Int = -1) -> Tensor {
    inOp("cumulative_trapezoid") {
      let along = sampleDim(dim, "cumulative_trapezoid")
      return (neighbourSums(along) * (dx / 2)).cumsum(dim: along)
    }
  }

  /// The areas under samples up to each of them but the first, which stand at `x`, as `torch.cumulative_trapezoid`.
  /// - Parameter x: a vector with one element for each sample, or points that broadcast.
  /// - Precondition: at least one dimension; not bool.
  public func cumulativeTrapezoid(_ x: Tensor, dim: Int = -1) -> Tensor {
    inOp("cumulative_trapezoid") {
      let along = sampleDim(dim, "cumulative_trapezoid")
      return (widths(x, along, "cumulative_trapezoid") * neighbourSums(along)).cumsum(dim: along) / 2
    }
  }

  private func sampleDim(_ dim: Int, _ op: StaticString) -> Int {
    guard ndim > 0 else { fault(OpError(op, "wants at least 1 dimension, got a 0-dim tensor")) }
    guard dtype != .bool else { fault(OpError(op, "takes numbers, not bool; convert with to(_:)")) }
    return checked { () throws(OpError) in try strided.layout.wrap(dim, op: op) }
  }

  private func noArea(_ dim: Int) -> Tensor {
    Tensor.zeros(reducedShape(shape, [dim], keepdim: false), dtype: dtype, device: device)
  }

  private func neighbourSums(_ dim: Int) -> Tensor {
    let count = Swift.max(shape[dim] - 1, 0)
    return narrow(dim: dim, start: shape[dim] - count, length: count) + narrow(dim: dim, start: 0, length: count)
  }

  /// How far the samples at `x` are apart along this tensor's `dim`.
  private func widths(_ x: Tensor, _ dim: Int, _ op: StaticString) -> Tensor {
    guard x.dtype != .bool else { fault(OpError(op, "takes numbers, not bool; convert with to(_:)")) }
    var points = x
    if x.ndim == 1 {
      guard x.shape[0] == shape[dim] else {
        fault(
          OpError(op, "wants a point for each of \(shape[dim]) samples along dim \(dim), got \(x.shape.brackets)"))
      }
      points = x.view([x.shape[0]] + [Int](repeating: 1, count: ndim - 1 - dim))
    }
    points = points.reshape([Int](repeating: 1, count: Swift.max(ndim - points.ndim, 0)) + Array(points.shape))
    return points.shape[dim] == 0 ? points : points.diff(dim: dim)
  }
}
