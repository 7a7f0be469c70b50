import TorchNN

/// Every layer of a block sees the results of all before it, as `torchvision.models.DenseNet`.
///
/// Huang et al., "Densely Connected Convolutional Networks", 2016.
/// - Shape: `[batch, 3, height, width]` from 29 x 29 on to `[batch, numClasses]`.
open class DenseNet: Module, Layer {
  public var features: Sequential
  public var classifier: Linear

  /// - Parameters:
  ///   - growthRate: how many channels a layer adds.
  ///   - blockConfig: how many layers each block has.
  ///   - numInitFeatures: how many channels the first convolution makes.
  ///   - bnSize: how many times `growthRate` channels lie between the two convolutions of a layer.
  ///   - dropRate: the probability of a 0 behind each layer.
  ///
  /// torchvision's `memory_efficient`, which computes parts of the forward pass twice, is not there.
  public init(
    growthRate: Int = 32, blockConfig: [Int] = [6, 12, 24, 16], numInitFeatures: Int = 64, bnSize: Int = 4,
    dropRate: Double = 0, numClasses: Int = 1000
  ) {
    let features = Sequential(named: [
      "conv0": Conv2d(3, numInitFeatures, kernelSize: 7, stride: 2, padding: 3, bias: false),
      "norm0": BatchNorm2d(numInitFeatures), "relu0": ReLU(inplace: true),
      "pool0": MaxPool2d(3, stride: 2, padding: 1),
    ])
    var channels = numInitFeatures
    for (i, count) in blockConfig.enumerated() {
      features["denseblock\(i + 1)"] = DenseBlock(
        numLayers: count, numInputFeatures: channels, bnSize: bnSize, growthRate: growthRate, dropRate: dropRate)
      channels += count * growthRate
      if i < blockConfig.count - 1 {
        features["transition\(i + 1)"] = Transition(channels, channels / 2)
        channels /= 2
      }
    }
    features["norm5"] = BatchNorm2d(channels)
    self.features = features
    classifier = Linear(channels, numClasses)
    super.init()
    drawWeights(of: self, convolution: { Init.kaimingNormal_($0.weight) }) {
      if let bias = $0.bias { Init.zeros_(bias) }
    }
  }

  /// The same network, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: DenseNet, _ copy: ModuleCopier) {
    features = copy(other.features)
    classifier = copy(other.classifier)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { DenseNet(copying: self, copy) }

  open func forward(_ x: Tensor) -> Tensor {
    let out = F.relu(features(x), inplace: true)
    return classifier(F.adaptiveAvgPool2d(out, outputSize: [1, 1]).flatten(1))
  }

  /// The keys of layers in torchvision's official files, `norm.1.weight`, as they are now: `norm1.weight`.
  static func renamed(_ state: StateDict) -> StateDict {
    let ends = ["weight", "bias", "running_mean", "running_var"]
    var result = StateDict()
    for (key, value) in state {
      var parts = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      let last = parts.count - 1
      if last >= 3, parts[last - 3].hasPrefix("denselayer"), parts[last - 3].dropFirst(10).allSatisfy(\.isNumber),
        ["norm", "relu", "conv"].contains(parts[last - 2]), ["1", "2"].contains(parts[last - 1]),
        ends.contains(parts[last])
      {
        parts[last - 2] += parts.remove(at: last - 1)
      }
      result[parts.joined(separator: ".")] = value
    }
    result.moduleVersions = state.moduleVersions
    return result
  }
}

extension DenseNet {
  /// A layer of a block: normalised and narrowed, then a 3 x 3 convolution. Its input are the results of all before it.
  public final class DenseLayer: Module {
    public var norm1: BatchNorm2d
    public let relu1 = ReLU(inplace: true)
    public var conv1: Conv2d
    public var norm2: BatchNorm2d
    public let relu2 = ReLU(inplace: true)
    public var conv2: Conv2d
    /// The probability of a 0 in the result.
    public let dropRate: Double

    public init(_ numInputFeatures: Int, growthRate: Int, bnSize: Int, dropRate: Double) {
      norm1 = BatchNorm2d(numInputFeatures)
      conv1 = Conv2d(numInputFeatures, bnSize * growthRate, kernelSize: 1, stride: 1, bias: false)
      norm2 = BatchNorm2d(bnSize * growthRate)
      conv2 = Conv2d(bnSize * growthRate, growthRate, kernelSize: 3, stride: 1, padding: 1, bias: false)
      self.dropRate = dropRate
    }

    private init(copying other: DenseLayer, _ copy: ModuleCopier) {
      norm1 = copy(other.norm1)
      conv1 = copy(other.conv1)
      norm2 = copy(other.norm2)
      conv2 = copy(other.conv2)
      dropRate = other.dropRate
    }

