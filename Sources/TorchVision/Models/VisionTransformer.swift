import TorchNN

/// A transformer over the patches of an image, as `torchvision.models.VisionTransformer`.
///
/// Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale", 2020.
/// - Shape: `[batch, 3, imageSize, imageSize]` to `[batch, numClasses]`.
open class VisionTransformer: Module, Layer {
  public let imageSize: Int, patchSize: Int, hiddenDim: Int, mlpDim: Int, numClasses: Int
  /// How many features lie between encoder and head; nil where the head follows at once.
  public let representationSize: Int?
  /// The place in front of the patches, from which the class is read. Shape `[1, 1, hiddenDim]`.
  @Parameter public var classToken: Tensor
  public var convProj: any Layer
  public var encoder: Encoder
  public var heads: Sequential

  /// - Parameters:
  ///   - representationSize: how many features lie between encoder and head; nil for none.
  ///   - normLayer: makes the normalisations.
  ///   - convStemConfigs: convolutions in place of the one that cuts patches; nil for that one.
  /// - Precondition: `patchSize` divides `imageSize`.
  public init(
    imageSize: Int, patchSize: Int, numLayers: Int, numHeads: Int, hiddenDim: Int, mlpDim: Int, dropout: Double = 0,
    attentionDropout: Double = 0, numClasses: Int = 1000, representationSize: Int? = nil,
    normLayer: @escaping NormLayer = { LayerNorm($0, eps: 1e-6) }, convStemConfigs: [ConvStemConfig]? = nil
  ) {
    guard imageSize > 0, patchSize > 0, imageSize % patchSize == 0 else {
      fault("VisionTransformer", "patchSize wants to divide imageSize; got \(patchSize) and \(imageSize)")
    }
    self.imageSize = imageSize
    self.patchSize = patchSize
    self.hiddenDim = hiddenDim
    self.mlpDim = mlpDim
    self.numClasses = numClasses
    self.representationSize = representationSize
    let projection: Conv2d
    if let convStemConfigs {
      let stem = Sequential()
      var channels = 3
      for (i, config) in convStemConfigs.enumerated() {
        stem["conv_bn_relu_\(i)"] = Conv2dNormActivation(
          channels, config.outChannels, kernelSize: config.kernelSize, stride: config.stride,
          normLayer: config.normLayer, activationLayer: config.activationLayer)
        channels = config.outChannels
      }
      projection = Conv2d(channels, hiddenDim, kernelSize: 1)
      stem["conv_last"] = projection
      convProj = stem
    } else {
      projection = Conv2d(3, hiddenDim, kernelSize: patchSize, stride: patchSize)
      convProj = projection
    }
    classToken = .zeros(1, 1, hiddenDim)
    let side = imageSize / patchSize
    encoder = Encoder(
      seqLength: side * side + 1, numLayers: numLayers, numHeads: numHeads, hiddenDim: hiddenDim, mlpDim: mlpDim,
      dropout: dropout, attentionDropout: attentionDropout, normLayer: normLayer)
    let before = representationSize.map { Linear(hiddenDim, $0) }
    let head = Linear(representationSize ?? hiddenDim, numClasses)
    heads =
      before.map { Sequential(named: ["pre_logits": $0, "act": Tanh(), "head": head]) }
      ?? Sequential(named: ["head": head])
    super.init()
    if convStemConfigs == nil {
      Init.truncNormal_(projection.weight, std: (1 / Double(3 * patchSize * patchSize)).squareRoot())
    } else {
      Init.normal_(projection.weight, mean: 0, std: (2 / Double(hiddenDim)).squareRoot())
    }
    if let bias = projection.bias { Init.zeros_(bias) }
    if let before {
      Init.truncNormal_(before.weight, std: (1 / Double(hiddenDim)).squareRoot())
      if let bias = before.bias { Init.zeros_(bias) }
    }
    Init.zeros_(head.weight)
    if let bias = head.bias { Init.zeros_(bias) }
  }

  /// The same network, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: VisionTransformer, _ copy: ModuleCopier) {
    imageSize = other.imageSize
    patchSize = other.patchSize
    hiddenDim = other.hiddenDim
    mlpDim = other.mlpDim
    numClasses = other.numClasses
    representationSize = other.representationSize
    classToken = copy(other.classToken)
    convProj = copy(other.convProj)
    encoder = copy(other.encoder)
    heads = copy(other.heads)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { VisionTransformer(copying: self, copy) }

  open func forward(_ x: Tensor) -> Tensor {
    guard x.ndim == 4, x.size(2) == imageSize, x.size(3) == imageSize else {
      fault("VisionTransformer", "input wants [batch, 3, \(imageSize), \(imageSize)]; got \(x.signature)")
    }
    let batch = x.size(0)
    let patches = convProj(x).reshape(batch, hiddenDim, -1).permute(0, 2, 1)
    let tokens = Tensor.cat([classToken.expand(batch, -1, -1), patches], dim: 1)
    return heads(encoder(tokens).select(dim: 1, index: 0))
  }
}

