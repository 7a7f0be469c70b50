import Torch

/// Attention of several heads side by side, as `torch.nn.MultiheadAttention`.
///
/// ```swift
/// let attention = MultiheadAttention(512, 8, batchFirst: true)
/// let (output, weights) = attention(query, key, value)
/// ```
/// Vaswani et al., "Attention Is All You Need", 2017.
/// - Shape: query `[length, batch, embedDim]`, key `[source, batch, kdim]`, value `[source, batch, vdim]`; with
///   `batchFirst` the batch comes first; or all without a batch. The output has the query's shape, the weights are
///   `[batch, length, source]`, or not averaged `[batch, heads, length, source]`.
open class MultiheadAttention: Module {
  public let embedDim: Int, numHeads: Int, headDim: Int
  /// The features of keys and of values.
  public let kdim: Int, vdim: Int
  /// The probability with which an attention weight is dropped in training.
  public let dropout: Double
  public let batchFirst: Bool
  /// Whether every sequence of keys gets an additional key of zeros.
  public let addZeroAttn: Bool

  /// What queries, keys and values are multiplied by, one below the other; nil where their sizes differ.
  /// - Shape: `[3 * embedDim, embedDim]`.
  @Parameter public var inProjWeight: Tensor?
  /// - Shape: `[embedDim, embedDim]`.
  @Parameter public var qProjWeight: Tensor?
  /// - Shape: `[embedDim, kdim]`.
  @Parameter public var kProjWeight: Tensor?
  /// - Shape: `[embedDim, vdim]`.
  @Parameter public var vProjWeight: Tensor?
  /// - Shape: `[3 * embedDim]`.
  @Parameter public var inProjBias: Tensor?
  /// An additional key for every sequence. Shape `[1, 1, embedDim]`.
  @Parameter public var biasK: Tensor?
  /// The value of the additional key. Shape `[1, 1, embedDim]`.
  @Parameter public var biasV: Tensor?
  public let outProj: NonDynamicallyQuantizableLinear

  /// Draws the weights as Xavier initialisation has it, and zeros for biases.
  /// - Parameters:
  ///   - addBiasKv: whether every sequence gets a learnt additional key.
  ///   - addZeroAttn: whether every sequence gets an additional key of zeros.
  ///   - kdim: the features of keys; nil for `embedDim`. Likewise `vdim` of values.
  /// - Precondition: sizes are positive, `numHeads` divides `embedDim`, `dropout` is between 0 and 1.
  public init(
    _ embedDim: Int, _ numHeads: Int, dropout: Double = 0, bias: Bool = true, addBiasKv: Bool = false,
    addZeroAttn: Bool = false, kdim: Int? = nil, vdim: Int? = nil, batchFirst: Bool = false, dtype: DType = .float32,
    device: Device = .cpu
  ) {
    guard embedDim > 0, numHeads > 0, embedDim % numHeads == 0 else {
      fault(
        "MultiheadAttention",
        "embedDim wants to be a positive multiple of numHeads; got embedDim \(embedDim), numHeads \(numHeads)")
    }
    guard dropout >= 0, dropout <= 1 else {
      fault("MultiheadAttention", "dropout is a probability between 0 and 1, got \(dropout)")
    }
    self.embedDim = embedDim
    self.numHeads = numHeads
    headDim = embedDim / numHeads
    self.kdim = kdim ?? embedDim
    self.vdim = vdim ?? embedDim
    self.dropout = dropout
    self.batchFirst = batchFirst
    self.addZeroAttn = addZeroAttn
    func empty(_ shape: Int...) -> Tensor { .empty(shape, dtype: dtype, device: device) }
    let isPacked = self.kdim == embedDim && self.vdim == embedDim
    inProjWeight = isPacked ? empty(3 * embedDim, embedDim) : nil
    qProjWeight = isPacked ? nil : empty(embedDim, embedDim)
    kProjWeight = isPacked ? nil : empty(embedDim, self.kdim)
    vProjWeight = isPacked ? nil : empty(embedDim, self.vdim)
    inProjBias = bias ? empty(3 * embedDim) : nil
    outProj = NonDynamicallyQuantizableLinear(embedDim, embedDim, bias: bias, dtype: dtype, device: device)
    biasK = addBiasKv ? empty(1, 1, embedDim) : nil
    biasV = addBiasKv ? empty(1, 1, embedDim) : nil
    super.init()
    resetParameters()
  }

