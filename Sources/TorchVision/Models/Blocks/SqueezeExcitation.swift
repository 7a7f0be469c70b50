import TorchNN

/// Scales each channel of an image by what its mean and those of the others tell, as `torchvision.ops.SqueezeExcitation`.
///
/// Hu et al., "Squeeze-and-Excitation Networks", 2017.
/// - Shape: `[batch, inputChannels, height, width]`, kept.
public final class SqueezeExcitation: Module, Layer {
  public let avgpool = AdaptiveAvgPool2d(1)
  public var fc1: Conv2d, fc2: Conv2d
  public let activation: any Layer, scaleActivation: any Layer

  /// - Parameters:
  ///   - squeezeChannels: how many numbers the means are squeezed into.
  ///   - activation: makes what follows the first layer.
  ///   - scaleActivation: makes what bounds the scales.
  public init(
    _ inputChannels: Int, _ squeezeChannels: Int, activation: () -> any Layer = { ReLU() },
    scaleActivation: () -> any Layer = { Sigmoid() }
  ) {
    fc1 = Conv2d(inputChannels, squeezeChannels, kernelSize: 1)
    fc2 = Conv2d(squeezeChannels, inputChannels, kernelSize: 1)
    self.activation = activation()
    self.scaleActivation = scaleActivation()
  }

  private init(copying other: SqueezeExcitation, _ copy: ModuleCopier) {
    fc1 = copy(other.fc1)
    fc2 = copy(other.fc2)
    activation = copy(other.activation)
    scaleActivation = copy(other.scaleActivation)
  }

  public override func copied(_ copy: ModuleCopier) -> Module { SqueezeExcitation(copying: self, copy) }

  public func forward(_ x: Tensor) -> Tensor { scaleActivation(fc2(activation(fc1(avgpool(x))))) * x }
}
