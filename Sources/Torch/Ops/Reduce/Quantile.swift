// Quantiles: the values below which a share of the elements lies.

/// What ``Tensor/quantile(q:dim:keepdim:interpolation:)-(Tensor,_,_,_)`` gives between two elements, as the `interpolation`
/// argument of torch.
public enum QuantileInterpolation: String, Sendable {
  /// A point on the line between them.
  case linear
  /// The smaller one.
  case lower
  /// The larger one.
  case higher
  /// Their mean.
  case midpoint
  /// The nearer one; in the middle the one of even rank.
  case nearest
}

extension Tensor {
  /// The values below which shares of the elements lie, along a dimension or of all, as `torch.quantile`; NaN where one is.
  ///
  /// - Parameter q: shares from 0 to 1, one or a vector.
  /// - Shape: that of a reduction; a vector of shares adds a dimension at the front.
  /// - Precondition: float32 or float64, `q` as well; there is an element.
  public func quantile(
    q: Tensor, dim: Int? = nil, keepdim: Bool = false, interpolation: QuantileInterpolation = .linear
  ) -> Tensor {
    inOp("quantile") { raised.quantiles(q.raised, dim, keepdim, interpolation, "quantile", ignoresNaN: false) }
  }
  /// As ``quantile(q:dim:keepdim:interpolation:)-(Tensor,_,_,_)``, of one share.
  public func quantile(
    q: Double, dim: Int? = nil, keepdim: Bool = false, interpolation: QuantileInterpolation = .linear
  ) -> Tensor {
    quantile(
      q: Tensor.full([], q, dtype: dtype, device: device), dim: dim, keepdim: keepdim, interpolation: interpolation)
  }

  /// As ``quantile(q:dim:keepdim:interpolation:)-(Tensor,_,_,_)`` of all elements but NaN, as `torch.nanquantile`.
  public func nanquantile(
    q: Tensor, dim: Int? = nil, keepdim: Bool = false, interpolation: QuantileInterpolation = .linear
  ) -> Tensor {
    inOp("nanquantile") { raised.quantiles(q.raised, dim, keepdim, interpolation, "nanquantile", ignoresNaN: true) }
  }
  /// As ``nanquantile(q:dim:keepdim:interpolation:)-(Tensor,_,_,_)``, of one share.
  public func nanquantile(
    q: Double, dim: Int? = nil, keepdim: Bool = false, interpolation: QuantileInterpolation = .linear
  ) -> Tensor {
    nanquantile(
      q: Tensor.full([], q, dtype: dtype, device: device), dim: dim, keepdim: keepdim, interpolation: interpolation)
  }

  private func quantiles(
    _ q: Tensor, _ dim: Int?, _ keepdim: Bool, _ interpolation: QuantileInterpolation, _ op: StaticString,
    ignoresNaN: Bool
  ) -> Tensor {
    guard dtype == .float32 || dtype == .float64 else {
      fault(OpError(op, "takes float32 and float64, not \(dtype.name); convert first, for instance with float()"))
    }
    guard q.dtype == dtype else {
      fault(OpError(op, "q is \(q.dtype.name), the input \(dtype.name); convert one with to(_:)"))
    }
    guard q.ndim <= 1 else { fault(OpError(op, "q must be one number or a vector, got \(q.shape.brackets)")) }
    guard numel() > 0 else { fault(OpError(op, "there is no quantile of nothing; got input \(shape.brackets)")) }
    guard (q.detach() .>= 0).logicalAnd(q.detach() .<= 1).all().item() as Bool else {
      fault(OpError(op, "q must lie from 0 to 1, got \(q.detach())"))
    }
    let along = checked { () throws(OpError) in try strided.layout.wrap(dim ?? 0, op: op) }
    // The lines stand last, in order; so do the shares.
    let lines = dim == nil || ndim == 0 ? reshape(-1) : movedim(source: along, destination: -1)
    let sorted = lines.sort(dim: -1).values
    let last = lines.shape[lines.ndim - 1] - 1
    guard dtype == .float64 || last < 1 << 24 else {
      fault(OpError(op, "float32 cannot count \(last + 1) elements; convert to float64"))
    }
    let shares = q.reshape(-1)
    var ranks: Tensor
    if ignoresNaN {
      let numbers = sorted.detach().isnan().logicalNot().sum(dim: -1, keepdim: true)
      ranks = (shares * (numbers - 1)).maskedFill(numbers .== 0, value: 0)
    } else {
      // NaN is the largest: where the last is one, all shares ask for it.
      ranks = (shares * last).where(sorted.detach().narrow(dim: -1, start: last, length: 1).isnan().logicalNot(), last)
    }
    switch interpolation {
    case .lower: ranks = ranks.floor()
    case .higher: ranks = ranks.ceil()
    case .nearest: ranks = ranks.round()
    case .linear, .midpoint: break
    }
    let below = ranks.floor()
    var values = sorted.gather(dim: -1, index: below.detach().long())
    if interpolation == .linear || interpolation == .midpoint {
      let above = sorted.gather(dim: -1, index: ranks.detach().ceil().long())
      values = values.lerp(
        above, weight: interpolation == .linear ? ranks - below : Tensor.full(like: ranks.detach(), 0.5))
    }
    var result = dim == nil && keepdim ? Shape(repeating: 1, count: ndim) : Shape()
    if dim != nil, ndim > 0 { result = reducedShape(shape, [along], keepdim: keepdim) }
    if q.ndim == 0 { return values.squeeze(-1).reshape(result) }
    return values.movedim(source: -1, destination: 0).reshape([q.shape[0]] + Array(result))
  }
}
