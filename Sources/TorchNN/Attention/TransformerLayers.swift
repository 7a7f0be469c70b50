import Torch

/// The curve between the two linear layers of a transformer's feed-forward part.
public enum TransformerActivation: Sendable {
  case relu
  case gelu
  /// Any other function, element by element.
  case custom(@Sendable (Tensor) -> Tensor)

  func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .relu: F.relu(x)
    case .gelu: F.gelu(x)
    case .custom(let function): function(x)
    }
  }
}

/// Self-attention and a feed-forward net, each added to its input and normalised, as `torch.nn.TransformerEncoderLayer`.
///
/// Vaswani et al., "Attention Is All You Need", 2017.
/// - Shape: `[length, batch, dModel]`, with `batchFirst` `[batch, length, dModel]`, or without batch.
open class TransformerEncoderLayer: Module, Layer {
  public let selfAttn: MultiheadAttention
  public let linear1: Linear
  public let dropout: Dropout
  public let linear2: Linear
  public let norm1: LayerNorm, norm2: LayerNorm
  public let dropout1: Dropout, dropout2: Dropout
  /// Whether inputs are normalised before each part, and not its output after.
  public let normFirst: Bool
  public let activation: TransformerActivation

  /// - Parameters:
  ///   - nhead: the heads of the attention.
  ///   - dimFeedforward: the width between the two linear layers.
  ///   - dropout: the probability of a 0 after each part, between the linear layers and among attention weights.
  ///   - normFirst: whether inputs are normalised before each part, and not its output after.
  ///   - bias: whether linear layers and norms have biases.
  /// - Precondition: `nhead` divides `dModel`.
  public init(
    _ dModel: Int, _ nhead: Int, dimFeedforward: Int = 2048, dropout: Double = 0.1,
    activation: TransformerActivation = .relu, layerNormEps: Double = 1e-5, batchFirst: Bool = false,
    normFirst: Bool = false, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) {
    selfAttn = MultiheadAttention(
      dModel, nhead, dropout: dropout, bias: bias, batchFirst: batchFirst, dtype: dtype, device: device)
    linear1 = Linear(dModel, dimFeedforward, bias: bias, dtype: dtype, device: device)
    self.dropout = Dropout(dropout)
    linear2 = Linear(dimFeedforward, dModel, bias: bias, dtype: dtype, device: device)
    norm1 = LayerNorm(dModel, eps: layerNormEps, bias: bias, dtype: dtype, device: device)
    norm2 = LayerNorm(dModel, eps: layerNormEps, bias: bias, dtype: dtype, device: device)
    dropout1 = Dropout(dropout)
    dropout2 = Dropout(dropout)
    self.normFirst = normFirst
    self.activation = activation
  }

  /// A layer like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: TransformerEncoderLayer, _ copy: ModuleCopier) {
    selfAttn = copy(other.selfAttn)
    linear1 = copy(other.linear1)
    dropout = copy(other.dropout)
    linear2 = copy(other.linear2)
    norm1 = copy(other.norm1)
    norm2 = copy(other.norm2)
    dropout1 = copy(other.dropout1)
    dropout2 = copy(other.dropout2)
    normFirst = other.normFirst
    activation = other.activation
  }

  open override func copied(_ copy: ModuleCopier) -> Module { TransformerEncoderLayer(copying: self, copy) }

  open func forward(_ x: Tensor) -> Tensor { forward(x, mask: nil, keyPaddingMask: nil, isCausal: false) }

  /// Runs the module with its hooks.
  /// - Parameters:
  ///   - srcMask: as `attnMask` of ``MultiheadAttention``.
  ///   - srcKeyPaddingMask: as `keyPaddingMask` there.
  ///   - isCausal: a promise that `srcMask` is the causal one, which is given as well.
  public func callAsFunction(
    _ src: Tensor, srcMask: Tensor? = nil, srcKeyPaddingMask: Tensor? = nil, isCausal: Bool = false
  ) -> Tensor {
    called([src]) {
      forward($0[0] as! Tensor, mask: srcMask, keyPaddingMask: srcKeyPaddingMask, isCausal: isCausal)
    }
  }

  private func forward(_ x: Tensor, mask: Tensor?, keyPaddingMask: Tensor?, isCausal: Bool) -> Tensor {
    func attended(_ x: Tensor) -> Tensor {
      selfAttn(x, x, x, keyPaddingMask: keyPaddingMask, needWeights: false, attnMask: mask, isCausal: isCausal).output
    }
    func fed(_ x: Tensor) -> Tensor { linear2(dropout.after(activation, of: linear1, x)) }
    if normFirst {
      let y = dropout1.sum(x, attended(norm1(x)))
      return dropout2.sum(y, fed(norm2(y)))
    }
    let y = norm1(dropout1.sum(x, attended(x)))
    return norm2(dropout2.sum(y, fed(y)))
  }
}