    public override func copied(_ copy: ModuleCopier) -> Module { DenseLayer(copying: self, copy) }

    public override var typeName: String { "_DenseLayer" }

    /// Runs the layer with its hooks.
    public func callAsFunction(_ features: [Tensor]) -> Tensor {
      called([features]) { forward($0[0] as! [Tensor]) }
    }

    public func forward(_ features: [Tensor]) -> Tensor {
      let narrow = conv1(relu1(norm1(.cat(features, dim: 1))))
      let new = conv2(relu2(norm2(narrow)))
      return dropRate > 0 ? F.dropout(new, p: dropRate, training: training) : new
    }
  }

  /// Layers each of which sees the results of all before it.
  public final class DenseBlock: Module, Layer {
    /// The layers in order; their keys are `denselayer1` and on.
    public let layers: [DenseLayer]

    public init(numLayers: Int, numInputFeatures: Int, bnSize: Int, growthRate: Int, dropRate: Double) {
      layers = (0..<numLayers).map {
        DenseLayer(numInputFeatures + $0 * growthRate, growthRate: growthRate, bnSize: bnSize, dropRate: dropRate)
      }
    }

    private init(copying other: DenseBlock, _ copy: ModuleCopier) { layers = other.layers.map { copy($0) } }

    public override func copied(_ copy: ModuleCopier) -> Module { DenseBlock(copying: self, copy) }

    public override var typeName: String { "_DenseBlock" }
    public override var stateVersion: Int { 2 }

    public override func namedMembers() -> [NamedMember] {
      layers.enumerated().map { NamedMember("denselayer\($0 + 1)", .module($1)) }
    }

    public func forward(_ x: Tensor) -> Tensor {
      var features = [x]
      for layer in layers { features.append(layer(features)) }
      return .cat(features, dim: 1)
    }
  }

  /// Fewer channels and half the size, between two blocks.
  public final class Transition: Sequential {
    public init(_ numInputFeatures: Int, _ numOutputFeatures: Int) {
      super.init(named: [
        "norm": BatchNorm2d(numInputFeatures), "relu": ReLU(inplace: true),
        "conv": Conv2d(numInputFeatures, numOutputFeatures, kernelSize: 1, stride: 1, bias: false),
        "pool": AvgPool2d(2, stride: 2),
      ])
    }

    private init(copying other: Transition, _ copy: ModuleCopier) { super.init(copying: other, copy) }

    public override func copied(_ copy: ModuleCopier) -> Module { Transition(copying: self, copy) }

    public override var typeName: String { "_Transition" }
  }
}

extension Models {
  /// DenseNet of 121 layers, as `torchvision.models.densenet121`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func densenet121(
    weights: DenseNet121Weights? = nil, progress: Bool = true, numClasses: Int? = nil, bnSize: Int = 4,
    dropRate: Double = 0
  ) throws -> DenseNet { try densenet(32, [6, 12, 24, 16], 64, weights, progress, numClasses, bnSize, dropRate) }

  /// DenseNet of 161 layers, as `torchvision.models.densenet161`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func densenet161(
    weights: DenseNet161Weights? = nil, progress: Bool = true, numClasses: Int? = nil, bnSize: Int = 4,
    dropRate: Double = 0
  ) throws -> DenseNet { try densenet(48, [6, 12, 36, 24], 96, weights, progress, numClasses, bnSize, dropRate) }

  /// DenseNet of 169 layers, as `torchvision.models.densenet169`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func densenet169(
    weights: DenseNet169Weights? = nil, progress: Bool = true, numClasses: Int? = nil, bnSize: Int = 4,
    dropRate: Double = 0
  ) throws -> DenseNet { try densenet(32, [6, 12, 32, 32], 64, weights, progress, numClasses, bnSize, dropRate) }

  /// DenseNet of 201 layers, as `torchvision.models.densenet201`.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func densenet201(
    weights: DenseNet201Weights? = nil, progress: Bool = true, numClasses: Int? = nil, bnSize: Int = 4,
    dropRate: Double = 0
  ) throws -> DenseNet { try densenet(32, [6, 12, 48, 32], 64, weights, progress, numClasses, bnSize, dropRate) }

  private static func densenet(
    _ growthRate: Int, _ blockConfig: [Int], _ numInitFeatures: Int, _ weights: (some PretrainedWeights)?,
    _ progress: Bool, _ numClasses: Int?, _ bnSize: Int, _ dropRate: Double
  ) throws -> DenseNet {
    try pretrained(weights, progress, adapt: DenseNet.renamed) {
      DenseNet(
        growthRate: growthRate, blockConfig: blockConfig, numInitFeatures: numInitFeatures, bnSize: bnSize,
        dropRate: dropRate, numClasses: classes(weights, numClasses))
    }
  }
}
