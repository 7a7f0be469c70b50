import TorchNN

/// Makes the normalisation that follows a convolution of so many channels: torchvision's `norm_layer`.
public typealias NormLayer = (_ channels: Int) -> any Layer

/// Makes an activation that may write into its input: torchvision's `activation_layer`. `ReLU.init(inplace:)` is one.
public typealias ActivationLayer = (_ inplace: Bool) -> any Layer

/// A convolution of images, then a normalisation, then an activation, as `torchvision.ops.Conv2dNormActivation`.
///
/// - Shape: `[batch, inChannels, height, width]` to `[batch, outChannels, ...]`.
public final class Conv2dNormActivation: Sequential {
  public let outChannels: Int

  /// - Parameters:
  ///   - padding: how far each edge is extended; nil for what keeps the size at a stride of 1.
  ///   - normLayer: the normalisation; nil for none, and the convolution then has a bias.
  ///   - activationLayer: the activation; nil for none.
  ///   - inplace: whether the activation writes into its input.
  ///   - bias: whether the convolution has a bias, whatever follows.
  public init(
    _ inChannels: Int, _ outChannels: Int, kernelSize: some SpatialSize = 3, stride: some SpatialSize = 1,
    padding: (any SpatialSize)? = nil, groups: Int = 1, normLayer: NormLayer? = { BatchNorm2d($0) },
    activationLayer: ActivationLayer? = ReLU.init(inplace:), dilation: some SpatialSize = 1, inplace: Bool = true,
    bias: Bool? = nil
  ) {
    let padding = padding?.sizes ?? Self.padding(kernelSize.sizes, dilation.sizes)
    var layers: [any Layer] = [
      Conv2d(
        inChannels, outChannels, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation,
        groups: groups, bias: bias ?? (normLayer == nil))
    ]
    if let normLayer { layers.append(normLayer(outChannels)) }
    if let activationLayer { layers.append(activationLayer(inplace)) }
    self.outChannels = outChannels
    super.init(layers)
  }

  /// What keeps the size of the image.
  private static func padding(_ kernelSize: [Int], _ dilation: [Int]) -> [Int] {
    (0..<max(kernelSize.count, dilation.count)).map {
      (kernelSize[min($0, kernelSize.count - 1)] - 1) / 2 * dilation[min($0, dilation.count - 1)]
    }
  }

  private init(copying other: Conv2dNormActivation, _ copy: ModuleCopier) {
    outChannels = other.outChannels
    super.init(copying: other, copy)
  }

  public override func copied(_ copy: ModuleCopier) -> Module { Conv2dNormActivation(copying: self, copy) }
}

extension Conv2dNormActivation: PlainSequence {}
