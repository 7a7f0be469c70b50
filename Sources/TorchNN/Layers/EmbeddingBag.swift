/// Sums, means or maxima of the rows that bags name, without the rows themselves, as `torch.nn.EmbeddingBag`.
///
/// ```swift
/// bag(words)              // [bags, size] whole numbers: each row is a bag
/// bag(words, offsets)     // [*] whole numbers, and where each bag begins
/// bag(words, nil, shares) // a factor for each row; for the sum alone
/// ```
/// - Shape: `[bags, size]`, or `[*]` with offsets `[bags]`, to `[bags, embeddingDim]`; factors as the numbers.
open class EmbeddingBag: Module, Layer, Layer3 {
  public let numEmbeddings: Int, embeddingDim: Int
  public let maxNorm: Double?
  public let normType: Double
  public let scaleGradByFreq: Bool
  public let mode: EmbeddingBagMode
  public let includeLastOffset: Bool
  /// The row that does not count, counted from the start.
  public let paddingIdx: Int?
  /// - Shape: `[numEmbeddings, embeddingDim]`.
  @Parameter public var weight: Tensor

  /// Draws the rows from the standard normal distribution; the row of `paddingIdx` is 0.
  /// - Parameters:
  ///   - maxNorm: rows longer than this are shortened when they are read.
  ///   - normType: the p of that norm.
  ///   - scaleGradByFreq: whether a row's gradient is divided by how often it was read; not for the maximum.
  ///   - mode: how the rows of a bag become one.
  ///   - includeLastOffset: whether the last offset is the end of the last bag.
  ///   - paddingIdx: a row that does not count and learns nothing; negative from the end.
  /// - Precondition: `paddingIdx` names a row.
  public init(
    _ numEmbeddings: Int, _ embeddingDim: Int, maxNorm: Double? = nil, normType: Double = 2,
    scaleGradByFreq: Bool = false, mode: EmbeddingBagMode = .mean, includeLastOffset: Bool = false,
    paddingIdx: Int? = nil, dtype: DType = .float32, device: Device = .cpu
  ) {
    guard numEmbeddings >= 0, embeddingDim >= 0 else {
      fault("EmbeddingBag", "sizes are at least 0, got \(numEmbeddings) and \(embeddingDim)")
    }
    self.numEmbeddings = numEmbeddings
    self.embeddingDim = embeddingDim
    self.maxNorm = maxNorm
    self.normType = normType
    self.scaleGradByFreq = scaleGradByFreq
    self.mode = mode
    self.includeLastOffset = includeLastOffset
    self.paddingIdx = wrappedPadding(paddingIdx, numEmbeddings, "EmbeddingBag")
    weight = .empty(numEmbeddings, embeddingDim, dtype: dtype, device: device)
    super.init()
    resetParameters()
  }

  /// As ``init(_:_:maxNorm:normType:scaleGradByFreq:mode:includeLastOffset:paddingIdx:dtype:device:)``.
  public convenience init(
    numEmbeddings: Int, embeddingDim: Int, maxNorm: Double? = nil, normType: Double = 2,
    scaleGradByFreq: Bool = false, mode: EmbeddingBagMode = .mean, includeLastOffset: Bool = false,
    paddingIdx: Int? = nil, dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(
      numEmbeddings, embeddingDim, maxNorm: maxNorm, normType: normType, scaleGradByFreq: scaleGradByFreq, mode: mode,
      includeLastOffset: includeLastOffset, paddingIdx: paddingIdx, dtype: dtype, device: device)
  }

  /// A layer like another with copied rows; draws nothing. For subclasses that override ``copied(_:)``.
  public convenience init(copying other: EmbeddingBag, _ copy: ModuleCopier) {
    self.init(
      copy(other.weight), other.maxNorm, other.normType, other.scaleGradByFreq, other.mode, other.includeLastOffset,
      other.paddingIdx)
  }

  /// A layer of rows that are known, as `torch.nn.EmbeddingBag.from_pretrained`; it shares their memory.
  /// - Parameters:
  ///   - embeddings: the rows, `[numEmbeddings, embeddingDim]`.
  ///   - freeze: whether the rows learn nothing.
  /// - Precondition: `embeddings` has two dimensions; `paddingIdx` names a row.
  public static func fromPretrained(
    _ embeddings: Tensor, freeze: Bool = true, maxNorm: Double? = nil, normType: Double = 2,
    scaleGradByFreq: Bool = false, mode: EmbeddingBagMode = .mean, includeLastOffset: Bool = false,
    paddingIdx: Int? = nil
  ) -> EmbeddingBag {
    let layer = EmbeddingBag(
      embeddings.detach(), maxNorm, normType, scaleGradByFreq, mode, includeLastOffset, paddingIdx)
    if freeze { layer.weight.requiresGrad = false }
    return layer
  }

  private init(
    _ rows: Tensor, _ maxNorm: Double?, _ normType: Double, _ scaleGradByFreq: Bool, _ mode: EmbeddingBagMode,
    _ includeLastOffset: Bool, _ paddingIdx: Int?
  ) {
    let (count, width) = pretrainedSize(rows, "EmbeddingBag")
    numEmbeddings = count
    embeddingDim = width
    self.maxNorm = maxNorm
    self.normType = normType
    self.scaleGradByFreq = scaleGradByFreq
    self.mode = mode
    self.includeLastOffset = includeLastOffset
    self.paddingIdx = wrappedPadding(paddingIdx, count, "EmbeddingBag")
    weight = rows
    super.init()
  }

  open override func copied(_ copy: ModuleCopier) -> Module { EmbeddingBag(copying: self, copy) }

  /// Draws the rows anew.
  public func resetParameters() { drawRows(weight, paddingIdx) }

  open func forward(_ x: Tensor) -> Tensor { forward(x, nil, nil) }

  open func forward(_ x: Tensor, _ offsets: Tensor?, _ perSampleWeights: Tensor?) -> Tensor {
    F.embeddingBag(
      x, weight, offsets: offsets, maxNorm: maxNorm, normType: normType, scaleGradByFreq: scaleGradByFreq, mode: mode,
      perSampleWeights: perSampleWeights, includeLastOffset: includeLastOffset, paddingIdx: paddingIdx)
  }

  /// Runs the layer over bags that begin at `offsets`.
  public func callAsFunction(_ x: Tensor, _ offsets: Tensor) -> Tensor { self(x, offsets, nil) }

  open override var extraRepr: String {
    var text = "\(numEmbeddings), \(embeddingDim)"
    if let maxNorm { text += ", max_norm=\(pythonRepr(maxNorm))" }
    if normType != 2 { text += ", norm_type=\(pythonRepr(normType))" }
    if scaleGradByFreq { text += ", scale_grad_by_freq=True" }
    text += ", mode='\(mode.rawValue)'"
    if let paddingIdx { text += ", padding_idx=\(paddingIdx)" }
    return text
  }
}
