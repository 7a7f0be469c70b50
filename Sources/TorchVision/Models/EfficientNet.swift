import TorchNN

/// Blocks of ``MobileNetV2`` with scaled channels, width and depth balanced, as `torchvision.models.EfficientNet`.
///
/// Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019; "EfficientNetV2: Smaller
/// Models and Faster Training", 2021.
/// - Shape: `[batch, 3, height, width]` to `[batch, numClasses]`.
open class EfficientNet: Module, Layer {
  public var features: Sequential
  public var avgpool: AdaptiveAvgPool2d
  public var classifier: Sequential

  /// - Parameters:
  ///   - invertedResidualSetting: the stages, in order.
  ///   - dropout: the probability of a 0 before the last layer.
  ///   - stochasticDepthProb: the probability of leaving out a block, reached at the end of the network.
  ///   - normLayer: makes the normalisations.
  ///   - lastChannel: how many features the last layer sees; nil for four times those of the last stage.
  /// - Precondition: there is a stage.
  public init(
    _ invertedResidualSetting: [BlockConfig], dropout: Double, stochasticDepthProb: Double = 0.2,
    numClasses: Int = 1000, normLayer: @escaping NormLayer = { BatchNorm2d($0) }, lastChannel: Int? = nil
  ) {
    guard let first = invertedResidualSetting.first, let last = invertedResidualSetting.last else {
      fault("EfficientNet", "invertedResidualSetting is empty; it wants a stage at least")
    }
    func convolved(_ inputs: Int, _ outputs: Int, _ kernelSize: Int, _ stride: Int) -> Conv2dNormActivation {
      Conv2dNormActivation(
        inputs, outputs, kernelSize: kernelSize, stride: stride, normLayer: normLayer,
        activationLayer: SiLU.init(inplace:))
    }
    var layers: [any Layer] = [convolved(3, first.inputChannels, 3, 2)]
    let count = invertedResidualSetting.reduce(0) { $0 + $1.numLayers }
    var position = 0
    for stage in invertedResidualSetting {
      var blocks: [any Layer] = []
      for i in 0..<stage.numLayers {
        var config = stage
        if i > 0 {
          config.inputChannels = config.outChannels
          config.stride = 1
        }
        let probability = stochasticDepthProb * Double(position) / Double(count)
        blocks.append(
          config.isFused
            ? FusedMBConv(config, stochasticDepthProb: probability, normLayer: normLayer)
            : MBConv(config, stochasticDepthProb: probability, normLayer: normLayer))
        position += 1
      }
      layers.append(Sequential(blocks))
    }
    let outputs = lastChannel ?? 4 * last.outChannels
    layers.append(convolved(last.outChannels, outputs, 1, 1))
    features = Sequential(layers)
    avgpool = AdaptiveAvgPool2d(1)
    classifier = Sequential(Dropout(dropout, inplace: true), Linear(outputs, numClasses))
    super.init()
    drawWeights(of: self, convolution: { Init.kaimingNormal_($0.weight, mode: .fanOut) }) {
      let bound = 1 / Double($0.outFeatures).squareRoot()
      Init.uniform_($0.weight, from: -bound, to: bound)
      if let bias = $0.bias { Init.zeros_(bias) }
    }
  }

  /// The same network, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: EfficientNet, _ copy: ModuleCopier) {
    features = copy(other.features)
    avgpool = copy(other.avgpool)
    classifier = copy(other.classifier)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { EfficientNet(copying: self, copy) }

  open func forward(_ x: Tensor) -> Tensor { classifier(avgpool(features(x)).flatten(1)) }
}

extension EfficientNet {
  /// What a stage of an ``EfficientNet`` is like: torchvision's `MBConvConfig` and `FusedMBConvConfig`.
  public struct BlockConfig: Sendable, Hashable {
    /// How many times the channels in the middle of a block.
    public var expandRatio: Double
    public var kernel: Int
    /// The stride of the first block.
    public var stride: Int
    public var inputChannels: Int, outChannels: Int
    /// How many blocks there are.
    public var numLayers: Int
    /// Whether the blocks are ``FusedMBConv`` rather than ``MBConv``.
    public var isFused: Bool

