import Torch

// The normalisations with torch's argument names all written out.

extension BatchNorm1d {
  /// As ``init(_:eps:momentum:affine:trackRunningStats:bias:dtype:device:)``.
  public convenience init(
    numFeatures: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true, trackRunningStats: Bool = true,
    bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(
      numFeatures, eps: eps, momentum: momentum, affine: affine, trackRunningStats: trackRunningStats, bias: bias,
      dtype: dtype, device: device)
  }
}

extension BatchNorm2d {
  /// As ``init(_:eps:momentum:affine:trackRunningStats:bias:dtype:device:)``.
  public convenience init(
    numFeatures: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true, trackRunningStats: Bool = true,
    bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(
      numFeatures, eps: eps, momentum: momentum, affine: affine, trackRunningStats: trackRunningStats, bias: bias,
      dtype: dtype, device: device)
  }
}

extension BatchNorm3d {
  /// As ``init(_:eps:momentum:affine:trackRunningStats:bias:dtype:device:)``.
  public convenience init(
    numFeatures: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true, trackRunningStats: Bool = true,
    bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(
      numFeatures, eps: eps, momentum: momentum, affine: affine, trackRunningStats: trackRunningStats, bias: bias,
      dtype: dtype, device: device)
  }
}

extension InstanceNorm1d {
  /// As ``init(_:eps:momentum:affine:trackRunningStats:bias:dtype:device:)``.
  public convenience init(
    numFeatures: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = false,
    trackRunningStats: Bool = false, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(
      numFeatures, eps: eps, momentum: momentum, affine: affine, trackRunningStats: trackRunningStats, bias: bias,
      dtype: dtype, device: device)
  }
}

extension InstanceNorm2d {
  /// As ``init(_:eps:momentum:affine:trackRunningStats:bias:dtype:device:)``.
  public convenience init(
    numFeatures: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = false,
    trackRunningStats: Bool = false, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(
      numFeatures, eps: eps, momentum: momentum, affine: affine, trackRunningStats: trackRunningStats, bias: bias,
      dtype: dtype, device: device)
  }
}

extension InstanceNorm3d {
  /// As ``init(_:eps:momentum:affine:trackRunningStats:bias:dtype:device:)``.
  public convenience init(
    numFeatures: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = false,
    trackRunningStats: Bool = false, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(
      numFeatures, eps: eps, momentum: momentum, affine: affine, trackRunningStats: trackRunningStats, bias: bias,
      dtype: dtype, device: device)
  }
}

extension GroupNorm {
  /// As ``init(_:_:eps:affine:bias:dtype:device:)``.
  public convenience init(
    numGroups: Int, numChannels: Int, eps: Double = 1e-5, affine: Bool = true, bias: Bool = true,
    dtype: DType = .float32, device: Device = .cpu
  ) { self.init(numGroups, numChannels, eps: eps, affine: affine, bias: bias, dtype: dtype, device: device) }
}

extension LayerNorm {
  /// As ``init(_:eps:elementwiseAffine:bias:dtype:device:)``.
  public convenience init(
    normalizedShape: some SpatialSize, eps: Double = 1e-5, elementwiseAffine: Bool = true, bias: Bool = true,
    dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(normalizedShape, eps: eps, elementwiseAffine: elementwiseAffine, bias: bias, dtype: dtype, device: device)
  }
}

extension RMSNorm {
  /// As ``init(_:eps:elementwiseAffine:dtype:device:)``.
  public convenience init(
    normalizedShape: some SpatialSize, eps: Double? = nil, elementwiseAffine: Bool = true, dtype: DType = .float32,
    device: Device = .cpu
  ) { self.init(normalizedShape, eps: eps, elementwiseAffine: elementwiseAffine, dtype: dtype, device: device) }
}
