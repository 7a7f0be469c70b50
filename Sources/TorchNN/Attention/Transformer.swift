import Torch

/// Encoder layers one after another, as `torch.nn.TransformerEncoder`.
///
/// - Shape: that of its layers.
open class TransformerEncoder: Module, Layer {
  public let layers: ModuleList<TransformerEncoderLayer>
  public let norm: LayerNorm?

  /// - Parameters:
  ///   - encoderLayer: what all layers start as copies of.
  ///   - norm: what the last layer's output goes through.
  ///   - enableNestedTensor: without effect, kept for torch's sake.
  /// - Precondition: `numLayers` is at least 0.
  public init(
    _ encoderLayer: TransformerEncoderLayer, _ numLayers: Int, norm: LayerNorm? = nil, enableNestedTensor: Bool = true
  ) {
    layers = Self.copies(encoderLayer, numLayers, "TransformerEncoder")
    self.norm = norm
  }

  /// A stack like another with copied weights. For subclasses that override ``copied(_:)``.
  public init(copying other: TransformerEncoder, _ copy: ModuleCopier) {
    layers = copy(other.layers)
    norm = copy(other.norm)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { TransformerEncoder(copying: self, copy) }

  open func forward(_ x: Tensor) -> Tensor { forward(x, mask: nil, keyPaddingMask: nil, isCausal: false) }

  /// Runs the module with its hooks; masks as ``TransformerEncoderLayer``.
  public func callAsFunction(
    _ src: Tensor, mask: Tensor? = nil, srcKeyPaddingMask: Tensor? = nil, isCausal: Bool = false
  ) -> Tensor {
    called([src]) { forward($0[0] as! Tensor, mask: mask, keyPaddingMask: srcKeyPaddingMask, isCausal: isCausal) }
  }

  private func forward(_ x: Tensor, mask: Tensor?, keyPaddingMask: Tensor?, isCausal: Bool) -> Tensor {
    var x = x
    for layer in layers { x = layer(x, srcMask: mask, srcKeyPaddingMask: keyPaddingMask, isCausal: isCausal) }
    return norm.map { $0(x) } ?? x
  }
}

/// Decoder layers one after another, as `torch.nn.TransformerDecoder`.
///
/// - Shape: that of its layers.
open class TransformerDecoder: Module, Layer2 {
  public let layers: ModuleList<TransformerDecoderLayer>
  public let norm: LayerNorm?

  /// - Parameters:
  ///   - decoderLayer: what all layers start as copies of.
  ///   - norm: what the last layer's output goes through.
  /// - Precondition: `numLayers` is at least 0.
  public init(_ decoderLayer: TransformerDecoderLayer, _ numLayers: Int, norm: LayerNorm? = nil) {
    layers = Self.copies(decoderLayer, numLayers, "TransformerDecoder")
    self.norm = norm
  }

  /// A stack like another with copied weights. For subclasses that override ``copied(_:)``.
  public init(copying other: TransformerDecoder, _ copy: ModuleCopier) {
    layers = copy(other.layers)
    norm = copy(other.norm)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { TransformerDecoder(copying: self, copy) }

  open func forward(_ tgt: Tensor, _ memory: Tensor) -> Tensor { run(tgt) { $0($1, memory) } }

  /// Runs the module with its hooks; masks as ``TransformerDecoderLayer``.
  public func callAsFunction(
    _ tgt: Tensor, _ memory: Tensor, tgtMask: Tensor? = nil, memoryMask: Tensor? = nil,
    tgtKeyPaddingMask: Tensor? = nil, memoryKeyPaddingMask: Tensor? = nil, tgtIsCausal: Bool = false,
    memoryIsCausal: Bool = false
  ) -> Tensor {
    called([tgt, memory]) { inputs in
      run(inputs[0] as! Tensor) { layer, x in
        layer(
          x, inputs[1] as! Tensor, tgtMask: tgtMask, memoryMask: memoryMask, tgtKeyPaddingMask: tgtKeyPaddingMask,
          memoryKeyPaddingMask: memoryKeyPaddingMask, tgtIsCausal: tgtIsCausal, memoryIsCausal: memoryIsCausal)
      }
    }
  }

  private func run(_ x: Tensor, _ step: (TransformerDecoderLayer, Tensor) -> Tensor) -> Tensor {
    let x = layers.reduce(x) { step($1, $0) }
    return norm.map { $0(x) } ?? x
  }
}

extension Module {
  /// Copies of a layer, each with weights of its own.
  fileprivate static func copies<M: Module>(_ layer: M, _ count: Int, _ name: String) -> ModuleList<M> {
    guard count >= 0 else { fault(name, "the number of layers is at least 0, got \(count)") }
    return ModuleList((0..<count).map { _ in layer.copy() })
  }
}

/// An encoder and a decoder of attention, as `torch.nn.Transformer`.
///
/// Vaswani et al., "Attention Is All You Need", 2017.
/// - Shape: sources `[length, batch, dModel]`, with `batchFirst` `[batch, length, dModel]`, or without batch; targets
///   likewise, and the result as they.
open class Transformer: Module, Layer2 {
  public let encoder: TransformerEncoder
  public let decoder: TransformerDecoder
  public let dModel: Int, nhead: Int
  public let batchFirst: Bool

