import TorchNN

/// The first network of branches, with two more heads in training, as `torchvision.models.GoogLeNet`.
///
/// Szegedy et al., "Going Deeper with Convolutions", 2014.
/// - Shape: `[batch, 3, height, width]` from 15 x 15 on to `[batch, numClasses]`.
open class GoogLeNet: Module, Layer {
  /// Whether the two more heads are there.
  public let auxLogits: Bool
  /// Whether images normalised as for the other models are changed to what this one was trained with.
  public let transformInput: Bool

  public var conv1: BasicConv2d
  public var maxpool1: MaxPool2d
  public var conv2: BasicConv2d
  public var conv3: BasicConv2d
  public var maxpool2: MaxPool2d
  public var inception3a: Inception, inception3b: Inception
  public var maxpool3: MaxPool2d
  public var inception4a: Inception, inception4b: Inception, inception4c: Inception, inception4d: Inception
  public var inception4e: Inception
  public var maxpool4: MaxPool2d
  public var inception5a: Inception, inception5b: Inception
  public var aux1: InceptionAux?
  public var aux2: InceptionAux?
  public var avgpool: AdaptiveAvgPool2d
  public var dropout: Dropout
  public var fc: Linear

  /// - Parameters:
  ///   - auxLogits: whether there are two more heads, for training.
  ///   - transformInput: whether images normalised by ImageNet's means come to be normalised by halves.
  ///   - initWeights: whether weights are drawn anew at the end, from normal distributions within bounds.
  ///   - dropout: the probability of a 0 before the last layer; `dropoutAux` that in the other heads.
  public init(
    numClasses: Int = 1000, auxLogits: Bool = true, transformInput: Bool = false, initWeights: Bool = true,
    dropout: Double = 0.2, dropoutAux: Double = 0.7
  ) {
    self.auxLogits = auxLogits
    self.transformInput = transformInput
    conv1 = BasicConv2d(3, 64, kernelSize: 7, stride: 2, padding: 3)
    maxpool1 = MaxPool2d(3, stride: 2, ceilMode: true)
    conv2 = BasicConv2d(64, 64, kernelSize: 1)
    conv3 = BasicConv2d(64, 192, kernelSize: 3, padding: 1)
    maxpool2 = MaxPool2d(3, stride: 2, ceilMode: true)
    inception3a = Inception(192, 64, 96, 128, 16, 32, 32)
    inception3b = Inception(256, 128, 128, 192, 32, 96, 64)
    maxpool3 = MaxPool2d(3, stride: 2, ceilMode: true)
    inception4a = Inception(480, 192, 96, 208, 16, 48, 64)
    inception4b = Inception(512, 160, 112, 224, 24, 64, 64)
    inception4c = Inception(512, 128, 128, 256, 24, 64, 64)
    inception4d = Inception(512, 112, 144, 288, 32, 64, 64)
    inception4e = Inception(528, 256, 160, 320, 32, 128, 128)
    maxpool4 = MaxPool2d(2, stride: 2, ceilMode: true)
    inception5a = Inception(832, 256, 160, 320, 32, 128, 128)
    inception5b = Inception(832, 384, 192, 384, 48, 128, 128)
    aux1 = auxLogits ? InceptionAux(512, numClasses, dropout: dropoutAux) : nil
    aux2 = auxLogits ? InceptionAux(528, numClasses, dropout: dropoutAux) : nil
    avgpool = AdaptiveAvgPool2d([1, 1])
    self.dropout = Dropout(dropout)
    fc = Linear(1024, numClasses)
    super.init()
    guard initWeights else { return }
    drawWeights(of: self, convolution: { Init.truncNormal_($0.weight, std: 0.01) }) {
      Init.truncNormal_($0.weight, std: 0.01)
    }
  }

  /// The same network, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: GoogLeNet, _ copy: ModuleCopier) {
    auxLogits = other.auxLogits
    transformInput = other.transformInput
    conv1 = copy(other.conv1)
    maxpool1 = copy(other.maxpool1)
    conv2 = copy(other.conv2)
    conv3 = copy(other.conv3)
    maxpool2 = copy(other.maxpool2)
    inception3a = copy(other.inception3a)
    inception3b = copy(other.inception3b)
    maxpool3 = copy(other.maxpool3)
    inception4a = copy(other.inception4a)
    inception4b = copy(other.inception4b)
    inception4c = copy(other.inception4c)
    inception4d = copy(other.inception4d)
    inception4e = copy(other.inception4e)
    maxpool4 = copy(other.maxpool4)
    inception5a = copy(other.inception5a)
    inception5b = copy(other.inception5b)
    aux1 = copy(other.aux1)
    aux2 = copy(other.aux2)
    avgpool = copy(other.avgpool)
    dropout = copy(other.dropout)
    fc = copy(other.fc)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { GoogLeNet(copying: self, copy) }

  /// The logits; in training the other heads run as well, and ``withAuxLogits(_:)`` gives their results.
  open func forward(_ x: Tensor) -> Tensor { outputs(x).logits }

