import TorchNN

/// Small convolutions, deep, then three linear layers, as `torchvision.models.VGG`.
///
/// Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014.
/// - Shape: `[batch, 3, height, width]` from 32 x 32 on to `[batch, numClasses]`.
open class VGG: Module, Layer {
  public var features: Sequential
  public var avgpool: AdaptiveAvgPool2d
  public var classifier: Sequential

  /// - Parameters:
  ///   - features: what makes 512 channels of an image.
  ///   - initWeights: whether weights are drawn anew at the end, by the rules of the paper's kin.
  public init(_ features: Sequential, numClasses: Int = 1000, initWeights: Bool = true, dropout: Double = 0.5) {
    self.features = features
    avgpool = AdaptiveAvgPool2d([7, 7])
    classifier = Sequential(
      Linear(512 * 7 * 7, 4096), ReLU(inplace: true), Dropout(dropout), Linear(4096, 4096), ReLU(inplace: true),
      Dropout(dropout), Linear(4096, numClasses))
    super.init()
    guard initWeights else { return }
    drawWeights(
      of: self, convolution: { Init.kaimingNormal_($0.weight, mode: .fanOut, nonlinearity: .relu) }, linear: drawNarrow)
  }

  /// The same network, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: VGG, _ copy: ModuleCopier) {
    features = copy(other.features)
    avgpool = copy(other.avgpool)
    classifier = copy(other.classifier)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { VGG(copying: self, copy) }

  open func forward(_ x: Tensor) -> Tensor { classifier(avgpool(features(x)).flatten(1)) }

  /// Convolutions of these numbers of channels; a nil is a pool that halves the image. As torchvision's `make_layers`.
  public static func makeLayers(_ channels: [Int?], batchNorm: Bool = false) -> Sequential {
    var layers: [any Layer] = [], inChannels = 3
    for outChannels in channels {
      guard let outChannels else {
        layers.append(MaxPool2d(2, stride: 2))
        continue
      }
      layers.append(Conv2d(inChannels, outChannels, kernelSize: 3, padding: 1))
      if batchNorm { layers.append(BatchNorm2d(outChannels)) }
      layers.append(ReLU(inplace: true))
      inChannels = outChannels
    }
    return Sequential(layers)
  }

  /// The numbers of channels of the paper's columns: how many convolutions each of the five stages has.
  static func channels(_ counts: [Int]) -> [Int?] {
    zip([64, 128, 256, 512, 512], counts).flatMap { [Int?](repeating: $0, count: $1) + [nil] }
  }
}

extension Models {
  /// VGG-11, as `torchvision.models.vgg11`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func vgg11(
    weights: VGG11Weights? = nil, progress: Bool = true, numClasses: Int? = nil, initWeights: Bool = true,
    dropout: Double = 0.5
  ) throws -> VGG { try vgg([1, 1, 2, 2, 2], false, weights, progress, numClasses, initWeights, dropout) }

  /// VGG-11 with batch norms, as `torchvision.models.vgg11_bn`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func vgg11Bn(
    weights: VGG11BNWeights? = nil, progress: Bool = true, numClasses: Int? = nil, initWeights: Bool = true,
    dropout: Double = 0.5
  ) throws -> VGG { try vgg([1, 1, 2, 2, 2], true, weights, progress, numClasses, initWeights, dropout) }

  /// VGG-13, as `torchvision.models.vgg13`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func vgg13(
    weights: VGG13Weights? = nil, progress: Bool = true, numClasses: Int? = nil, initWeights: Bool = true,
    dropout: Double = 0.5
  ) throws -> VGG { try vgg([2, 2, 2, 2, 2], false, weights, progress, numClasses, initWeights, dropout) }

  /// VGG-13 with batch norms, as `torchvision.models.vgg13_bn`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func vgg13Bn(
    weights: VGG13BNWeights? = nil, progress: Bool = true, numClasses: Int? = nil, initWeights: Bool = true,
    dropout: Double = 0.5
  ) throws -> VGG { try vgg([2, 2, 2, 2, 2], true, weights, progress, numClasses, initWeights, dropout) }

  /// VGG-16, as `torchvision.models.vgg16`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func vgg16(
    weights: VGG16Weights? = nil, progress: Bool = true, numClasses: Int? = nil, initWeights: Bool = true,
    dropout: Double = 0.5
  ) throws -> VGG { try vgg([2, 2, 3, 3, 3], false, weights, progress, numClasses, initWeights, dropout) }

  /// VGG-16 with batch norms, as `torchvision.models.vgg16_bn`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func vgg16Bn(
    weights: VGG16BNWeights? = nil, progress: Bool = true, numClasses: Int? = nil, initWeights: Bool = true,
    dropout: Double = 0.5
  ) throws -> VGG { try vgg([2, 2, 3, 3, 3], true, weights, progress, numClasses, initWeights, dropout) }

  /// VGG-19, as `torchvision.models.vgg19`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func vgg19(
    weights: VGG19Weights? = nil, progress: Bool = true, numClasses: Int? = nil, initWeights: Bool = true,
    dropout: Double = 0.5
  ) throws -> VGG { try vgg([2, 2, 4, 4, 4], false, weights, progress, numClasses, initWeights, dropout) }

  /// VGG-19 with batch norms, as `torchvision.models.vgg19_bn`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func vgg19Bn(
    weights: VGG19BNWeights? = nil, progress: Bool = true, numClasses: Int? = nil, initWeights: Bool = true,
    dropout: Double = 0.5
  ) throws -> VGG { try vgg([2, 2, 4, 4, 4], true, weights, progress, numClasses, initWeights, dropout) }

  private static func vgg(
    _ counts: [Int], _ batchNorm: Bool, _ weights: (some PretrainedWeights)?, _ progress: Bool, _ numClasses: Int?,
    _ initWeights: Bool, _ dropout: Double
  ) throws -> VGG {
    try pretrained(weights, progress) {
      VGG(
        VGG.makeLayers(VGG.channels(counts), batchNorm: batchNorm), numClasses: classes(weights, numClasses),
        initWeights: initWeights && weights == nil, dropout: dropout)
    }
  }
}
