// Pools of the largest values whose windows are placed at random.

/// What the fractional pools share.
open class FractionalMaxPool: Module, Layer {
  /// One number for each spatial dimension.
  public let kernelSize: [Int]
  /// Numbers from 0 to 1 that place the windows; nil where each call draws them.
  /// - Shape: `[batch, channels, spatial dimensions]`.
  @Buffer public var randomSamples: Tensor?

  private let count: Int
  private let op: StaticString
  private let output: FractionalOutput

  init(
    _ count: Int, _ op: StaticString, _ kernelSize: any SpatialSize, _ output: FractionalOutput, _ samples: Tensor?
  ) {
    self.count = count
    self.op = op
    self.kernelSize = kernelSize.expanded(to: count, "kernelSize", op: op)
    self.output = output
    randomSamples = samples
  }

  init(copying other: FractionalMaxPool, _ copy: ModuleCopier) {
    count = other.count
    op = other.op
    kernelSize = other.kernelSize
    output = other.output
    randomSamples = copy(other.randomSamples)
  }

  open override class var keys: [String: String] { ["randomSamples": "_random_samples"] }

  open func forward(_ x: Tensor) -> Tensor { pooled(x).output }

  /// The largest values, with the position of each in its image or volume, counted row by row.
  ///
  /// What torch's layer gives with `return_indices=True`. Hooks of the layer run and see both.
  public func withIndices(_ x: Tensor) -> (output: Tensor, indices: Tensor) {
    called([x]) { [self] in pooled($0[0] as! Tensor) }
  }

  private func pooled(_ x: Tensor) -> (output: Tensor, indices: Tensor) {
    F.fractionalPool(count, op, x, kernelSize, output, randomSamples)
  }
}

/// The largest values of windows of an image that are placed at random, as `torch.nn.FractionalMaxPool2d`.
///
/// - Shape: `[batch, channels, height, width]`, or without batch.
///
/// Graham, "Fractional Max-Pooling", 2014.
open class FractionalMaxPool2d: FractionalMaxPool {
  /// - Parameters:
  ///   - kernelSize: the size of the window.
  ///   - outputSize: the size of the result.
  ///   - randomSamples: numbers from 0 to 1 that place the windows, `[batch, channels, 2]`; drawn at each call if not told.
  public init(_ kernelSize: some SpatialSize, outputSize: some SpatialSize, randomSamples: Tensor? = nil) {
    let op: StaticString = "fractional_max_pool2d"
    super.init(2, op, kernelSize, .sizes(outputSize.expanded(to: 2, "outputSize", op: op)), randomSamples)
  }

  /// As ``init(_:outputSize:randomSamples:)`` with a size that is a share of the input's.
  /// - Precondition: the ratios are between 0 and 1, both excluded.
  public init(_ kernelSize: some SpatialSize, outputRatio: PoolRatio, randomSamples: Tensor? = nil) {
    let op: StaticString = "fractional_max_pool2d"
    super.init(2, op, kernelSize, .ratios(outputRatio.expanded(to: 2, op: "\(op)")), randomSamples)
  }

  /// A layer like another, for subclasses that override ``copied(_:)``.
  public init(copying other: FractionalMaxPool2d, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { FractionalMaxPool2d(copying: self, copy) }
}

/// The largest values of windows of a volume that are placed at random, as `torch.nn.FractionalMaxPool3d`.
///
/// - Shape: `[batch, channels, depth, height, width]`, or without batch.
///
/// Graham, "Fractional Max-Pooling", 2014.
open class FractionalMaxPool3d: FractionalMaxPool {
  /// - Parameters:
  ///   - kernelSize: the size of the window.
  ///   - outputSize: the size of the result.
  ///   - randomSamples: numbers from 0 to 1 that place the windows, `[batch, channels, 3]`; drawn at each call if not told.
  public init(_ kernelSize: some SpatialSize, outputSize: some SpatialSize, randomSamples: Tensor? = nil) {
    let op: StaticString = "fractional_max_pool3d"
    super.init(3, op, kernelSize, .sizes(outputSize.expanded(to: 3, "outputSize", op: op)), randomSamples)
  }

  /// As ``init(_:outputSize:randomSamples:)`` with a size that is a share of the input's.
  /// - Precondition: the ratios are between 0 and 1, both excluded.
  public init(_ kernelSize: some SpatialSize, outputRatio: PoolRatio, randomSamples: Tensor? = nil) {
    let op: StaticString = "fractional_max_pool3d"
    super.init(3, op, kernelSize, .ratios(outputRatio.expanded(to: 3, op: "\(op)")), randomSamples)
  }

  /// A layer like another, for subclasses that override ``copied(_:)``.
  public init(copying other: FractionalMaxPool3d, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { FractionalMaxPool3d(copying: self, copy) }
}
