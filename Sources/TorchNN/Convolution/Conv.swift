/// What the convolutional layers share, those of transposed convolutions included.
open class Convolution: Module, Layer {
  public let inChannels: Int, outChannels: Int, groups: Int
  /// One number for each spatial dimension.
  public let kernelSize: [Int], stride: [Int], dilation: [Int]
  public let padding: any ConvolutionPad
  /// How the input is extended by `padding`.
  public let paddingMode: PaddingMode
  /// - Shape: `[outChannels, inChannels / groups, size...]`; `[inChannels, outChannels / groups, size...]` of a transposed
  ///   convolution.
  @Parameter public var weight: Tensor
  /// - Shape: `[outChannels]`.
  @Parameter public var bias: Tensor?

  let op: StaticString
  /// What a transposed convolution adds at each end; nil for the others.
  let extraPadding: [Int]?

  init(
    _ count: Int, _ op: StaticString, _ inChannels: Int, _ outChannels: Int, _ kernelSize: any SpatialSize,
    _ stride: any SpatialSize, _ padding: any ConvolutionPad, _ dilation: any SpatialSize, _ groups: Int, _ bias: Bool,
    _ paddingMode: PaddingMode, _ dtype: DType, _ device: Device, outputPadding: (any SpatialSize)? = nil
  ) {
    guard groups > 0, inChannels >= 0, inChannels % groups == 0, outChannels >= 0, outChannels % groups == 0 else {
      fault(
        String(describing: op),
        "\(inChannels) input and \(outChannels) output channels do not divide into \(groups) groups")
    }
    self.op = op
    self.inChannels = inChannels
    self.outChannels = outChannels
    self.groups = groups
    self.kernelSize = kernelSize.expanded(to: count, "kernelSize", op: op)
    self.stride = stride.expanded(to: count, "stride", op: op)
    self.dilation = dilation.expanded(to: count, "dilation", op: op)
    self.padding =
      padding.padSizes.map { $0.expanded(to: count, "padding", op: op) }.flatMap {
        padding.padName == nil ? $0 : nil
      } ?? padding
    self.paddingMode = paddingMode
    extraPadding = outputPadding?.expanded(to: count, "outputPadding", op: op)
    if padding.padSizes == nil, self.stride.contains(where: { $0 != 1 }) {
      fault(String(describing: op), "padding .same wants a stride of 1, got \(stride.sizeText)")
    }
    let channels = outputPadding == nil ? [outChannels, inChannels / groups] : [inChannels, outChannels / groups]
    weight = .empty(channels + self.kernelSize, dtype: dtype, device: device)
    self.bias = bias ? .empty(outChannels, dtype: dtype, device: device) : nil
    super.init()
    resetParameters()
  }

  /// A layer like another with copied weights; draws nothing.
  init(copying other: Convolution, _ copy: ModuleCopier) {
    op = other.op
    inChannels = other.inChannels
    outChannels = other.outChannels
    groups = other.groups
    kernelSize = other.kernelSize
    stride = other.stride
    dilation = other.dilation
    padding = other.padding
    paddingMode = other.paddingMode
    extraPadding = other.extraPadding
    weight = copy(other.weight)
    bias = copy(other.bias)
    super.init()
  }

  /// Draws weights and bias anew.
  public func resetParameters() { drawWeights(weight, bias) }

  open func forward(_ x: Tensor) -> Tensor {
    guard paddingMode != .zeros else {
      return F.convolution(kernelSize.count, op, x, weight, bias, stride, padding, dilation, groups)
    }
    return inOp(op) {
      let wide = x.extended(by: edges, paddingMode, op: op)
      return F.convolution(kernelSize.count, op, wide, weight, bias, stride, 0, dilation, groups)
    }
  }

  /// How much each spatial dimension is extended at its start and its end.
  private var edges: [(Int, Int)] {
    guard let sizes = padding.padSizes else {
      return kernelSize.indices.map {
        let reach = dilation[$0] * (kernelSize[$0] - 1)
        return (reach / 2, reach - reach / 2)
      }
    }
    return sizes.expanded(to: kernelSize.count, "padding", op: op).map { ($0, $0) }
  }