extension VisionTransformer {
  /// A convolution in front of a ``VisionTransformer``.
  public struct ConvStemConfig {
    public var outChannels: Int, kernelSize: Int, stride: Int
    public var normLayer: NormLayer
    public var activationLayer: ActivationLayer

    public init(
      outChannels: Int, kernelSize: Int, stride: Int, normLayer: @escaping NormLayer = { BatchNorm2d($0) },
      activationLayer: @escaping ActivationLayer = ReLU.init(inplace:)
    ) {
      self.outChannels = outChannels
      self.kernelSize = kernelSize
      self.stride = stride
      self.normLayer = normLayer
      self.activationLayer = activationLayer
    }
  }

  /// Two linear layers with a `GELU` between them, for each place.
  public final class MLPBlock: MLP {
    public init(_ inDim: Int, _ mlpDim: Int, dropout: Double) {
      super.init(inDim, [mlpDim, inDim], activationLayer: { _ in GELU() }, dropout: dropout)
      for case let linear as Linear in layers {
        Init.xavierUniform_(linear.weight)
        if let bias = linear.bias { Init.normal_(bias, std: 1e-6) }
      }
    }

    private init(copying other: MLPBlock, _ copy: ModuleCopier) { super.init(copying: other, copy) }

    public override func copied(_ copy: ModuleCopier) -> Module { MLPBlock(copying: self, copy) }

    public override var stateVersion: Int { 2 }

    /// Before version 2, as in the official files, the layers were `linear_1` and `linear_2`.
    public override func upgradeState(_ state: inout StateDict, prefix: String, version: Int?) {
      guard (version ?? 1) < 2 else { return }
      for (old, new) in [("linear_1", "0"), ("linear_2", "3")] {
        for end in ["weight", "bias"] {
          guard let value = state["\(prefix)\(old).\(end)"] else { continue }
          state["\(prefix)\(old).\(end)"] = nil
          state["\(prefix)\(new).\(end)"] = value
        }
      }
    }
  }

  /// Attention among all places, then a ``MLPBlock`` for each, both added to their inputs and normalised before.
  ///
  /// - Shape: `[batch, places, hiddenDim]`, kept.
  public final class EncoderBlock: Module, Layer {
    public var ln_1: any Layer
    public var selfAttention: MultiheadAttention
    public let dropout: Dropout
    public var ln_2: any Layer
    public var mlp: MLPBlock

    public init(
      numHeads: Int, hiddenDim: Int, mlpDim: Int, dropout: Double, attentionDropout: Double,
      normLayer: NormLayer = { LayerNorm($0, eps: 1e-6) }
    ) {
      ln_1 = normLayer(hiddenDim)
      selfAttention = MultiheadAttention(hiddenDim, numHeads, dropout: attentionDropout, batchFirst: true)
      self.dropout = Dropout(dropout)
      ln_2 = normLayer(hiddenDim)
      mlp = MLPBlock(hiddenDim, mlpDim, dropout: dropout)
    }

    private init(copying other: EncoderBlock, _ copy: ModuleCopier) {
      ln_1 = copy(other.ln_1)
      selfAttention = copy(other.selfAttention)
      dropout = copy(other.dropout)
      ln_2 = copy(other.ln_2)
      mlp = copy(other.mlp)
    }

    public override func copied(_ copy: ModuleCopier) -> Module { EncoderBlock(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor {
      let normed = ln_1(x)
      let attended = dropout(selfAttention(normed, normed, normed, needWeights: false).output) + x
      return attended + mlp(ln_2(attended))
    }
  }

  /// The blocks of a ``VisionTransformer`` after their places were added, and a last normalisation.
  ///
  /// - Shape: `[batch, seqLength, hiddenDim]`, kept.
  public final class Encoder: Module, Layer {
    /// What is added to each place. Shape `[1, seqLength, hiddenDim]`.
    @Parameter public var posEmbedding: Tensor
    public let dropout: Dropout
    public var layers: Sequential
    public var ln: any Layer

    public init(
      seqLength: Int, numLayers: Int, numHeads: Int, hiddenDim: Int, mlpDim: Int, dropout: Double,
      attentionDropout: Double, normLayer: NormLayer = { LayerNorm($0, eps: 1e-6) }
    ) {
      posEmbedding = Init.normal_(.empty(1, seqLength, hiddenDim), std: 0.02)
      self.dropout = Dropout(dropout)
      let layers = Sequential()
      for i in 0..<numLayers {
        layers["encoder_layer_\(i)"] = EncoderBlock(
          numHeads: numHeads, hiddenDim: hiddenDim, mlpDim: mlpDim, dropout: dropout,
          attentionDropout: attentionDropout, normLayer: normLayer)
      }
      self.layers = layers
      ln = normLayer(hiddenDim)
    }

    private init(copying other: Encoder, _ copy: ModuleCopier) {
      posEmbedding = copy(other.posEmbedding)
      dropout = copy(other.dropout)
      layers = copy(other.layers)
      ln = copy(other.ln)
    }

    public override func copied(_ copy: ModuleCopier) -> Module { Encoder(copying: self, copy) }

    public func forward(_ x: Tensor) -> Tensor { ln(layers(dropout(x + posEmbedding))) }
  }
}