/// Self-attention, attention to a memory and a feed-forward net, each added to its input and normalised, as
/// `torch.nn.TransformerDecoderLayer`.
///
/// Vaswani et al., "Attention Is All You Need", 2017.
/// - Shape: as ``TransformerEncoderLayer``, of targets and of the memory.
open class TransformerDecoderLayer: Module, Layer2 {
  public let selfAttn: MultiheadAttention, multiheadAttn: MultiheadAttention
  public let linear1: Linear
  public let dropout: Dropout
  public let linear2: Linear
  public let norm1: LayerNorm, norm2: LayerNorm, norm3: LayerNorm
  public let dropout1: Dropout, dropout2: Dropout, dropout3: Dropout
  /// Whether inputs are normalised before each part, and not its output after.
  public let normFirst: Bool
  public let activation: TransformerActivation

  /// See ``TransformerEncoderLayer`` for the parameters.
  /// - Precondition: `nhead` divides `dModel`.
  public init(
    _ dModel: Int, _ nhead: Int, dimFeedforward: Int = 2048, dropout: Double = 0.1,
    activation: TransformerActivation = .relu, layerNormEps: Double = 1e-5, batchFirst: Bool = false,
    normFirst: Bool = false, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) {
    func attention() -> MultiheadAttention {
      MultiheadAttention(
        dModel, nhead, dropout: dropout, bias: bias, batchFirst: batchFirst, dtype: dtype, device: device)
    }
    func norm() -> LayerNorm { LayerNorm(dModel, eps: layerNormEps, bias: bias, dtype: dtype, device: device) }
    selfAttn = attention()
    multiheadAttn = attention()
    linear1 = Linear(dModel, dimFeedforward, bias: bias, dtype: dtype, device: device)
    self.dropout = Dropout(dropout)
    linear2 = Linear(dimFeedforward, dModel, bias: bias, dtype: dtype, device: device)
    norm1 = norm()
    norm2 = norm()
    norm3 = norm()
    dropout1 = Dropout(dropout)
    dropout2 = Dropout(dropout)
    dropout3 = Dropout(dropout)
    self.normFirst = normFirst
    self.activation = activation
  }