  /// The logits of all heads, those of the other two nil in evaluation: torchvision's `GoogLeNetOutputs`.
  ///
  /// Hooks of the model run and see all.
  public func withAuxLogits(_ x: Tensor) -> (logits: Tensor, auxLogits2: Tensor?, auxLogits1: Tensor?) {
    called([x]) { outputs($0[0] as! Tensor) }
  }

  private func outputs(_ x: Tensor) -> (logits: Tensor, auxLogits2: Tensor?, auxLogits1: Tensor?) {
    var x = transformInput ? renormalized(x) : x
    x = maxpool2(conv3(conv2(maxpool1(conv1(x)))))
    x = inception4a(maxpool3(inception3b(inception3a(x))))
    let first = training ? aux1.map { $0(x) } : nil
    x = inception4d(inception4c(inception4b(x)))
    let second = training ? aux2.map { $0(x) } : nil
    x = inception5b(inception5a(maxpool4(inception4e(x))))
    return (fc(dropout(avgpool(x).flatten(1))), second, first)
  }
}

extension GoogLeNet {
  /// Windows of 1 x 1 and, narrowed first, two of 3 x 3, beside a pool.
  ///
  /// torchvision's third branch has 3 x 3 windows where the paper has 5 x 5.
  public final class Inception: Module, Layer {
    public var branch1: BasicConv2d
    public var branch2: Sequential
    public var branch3: Sequential
    public var branch4: Sequential

    /// The channels of each branch, those it is narrowed to before its own.
    public init(
      _ inChannels: Int, _ ch1x1: Int, _ ch3x3red: Int, _ ch3x3: Int, _ ch5x5red: Int, _ ch5x5: Int, _ poolProj: Int
    ) {
      branch1 = BasicConv2d(inChannels, ch1x1, kernelSize: 1)
      branch2 = Sequential(
        BasicConv2d(inChannels, ch3x3red, kernelSize: 1), BasicConv2d(ch3x3red, ch3x3, kernelSize: 3, padding: 1))
      branch3 = Sequential(
        BasicConv2d(inChannels, ch5x5red, kernelSize: 1), BasicConv2d(ch5x5red, ch5x5, kernelSize: 3, padding: 1))
      branch4 = Sequential(
        MaxPool2d(3, stride: 1, padding: 1, ceilMode: true), BasicConv2d(inChannels, poolProj, kernelSize: 1))
    }

    private init(copying other: Inception, _ copy: ModuleCopier) {
      branch1 = copy(other.branch1)
      branch2 = copy(other.branch2)
      branch3 = copy(other.branch3)
      branch4 = copy(other.branch4)
    }

    public override func copied(_ copy: ModuleCopier) -> Module { Inception(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor {
      .cat([branch1(x), branch2(x), branch3(x), branch4(x)], dim: 1)
    }
  }

  /// A head in the middle of the network, which is only trained with.
  public final class InceptionAux: Module, Layer {
    public var conv: BasicConv2d
    public var fc1: Linear
    public var fc2: Linear
    public let dropout: Dropout

    public init(_ inChannels: Int, _ numClasses: Int, dropout: Double = 0.7) {
      conv = BasicConv2d(inChannels, 128, kernelSize: 1)
      fc1 = Linear(2048, 1024)
      fc2 = Linear(1024, numClasses)
      self.dropout = Dropout(dropout)
    }

    private init(copying other: InceptionAux, _ copy: ModuleCopier) {
      conv = copy(other.conv)
      fc1 = copy(other.fc1)
      fc2 = copy(other.fc2)
      dropout = copy(other.dropout)
    }

    public override func copied(_ copy: ModuleCopier) -> Module { InceptionAux(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor {
      let features = conv(F.adaptiveAvgPool2d(x, outputSize: [4, 4])).flatten(1)
      return fc2(dropout(F.relu(fc1(features), inplace: true)))
    }
  }
}

extension Models {
  /// GoogLeNet, as `torchvision.models.googlenet`.
  ///
  /// With `weights`, images are expected as their transforms make them, `transformInput` unless told.
  /// - Parameters:
  ///   - auxLogits: whether there are two more heads, for training; true without weights, false with, unless told. The
  ///     official weights hold untrained ones.
  ///   - transformInput: true with weights, false without, unless told.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func googlenet(
    weights: GoogLeNetWeights? = nil, progress: Bool = true, numClasses: Int? = nil, auxLogits: Bool? = nil,
    transformInput: Bool? = nil, initWeights: Bool = true, dropout: Double = 0.2, dropoutAux: Double = 0.7
  ) throws -> GoogLeNet {
    let auxLogits = auxLogits ?? (weights == nil)
    let transformInput = transformInput ?? (weights != nil)
    return try pretrained(
      weights, progress, adapt: { auxLogits ? $0 : without(["aux1.", "aux2."], $0) }
    ) {
      GoogLeNet(
        numClasses: classes(weights, numClasses), auxLogits: auxLogits, transformInput: transformInput,
        initWeights: initWeights && weights == nil, dropout: dropout, dropoutAux: dropoutAux)
    }
  }
}