  /// A layer like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: MultiheadAttention, _ copy: ModuleCopier) {
    embedDim = other.embedDim
    numHeads = other.numHeads
    headDim = other.headDim
    kdim = other.kdim
    vdim = other.vdim
    dropout = other.dropout
    batchFirst = other.batchFirst
    addZeroAttn = other.addZeroAttn
    inProjWeight = copy(other.inProjWeight)
    qProjWeight = copy(other.qProjWeight)
    kProjWeight = copy(other.kProjWeight)
    vProjWeight = copy(other.vProjWeight)
    inProjBias = copy(other.inProjBias)
    biasK = copy(other.biasK)
    biasV = copy(other.biasV)
    outProj = copy(other.outProj)
    super.init()
  }

  open override func copied(_ copy: ModuleCopier) -> Module { MultiheadAttention(copying: self, copy) }

  /// Draws the weights anew, all but those of ``outProj``.
  public func resetParameters() {
    for weight in [inProjWeight, qProjWeight, kProjWeight, vProjWeight] {
      if let weight { Init.xavierUniform_(weight) }
    }
    if let inProjBias { Init.zeros_(inProjBias) }
    if let bias = outProj.bias, inProjBias != nil { Init.zeros_(bias) }
    for bias in [biasK, biasV] { if let bias { Init.xavierNormal_(bias) } }
  }

  /// Mixes values by how well their keys fit the queries; call the module itself, which also runs hooks.
  /// - Parameters:
  ///   - keyPaddingMask: bool, true where a key is hidden; or numbers that are added to its scores. Shape
  ///     `[batch, source]`, without a batch `[source]`.
  ///   - needWeights: whether the weights are returned; without them it is faster.
  ///   - attnMask: bool, true where a query may NOT see a key; or numbers that are added to the scores. Shape
  ///     `[length, source]` or `[batch * heads, length, source]`.
  ///   - averageAttnWeights: whether the returned weights are the mean over heads.
  ///   - isCausal: a promise that `attnMask` is the causal one, which is given as well.
  /// - Returns: the mixed values, and the attention weights where they are wanted.
  open func forward(
    _ query: Tensor, _ key: Tensor, _ value: Tensor, keyPaddingMask: Tensor? = nil, needWeights: Bool = true,
    attnMask: Tensor? = nil, averageAttnWeights: Bool = true, isCausal: Bool = false
  ) -> (output: Tensor, weights: Tensor?) {
    check(query, key, value, keyPaddingMask, attnMask, isCausal: isCausal)
    let hasBatch = query.ndim == 3
    if key === query, value === query, !needWeights,
      let output = attendToSelf(
        query, hasBatch ? keyPaddingMask : keyPaddingMask?.unsqueeze(0), attnMask, isCausal: isCausal)
    {
      return (output, nil)
    }
    func sequenceFirst(_ x: Tensor) -> Tensor {
      !hasBatch ? x.unsqueeze(1) : batchFirst ? x.transpose(0, 1) : x
    }
    let (mixed, weights) = attend(
      sequenceFirst(query), key === query ? nil : sequenceFirst(key), value === key ? nil : sequenceFirst(value),
      hasBatch ? keyPaddingMask : keyPaddingMask?.unsqueeze(0), attnMask, needWeights, isCausal)
    let output = !hasBatch ? mixed.squeeze(1) : batchFirst ? mixed.transpose(0, 1) : mixed
    let shown = weights.map { averageAttnWeights ? $0.mean(dim: 1) : $0 }
    return (output, hasBatch ? shown : shown?.squeeze(0))
  }

  /// Runs the module with its hooks; see ``forward(_:_:_:keyPaddingMask:needWeights:attnMask:averageAttnWeights:isCausal:)``.
  public func callAsFunction(
    _ query: Tensor, _ key: Tensor, _ value: Tensor, keyPaddingMask: Tensor? = nil, needWeights: Bool = true,
    attnMask: Tensor? = nil, averageAttnWeights: Bool = true, isCausal: Bool = false
  ) -> (output: Tensor, weights: Tensor?) {
    called([query, key, value]) { inputs in
      forward(
        inputs[0] as! Tensor, inputs[1] as! Tensor, inputs[2] as! Tensor, keyPaddingMask: keyPaddingMask,
        needWeights: needWeights, attnMask: attnMask, averageAttnWeights: averageAttnWeights, isCausal: isCausal)
    }
  }
}

/// The output layer of ``MultiheadAttention``: a ``Linear`` with a name of its own, as torch prints it.
public final class NonDynamicallyQuantizableLinear: Linear {
  public override func copied(_ copy: ModuleCopier) -> Module { NonDynamicallyQuantizableLinear(copying: self, copy) }
}

