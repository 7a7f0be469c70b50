import Torch

extension F {
  /// The transpose of a convolution of a signal, as `torch.nn.functional.conv_transpose1d`.
  /// - Shape: x `[batch, in, length]` or `[in, length]`, weight `[in, out / groups, size]`, bias `[out]`.
  public static func convTranspose1d(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, stride: some SpatialSize = 1, padding: some SpatialSize = 0,
    outputPadding: some SpatialSize = 0, groups: Int = 1, dilation: some SpatialSize = 1
  ) -> Tensor { transposed(1, "conv_transpose1d", x, weight, bias, stride, padding, outputPadding, groups, dilation) }

  /// The transpose of a convolution of an image, as `torch.nn.functional.conv_transpose2d`.
  ///
  /// Zeiler et al., "Deconvolutional Networks", 2010.
  /// - Parameters:
  ///   - padding: what is cut off at both ends, as a convolution with this padding would have added.
  ///   - outputPadding: what is given back at the end, where several sizes would have led to this one.
  /// - Shape: x `[batch, in, height, width]` or without batch, weight `[in, out / groups, h, w]`, bias `[out]`.
  /// - Precondition: the channels agree and divide into the groups; `outputPadding` is below stride or dilation.
  public static func convTranspose2d(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, stride: some SpatialSize = 1, padding: some SpatialSize = 0,
    outputPadding: some SpatialSize = 0, groups: Int = 1, dilation: some SpatialSize = 1
  ) -> Tensor { transposed(2, "conv_transpose2d", x, weight, bias, stride, padding, outputPadding, groups, dilation) }

  /// The transpose of a convolution of a volume, as `torch.nn.functional.conv_transpose3d`.
  /// - Shape: x `[batch, in, d, h, w]` or without batch, weight `[in, out / groups, d, h, w]`, bias `[out]`.
  public static func convTranspose3d(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, stride: some SpatialSize = 1, padding: some SpatialSize = 0,
    outputPadding: some SpatialSize = 0, groups: Int = 1, dilation: some SpatialSize = 1
  ) -> Tensor { transposed(3, "conv_transpose3d", x, weight, bias, stride, padding, outputPadding, groups, dilation) }

  static func transposed(
    _ count: Int, _ op: StaticString, _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, _ stride: any SpatialSize,
    _ padding: any SpatialSize, _ outputPadding: any SpatialSize, _ groups: Int, _ dilation: any SpatialSize
  ) -> Tensor {
    x.convolutionTranspose(
      weight, bias: bias, stride: stride.expanded(to: count, "stride", op: op),
      padding: padding.expanded(to: count, "padding", op: op),
      outputPadding: outputPadding.expanded(to: count, "outputPadding", op: op),
      dilation: dilation.expanded(to: count, "dilation", op: op), groups: groups, op: op)
  }
}
