/// What the layers share that normalise each channel of each sample over space.
///
/// Ulyanov, Vedaldi and Lempitsky, "Instance Normalization", 2016.
open class InstanceNorm: ChannelNorm {
  /// As of torch, where it shares its state with batch norms.
  open override var stateVersion: Int { 2 }

  open override func forward(_ x: Tensor) -> Tensor {
    let hasBatch = x.ndim == ranks.upperBound
    check(x, channelsAt: hasBatch ? 1 : 0)
    let out = F.instanceNorm(
      hasBatch ? x : x.unsqueeze(0), runningMean: runningMean, runningVar: runningVar, weight: weight, bias: bias,
      useInputStats: training || !trackRunningStats, momentum: momentum ?? 0, eps: eps)
    return hasBatch ? out : out.squeeze(0)
  }
}

/// Normalisation of each channel of each sample of a signal, as `torch.nn.InstanceNorm1d`.
///
/// - Shape: `[batch, numFeatures, length]`, or without batch.
open class InstanceNorm1d: InstanceNorm {
  /// - Parameters:
  ///   - eps: added to the variance.
  ///   - momentum: the share of a batch in the running statistics; nil for the plain mean over all batches.
  ///   - affine: whether there are a scale and a shift for each channel.
  ///   - trackRunningStats: whether statistics run along in training, to be used in evaluation.
  ///   - bias: whether there is a shift beside the scale.
  public init(
    _ numFeatures: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = false,
    trackRunningStats: Bool = false, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) {
    super.init("instance_norm", 2...3, numFeatures, eps, momentum, affine, trackRunningStats, bias, dtype, device)
  }

  /// A layer like another with copied weights and statistics. For subclasses that override ``copied(_:)``.
  public init(copying other: InstanceNorm1d, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { InstanceNorm1d(copying: self, copy) }
}

/// Normalisation of each channel of each sample of images, as `torch.nn.InstanceNorm2d`.
///
/// - Shape: `[batch, numFeatures, height, width]`, or without batch.
open class InstanceNorm2d: InstanceNorm {
  /// - Parameters:
  ///   - eps: added to the variance.
  ///   - momentum: the share of a batch in the running statistics; nil for the plain mean over all batches.
  ///   - affine: whether there are a scale and a shift for each channel.
  ///   - trackRunningStats: whether statistics run along in training, to be used in evaluation.
  ///   - bias: whether there is a shift beside the scale.
  public init(
    _ numFeatures: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = false,
    trackRunningStats: Bool = false, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) {
    super.init("instance_norm", 3...4, numFeatures, eps, momentum, affine, trackRunningStats, bias, dtype, device)
  }

  /// A layer like another with copied weights and statistics. For subclasses that override ``copied(_:)``.
  public init(copying other: InstanceNorm2d, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { InstanceNorm2d(copying: self, copy) }
}

/// Normalisation of each channel of each sample of volumes, as `torch.nn.InstanceNorm3d`.
///
/// - Shape: `[batch, numFeatures, depth, height, width]`, or without batch.
open class InstanceNorm3d: InstanceNorm {
  /// - Parameters:
  ///   - eps: added to the variance.
  ///   - momentum: the share of a batch in the running statistics; nil for the plain mean over all batches.
  ///   - affine: whether there are a scale and a shift for each channel.
  ///   - trackRunningStats: whether statistics run along in training, to be used in evaluation.
  ///   - bias: whether there is a shift beside the scale.
  public init(
    _ numFeatures: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = false,
    trackRunningStats: Bool = false, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) {
    super.init("instance_norm", 4...5, numFeatures, eps, momentum, affine, trackRunningStats, bias, dtype, device)
  }

  /// A layer like another with copied weights and statistics. For subclasses that override ``copied(_:)``.
  public init(copying other: InstanceNorm3d, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { InstanceNorm3d(copying: self, copy) }
}
