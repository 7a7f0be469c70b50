import TorchNN

/// The blocks of ``MobileNetV2`` with scaled channels and hard activations, found by search, as
/// `torchvision.models.MobileNetV3`.
///
/// Howard et al., "Searching for MobileNetV3", 2019.
/// - Shape: `[batch, 3, height, width]` to `[batch, numClasses]`.
open class MobileNetV3: Module, Layer {
  public var features: Sequential
  public var avgpool: AdaptiveAvgPool2d
  public var classifier: Sequential

  /// - Parameters:
  ///   - invertedResidualSetting: the blocks, in order.
  ///   - lastChannel: how many features the last layer sees.
  ///   - normLayer: makes the normalisations.
  ///   - dropout: the probability of a 0 before the last layer.
  /// - Precondition: there is a block.
  public init(
    _ invertedResidualSetting: [InvertedResidualConfig], lastChannel: Int, numClasses: Int = 1000,
    normLayer: @escaping NormLayer = { BatchNorm2d($0, eps: 0.001, momentum: 0.01) }, dropout: Double = 0.2
  ) {
    guard let first = invertedResidualSetting.first, let last = invertedResidualSetting.last else {
      fault("MobileNetV3", "invertedResidualSetting is empty; it wants a block at least")
    }
    var layers: [any Layer] = [
      Conv2dNormActivation(
        3, first.inputChannels, kernelSize: 3, stride: 2, normLayer: normLayer,
        activationLayer: Hardswish.init(inplace:))
    ]
    for config in invertedResidualSetting { layers.append(InvertedResidual(config, normLayer: normLayer)) }
    let outputs = 6 * last.outChannels
    layers.append(
      Conv2dNormActivation(
        last.outChannels, outputs, kernelSize: 1, normLayer: normLayer, activationLayer: Hardswish.init(inplace:)))
    features = Sequential(layers)
    avgpool = AdaptiveAvgPool2d(1)
    classifier = Sequential(
      Linear(outputs, lastChannel), Hardswish(inplace: true), Dropout(dropout, inplace: true),
      Linear(lastChannel, numClasses))
    super.init()
    drawWeights(of: self, convolution: { Init.kaimingNormal_($0.weight, mode: .fanOut) }, linear: drawNarrow)
  }

  /// The same network, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: MobileNetV3, _ copy: ModuleCopier) {
    features = copy(other.features)
    avgpool = copy(other.avgpool)
    classifier = copy(other.classifier)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { MobileNetV3(copying: self, copy) }

  open func forward(_ x: Tensor) -> Tensor { classifier(avgpool(features(x)).flatten(1)) }
}

extension MobileNetV3 {
  /// What a block of ``MobileNetV3`` is like.
  public struct InvertedResidualConfig: Sendable, Hashable {
    public var inputChannels: Int, kernel: Int, expandedChannels: Int, outChannels: Int
    /// Whether channels are scaled by a ``SqueezeExcitation``.
    public var useSE: Bool
    /// Whether activations are `Hardswish` rather than `ReLU`.
    public var useHS: Bool
    public var stride: Int, dilation: Int

    /// - Parameters:
    ///   - activation: `HS` or `RE`, as in the paper's tables.
    ///   - widthMult: what all numbers of channels are multiplied by.
    public init(
      _ inputChannels: Int, _ kernel: Int, _ expandedChannels: Int, _ outChannels: Int, _ useSE: Bool,
      _ activation: String, _ stride: Int, _ dilation: Int, widthMult: Double = 1
    ) {
      self.inputChannels = divisible(Double(inputChannels) * widthMult)
      self.kernel = kernel
      self.expandedChannels = divisible(Double(expandedChannels) * widthMult)
      self.outChannels = divisible(Double(outChannels) * widthMult)
      self.useSE = useSE
      useHS = activation == "HS"
      self.stride = stride
      self.dilation = dilation
    }
  }

  /// Widens, looks at each channel by itself, scales channels, narrows; added to the input where it is as large.
  public final class InvertedResidual: Module, Layer {
    public var block: Sequential
    let useResConnect: Bool

    /// - Precondition: the stride is 1 or 2.
    public init(_ config: InvertedResidualConfig, normLayer: @escaping NormLayer) {
      guard 1...2 ~= config.stride else { fault("InvertedResidual", "stride is 1 or 2, got \(config.stride)") }
      let hidden = config.expandedChannels
      useResConnect = config.stride == 1 && config.inputChannels == config.outChannels
      let activation: ActivationLayer = config.useHS ? { Hardswish(inplace: $0) } : { ReLU(inplace: $0) }
      var layers: [any Layer] = []
      if hidden != config.inputChannels {
        layers.append(
          Conv2dNormActivation(
            config.inputChannels, hidden, kernelSize: 1, normLayer: normLayer, activationLayer: activation))
      }
      layers.append(
        Conv2dNormActivation(
          hidden, hidden, kernelSize: config.kernel, stride: config.dilation > 1 ? 1 : config.stride, groups: hidden,
          normLayer: normLayer, activationLayer: activation, dilation: config.dilation))
      if config.useSE {
        layers.append(
          SqueezeExcitation(hidden, divisible(Double(hidden / 4)), scaleActivation: { Hardsigmoid() }))
      }
      layers.append(
        Conv2dNormActivation(
          hidden, config.outChannels, kernelSize: 1, normLayer: normLayer, activationLayer: nil))
      block = Sequential(layers)
    }