  open override var extraRepr: String {
    var parts = [
      "\(inChannels), \(outChannels)", "kernel_size=\(kernelSize.sizeText)", "stride=\(stride.sizeText)",
    ]
    if let name = padding.padName {
      parts.append("padding=\(name)")
    } else if let sizes = padding.padSizes, sizes.sizes.contains(where: { $0 != 0 }) {
      parts.append("padding=\(sizes.sizeText)")
    }
    if dilation.contains(where: { $0 != 1 }) { parts.append("dilation=\(dilation.sizeText)") }
    if let extraPadding, extraPadding.contains(where: { $0 != 0 }) {
      parts.append("output_padding=\(extraPadding.sizeText)")
    }
    if groups != 1 { parts.append("groups=\(groups)") }
    if bias == nil { parts.append("bias=False") }
    if paddingMode != .zeros { parts.append("padding_mode=\(paddingMode.rawValue)") }
    return parts.joined(separator: ", ")
  }
}

/// Convolution of a signal, as `torch.nn.Conv1d`.
///
/// - Shape: `[batch, inChannels, length]`, or without batch; likewise with `outChannels`.
open class Conv1d: Convolution {
  /// Draws weights, then bias, uniformly from +-1 / sqrt(inputs of an output).
  /// - Parameters:
  ///   - padding: how far each edge is extended; `.same` keeps the size.
  ///   - paddingMode: what stands in the extension.
  /// - Precondition: `groups` divides both numbers of channels; `.same` wants a stride of 1.
  public init(
    _ inChannels: Int, _ outChannels: Int, kernelSize: some SpatialSize, stride: some SpatialSize = 1,
    padding: some ConvolutionPad = 0, dilation: some SpatialSize = 1, groups: Int = 1, bias: Bool = true,
    paddingMode: PaddingMode = .zeros, dtype: DType = .float32, device: Device = .cpu
  ) {
    super.init(
      1, "conv1d", inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias, paddingMode, dtype,
      device)
  }

  /// A layer like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: Conv1d, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { Conv1d(copying: self, copy) }
}

/// Convolution of an image, as `torch.nn.Conv2d`.
///
/// - Shape: `[batch, inChannels, height, width]`, or without batch; likewise with `outChannels`.
open class Conv2d: Convolution {
  /// Draws weights, then bias, uniformly from +-1 / sqrt(inputs of an output).
  /// - Parameters:
  ///   - padding: how far each edge is extended; `.same` keeps the size.
  ///   - paddingMode: what stands in the extension.
  /// - Precondition: `groups` divides both numbers of channels; `.same` wants a stride of 1.
  public init(
    _ inChannels: Int, _ outChannels: Int, kernelSize: some SpatialSize, stride: some SpatialSize = 1,
    padding: some ConvolutionPad = 0, dilation: some SpatialSize = 1, groups: Int = 1, bias: Bool = true,
    paddingMode: PaddingMode = .zeros, dtype: DType = .float32, device: Device = .cpu
  ) {
    super.init(
      2, "conv2d", inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias, paddingMode, dtype,
      device)
  }

  /// A layer like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: Conv2d, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { Conv2d(copying: self, copy) }
}

/// Convolution of a volume, as `torch.nn.Conv3d`.
///
/// - Shape: `[batch, inChannels, depth, height, width]`, or without batch; likewise with `outChannels`.
open class Conv3d: Convolution {
  /// Draws weights, then bias, uniformly from +-1 / sqrt(inputs of an output).
  /// - Parameters:
  ///   - padding: how far each edge is extended; `.same` keeps the size.
  ///   - paddingMode: what stands in the extension.
  /// - Precondition: `groups` divides both numbers of channels; `.same` wants a stride of 1.
  public init(
    _ inChannels: Int, _ outChannels: Int, kernelSize: some SpatialSize, stride: some SpatialSize = 1,
    padding: some ConvolutionPad = 0, dilation: some SpatialSize = 1, groups: Int = 1, bias: Bool = true,
    paddingMode: PaddingMode = .zeros, dtype: DType = .float32, device: Device = .cpu
  ) {
    super.init(
      3, "conv3d", inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias, paddingMode, dtype,
      device)
  }

  /// A layer like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: Conv3d, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { Conv3d(copying: self, copy) }
}