  /// Draws all matrices as Xavier initialisation has it. See ``TransformerEncoderLayer`` for the parameters.
  /// - Parameter customEncoder: an encoder to take instead of one that is made here; likewise `customDecoder`.
  /// - Precondition: `nhead` divides `dModel`.
  public init(
    dModel: Int = 512, nhead: Int = 8, numEncoderLayers: Int = 6, numDecoderLayers: Int = 6,
    dimFeedforward: Int = 2048, dropout: Double = 0.1, activation: TransformerActivation = .relu,
    customEncoder: TransformerEncoder? = nil, customDecoder: TransformerDecoder? = nil, layerNormEps: Double = 1e-5,
    batchFirst: Bool = false, normFirst: Bool = false, bias: Bool = true, dtype: DType = .float32,
    device: Device = .cpu
  ) {
    func norm() -> LayerNorm { LayerNorm(dModel, eps: layerNormEps, bias: bias, dtype: dtype, device: device) }
    encoder =
      customEncoder
      ?? TransformerEncoder(
        TransformerEncoderLayer(
          dModel, nhead, dimFeedforward: dimFeedforward, dropout: dropout, activation: activation,
          layerNormEps: layerNormEps, batchFirst: batchFirst, normFirst: normFirst, bias: bias, dtype: dtype,
          device: device), numEncoderLayers, norm: norm())
    decoder =
      customDecoder
      ?? TransformerDecoder(
        TransformerDecoderLayer(
          dModel, nhead, dimFeedforward: dimFeedforward, dropout: dropout, activation: activation,
          layerNormEps: layerNormEps, batchFirst: batchFirst, normFirst: normFirst, bias: bias, dtype: dtype,
          device: device), numDecoderLayers, norm: norm())
    self.dModel = dModel
    self.nhead = nhead
    self.batchFirst = batchFirst
    super.init()
    for parameter in parameters() where parameter.ndim > 1 { Init.xavierUniform_(parameter) }
  }

  /// A model like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: Transformer, _ copy: ModuleCopier) {
    encoder = copy(other.encoder)
    decoder = copy(other.decoder)
    dModel = other.dModel
    nhead = other.nhead
    batchFirst = other.batchFirst
    super.init()
  }

  open override func copied(_ copy: ModuleCopier) -> Module { Transformer(copying: self, copy) }

  open func forward(_ src: Tensor, _ tgt: Tensor) -> Tensor {
    check(src, tgt)
    return decoder(tgt, encoder(src))
  }

  /// Runs the module with its hooks; masks as ``TransformerEncoderLayer`` and ``TransformerDecoderLayer``.
  public func callAsFunction(
    _ src: Tensor, _ tgt: Tensor, srcMask: Tensor? = nil, tgtMask: Tensor? = nil, memoryMask: Tensor? = nil,
    srcKeyPaddingMask: Tensor? = nil, tgtKeyPaddingMask: Tensor? = nil, memoryKeyPaddingMask: Tensor? = nil,
    srcIsCausal: Bool = false, tgtIsCausal: Bool = false, memoryIsCausal: Bool = false
  ) -> Tensor {
    called([src, tgt]) { inputs in
      let src = inputs[0] as! Tensor, tgt = inputs[1] as! Tensor
      check(src, tgt)
      let memory = encoder(src, mask: srcMask, srcKeyPaddingMask: srcKeyPaddingMask, isCausal: srcIsCausal)
      return decoder(
        tgt, memory, tgtMask: tgtMask, memoryMask: memoryMask, tgtKeyPaddingMask: tgtKeyPaddingMask,
        memoryKeyPaddingMask: memoryKeyPaddingMask, tgtIsCausal: tgtIsCausal, memoryIsCausal: memoryIsCausal)
    }
  }

  private func check(_ src: Tensor, _ tgt: Tensor) {
    func refuse(_ rule: String) -> Never {
      fault(typeName, "\(rule); got src \(src.signature), tgt \(tgt.signature)")
    }
    guard src.ndim == tgt.ndim, src.ndim == 2 || src.ndim == 3 else {
      refuse("src and tgt want 3 dimensions each, or 2 without a batch")
    }
    guard src.shape[src.ndim - 1] == dModel, tgt.shape[tgt.ndim - 1] == dModel else {
      refuse("both want \(dModel) features in the last dimension")
    }
    let batch = batchFirst ? 0 : 1
    if src.ndim == 3, src.shape[batch] != tgt.shape[batch] { refuse("src and tgt differ in batch size") }
  }

  /// The mask that hides the steps to come, as `Transformer.generate_square_subsequent_mask` of torch: minus infinity
  /// above the diagonal, else 0.
  /// - Shape: `[size, size]`.
  public static func generateSquareSubsequentMask(
    _ size: Int, dtype: DType = .float32, device: Device = .cpu
  ) -> Tensor {
    Tensor.full([size, size], -Double.infinity, dtype: dtype, device: device).triu(diagonal: 1)
  }
}
