import Torch

// Means of windows.

extension F {
  /// The mean of each window of a signal, as `torch.nn.functional.avg_pool1d`.
  /// - Shape: `[batch, channels, length]` or `[channels, length]`.
  public static func avgPool1d(
    _ x: Tensor, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    ceilMode: Bool = false, countIncludePad: Bool = true
  ) -> Tensor { averagePool(1, "avg_pool1d", x, kernelSize, stride, padding, ceilMode, countIncludePad, nil) }

  /// The mean of each window of an image, as `torch.nn.functional.avg_pool2d`.
  /// - Parameters:
  ///   - stride: the steps between windows; nil or an empty array for the size of the window.
  ///   - countIncludePad: whether the zeros of the padding count.
  ///   - divisorOverride: what each window's sum is divided by instead of its size.
  /// - Shape: `[batch, channels, height, width]` or `[channels, height, width]`.
  /// - Precondition: padding is at most half of the window, which fits into the padded input.
  public static func avgPool2d(
    _ x: Tensor, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    ceilMode: Bool = false, countIncludePad: Bool = true, divisorOverride: Int? = nil
  ) -> Tensor {
    averagePool(2, "avg_pool2d", x, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride)
  }

  /// The mean of each window of a volume, as `torch.nn.functional.avg_pool3d`.
  /// - Shape: `[batch, channels, depth, height, width]` or without batch.
  public static func avgPool3d(
    _ x: Tensor, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    ceilMode: Bool = false, countIncludePad: Bool = true, divisorOverride: Int? = nil
  ) -> Tensor {
    averagePool(3, "avg_pool3d", x.raised, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride)
  }

  static func averagePool(
    _ count: Int, _ op: StaticString, _ x: Tensor, _ kernelSize: any SpatialSize, _ stride: (any SpatialSize)?,
    _ padding: any SpatialSize, _ ceilMode: Bool, _ countIncludePad: Bool, _ divisor: Int?
  ) -> Tensor {
    let spec = poolSpec(count, op, kernelSize, stride, padding, 1)
    return x.averagePool(spec, ceilMode: ceilMode, countIncludePad: countIncludePad, divisor: divisor, op: op)
  }
}