    private init(copying other: InvertedResidual, _ copy: ModuleCopier) {
      block = copy(other.block)
      useResConnect = other.useResConnect
    }

    public override func copied(_ copy: ModuleCopier) -> Module { InvertedResidual(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor { useResConnect ? block(x).add_(x) : block(x) }
  }
}

extension Models {
  /// The large MobileNetV3, as `torchvision.models.mobilenet_v3_large`.
  /// - Parameters:
  ///   - reducedTail: whether the last blocks have half as many channels.
  ///   - dilated: whether the last blocks spread their windows instead of halving the image.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func mobilenetV3Large(
    weights: MobileNetV3LargeWeights? = nil, progress: Bool = true, numClasses: Int? = nil, widthMult: Double = 1,
    reducedTail: Bool = false, dilated: Bool = false, dropout: Double = 0.2
  ) throws -> MobileNetV3 {
    let tail = reducedTail ? 2 : 1, spread = dilated ? 2 : 1
    let rows: [(Int, Int, Int, Int, Bool, String, Int, Int)] = [
      (16, 3, 16, 16, false, "RE", 1, 1), (16, 3, 64, 24, false, "RE", 2, 1), (24, 3, 72, 24, false, "RE", 1, 1),
      (24, 5, 72, 40, true, "RE", 2, 1), (40, 5, 120, 40, true, "RE", 1, 1), (40, 5, 120, 40, true, "RE", 1, 1),
      (40, 3, 240, 80, false, "HS", 2, 1), (80, 3, 200, 80, false, "HS", 1, 1), (80, 3, 184, 80, false, "HS", 1, 1),
      (80, 3, 184, 80, false, "HS", 1, 1), (80, 3, 480, 112, true, "HS", 1, 1), (112, 3, 672, 112, true, "HS", 1, 1),
      (112, 5, 672, 160 / tail, true, "HS", 2, spread),
      (160 / tail, 5, 960 / tail, 160 / tail, true, "HS", 1, spread),
      (160 / tail, 5, 960 / tail, 160 / tail, true, "HS", 1, spread),
    ]
    return try mobilenetV3(rows, 1280 / tail, weights, progress, numClasses, widthMult, dropout)
  }

  /// The small MobileNetV3, as `torchvision.models.mobilenet_v3_small`.
  /// - Parameters:
  ///   - reducedTail: whether the last blocks have half as many channels.
  ///   - dilated: whether the last blocks spread their windows instead of halving the image.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func mobilenetV3Small(
    weights: MobileNetV3SmallWeights? = nil, progress: Bool = true, numClasses: Int? = nil, widthMult: Double = 1,
    reducedTail: Bool = false, dilated: Bool = false, dropout: Double = 0.2
  ) throws -> MobileNetV3 {
    let tail = reducedTail ? 2 : 1, spread = dilated ? 2 : 1
    let rows: [(Int, Int, Int, Int, Bool, String, Int, Int)] = [
      (16, 3, 16, 16, true, "RE", 2, 1), (16, 3, 72, 24, false, "RE", 2, 1), (24, 3, 88, 24, false, "RE", 1, 1),
      (24, 5, 96, 40, true, "HS", 2, 1), (40, 5, 240, 40, true, "HS", 1, 1), (40, 5, 240, 40, true, "HS", 1, 1),
      (40, 5, 120, 48, true, "HS", 1, 1), (48, 5, 144, 48, true, "HS", 1, 1),
      (48, 5, 288, 96 / tail, true, "HS", 2, spread),
      (96 / tail, 5, 576 / tail, 96 / tail, true, "HS", 1, spread),
      (96 / tail, 5, 576 / tail, 96 / tail, true, "HS", 1, spread),
    ]
    return try mobilenetV3(rows, 1024 / tail, weights, progress, numClasses, widthMult, dropout)
  }

  private static func mobilenetV3(
    _ rows: [(Int, Int, Int, Int, Bool, String, Int, Int)], _ lastChannel: Int, _ weights: (some PretrainedWeights)?,
    _ progress: Bool, _ numClasses: Int?, _ widthMult: Double, _ dropout: Double
  ) throws -> MobileNetV3 {
    let setting = rows.map {
      MobileNetV3.InvertedResidualConfig($0.0, $0.1, $0.2, $0.3, $0.4, $0.5, $0.6, $0.7, widthMult: widthMult)
    }
    return try pretrained(weights, progress) {
      MobileNetV3(
        setting, lastChannel: divisible(Double(lastChannel) * widthMult), numClasses: classes(weights, numClasses),
        dropout: dropout)
    }
  }
}
