import Torch

// The pools with torch's argument names all written out.

extension MaxPool1d {
  /// As ``init(_:stride:padding:dilation:ceilMode:)``.
  public convenience init(
    kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    dilation: some SpatialSize = 1, ceilMode: Bool = false
  ) { self.init(kernelSize, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode) }
}

extension MaxPool2d {
  /// As ``init(_:stride:padding:dilation:ceilMode:)``.
  public convenience init(
    kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    dilation: some SpatialSize = 1, ceilMode: Bool = false
  ) { self.init(kernelSize, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode) }
}

extension MaxPool3d {
  /// As ``init(_:stride:padding:dilation:ceilMode:)``.
  public convenience init(
    kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    dilation: some SpatialSize = 1, ceilMode: Bool = false
  ) { self.init(kernelSize, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode) }
}

extension AvgPool1d {
  /// As ``init(_:stride:padding:ceilMode:countIncludePad:)``.
  public convenience init(
    kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    ceilMode: Bool = false, countIncludePad: Bool = true
  ) { self.init(kernelSize, stride: stride, padding: padding, ceilMode: ceilMode, countIncludePad: countIncludePad) }
}

extension AvgPool2d {
  /// As ``init(_:stride:padding:ceilMode:countIncludePad:divisorOverride:)``.
  public convenience init(
    kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    ceilMode: Bool = false, countIncludePad: Bool = true, divisorOverride: Int? = nil
  ) {
    self.init(
      kernelSize, stride: stride, padding: padding, ceilMode: ceilMode, countIncludePad: countIncludePad,
      divisorOverride: divisorOverride)
  }
}

extension AvgPool3d {
  /// As ``init(_:stride:padding:ceilMode:countIncludePad:divisorOverride:)``.
  public convenience init(
    kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    ceilMode: Bool = false, countIncludePad: Bool = true, divisorOverride: Int? = nil
  ) {
    self.init(
      kernelSize, stride: stride, padding: padding, ceilMode: ceilMode, countIncludePad: countIncludePad,
      divisorOverride: divisorOverride)
  }
}

extension AdaptiveAvgPool1d {
  /// As ``init(_:)-(AdaptiveSize)``.
  public convenience init(outputSize: AdaptiveSize) { self.init(outputSize) }
}

extension AdaptiveAvgPool2d {
  /// As ``init(_:)-(AdaptiveSize)``.
  public convenience init(outputSize: AdaptiveSize) { self.init(outputSize) }
}

extension AdaptiveAvgPool3d {
  /// As ``init(_:)-(AdaptiveSize)``.
  public convenience init(outputSize: AdaptiveSize) { self.init(outputSize) }
}

extension AdaptiveMaxPool1d {
  /// As ``init(_:)-(AdaptiveSize)``.
  public convenience init(outputSize: AdaptiveSize) { self.init(outputSize) }
}

extension AdaptiveMaxPool2d {
  /// As ``init(_:)-(AdaptiveSize)``.
  public convenience init(outputSize: AdaptiveSize) { self.init(outputSize) }
}

extension AdaptiveMaxPool3d {
  /// As ``init(_:)-(AdaptiveSize)``.
  public convenience init(outputSize: AdaptiveSize) { self.init(outputSize) }
}