    /// A stage of ``MBConv`` blocks, wider and deeper by two factors.
    public static func mbConv(
      _ expandRatio: Double, _ kernel: Int, _ stride: Int, _ inputChannels: Int, _ outChannels: Int, _ numLayers: Int,
      widthMult: Double = 1, depthMult: Double = 1
    ) -> BlockConfig {
      BlockConfig(
        expandRatio: expandRatio, kernel: kernel, stride: stride,
        inputChannels: divisible(Double(inputChannels) * widthMult),
        outChannels: divisible(Double(outChannels) * widthMult),
        numLayers: Int((Double(numLayers) * depthMult).rounded(.up)), isFused: false)
    }

    /// A stage of ``FusedMBConv`` blocks.
    public static func fusedMBConv(
      _ expandRatio: Double, _ kernel: Int, _ stride: Int, _ inputChannels: Int, _ outChannels: Int, _ numLayers: Int
    ) -> BlockConfig {
      BlockConfig(
        expandRatio: expandRatio, kernel: kernel, stride: stride, inputChannels: inputChannels,
        outChannels: outChannels, numLayers: numLayers, isFused: true)
    }

    /// How many channels the middle of a block has.
    var expandedChannels: Int { divisible(Double(inputChannels) * expandRatio) }
  }

  /// Widens, looks at each channel by itself, scales channels, narrows; added to the input where it is as large.
  public final class MBConv: Module, Layer {
    public var block: Sequential
    public let stochasticDepth: StochasticDepth
    let useResConnect: Bool

    /// - Precondition: the stride is 1 or 2.
    public init(_ config: BlockConfig, stochasticDepthProb: Double, normLayer: @escaping NormLayer) {
      guard 1...2 ~= config.stride else { fault("MBConv", "stride is 1 or 2, got \(config.stride)") }
      let inputs = config.inputChannels, hidden = config.expandedChannels
      useResConnect = config.stride == 1 && inputs == config.outChannels
      var layers: [any Layer] = []
      if hidden != inputs {
        layers.append(
          Conv2dNormActivation(
            inputs, hidden, kernelSize: 1, normLayer: normLayer, activationLayer: SiLU.init(inplace:)))
      }
      layers.append(
        Conv2dNormActivation(
          hidden, hidden, kernelSize: config.kernel, stride: config.stride, groups: hidden, normLayer: normLayer,
          activationLayer: SiLU.init(inplace:)))
      layers.append(SqueezeExcitation(hidden, max(1, inputs / 4), activation: { SiLU(inplace: true) }))
      layers.append(
        Conv2dNormActivation(hidden, config.outChannels, kernelSize: 1, normLayer: normLayer, activationLayer: nil))
      block = Sequential(layers)
      stochasticDepth = StochasticDepth(stochasticDepthProb, .row)
    }

    private init(copying other: MBConv, _ copy: ModuleCopier) {
      block = copy(other.block)
      stochasticDepth = copy(other.stochasticDepth)
      useResConnect = other.useResConnect
    }

    public override func copied(_ copy: ModuleCopier) -> Module { MBConv(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor {
      useResConnect ? stochasticDepth(block(x)).add_(x) : block(x)
    }
  }

  /// Widens by a whole convolution, narrows; added to the input where it is as large.
  public final class FusedMBConv: Module, Layer {
    public var block: Sequential
    public let stochasticDepth: StochasticDepth
    let useResConnect: Bool

    /// - Precondition: the stride is 1 or 2.
    public init(_ config: BlockConfig, stochasticDepthProb: Double, normLayer: @escaping NormLayer) {
      guard 1...2 ~= config.stride else { fault("FusedMBConv", "stride is 1 or 2, got \(config.stride)") }
      let inputs = config.inputChannels, hidden = config.expandedChannels
      useResConnect = config.stride == 1 && inputs == config.outChannels
      let isWider = hidden != inputs
      var layers: [any Layer] = [
        Conv2dNormActivation(
          inputs, isWider ? hidden : config.outChannels, kernelSize: config.kernel, stride: config.stride,
          normLayer: normLayer, activationLayer: SiLU.init(inplace:))
      ]
      if isWider {
        layers.append(
          Conv2dNormActivation(hidden, config.outChannels, kernelSize: 1, normLayer: normLayer, activationLayer: nil))
      }
      block = Sequential(layers)
      stochasticDepth = StochasticDepth(stochasticDepthProb, .row)
    }

    private init(copying other: FusedMBConv, _ copy: ModuleCopier) {
      block = copy(other.block)
      stochasticDepth = copy(other.stochasticDepth)
      useResConnect = other.useResConnect
    }

    public override func copied(_ copy: ModuleCopier) -> Module { FusedMBConv(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor {
      useResConnect ? stochasticDepth(block(x)).add_(x) : block(x)
    }
  }
}
