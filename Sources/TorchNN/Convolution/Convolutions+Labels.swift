import Torch

// The convolutions with torch's argument names all written out.

extension Conv1d {
  /// As ``init(_:_:kernelSize:stride:padding:dilation:groups:bias:paddingMode:dtype:device:)``.
  public convenience init(
    inChannels: Int, outChannels: Int, kernelSize: some SpatialSize, stride: some SpatialSize = 1,
    padding: some ConvolutionPad = 0, dilation: some SpatialSize = 1, groups: Int = 1, bias: Bool = true,
    paddingMode: PaddingMode = .zeros, dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(
      inChannels, outChannels, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation,
      groups: groups, bias: bias, paddingMode: paddingMode, dtype: dtype, device: device)
  }
}

extension Conv2d {
  /// As ``init(_:_:kernelSize:stride:padding:dilation:groups:bias:paddingMode:dtype:device:)``.
  public convenience init(
    inChannels: Int, outChannels: Int, kernelSize: some SpatialSize, stride: some SpatialSize = 1,
    padding: some ConvolutionPad = 0, dilation: some SpatialSize = 1, groups: Int = 1, bias: Bool = true,
    paddingMode: PaddingMode = .zeros, dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(
      inChannels, outChannels, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation,
      groups: groups, bias: bias, paddingMode: paddingMode, dtype: dtype, device: device)
  }
}

extension Conv3d {
  /// As ``init(_:_:kernelSize:stride:padding:dilation:groups:bias:paddingMode:dtype:device:)``.
  public convenience init(
    inChannels: Int, outChannels: Int, kernelSize: some SpatialSize, stride: some SpatialSize = 1,
    padding: some ConvolutionPad = 0, dilation: some SpatialSize = 1, groups: Int = 1, bias: Bool = true,
    paddingMode: PaddingMode = .zeros, dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(
      inChannels, outChannels, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation,
      groups: groups, bias: bias, paddingMode: paddingMode, dtype: dtype, device: device)
  }
}

extension ConvTranspose1d {
  /// As ``init(_:_:kernelSize:stride:padding:outputPadding:groups:bias:dilation:dtype:device:)``.
  public convenience init(
    inChannels: Int, outChannels: Int, kernelSize: some SpatialSize, stride: some SpatialSize = 1,
    padding: some SpatialSize = 0, outputPadding: some SpatialSize = 0, groups: Int = 1, bias: Bool = true,
    dilation: some SpatialSize = 1, dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(
      inChannels, outChannels, kernelSize: kernelSize, stride: stride, padding: padding, outputPadding: outputPadding,
      groups: groups, bias: bias, dilation: dilation, dtype: dtype, device: device)
  }
}

extension ConvTranspose2d {
  /// As ``init(_:_:kernelSize:stride:padding:outputPadding:groups:bias:dilation:dtype:device:)``.
  public convenience init(
    inChannels: Int, outChannels: Int, kernelSize: some SpatialSize, stride: some SpatialSize = 1,
    padding: some SpatialSize = 0, outputPadding: some SpatialSize = 0, groups: Int = 1, bias: Bool = true,
    dilation: some SpatialSize = 1, dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(
      inChannels, outChannels, kernelSize: kernelSize, stride: stride, padding: padding, outputPadding: outputPadding,
      groups: groups, bias: bias, dilation: dilation, dtype: dtype, device: device)
  }
}

extension ConvTranspose3d {
  /// As ``init(_:_:kernelSize:stride:padding:outputPadding:groups:bias:dilation:dtype:device:)``.
  public convenience init(
    inChannels: Int, outChannels: Int, kernelSize: some SpatialSize, stride: some SpatialSize = 1,
    padding: some SpatialSize = 0, outputPadding: some SpatialSize = 0, groups: Int = 1, bias: Bool = true,
    dilation: some SpatialSize = 1, dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(
      inChannels, outChannels, kernelSize: kernelSize, stride: stride, padding: padding, outputPadding: outputPadding,
      groups: groups, bias: bias, dilation: dilation, dtype: dtype, device: device)
  }
}
