// Layers that undo pools.

/// What the layers that put largest values back share.
open class Unpool: Module, Layer2 {
  /// One number for each spatial dimension.
  public let kernelSize: [Int], stride: [Int], padding: [Int]

  private let op: StaticString

  init(
    _ count: Int, _ op: StaticString, _ kernelSize: any SpatialSize, _ stride: (any SpatialSize)?,
    _ padding: any SpatialSize
  ) {
    self.op = op
    self.kernelSize = kernelSize.expanded(to: count, "kernelSize", op: op)
    self.stride = (stride ?? kernelSize).expanded(to: count, "stride", op: op)
    self.padding = padding.expanded(to: count, "padding", op: op)
  }

  open func forward(_ x: Tensor, _ indices: Tensor) -> Tensor { unpooled(x, indices, nil) }

  /// Runs the layer so that the result has the spatial sizes `outputSize`, where several had led to the input's.
  public func callAsFunction(_ x: Tensor, _ indices: Tensor, outputSize: [Int]) -> Tensor {
    called([x, indices]) { [self] in unpooled($0[0] as! Tensor, $0[1] as! Tensor, outputSize) }
  }

  private func unpooled(_ x: Tensor, _ indices: Tensor, _ outputSize: [Int]?) -> Tensor {
    F.unpooled(kernelSize.count, op, x, indices, kernelSize, stride, padding, outputSize)
  }

  open override var extraRepr: String {
    "kernel_size=\(kernelSize.sizeText), stride=\(stride.sizeText), padding=\(padding.sizeText)"
  }
}

/// The largest values of a signal at the places they were taken from, zeros elsewhere, as `torch.nn.MaxUnpool1d`.
///
/// `unpool(values, indices)` takes what ``MaxPool/withIndices(_:)`` gives.
/// - Shape: values and indices `[batch, channels, length]`, or without batch.
open class MaxUnpool1d: Unpool {
  /// - Parameters: those of the ``MaxPool1d`` that is undone.
  public init(_ kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0) {
    super.init(1, "max_unpool1d", kernelSize, stride, padding)
  }

  open override func copied(_ copy: ModuleCopier) -> Module {
    MaxUnpool1d(kernelSize, stride: stride, padding: padding)
  }
}

/// The largest values of an image at the places they were taken from, zeros elsewhere, as `torch.nn.MaxUnpool2d`.
///
/// `unpool(values, indices)` takes what ``MaxPool/withIndices(_:)`` gives.
/// - Shape: values and indices `[batch, channels, height, width]`, or without batch.
open class MaxUnpool2d: Unpool {
  /// - Parameters: those of the ``MaxPool2d`` that is undone.
  public init(_ kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0) {
    super.init(2, "max_unpool2d", kernelSize, stride, padding)
  }

  open override func copied(_ copy: ModuleCopier) -> Module {
    MaxUnpool2d(kernelSize, stride: stride, padding: padding)
  }
}

/// The largest values of a volume at the places they were taken from, zeros elsewhere, as `torch.nn.MaxUnpool3d`.
///
/// `unpool(values, indices)` takes what ``MaxPool/withIndices(_:)`` gives.
/// - Shape: values and indices `[batch, channels, depth, height, width]`, or without batch.
open class MaxUnpool3d: Unpool {
  /// - Parameters: those of the ``MaxPool3d`` that is undone.
  public init(_ kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0) {
    super.init(3, "max_unpool3d", kernelSize, stride, padding)
  }

  open override func copied(_ copy: ModuleCopier) -> Module {
    MaxUnpool3d(kernelSize, stride: stride, padding: padding)
  }
}
