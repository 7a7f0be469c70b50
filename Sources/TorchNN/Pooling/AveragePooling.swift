// Pools of means and of norms, whose windows have a size of their own.

/// What the pools of means share.
open class AveragePool: Module, Layer {
  public let kernelSize: any SpatialSize, stride: any SpatialSize, padding: any SpatialSize
  public let ceilMode: Bool, countIncludePad: Bool
  /// What each window's sum is divided by instead of its size.
  public let divisorOverride: Int?

  private let count: Int
  private let op: StaticString

  init(
    _ count: Int, _ op: StaticString, _ kernelSize: any SpatialSize, _ stride: (any SpatialSize)?,
    _ padding: any SpatialSize, _ ceilMode: Bool, _ countIncludePad: Bool, _ divisorOverride: Int?
  ) {
    self.count = count
    self.op = op
    self.kernelSize = kernelSize
    self.stride = stride ?? kernelSize
    self.padding = padding
    self.ceilMode = ceilMode
    self.countIncludePad = countIncludePad
    self.divisorOverride = divisorOverride
  }

  open func forward(_ x: Tensor) -> Tensor {
    F.averagePool(count, op, x, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride)
  }

  open override var extraRepr: String {
    "kernel_size=\(kernelSize.sizeText), stride=\(stride.sizeText), padding=\(padding.sizeText)"
  }
}

/// The mean of each window of a signal, as `torch.nn.AvgPool1d`.
///
/// - Shape: `[batch, channels, length]`, or without batch.
open class AvgPool1d: AveragePool {
  /// - Parameters:
  ///   - kernelSize: the size of the window.
  ///   - stride: the steps between windows; nil for the size of the window.
  ///   - padding: zeros around the input, at most half of the window.
  ///   - ceilMode: whether a window that hangs over the end counts.
  ///   - countIncludePad: whether the zeros of the padding count.
  public init(
    _ kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    ceilMode: Bool = false, countIncludePad: Bool = true
  ) {
    super.init(
      1, "avg_pool1d", kernelSize.expanded(to: 1, "kernelSize", op: "AvgPool1d"),
      (stride ?? kernelSize).expanded(to: 1, "stride", op: "AvgPool1d"),
      padding.expanded(to: 1, "padding", op: "AvgPool1d"), ceilMode, countIncludePad, nil)
  }

  open override func copied(_ copy: ModuleCopier) -> Module {
    AvgPool1d(kernelSize, stride: stride, padding: padding, ceilMode: ceilMode, countIncludePad: countIncludePad)
  }
}

/// The mean of each window of an image, as `torch.nn.AvgPool2d`.
///
/// - Shape: `[batch, channels, height, width]`, or without batch.
open class AvgPool2d: AveragePool {
  /// - Parameters:
  ///   - kernelSize: the size of the window.
  ///   - stride: the steps between windows; nil for the size of the window.
  ///   - padding: zeros around the input, at most half of the window.
  ///   - ceilMode: whether a window that hangs over the end counts.
  ///   - countIncludePad: whether the zeros of the padding count.
  ///   - divisorOverride: what each window's sum is divided by instead of its size.
  public init(
    _ kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    ceilMode: Bool = false, countIncludePad: Bool = true, divisorOverride: Int? = nil
  ) {
    super.init(
      2, "avg_pool2d", kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride)
  }

  open override func copied(_ copy: ModuleCopier) -> Module {
    AvgPool2d(
      kernelSize, stride: stride, padding: padding, ceilMode: ceilMode, countIncludePad: countIncludePad,
      divisorOverride: divisorOverride)
  }
}

/// The mean of each window of a volume, as `torch.nn.AvgPool3d`.
///
/// - Shape: `[batch, channels, depth, height, width]`, or without batch.
open class AvgPool3d: AveragePool {
  /// - Parameters:
  ///   - kernelSize: the size of the window.
  ///   - stride: the steps between windows; nil for the size of the window.
  ///   - padding: zeros around the input, at most half of the window.
  ///   - ceilMode: whether a window that hangs over the end counts.
  ///   - countIncludePad: whether the zeros of the padding count.
  ///   - divisorOverride: what each window's sum is divided by instead of its size.
  public init(
    _ kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    ceilMode: Bool = false, countIncludePad: Bool = true, divisorOverride: Int? = nil
  ) {
    super.init(
      3, "avg_pool3d", kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride)
  }

