/// A table of rows that are learnt, read by number, as `torch.nn.Embedding`.
///
/// - Shape: whole numbers `[*]` to `[*, embeddingDim]`.
open class Embedding: Module, Layer {
  public let numEmbeddings: Int, embeddingDim: Int
  /// The row whose gradient is 0, counted from the start.
  public let paddingIdx: Int?
  public let maxNorm: Double?
  public let normType: Double
  public let scaleGradByFreq: Bool
  /// - Shape: `[numEmbeddings, embeddingDim]`.
  @Parameter public var weight: Tensor

  /// Draws the rows from the standard normal distribution; the row of `paddingIdx` is 0.
  /// - Parameters:
  ///   - paddingIdx: a row that learns nothing; negative from the end.
  ///   - maxNorm: rows longer than this are shortened when they are read.
  ///   - normType: the p of that norm.
  ///   - scaleGradByFreq: whether a row's gradient is divided by how often it was read.
  /// - Precondition: `paddingIdx` names a row.
  public init(
    _ numEmbeddings: Int, _ embeddingDim: Int, paddingIdx: Int? = nil, maxNorm: Double? = nil, normType: Double = 2,
    scaleGradByFreq: Bool = false, dtype: DType = .float32, device: Device = .cpu
  ) {
    guard numEmbeddings >= 0, embeddingDim >= 0 else {
      fault("Embedding", "sizes are at least 0, got \(numEmbeddings) and \(embeddingDim)")
    }
    self.numEmbeddings = numEmbeddings
    self.embeddingDim = embeddingDim
    self.paddingIdx = wrappedPadding(paddingIdx, numEmbeddings, "Embedding")
    self.maxNorm = maxNorm
    self.normType = normType
    self.scaleGradByFreq = scaleGradByFreq
    weight = .empty(numEmbeddings, embeddingDim, dtype: dtype, device: device)
    super.init()
    resetParameters()
  }

  /// As ``init(_:_:paddingIdx:maxNorm:normType:scaleGradByFreq:dtype:device:)``.
  public convenience init(
    numEmbeddings: Int, embeddingDim: Int, paddingIdx: Int? = nil, maxNorm: Double? = nil, normType: Double = 2,
    scaleGradByFreq: Bool = false, dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(
      numEmbeddings, embeddingDim, paddingIdx: paddingIdx, maxNorm: maxNorm, normType: normType,
      scaleGradByFreq: scaleGradByFreq, dtype: dtype, device: device)
  }

  /// A layer like another with copied rows; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: Embedding, _ copy: ModuleCopier) {
    numEmbeddings = other.numEmbeddings
    embeddingDim = other.embeddingDim
    paddingIdx = other.paddingIdx
    maxNorm = other.maxNorm
    normType = other.normType
    scaleGradByFreq = other.scaleGradByFreq
    weight = copy(other.weight)
    super.init()
  }

  /// A layer of rows that are known, as `torch.nn.Embedding.from_pretrained`; it shares their memory.
  /// - Parameters:
  ///   - embeddings: the rows, `[numEmbeddings, embeddingDim]`.
  ///   - freeze: whether the rows learn nothing.
  /// - Precondition: `embeddings` has two dimensions; `paddingIdx` names a row.
  public static func fromPretrained(
    _ embeddings: Tensor, freeze: Bool = true, paddingIdx: Int? = nil, maxNorm: Double? = nil, normType: Double = 2,
    scaleGradByFreq: Bool = false
  ) -> Embedding {
    let layer = Embedding(embeddings, paddingIdx, maxNorm, normType, scaleGradByFreq)
    if freeze { layer.weight.requiresGrad = false }
    return layer
  }

  private init(
    _ rows: Tensor, _ paddingIdx: Int?, _ maxNorm: Double?, _ normType: Double, _ scaleGradByFreq: Bool
  ) {
    let (count, width) = pretrainedSize(rows, "Embedding")
    numEmbeddings = count
    embeddingDim = width
    self.paddingIdx = wrappedPadding(paddingIdx, count, "Embedding")
    self.maxNorm = maxNorm
    self.normType = normType
    self.scaleGradByFreq = scaleGradByFreq
    weight = rows.detach()
    super.init()
  }

  open override func copied(_ copy: ModuleCopier) -> Module { Embedding(copying: self, copy) }

  /// Draws the rows anew.
  public func resetParameters() { drawRows(weight, paddingIdx) }

  open func forward(_ x: Tensor) -> Tensor {
    F.embedding(
      x, weight, paddingIdx: paddingIdx, maxNorm: maxNorm, normType: normType, scaleGradByFreq: scaleGradByFreq)
  }

  open override var extraRepr: String {
    var text = "\(numEmbeddings), \(embeddingDim)"
    if let paddingIdx { text += ", padding_idx=\(paddingIdx)" }
    if let maxNorm { text += ", max_norm=\(pythonRepr(maxNorm))" }
    if normType != 2 { text += ", norm_type=\(pythonRepr(normType))" }
    if scaleGradByFreq { text += ", scale_grad_by_freq=True" }
    return text
  }
}

/// A row counted from the start, from one that may count from the end.
func wrappedPadding(_ index: Int?, _ rows: Int, _ name: String) -> Int? {
  guard let index else { return nil }
  guard index >= -rows, index < rows else { fault(name, "paddingIdx \(index) names none of the \(rows) rows") }
  return index < 0 ? index + rows : index
}

/// The sizes of a table of rows that are known.
func pretrainedSize(_ rows: Tensor, _ name: String) -> (count: Int, width: Int) {
  guard rows.ndim == 2 else { fault(name, "embeddings want 2 dimensions, [rows, width]; got \(rows.signature)") }
  return (rows.shape[0], rows.shape[1])
}

/// Draws rows from the standard normal distribution; that of the padding is 0.
func drawRows(_ weight: Tensor, _ paddingIdx: Int?) {
  Init.normal_(weight)
  guard let paddingIdx else { return }
  noGrad { weight.select(dim: 0, index: paddingIdx).zero_() }
}
