import TorchNN

/// Five convolutions and three linear layers, as `torchvision.models.AlexNet`.
///
/// Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014.
/// - Shape: `[batch, 3, height, width]` from 63 x 63 on to `[batch, numClasses]`.
open class AlexNet: Module, Layer {
  public var features: Sequential
  public var avgpool: AdaptiveAvgPool2d
  public var classifier: Sequential

  /// - Parameter dropout: the probability of a 0 before the first two linear layers.
  public init(numClasses: Int = 1000, dropout: Double = 0.5) {
    features = Sequential(
      Conv2d(3, 64, kernelSize: 11, stride: 4, padding: 2), ReLU(inplace: true), MaxPool2d(3, stride: 2),
      Conv2d(64, 192, kernelSize: 5, padding: 2), ReLU(inplace: true), MaxPool2d(3, stride: 2),
      Conv2d(192, 384, kernelSize: 3, padding: 1), ReLU(inplace: true),
      Conv2d(384, 256, kernelSize: 3, padding: 1), ReLU(inplace: true),
      Conv2d(256, 256, kernelSize: 3, padding: 1), ReLU(inplace: true), MaxPool2d(3, stride: 2))
    avgpool = AdaptiveAvgPool2d([6, 6])
    classifier = Sequential(
      Dropout(dropout), Linear(256 * 6 * 6, 4096), ReLU(inplace: true), Dropout(dropout), Linear(4096, 4096),
      ReLU(inplace: true), Linear(4096, numClasses))
  }

  /// The same network, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: AlexNet, _ copy: ModuleCopier) {
    features = copy(other.features)
    avgpool = copy(other.avgpool)
    classifier = copy(other.classifier)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { AlexNet(copying: self, copy) }

  open func forward(_ x: Tensor) -> Tensor { classifier(avgpool(features(x)).flatten(1)) }
}

extension Models {
  /// AlexNet, as `torchvision.models.alexnet`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func alexnet(
    weights: AlexNetWeights? = nil, progress: Bool = true, numClasses: Int? = nil, dropout: Double = 0.5
  ) throws -> AlexNet {
    try pretrained(weights, progress) {
      AlexNet(numClasses: classes(weights, numClasses), dropout: dropout)
    }
  }
}