extension MultiheadAttention {
  /// Attention of sequences that come first, `[length, batch, features]`.
  /// - Parameters:
  ///   - key: nil where the queries are the keys; likewise `value` where the keys are the values.
  /// - Returns: `[length, batch, embedDim]` and, where wanted, weights `[batch, heads, length, source]`.
  private func attend(
    _ query: Tensor, _ key: Tensor?, _ value: Tensor?, _ keyPaddingMask: Tensor?, _ attnMask: Tensor?,
    _ needWeights: Bool, _ isCausal: Bool
  ) -> (output: Tensor, weights: Tensor?) {
    let (length, batch) = (query.shape[0], query.shape[1])
    var (q, k, v) = projected(query, key, value)
    // Additional keys, which no mask hides.
    var more = 0
    if let biasK, let biasV {
      k = Tensor.cat([k, biasK.expand(1, batch, embedDim)], dim: 0)
      v = Tensor.cat([v, biasV.expand(1, batch, embedDim)], dim: 0)
      more += 1
    }
    if addZeroAttn {
      let zero = Tensor.zeros([1, batch, embedDim], dtype: k.dtype, device: k.device)
      k = Tensor.cat([k, zero], dim: 0)
      v = Tensor.cat([v, zero], dim: 0)
      more += 1
    }
    let source = k.shape[0]
    func heads(_ x: Tensor) -> Tensor {
      x.reshape([x.shape[0], batch * numHeads, headDim]).transpose(0, 1)
        .view([batch, numHeads, x.shape[0], headDim])
    }
    // A causal mask alone need not be spelled out.
    let byOrder = isCausal && keyPaddingMask == nil && !needWeights && more == 0
    let mask = byOrder ? nil : mask(attnMask, keyPaddingMask, batch, length, source, more, q.dtype)
    let p = training ? dropout : 0
    func joined(_ x: Tensor) -> Tensor {
      let flat = x.permute(2, 0, 1, 3).reshape([length * batch, embedDim])
      return outProj(flat).view([length, batch, embedDim])
    }
    guard needWeights else {
      let mixed = F.scaledDotProductAttention(
        heads(q), heads(k), heads(v), attnMask: mask, dropoutP: p, isCausal: byOrder)
      return (joined(mixed), nil)
    }
    var scores = (heads(q) * (1 / Double(headDim)).squareRoot()).matmul(heads(k).mT)
    if let mask { scores = scores + mask }
    var weights = scores.softmax(dim: -1)
    if p > 0 { weights = F.dropout(weights, p: p) }
    return (joined(weights.matmul(heads(v))), weights)
  }

  /// Attention of a sequence to itself, heads and batch being read where the projection leaves them; nil where it takes
  /// the general way.
  private func attendToSelf(
    _ x: Tensor, _ keyPaddingMask: Tensor?, _ attnMask: Tensor?, isCausal: Bool
  ) -> Tensor? {
    let hasBatch = x.ndim == 3, p = training ? dropout : 0
    guard backends.cpu.tiledAttention, let inProjWeight, biasK == nil, !addZeroAttn, p < 1, x.device == .cpu,
      x.dtype == .float32 || x.dtype.isHalf, x.numel() > 0
    else { return nil }
    for mask in [keyPaddingMask, attnMask] {
      guard let mask else { continue }
      guard [.bool, .float32, x.dtype].contains(mask.dtype), mask.device == .cpu,
        !(mask.requiresGrad && isGradEnabled())
      else { return nil }
    }
    let first = hasBatch && batchFirst
    let all = F.linear(hasBatch ? x : x.unsqueeze(1), inProjWeight, inProjBias)
    let (batch, length) = first ? (all.shape[0], all.shape[1]) : (all.shape[1], all.shape[0])
    let byOrder = isCausal && keyPaddingMask == nil
    let terms = AttentionTerms(
      scale: 1 / Double(headDim).squareRoot(),
      bias: byOrder ? nil : mask(attnMask, keyPaddingMask, batch, length, length, 0, .float32)?.to(.float32),
      isCausal: byOrder, dropout: p)
    // Half types are computed in float32 and rounded once.
    let mixed = all.to(.float32).contiguous().selfAttention(heads: numHeads, batchFirst: first, terms)
    let output = outProj(mixed.to(all.dtype)).view([length, batch, embedDim])
    return !hasBatch ? output.squeeze(1) : batchFirst ? output.transpose(0, 1) : output
  }