  /// A layer like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: TransformerDecoderLayer, _ copy: ModuleCopier) {
    selfAttn = copy(other.selfAttn)
    multiheadAttn = copy(other.multiheadAttn)
    linear1 = copy(other.linear1)
    dropout = copy(other.dropout)
    linear2 = copy(other.linear2)
    norm1 = copy(other.norm1)
    norm2 = copy(other.norm2)
    norm3 = copy(other.norm3)
    dropout1 = copy(other.dropout1)
    dropout2 = copy(other.dropout2)
    dropout3 = copy(other.dropout3)
    normFirst = other.normFirst
    activation = other.activation
  }

  open override func copied(_ copy: ModuleCopier) -> Module { TransformerDecoderLayer(copying: self, copy) }

  open func forward(_ tgt: Tensor, _ memory: Tensor) -> Tensor { forward(tgt, memory, DecoderMasks()) }

  /// Runs the module with its hooks.
  /// - Parameters:
  ///   - tgtMask: as `attnMask` of ``MultiheadAttention``, among targets; likewise `memoryMask` of the memory.
  ///   - tgtKeyPaddingMask: as `keyPaddingMask` there, of targets; likewise `memoryKeyPaddingMask`.
  ///   - tgtIsCausal: a promise that `tgtMask` is the causal one, which is given as well; likewise `memoryIsCausal`.
  public func callAsFunction(
    _ tgt: Tensor, _ memory: Tensor, tgtMask: Tensor? = nil, memoryMask: Tensor? = nil,
    tgtKeyPaddingMask: Tensor? = nil, memoryKeyPaddingMask: Tensor? = nil, tgtIsCausal: Bool = false,
    memoryIsCausal: Bool = false
  ) -> Tensor {
    let masks = DecoderMasks(
      target: tgtMask, memory: memoryMask, targetPadding: tgtKeyPaddingMask, memoryPadding: memoryKeyPaddingMask,
      isTargetCausal: tgtIsCausal, isMemoryCausal: memoryIsCausal)
    return called([tgt, memory]) { forward($0[0] as! Tensor, $0[1] as! Tensor, masks) }
  }

  private func forward(_ x: Tensor, _ memory: Tensor, _ masks: DecoderMasks) -> Tensor {
    func attended(_ x: Tensor) -> Tensor {
      selfAttn(
        x, x, x, keyPaddingMask: masks.targetPadding, needWeights: false, attnMask: masks.target,
        isCausal: masks.isTargetCausal
      ).output
    }
    func reminded(_ x: Tensor) -> Tensor {
      multiheadAttn(
        x, memory, memory, keyPaddingMask: masks.memoryPadding, needWeights: false, attnMask: masks.memory,
        isCausal: masks.isMemoryCausal
      ).output
    }
    func fed(_ x: Tensor) -> Tensor { linear2(dropout.after(activation, of: linear1, x)) }
    if normFirst {
      let y = dropout1.sum(x, attended(norm1(x)))
      let z = dropout2.sum(y, reminded(norm2(y)))
      return dropout3.sum(z, fed(norm3(z)))
    }
    let y = norm1(dropout1.sum(x, attended(x)))
    let z = norm2(dropout2.sum(y, reminded(y)))
    return norm3(dropout3.sum(z, fed(z)))
  }
}

/// What hides targets and memory from a decoder.
private struct DecoderMasks {
  var target: Tensor?, memory: Tensor?, targetPadding: Tensor?, memoryPadding: Tensor?
  var isTargetCausal = false, isMemoryCausal = false
}

extension Dropout {
  /// Whether nobody sees it run but by its result, so that it may run together with its neighbours.
  private var isUnwatched: Bool { type(of: self) == Dropout.self && hooks == nil && !inplace }

  /// `x + self(y)`, in one pass where that can be.
  fileprivate func sum(_ x: Tensor, _ y: Tensor) -> Tensor {
    guard isUnwatched, training, y.takesByteMask(p), x.dtype == y.dtype, x.device == y.device, x.shape == y.shape else {
      return x + self(y)
    }
    return y.masked(p: p, addedTo: x)
  }

  /// Dropout of an activation of a linear layer, in one pass where that can be.
  fileprivate func after(_ activation: TransformerActivation, of linear: Linear, _ x: Tensor) -> Tensor {
    let y = linear(x)
    guard isUnwatched, case .relu = activation else { return self(activation(y)) }
    if training, y.takesByteMask(p) { return y.reluMasked(p: p) }
    // The layer's result is nobody else's.
    let isFresh = type(of: linear) == Linear.self && linear.hooks == nil && !isGradEnabled()
    return self(isFresh && backends.cpu.fusedProducts ? y.relu_() : activation(y))
  }
}
