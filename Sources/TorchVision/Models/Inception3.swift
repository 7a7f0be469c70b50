import TorchNN

/// Branches of several sizes of windows side by side, with a second head in training, as `torchvision.models.Inception3`.
///
/// ```swift
/// let (logits, auxLogits) = model.withAuxLogits(x)
/// let loss = criterion(logits, y) + 0.4 * criterion(auxLogits!, y)
/// ```
/// Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2015.
/// - Shape: `[batch, 3, height, width]` from 75 x 75 on, made for 299 x 299, to `[batch, numClasses]`.
open class Inception3: Module, Layer {
  /// Whether the second head is there.
  public let auxLogits: Bool
  /// Whether images normalised as for the other models are changed to what this one was trained with.
  public let transformInput: Bool

  public var Conv2d_1a_3x3: BasicConv2d
  public var Conv2d_2a_3x3: BasicConv2d
  public var Conv2d_2b_3x3: BasicConv2d
  public var maxpool1: MaxPool2d
  public var Conv2d_3b_1x1: BasicConv2d
  public var Conv2d_4a_3x3: BasicConv2d
  public var maxpool2: MaxPool2d
  public var Mixed_5b: InceptionA
  public var Mixed_5c: InceptionA
  public var Mixed_5d: InceptionA
  public var Mixed_6a: InceptionB
  public var Mixed_6b: InceptionC
  public var Mixed_6c: InceptionC
  public var Mixed_6d: InceptionC
  public var Mixed_6e: InceptionC
  public var AuxLogits: InceptionAux?
  public var Mixed_7a: InceptionD
  public var Mixed_7b: InceptionE
  public var Mixed_7c: InceptionE
  public var avgpool: AdaptiveAvgPool2d
  public var dropout: Dropout
  public var fc: Linear

  /// - Parameters:
  ///   - auxLogits: whether there is a second head, for training.
  ///   - transformInput: whether images normalised by ImageNet's means come to be normalised by halves.
  ///   - initWeights: whether weights are drawn anew at the end, from normal distributions within bounds.
  ///   - dropout: the probability of a 0 before the last layer.
  public init(
    numClasses: Int = 1000, auxLogits: Bool = true, transformInput: Bool = false, initWeights: Bool = true,
    dropout: Double = 0.5
  ) {
    self.auxLogits = auxLogits
    self.transformInput = transformInput
    Conv2d_1a_3x3 = BasicConv2d(3, 32, kernelSize: 3, stride: 2)
    Conv2d_2a_3x3 = BasicConv2d(32, 32, kernelSize: 3)
    Conv2d_2b_3x3 = BasicConv2d(32, 64, kernelSize: 3, padding: 1)
    maxpool1 = MaxPool2d(3, stride: 2)
    Conv2d_3b_1x1 = BasicConv2d(64, 80, kernelSize: 1)
    Conv2d_4a_3x3 = BasicConv2d(80, 192, kernelSize: 3)
    maxpool2 = MaxPool2d(3, stride: 2)
    Mixed_5b = InceptionA(192, poolFeatures: 32)
    Mixed_5c = InceptionA(256, poolFeatures: 64)
    Mixed_5d = InceptionA(288, poolFeatures: 64)
    Mixed_6a = InceptionB(288)
    Mixed_6b = InceptionC(768, channels7x7: 128)
    Mixed_6c = InceptionC(768, channels7x7: 160)
    Mixed_6d = InceptionC(768, channels7x7: 160)
    Mixed_6e = InceptionC(768, channels7x7: 192)
    AuxLogits = auxLogits ? InceptionAux(768, numClasses) : nil
    Mixed_7a = InceptionD(768)
    Mixed_7b = InceptionE(1280)
    Mixed_7c = InceptionE(2048)
    avgpool = AdaptiveAvgPool2d([1, 1])
    self.dropout = Dropout(dropout)
    fc = Linear(2048, numClasses)
    super.init()
    guard initWeights else { return }
    let head = AuxLogits?.fc
    drawWeights(of: self, convolution: { Init.truncNormal_($0.weight, std: 0.1) }) {
      Init.truncNormal_($0.weight, std: $0 === head ? 0.001 : 0.1)
    }
  }

