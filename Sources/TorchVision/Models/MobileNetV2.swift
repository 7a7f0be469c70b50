import TorchNN

/// Blocks that widen, look at each channel by itself and narrow again, as `torchvision.models.MobileNetV2`.
///
/// Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018.
/// - Shape: `[batch, 3, height, width]` to `[batch, numClasses]`.
open class MobileNetV2: Module, Layer {
  public var features: Sequential
  public var classifier: Sequential
  /// How many features the classifier sees.
  public let lastChannel: Int

  /// The blocks of the paper: how much they widen, their channels, how many there are, and the stride of the first.
  public static let paperSetting: [[Int]] = [
    [1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1],
  ]

  /// - Parameters:
  ///   - widthMult: what all numbers of channels are multiplied by.
  ///   - invertedResidualSetting: for each row of blocks how much they widen, their channels, how many, the first's stride.
  ///   - roundNearest: what numbers of channels are multiples of.
  ///   - dropout: the probability of a 0 before the last layer.
  /// - Precondition: the setting has rows, of four numbers each.
  public init(
    numClasses: Int = 1000, widthMult: Double = 1, invertedResidualSetting: [[Int]] = paperSetting,
    roundNearest: Int = 8, normLayer: @escaping NormLayer = { BatchNorm2d($0) }, dropout: Double = 0.2
  ) {
    guard !invertedResidualSetting.isEmpty, invertedResidualSetting.allSatisfy({ $0.count == 4 }) else {
      fault("MobileNetV2", "invertedResidualSetting wants rows of four numbers, got \(invertedResidualSetting)")
    }
    var channels = divisible(32 * widthMult, by: roundNearest)
    lastChannel = divisible(1280 * max(1, widthMult), by: roundNearest)
    var layers: [any Layer] = [
      Conv2dNormActivation(3, channels, stride: 2, normLayer: normLayer, activationLayer: ReLU6.init(inplace:))
    ]
    for row in invertedResidualSetting {
      let outputs = divisible(Double(row[1]) * widthMult, by: roundNearest)
      for i in 0..<row[2] {
        layers.append(
          InvertedResidual(channels, outputs, stride: i == 0 ? row[3] : 1, expandRatio: row[0], normLayer: normLayer))
        channels = outputs
      }
    }
    layers.append(
      Conv2dNormActivation(
        channels, lastChannel, kernelSize: 1, normLayer: normLayer, activationLayer: ReLU6.init(inplace:)))
    features = Sequential(layers)
    classifier = Sequential(Dropout(dropout), Linear(lastChannel, numClasses))
    super.init()
    drawWeights(of: self, convolution: { Init.kaimingNormal_($0.weight, mode: .fanOut) }, linear: drawNarrow)
  }

  /// The same network, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: MobileNetV2, _ copy: ModuleCopier) {
    features = copy(other.features)
    classifier = copy(other.classifier)
    lastChannel = other.lastChannel
  }

  open override func copied(_ copy: ModuleCopier) -> Module { MobileNetV2(copying: self, copy) }

  open func forward(_ x: Tensor) -> Tensor {
    classifier(F.adaptiveAvgPool2d(features(x), outputSize: [1, 1]).flatten(1))
  }

  /// Widens by a 1 x 1 convolution, looks at each channel by itself, narrows; added to the input where it is as large.
  public final class InvertedResidual: Module, Layer, ChainLink {
    public var conv: Sequential
    let useResConnect: Bool

    /// - Parameter expandRatio: how many times the channels in the middle.
    /// - Precondition: `stride` is 1 or 2.
    public init(
      _ inp: Int, _ oup: Int, stride: Int, expandRatio: Int, normLayer: @escaping NormLayer = { BatchNorm2d($0) }
    ) {
      guard 1...2 ~= stride else { fault("InvertedResidual", "stride is 1 or 2, got \(stride)") }
      let hidden = inp * expandRatio
      useResConnect = stride == 1 && inp == oup
      var layers: [any Layer] = []
      if expandRatio != 1 {
        layers.append(
          Conv2dNormActivation(
            inp, hidden, kernelSize: 1, normLayer: normLayer, activationLayer: ReLU6.init(inplace:)))
      }
      layers.append(
        Conv2dNormActivation(
          hidden, hidden, stride: stride, groups: hidden, normLayer: normLayer, activationLayer: ReLU6.init(inplace:)))
      layers.append(conv1x1(hidden, oup))
      layers.append(normLayer(oup))
      conv = Sequential(layers)
    }

    private init(copying other: InvertedResidual, _ copy: ModuleCopier) {
      conv = copy(other.conv)
      useResConnect = other.useResConnect
    }

    public override func copied(_ copy: ModuleCopier) -> Module { InvertedResidual(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor {
      LayerChain.run(x) { extend(&$0, from: 0) } ?? (useResConnect ? x + conv(x) : conv(x))
    }

    package func extend(_ chain: inout LayerChain, from value: Int) -> Int? {
      guard let result = chain.extend(by: conv, from: value) else { return nil }
      return useResConnect ? chain.add(value, to: result) : result
    }
  }
}

extension Models {
  /// MobileNetV2, as `torchvision.models.mobilenet_v2`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func mobilenetV2(
    weights: MobileNetV2Weights? = nil, progress: Bool = true, numClasses: Int? = nil, widthMult: Double = 1,
    dropout: Double = 0.2
  ) throws -> MobileNetV2 {
    try pretrained(weights, progress) {
      MobileNetV2(numClasses: classes(weights, numClasses), widthMult: widthMult, dropout: dropout)
    }
  }
}