  /// Queries, keys and values after their projections.
  private func projected(_ query: Tensor, _ key: Tensor?, _ value: Tensor?) -> (Tensor, Tensor, Tensor) {
    let key = key ?? query, value = value ?? key
    guard let inProjWeight else {
      let biases = inProjBias?.chunk(chunks: 3)
      return (
        F.linear(query, qProjWeight!, biases?[0]), F.linear(key, kProjWeight!, biases?[1]),
        F.linear(value, vProjWeight!, biases?[2])
      )
    }
    if value === key {
      if key === query {
        let all = F.linear(query, inProjWeight, inProjBias).chunk(chunks: 3, dim: -1)
        return (all[0], all[1], all[2])
      }
      let sizes = [embedDim, 2 * embedDim]
      let weights = inProjWeight.split(splitSize: sizes), biases = inProjBias?.split(splitSize: sizes)
      let both = F.linear(key, weights[1], biases?[1]).chunk(chunks: 2, dim: -1)
      return (F.linear(query, weights[0], biases?[0]), both[0], both[1])
    }
    let weights = inProjWeight.chunk(chunks: 3), biases = inProjBias?.chunk(chunks: 3)
    return (
      F.linear(query, weights[0], biases?[0]), F.linear(key, weights[1], biases?[1]),
      F.linear(value, weights[2], biases?[2])
    )
  }

  /// Both masks as numbers to add to scores, broadcasting to `[batch, heads, length, source]`.
  private func mask(
    _ attnMask: Tensor?, _ keyPaddingMask: Tensor?, _ batch: Int, _ length: Int, _ source: Int, _ more: Int,
    _ dtype: DType
  ) -> Tensor? {
    func numbers(_ mask: Tensor) -> Tensor {
      let scores =
        mask.dtype == .bool ? hiding(mask, dtype) : mask
      return more == 0 ? scores : F.pad(scores, pad: [0, more])
    }
    let own = attnMask.map { mask in
      mask.ndim == 3 ? numbers(mask).view([batch, numHeads, length, source]) : numbers(mask)
    }
    let padding = keyPaddingMask.map { numbers($0).view([batch, 1, 1, source]) }
    guard let own else { return padding }
    return padding.map { own + $0 } ?? own
  }

  /// Refuses what does not fit together.
  private func check(
    _ query: Tensor, _ key: Tensor, _ value: Tensor, _ keyPaddingMask: Tensor?, _ attnMask: Tensor?, isCausal: Bool
  ) {
    func refuse(_ rule: String) -> Never {
      let masks =
        (keyPaddingMask.map { ", keyPaddingMask \($0.signature)" } ?? "")
        + (attnMask.map { ", attnMask \($0.signature)" } ?? "")
      fault(
        typeName,
        "\(rule); got query \(query.signature), key \(key.signature), value \(value.signature)" + masks)
    }
    let rank = query.ndim
    guard rank == 2 || rank == 3, key.ndim == rank, value.ndim == rank else {
      refuse("query, key and value want 3 dimensions each, or 2 without a batch")
    }
    for (name, x, size) in [("query", query, embedDim), ("key", key, kdim), ("value", value, vdim)]
    where x.shape[rank - 1] != size {
      refuse("\(name) wants \(size) features in its last dimension")
    }
    let steps = rank == 2 || !batchFirst ? 0 : 1
    guard key.shape[steps] == value.shape[steps] else { refuse("key and value differ in length") }
    let batch = rank == 2 ? 1 : query.shape[1 - steps]
    if rank == 3, key.shape[1 - steps] != batch || value.shape[1 - steps] != batch {
      refuse("query, key and value differ in batch size")
    }
    let length = query.shape[steps], source = key.shape[steps]
    if isCausal, attnMask == nil { refuse("isCausal is a promise about attnMask: give the mask too") }
    if let keyPaddingMask {
      guard keyPaddingMask.shape.elementsEqual(rank == 2 ? [source] : [batch, source]) else {
        refuse("keyPaddingMask wants the shape \(rank == 2 ? [source] : [batch, source]), a place for each key")
      }
      guard keyPaddingMask.dtype == .bool || keyPaddingMask.isFloatingPoint() else {
        refuse("keyPaddingMask wants bool, true where a key is hidden, or floating point")
      }
    }
    if let attnMask {
      let shapes = [[length, source], [batch * numHeads, length, source]]
      guard shapes.contains(where: { attnMask.shape.elementsEqual($0) }) else {
        refuse("attnMask wants the shape \(shapes[0]), or \(shapes[1]) for batch times heads")
      }
      guard attnMask.dtype == .bool || attnMask.isFloatingPoint() else {
        refuse("attnMask wants bool, true where a query must not see a key, or floating point")
      }
    }
  }
}