  /// The same network, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: Inception3, _ copy: ModuleCopier) {
    auxLogits = other.auxLogits
    transformInput = other.transformInput
    Conv2d_1a_3x3 = copy(other.Conv2d_1a_3x3)
    Conv2d_2a_3x3 = copy(other.Conv2d_2a_3x3)
    Conv2d_2b_3x3 = copy(other.Conv2d_2b_3x3)
    maxpool1 = copy(other.maxpool1)
    Conv2d_3b_1x1 = copy(other.Conv2d_3b_1x1)
    Conv2d_4a_3x3 = copy(other.Conv2d_4a_3x3)
    maxpool2 = copy(other.maxpool2)
    Mixed_5b = copy(other.Mixed_5b)
    Mixed_5c = copy(other.Mixed_5c)
    Mixed_5d = copy(other.Mixed_5d)
    Mixed_6a = copy(other.Mixed_6a)
    Mixed_6b = copy(other.Mixed_6b)
    Mixed_6c = copy(other.Mixed_6c)
    Mixed_6d = copy(other.Mixed_6d)
    Mixed_6e = copy(other.Mixed_6e)
    AuxLogits = copy(other.AuxLogits)
    Mixed_7a = copy(other.Mixed_7a)
    Mixed_7b = copy(other.Mixed_7b)
    Mixed_7c = copy(other.Mixed_7c)
    avgpool = copy(other.avgpool)
    dropout = copy(other.dropout)
    fc = copy(other.fc)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { Inception3(copying: self, copy) }

  /// The logits; in training the second head runs as well, and ``withAuxLogits(_:)`` gives its result.
  open func forward(_ x: Tensor) -> Tensor { outputs(x).logits }

  /// The logits of both heads, the second nil in evaluation: what torchvision's model gives as `InceptionOutputs`.
  ///
  /// Hooks of the model run and see both.
  public func withAuxLogits(_ x: Tensor) -> (logits: Tensor, auxLogits: Tensor?) {
    called([x]) { outputs($0[0] as! Tensor) }
  }

  private func outputs(_ x: Tensor) -> (logits: Tensor, auxLogits: Tensor?) {
    var x = transformInput ? renormalized(x) : x
    x = maxpool1(Conv2d_2b_3x3(Conv2d_2a_3x3(Conv2d_1a_3x3(x))))
    x = maxpool2(Conv2d_4a_3x3(Conv2d_3b_1x1(x)))
    x = Mixed_5d(Mixed_5c(Mixed_5b(x)))
    x = Mixed_6e(Mixed_6d(Mixed_6c(Mixed_6b(Mixed_6a(x)))))
    let second = training ? AuxLogits.map { $0(x) } : nil
    x = Mixed_7c(Mixed_7b(Mixed_7a(x)))
    return (fc(dropout(avgpool(x)).flatten(1)), second)
  }
}

/// Images normalised by ImageNet's means and deviations, as they are when normalised by halves.
func renormalized(_ x: Tensor) -> Tensor {
  let channels = zip([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]).enumerated().map { index, statistics in
    x.select(dim: 1, index: index).unsqueeze(1) * (statistics.1 / 0.5) + (statistics.0 - 0.5) / 0.5
  }
  return .cat(channels, dim: 1)
}

extension Models {
  /// Inception v3, as `torchvision.models.inception_v3`.
  ///
  /// With `weights`, images are expected as their transforms make them, `transformInput` unless told.
  /// - Parameters:
  ///   - auxLogits: whether there is a second head, for training; it is dropped after loading where it is not wanted.
  ///   - transformInput: true with weights, false without, unless told.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func inceptionV3(
    weights: InceptionV3Weights? = nil, progress: Bool = true, numClasses: Int? = nil, auxLogits: Bool = true,
    transformInput: Bool? = nil, initWeights: Bool = true, dropout: Double = 0.5
  ) throws -> Inception3 {
    let transformInput = transformInput ?? (weights != nil)
    return try pretrained(
      weights, progress, adapt: { auxLogits ? $0 : without(["AuxLogits."], $0) }
    ) {
      Inception3(
        numClasses: classes(weights, numClasses), auxLogits: auxLogits, transformInput: transformInput,
        initWeights: initWeights && weights == nil, dropout: dropout)
    }
  }

  /// A state without what begins with one of these.
  static func without(_ prefixes: [String], _ state: StateDict) -> StateDict {
    var result = StateDict(
      state.lazy.filter { entry in !prefixes.contains { entry.key.hasPrefix($0) } }.map { ($0.key, $0.value) })
    result.moduleVersions = state.moduleVersions
    return result
  }
}
