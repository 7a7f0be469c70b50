import Torch

// Norms of windows.

extension F {
  /// The p-norm of each window of a signal, as `torch.nn.functional.lp_pool1d`; the sign of a power's sum stays.
  /// - Shape: `[batch, channels, length]` or `[channels, length]`.
  /// - Precondition: `normType` is not 0; the window fits.
  public static func lpPool1d(
    _ x: Tensor, normType: Double, kernelSize: Int, stride: (any SpatialSize)? = nil, ceilMode: Bool = false
  ) -> Tensor { powerPool(1, "lp_pool1d", x, normType, kernelSize, stride, ceilMode) }

  /// As ``lpPool1d(_:normType:kernelSize:stride:ceilMode:)`` for images, as `torch.nn.functional.lp_pool2d`.
  public static func lpPool2d(
    _ x: Tensor, normType: Double, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil,
    ceilMode: Bool = false
  ) -> Tensor { powerPool(2, "lp_pool2d", x, normType, kernelSize, stride, ceilMode) }

  /// As ``lpPool1d(_:normType:kernelSize:stride:ceilMode:)`` for volumes, as `torch.nn.functional.lp_pool3d`.
  public static func lpPool3d(
    _ x: Tensor, normType: Double, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil,
    ceilMode: Bool = false
  ) -> Tensor { powerPool(3, "lp_pool3d", x, normType, kernelSize, stride, ceilMode) }

  static func powerPool(
    _ count: Int, _ op: StaticString, _ x: Tensor, _ p: Double, _ kernelSize: any SpatialSize,
    _ stride: (any SpatialSize)?, _ ceilMode: Bool
  ) -> Tensor {
    inOp(op) {
      guard p != 0, !p.isNaN else { fault("\(op)", "normType cannot be \(p)") }
      let spec = poolSpec(count, op, kernelSize, stride, 0, 1)
      if p == .infinity { return x.abs().maxPool(spec, ceilMode: ceilMode, op: op) }
      if p == -.infinity { return -(-x.abs()).maxPool(spec, ceilMode: ceilMode, op: op) }
      let powers = p == p.rounded() && abs(p) < 1e9 ? x.pow(Int(p)) : x.pow(p)
      let mean = powers.averagePool(spec, ceilMode: ceilMode, countIncludePad: true, divisor: nil, op: op)
      return (mean.sign() * mean.abs().relu() * spec.kernel.reduce(1, *)).pow(1 / p)
    }
  }
}
