/// What the layers that take the largest value of each window share.
open class MaxPool: Module, Layer {
  public let kernelSize: any SpatialSize, stride: any SpatialSize, padding: any SpatialSize, dilation: any SpatialSize
  public let ceilMode: Bool

  private let count: Int
  private let op: StaticString

  init(
    _ count: Int, _ op: StaticString, _ kernelSize: any SpatialSize, _ stride: (any SpatialSize)?,
    _ padding: any SpatialSize, _ dilation: any SpatialSize, _ ceilMode: Bool
  ) {
    self.count = count
    self.op = op
    self.kernelSize = kernelSize
    self.stride = stride ?? kernelSize
    self.padding = padding
    self.dilation = dilation
    self.ceilMode = ceilMode
  }

  init(copying other: MaxPool) {
    count = other.count
    op = other.op
    kernelSize = other.kernelSize
    stride = other.stride
    padding = other.padding
    dilation = other.dilation
    ceilMode = other.ceilMode
  }

  open func forward(_ x: Tensor) -> Tensor {
    F.maxPool(count, op, x, kernelSize, stride, padding, dilation, ceilMode)
  }

  /// The largest values, with the position of each in its channel, image or volume, counted row by row.
  ///
  /// What torch's layer gives with `return_indices=True`, and what ``MaxUnpool2d`` and its kin take. Hooks of the layer run
  /// and see both.
  public func withIndices(_ x: Tensor) -> (output: Tensor, indices: Tensor) {
    called([x]) { [self] in
      F.maxPoolWithIndices(count, op, $0[0] as! Tensor, kernelSize, stride, padding, dilation, ceilMode)
    }
  }

  open override var extraRepr: String {
    "kernel_size=\(kernelSize.sizeText), stride=\(stride.sizeText), padding=\(padding.sizeText), "
      + "dilation=\(dilation.sizeText), ceil_mode=\(pythonBool(ceilMode))"
  }
}

/// The largest value of each window of a signal, as `torch.nn.MaxPool1d`.
///
/// - Shape: `[batch, channels, length]`, or without batch.
open class MaxPool1d: MaxPool {
  /// - Parameters:
  ///   - stride: the steps between windows; nil for the size of the window.
  ///   - ceilMode: whether a window that hangs over the end counts.
  public init(
    _ kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    dilation: some SpatialSize = 1, ceilMode: Bool = false
  ) { super.init(1, "max_pool1d", kernelSize, stride, padding, dilation, ceilMode) }

  /// A layer like another, for subclasses that override ``copied(_:)``.
  public init(copying other: MaxPool1d) { super.init(copying: other) }
  open override func copied(_ copy: ModuleCopier) -> Module { MaxPool1d(copying: self) }
}

/// The largest value of each window of an image, as `torch.nn.MaxPool2d`.
///
/// - Shape: `[batch, channels, height, width]`, or without batch.
open class MaxPool2d: MaxPool {
  /// - Parameters:
  ///   - stride: the steps between windows; nil for the size of the window.
  ///   - ceilMode: whether a window that hangs over the end counts.
  public init(
    _ kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    dilation: some SpatialSize = 1, ceilMode: Bool = false
  ) { super.init(2, "max_pool2d", kernelSize, stride, padding, dilation, ceilMode) }

  /// A layer like another, for subclasses that override ``copied(_:)``.
  public init(copying other: MaxPool2d) { super.init(copying: other) }
  open override func copied(_ copy: ModuleCopier) -> Module { MaxPool2d(copying: self) }
}

/// The largest value of each window of a volume, as `torch.nn.MaxPool3d`.
///
/// - Shape: `[batch, channels, depth, height, width]`, or without batch.
open class MaxPool3d: MaxPool {
  /// - Parameters:
  ///   - stride: the steps between windows; nil for the size of the window.
  ///   - ceilMode: whether a window that hangs over the end counts.
  public init(
    _ kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    dilation: some SpatialSize = 1, ceilMode: Bool = false
  ) { super.init(3, "max_pool3d", kernelSize, stride, padding, dilation, ceilMode) }

  /// A layer like another, for subclasses that override ``copied(_:)``.
  public init(copying other: MaxPool3d) { super.init(copying: other) }
  open override func copied(_ copy: ModuleCopier) -> Module { MaxPool3d(copying: self) }
}