  open override func copied(_ copy: ModuleCopier) -> Module {
    AvgPool3d(
      kernelSize, stride: stride, padding: padding, ceilMode: ceilMode, countIncludePad: countIncludePad,
      divisorOverride: divisorOverride)
  }
}

/// What the pools of norms share.
open class PowerPool: Module, Layer {
  /// The p of the norm.
  public let normType: Double
  public let kernelSize: any SpatialSize
  /// Nil for the size of the window.
  public let stride: (any SpatialSize)?
  public let ceilMode: Bool

  private let count: Int
  private let op: StaticString

  init(
    _ count: Int, _ op: StaticString, _ normType: Double, _ kernelSize: any SpatialSize, _ stride: (any SpatialSize)?,
    _ ceilMode: Bool
  ) {
    self.count = count
    self.op = op
    self.normType = normType
    self.kernelSize = kernelSize
    self.stride = stride
    self.ceilMode = ceilMode
    super.init()
    guard normType != 0 else { fault(typeName, "normType cannot be 0") }
  }

  open func forward(_ x: Tensor) -> Tensor { F.powerPool(count, op, x, normType, kernelSize, stride, ceilMode) }

  open override var extraRepr: String {
    "norm_type=\(pythonRepr(normType)), kernel_size=\(kernelSize.sizeText), stride=\(stride?.sizeText ?? "None"), "
      + "ceil_mode=\(pythonBool(ceilMode))"
  }
}

/// The p-norm of each window of a signal, as `torch.nn.LPPool1d`; the sign of a power's sum stays.
///
/// - Shape: `[batch, channels, length]`, or without batch.
open class LPPool1d: PowerPool {
  /// - Parameters:
  ///   - normType: the p of the norm; infinity for the largest absolute value.
  ///   - kernelSize: the size of the window.
  ///   - stride: the steps between windows; nil for the size of the window.
  ///   - ceilMode: whether a window that hangs over the end counts.
  /// - Precondition: `normType` is not 0.
  public init(
    _ normType: Double, _ kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, ceilMode: Bool = false
  ) { super.init(1, "lp_pool1d", normType, kernelSize, stride, ceilMode) }

  open override func copied(_ copy: ModuleCopier) -> Module {
    LPPool1d(normType, kernelSize, stride: stride, ceilMode: ceilMode)
  }
}

/// The p-norm of each window of an image, as `torch.nn.LPPool2d`; the sign of a power's sum stays.
///
/// - Shape: `[batch, channels, height, width]`, or without batch.
open class LPPool2d: PowerPool {
  /// - Parameters:
  ///   - normType: the p of the norm; infinity for the largest absolute value.
  ///   - kernelSize: the size of the window.
  ///   - stride: the steps between windows; nil for the size of the window.
  ///   - ceilMode: whether a window that hangs over the end counts.
  /// - Precondition: `normType` is not 0.
  public init(
    _ normType: Double, _ kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, ceilMode: Bool = false
  ) { super.init(2, "lp_pool2d", normType, kernelSize, stride, ceilMode) }

  open override func copied(_ copy: ModuleCopier) -> Module {
    LPPool2d(normType, kernelSize, stride: stride, ceilMode: ceilMode)
  }
}

/// The p-norm of each window of a volume, as `torch.nn.LPPool3d`; the sign of a power's sum stays.
///
/// - Shape: `[batch, channels, depth, height, width]`, or without batch.
open class LPPool3d: PowerPool {
  /// - Parameters:
  ///   - normType: the p of the norm; infinity for the largest absolute value.
  ///   - kernelSize: the size of the window.
  ///   - stride: the steps between windows; nil for the size of the window.
  ///   - ceilMode: whether a window that hangs over the end counts.
  /// - Precondition: `normType` is not 0.
  public init(
    _ normType: Double, _ kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, ceilMode: Bool = false
  ) { super.init(3, "lp_pool3d", normType, kernelSize, stride, ceilMode) }

  open override func copied(_ copy: ModuleCopier) -> Module {
    LPPool3d(normType, kernelSize, stride: stride, ceilMode: ceilMode)
  }
}
