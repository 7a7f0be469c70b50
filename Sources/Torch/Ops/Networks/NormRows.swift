// The passes that batch, group and instance norm share, over planes: the rows of `[batch, channels, rest]`.

/// A contiguous tensor as a matrix of planes, one for each sample and channel.
struct Planes {
  let x: Tensor
  /// `[batch, channels]`.
  let shape: Shape

  /// Nil where the planes are too short to be gone through one by one, what is computed must be recorded, or the device has no
  /// float64 for their sums.
  init?(_ x: Tensor) {
    guard x.ndim >= 2, x.numel() >= 8 * x.shape[0] * x.shape[1], x.dtype == .float32 || x.dtype == .float64,
      x.suggestedFormat == .contiguousFormat, x.backend.hasFloat64,
      !(isGradEnabled() && x.requiresGrad)
    else { return nil }
    self.x = x.contiguous()
    shape = [x.shape[0], x.shape[1]]
  }

  /// Numbers for each plane, contiguous, in the dtype of the planes.
  private func perPlane(_ numbers: Tensor) -> Tensor { numbers.to(x.dtype).expand(shape).contiguous() }

  private func sums() -> Tensor { Tensor(shape: shape, dtype: .float64, device: x.device) }

  /// The mean of each plane and Σ(x - mean)² over it, in float64.
  func moments() -> (mean: Tensor, spread: Tensor) {
    let (mean, spread) = (sums(), sums())
    x.backend.rowMoments(x.strided, mean: mean.strided, spread: spread.strided)
    return (mean, spread)
  }

  /// Σgradient and Σgradient·(x - mean) over each plane, in float64.
  func slopes(_ gradient: Tensor, around mean: Tensor) -> (sum: Tensor, along: Tensor) {
    let (sum, along) = (sums(), sums()), g = gradient.contiguous()
    x.backend.rowSlopes(
      g.strided, x.strided, mean: perPlane(mean).strided, sum: sum.strided, along: along.strided)
    return (sum, along)
  }

  /// (x - mean)·factor + shift.
  func affine(mean: Tensor, factor: Tensor, shift: Tensor) -> Tensor {
    let out = Tensor(shape: x.shape, dtype: x.dtype, device: x.device)
    x.backend.rowAffine(
      x.strided, mean: perPlane(mean).strided, factor: perPlane(factor).strided, shift: perPlane(shift).strided,
      into: out.strided)
    return out
  }

  /// gradient·byGradient + (x - mean)·byX + shift.
  func combine(_ gradient: Tensor, mean: Tensor, byGradient: Tensor, byX: Tensor, shift: Tensor) -> Tensor {
    let out = Tensor(shape: x.shape, dtype: x.dtype, device: x.device), g = gradient.contiguous()
    x.backend.rowCombine(
      g.strided, x.strided, mean: perPlane(mean).strided, byGradient: perPlane(byGradient).strided,
      byX: perPlane(byX).strided, shift: perPlane(shift).strided, into: out.strided)
    return out
  }
}
