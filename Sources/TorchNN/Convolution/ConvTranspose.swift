/// What the layers of transposed convolutions share.
open class ConvolutionTranspose: Convolution {
  /// One number for each spatial dimension: how much larger the result is made at its end.
  public var outputPadding: [Int] { extraPadding ?? [] }

  open override func forward(_ x: Tensor) -> Tensor { forward(x, outputPadding: outputPadding) }

  /// Runs the layer so that the result has the spatial sizes `outputSize`, which the stride leaves open.
  /// - Precondition: each size is one that leads to the input's under this stride.
  public func callAsFunction(_ x: Tensor, outputSize: [Int]) -> Tensor {
    called([x]) { [self] inputs in
      let x = inputs[0] as! Tensor
      return forward(x, outputPadding: outputPadding(for: x, outputSize))
    }
  }

  private func forward(_ x: Tensor, outputPadding: [Int]) -> Tensor {
    F.transposed(
      kernelSize.count, op, x, weight, bias, stride, padding.padSizes ?? 0, outputPadding, groups, dilation)
  }

  private func outputPadding(for x: Tensor, _ sizes: [Int]) -> [Int] {
    let count = kernelSize.count, cuts = (padding.padSizes ?? 0).expanded(to: count, "padding", op: op)
    guard sizes.count == count, x.ndim >= count else {
      fault(OpError(op, "outputSize wants \(count) spatial sizes, got \(sizes); got input \(x.signature)"))
    }
    return (0..<count).map { i in
      let length = x.shape[x.ndim - count + i]
      let least = (length - 1) * stride[i] - 2 * cuts[i] + dilation[i] * (kernelSize[i] - 1) + 1
      guard sizes[i] >= least, sizes[i] < least + stride[i] else {
        fault(
          OpError(
            op,
            "outputSize \(sizes[i]) at spatial dim \(i) wants to be from \(least) to \(least + stride[i] - 1); "
              + "got input \(x.signature)"))
      }
      return sizes[i] - least
    }
  }
}

/// The transpose of a convolution of a signal, as `torch.nn.ConvTranspose1d`.
///
/// - Shape: `[batch, inChannels, length]`, or without batch; likewise with `outChannels`. A spatial size becomes
///   `(size - 1) * stride - 2 * padding + dilation * (kernelSize - 1) + outputPadding + 1`.
open class ConvTranspose1d: ConvolutionTranspose {
  /// Draws weights, then bias, uniformly from +-1 / sqrt(outChannels / groups * the kernel's elements).
  /// - Parameters:
  ///   - padding: what is cut off at both ends, as a convolution with this padding would have added.
  ///   - outputPadding: what is given back at the end, where several sizes would have led to this one.
  /// - Precondition: `groups` divides both numbers of channels; `outputPadding` is below stride or dilation.
  public init(
    _ inChannels: Int, _ outChannels: Int, kernelSize: some SpatialSize, stride: some SpatialSize = 1,
    padding: some SpatialSize = 0, outputPadding: some SpatialSize = 0, groups: Int = 1,
    bias: Bool = true, dilation: some SpatialSize = 1, dtype: DType = .float32, device: Device = .cpu
  ) {
    super.init(
      1, "conv_transpose1d", inChannels, outChannels, kernelSize, stride, padding.sizes, dilation, groups, bias,
      .zeros,
      dtype, device, outputPadding: outputPadding)
  }

  /// A layer like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: ConvTranspose1d, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { ConvTranspose1d(copying: self, copy) }
}

/// The transpose of a convolution of an image, as `torch.nn.ConvTranspose2d`.
///
/// - Shape: `[batch, inChannels, height, width]`, or without batch; likewise with `outChannels`. A spatial size becomes
///   `(size - 1) * stride - 2 * padding + dilation * (kernelSize - 1) + outputPadding + 1`.
open class ConvTranspose2d: ConvolutionTranspose {
  /// Draws weights, then bias, uniformly from +-1 / sqrt(outChannels / groups * the kernel's elements).
  /// - Parameters:
  ///   - padding: what is cut off at both ends, as a convolution with this padding would have added.
  ///   - outputPadding: what is given back at the end, where several sizes would have led to this one.
  /// - Precondition: `groups` divides both numbers of channels; `outputPadding` is below stride or dilation.
  public init(
    _ inChannels: Int, _ outChannels: Int, kernelSize: some SpatialSize, stride: some SpatialSize = 1,
    padding: some SpatialSize = 0, outputPadding: some SpatialSize = 0, groups: Int = 1,
    bias: Bool = true, dilation: some SpatialSize = 1, dtype: DType = .float32, device: Device = .cpu
  ) {
    super.init(
      2, "conv_transpose2d", inChannels, outChannels, kernelSize, stride, padding.sizes, dilation, groups, bias,
      .zeros,
      dtype, device, outputPadding: outputPadding)
  }

  /// A layer like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: ConvTranspose2d, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { ConvTranspose2d(copying: self, copy) }
}

/// The transpose of a convolution of a volume, as `torch.nn.ConvTranspose3d`.
///
/// - Shape: `[batch, inChannels, depth, height, width]`, or without batch; likewise with `outChannels`. A spatial size becomes
///   `(size - 1) * stride - 2 * padding + dilation * (kernelSize - 1) + outputPadding + 1`.
open class ConvTranspose3d: ConvolutionTranspose {
  /// Draws weights, then bias, uniformly from +-1 / sqrt(outChannels / groups * the kernel's elements).
  /// - Parameters:
  ///   - padding: what is cut off at both ends, as a convolution with this padding would have added.
  ///   - outputPadding: what is given back at the end, where several sizes would have led to this one.
  /// - Precondition: `groups` divides both numbers of channels; `outputPadding` is below stride or dilation.
  public init(
    _ inChannels: Int, _ outChannels: Int, kernelSize: some SpatialSize, stride: some SpatialSize = 1,
    padding: some SpatialSize = 0, outputPadding: some SpatialSize = 0, groups: Int = 1,
    bias: Bool = true, dilation: some SpatialSize = 1, dtype: DType = .float32, device: Device = .cpu
  ) {
    super.init(
      3, "conv_transpose3d", inChannels, outChannels, kernelSize, stride, padding.sizes, dilation, groups, bias,
      .zeros,
      dtype, device, outputPadding: outputPadding)
  }

  /// A layer like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: ConvTranspose3d, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { ConvTranspose3d(copying: self, copy) }
}
