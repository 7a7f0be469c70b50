import TorchNN

/// Few parameters by squeezing channels before 3 x 3 convolutions, as `torchvision.models.SqueezeNet`.
///
/// Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size", 2016.
/// - Shape: `[batch, 3, height, width]` from 21 x 21 on to `[batch, numClasses]`.
open class SqueezeNet: Module, Layer {
  /// Where the pools stand, by torchvision's names `1_0` and `1_1`.
  public enum Version: String, Sendable {
    case v1_0 = "1_0"
    case v1_1 = "1_1"
  }

  public var features: Sequential
  public var classifier: Sequential

  /// - Parameter dropout: the probability of a 0 before the last convolution.
  public init(version: Version = .v1_0, numClasses: Int = 1000, dropout: Double = 0.5) {
    func pool() -> MaxPool2d { MaxPool2d(3, stride: 2, ceilMode: true) }
    switch version {
    case .v1_0:
      features = Sequential(
        Conv2d(3, 96, kernelSize: 7, stride: 2), ReLU(inplace: true), pool(), Fire(96, 16, 64, 64),
        Fire(128, 16, 64, 64), Fire(128, 32, 128, 128), pool(), Fire(256, 32, 128, 128), Fire(256, 48, 192, 192),
        Fire(384, 48, 192, 192), Fire(384, 64, 256, 256), pool(), Fire(512, 64, 256, 256))
    case .v1_1:
      features = Sequential(
        Conv2d(3, 64, kernelSize: 3, stride: 2), ReLU(inplace: true), pool(), Fire(64, 16, 64, 64),
        Fire(128, 16, 64, 64), pool(), Fire(128, 32, 128, 128), Fire(256, 32, 128, 128), pool(),
        Fire(256, 48, 192, 192), Fire(384, 48, 192, 192), Fire(384, 64, 256, 256), Fire(512, 64, 256, 256))
    }
    let last = Conv2d(512, numClasses, kernelSize: 1)
    classifier = Sequential(Dropout(dropout), last, ReLU(inplace: true), AdaptiveAvgPool2d([1, 1]))
    super.init()
    drawWeights(of: self) {
      if $0 === last { Init.normal_($0.weight, mean: 0, std: 0.01) } else { Init.kaimingUniform_($0.weight) }
    }
  }

  /// The same network, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: SqueezeNet, _ copy: ModuleCopier) {
    features = copy(other.features)
    classifier = copy(other.classifier)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { SqueezeNet(copying: self, copy) }

  open func forward(_ x: Tensor) -> Tensor { classifier(features(x)).flatten(1) }

  /// Channels squeezed by a 1 x 1 convolution, then widened by one and by a 3 x 3 one.
  public final class Fire: Module, Layer {
    public var squeeze: Conv2d
    public let squeezeActivation = ReLU(inplace: true)
    public var expand1x1: Conv2d
    public let expand1x1Activation = ReLU(inplace: true)
    public var expand3x3: Conv2d
    public let expand3x3Activation = ReLU(inplace: true)

    public init(_ inplanes: Int, _ squeezePlanes: Int, _ expand1x1Planes: Int, _ expand3x3Planes: Int) {
      squeeze = Conv2d(inplanes, squeezePlanes, kernelSize: 1)
      expand1x1 = Conv2d(squeezePlanes, expand1x1Planes, kernelSize: 1)
      expand3x3 = Conv2d(squeezePlanes, expand3x3Planes, kernelSize: 3, padding: 1)
    }

    private init(copying other: Fire, _ copy: ModuleCopier) {
      squeeze = copy(other.squeeze)
      expand1x1 = copy(other.expand1x1)
      expand3x3 = copy(other.expand3x3)
    }

    public override func copied(_ copy: ModuleCopier) -> Module { Fire(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor {
      let squeezed = squeezeActivation(squeeze(x))
      return .cat([expand1x1Activation(expand1x1(squeezed)), expand3x3Activation(expand3x3(squeezed))], dim: 1)
    }
  }
}

extension Models {
  /// SqueezeNet as in the paper, as `torchvision.models.squeezenet1_0`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func squeezenet1_0(
    weights: SqueezeNet1_0Weights? = nil, progress: Bool = true, numClasses: Int? = nil, dropout: Double = 0.5
  ) throws -> SqueezeNet {
    try pretrained(weights, progress) {
      SqueezeNet(version: .v1_0, numClasses: classes(weights, numClasses), dropout: dropout)
    }
  }

  /// SqueezeNet 1.1, which computes 2.4 times less, as `torchvision.models.squeezenet1_1`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func squeezenet1_1(
    weights: SqueezeNet1_1Weights? = nil, progress: Bool = true, numClasses: Int? = nil, dropout: Double = 0.5
  ) throws -> SqueezeNet {
    try pretrained(weights, progress) {
      SqueezeNet(version: .v1_1, numClasses: classes(weights, numClasses), dropout: dropout)
    }
  }
}
