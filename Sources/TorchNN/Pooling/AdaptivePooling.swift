// Pools whose windows adapt to the size of the result.

/// What the pools with a given size of the result share.
open class AdaptivePool: Module {
  public let outputSize: AdaptiveSize

  let count: Int
  let op: StaticString

  init(_ count: Int, _ op: StaticString, _ outputSize: AdaptiveSize) {
    self.count = count
    self.op = op
    self.outputSize = outputSize
  }

  open override var extraRepr: String { "output_size=\(outputSize.sizeText)" }
}

/// What the adaptive pools of means share.
open class AdaptiveAvgPool: AdaptivePool, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.adaptiveAverage(count, op, x, outputSize) }
}

/// What the adaptive pools of the largest values share.
open class AdaptiveMaxPool: AdaptivePool, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.adaptiveMax(count, op, x, outputSize).output }

  /// The largest values, with the position of each in its channel, image or volume, counted row by row.
  ///
  /// What torch's layer gives with `return_indices=True`. Hooks of the layer run and see both.
  public func withIndices(_ x: Tensor) -> (output: Tensor, indices: Tensor) {
    called([x]) { [self] in F.adaptiveMax(count, op, $0[0] as! Tensor, outputSize) }
  }
}

/// Means of windows that make a signal of a given size, as `torch.nn.AdaptiveAvgPool1d`.
///
/// - Shape: `[batch, channels, length]`, or without batch; the result has `outputSize` in place of the size.
open class AdaptiveAvgPool1d: AdaptiveAvgPool {
  /// - Parameter outputSize: one number; nil to keep the size.
  public init(_ outputSize: AdaptiveSize) { super.init(1, "adaptive_avg_pool1d", outputSize) }

  /// As ``init(_:)-(AdaptiveSize)`` with one number.
  public convenience init(_ outputSize: Int) { self.init(AdaptiveSize(outputSize)) }
  open override func copied(_ copy: ModuleCopier) -> Module { AdaptiveAvgPool1d(outputSize) }
}

/// Means of windows that make an image of a given size, as `torch.nn.AdaptiveAvgPool2d`.
///
/// - Shape: `[batch, channels, height, width]`, or without batch; the result has `outputSize` in place of the sizes.
open class AdaptiveAvgPool2d: AdaptiveAvgPool {
  /// - Parameter outputSize: one number for all dimensions, or one for each; nil to keep a size.
  public init(_ outputSize: AdaptiveSize) { super.init(2, "adaptive_avg_pool2d", outputSize) }

  /// As ``init(_:)-(AdaptiveSize)`` with one number for all dimensions.
  public convenience init(_ outputSize: Int) { self.init(AdaptiveSize(outputSize)) }
  open override func copied(_ copy: ModuleCopier) -> Module { AdaptiveAvgPool2d(outputSize) }
}

/// Means of windows that make a volume of a given size, as `torch.nn.AdaptiveAvgPool3d`.
///
/// - Shape: `[batch, channels, depth, height, width]`, or without batch; the result has `outputSize` in place of the sizes.
open class AdaptiveAvgPool3d: AdaptiveAvgPool {
  /// - Parameter outputSize: one number for all dimensions, or one for each; nil to keep a size.
  public init(_ outputSize: AdaptiveSize) { super.init(3, "adaptive_avg_pool3d", outputSize) }

  /// As ``init(_:)-(AdaptiveSize)`` with one number for all dimensions.
  public convenience init(_ outputSize: Int) { self.init(AdaptiveSize(outputSize)) }
  open override func copied(_ copy: ModuleCopier) -> Module { AdaptiveAvgPool3d(outputSize) }
}

/// The largest values of windows that make a signal of a given size, as `torch.nn.AdaptiveMaxPool1d`.
///
/// - Shape: `[batch, channels, length]`, or without batch; the result has `outputSize` in place of the size.
open class AdaptiveMaxPool1d: AdaptiveMaxPool {
  /// - Parameter outputSize: one number; nil to keep the size.
  public init(_ outputSize: AdaptiveSize) { super.init(1, "adaptive_max_pool1d", outputSize) }

  /// As ``init(_:)-(AdaptiveSize)`` with one number.
  public convenience init(_ outputSize: Int) { self.init(AdaptiveSize(outputSize)) }
  open override func copied(_ copy: ModuleCopier) -> Module { AdaptiveMaxPool1d(outputSize) }
}

/// The largest values of windows that make an image of a given size, as `torch.nn.AdaptiveMaxPool2d`.
///
/// - Shape: `[batch, channels, height, width]`, or without batch; the result has `outputSize` in place of the sizes.
open class AdaptiveMaxPool2d: AdaptiveMaxPool {
  /// - Parameter outputSize: one number for all dimensions, or one for each; nil to keep a size.
  public init(_ outputSize: AdaptiveSize) { super.init(2, "adaptive_max_pool2d", outputSize) }

  /// As ``init(_:)-(AdaptiveSize)`` with one number for all dimensions.
  public convenience init(_ outputSize: Int) { self.init(AdaptiveSize(outputSize)) }
  open override func copied(_ copy: ModuleCopier) -> Module { AdaptiveMaxPool2d(outputSize) }
}

/// The largest values of windows that make a volume of a given size, as `torch.nn.AdaptiveMaxPool3d`.
///
/// - Shape: `[batch, channels, depth, height, width]`, or without batch; the result has `outputSize` in place of the sizes.
open class AdaptiveMaxPool3d: AdaptiveMaxPool {
  /// - Parameter outputSize: one number for all dimensions, or one for each; nil to keep a size.
  public init(_ outputSize: AdaptiveSize) { super.init(3, "adaptive_max_pool3d", outputSize) }

  /// As ``init(_:)-(AdaptiveSize)`` with one number for all dimensions.
  public convenience init(_ outputSize: Int) { self.init(AdaptiveSize(outputSize)) }
  open override func copied(_ copy: ModuleCopier) -> Module { AdaptiveMaxPool3d(outputSize) }
}
