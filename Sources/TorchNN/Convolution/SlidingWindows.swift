// Layers that cut images into windows and join them.

/// What the layers of sliding windows share.
open class SlidingWindow: Module {
  public let kernelSize: any SpatialSize, dilation: any SpatialSize, padding: any SpatialSize, stride: any SpatialSize

  init(
    _ kernelSize: any SpatialSize, _ dilation: any SpatialSize, _ padding: any SpatialSize, _ stride: any SpatialSize
  ) {
    self.kernelSize = kernelSize
    self.dilation = dilation
    self.padding = padding
    self.stride = stride
  }

  init(copying other: SlidingWindow) {
    kernelSize = other.kernelSize
    dilation = other.dilation
    padding = other.padding
    stride = other.stride
  }

  open override var extraRepr: String {
    "kernel_size=\(kernelSize.sizeText), dilation=\(dilation.sizeText), padding=\(padding.sizeText), "
      + "stride=\(stride.sizeText)"
  }
}

/// The windows of an image as columns, as `torch.nn.Unfold`.
///
/// - Shape: `[batch, channels, height, width]`, or without batch, to
///   `[batch, channels * kernel height * kernel width, windows]`.
open class Unfold: SlidingWindow, Layer {
  /// - Parameters:
  ///   - kernelSize: the size of the window.
  ///   - dilation: the steps between a window's elements.
  ///   - padding: zeros around the input.
  ///   - stride: the steps between windows.
  public init(
    _ kernelSize: some SpatialSize, dilation: some SpatialSize = 1, padding: some SpatialSize = 0,
    stride: some SpatialSize = 1
  ) { super.init(kernelSize, dilation, padding, stride) }

  /// A layer like another, for subclasses that override ``copied(_:)``.
  public init(copying other: Unfold) { super.init(copying: other) }
  open override func copied(_ copy: ModuleCopier) -> Module { Unfold(copying: self) }

  open func forward(_ x: Tensor) -> Tensor {
    F.unfold(
      x, kernelSize: kernelSize.sizes, dilation: dilation.sizes, padding: padding.sizes, stride: stride.sizes)
  }
}

/// The sums of the overlapping windows that columns hold, as `torch.nn.Fold`: the adjoint of ``Unfold``.
///
/// - Shape: `[batch, channels * kernel height * kernel width, windows]`, or without batch, to
///   `[batch, channels, height, width]`.
open class Fold: SlidingWindow, Layer {
  /// Height and width of the result.
  public let outputSize: any SpatialSize

  /// - Parameters:
  ///   - outputSize: height and width of the result.
  ///   - kernelSize: the size of the window.
  ///   - dilation: the steps between a window's elements.
  ///   - padding: how far windows reach over the edges of the result.
  ///   - stride: the steps between windows.
  public init(
    _ outputSize: some SpatialSize, _ kernelSize: some SpatialSize, dilation: some SpatialSize = 1,
    padding: some SpatialSize = 0, stride: some SpatialSize = 1
  ) {
    self.outputSize = outputSize
    super.init(kernelSize, dilation, padding, stride)
  }

  /// A layer like another, for subclasses that override ``copied(_:)``.
  public init(copying other: Fold) {
    outputSize = other.outputSize
    super.init(copying: other)
  }
  open override func copied(_ copy: ModuleCopier) -> Module { Fold(copying: self) }

  open func forward(_ x: Tensor) -> Tensor {
    F.fold(
      x, outputSize: outputSize.sizes, kernelSize: kernelSize.sizes, dilation: dilation.sizes, padding: padding.sizes,
      stride: stride.sizes)
  }

  open override var extraRepr: String { "output_size=\(outputSize.sizeText), " + super.extraRepr }
}
