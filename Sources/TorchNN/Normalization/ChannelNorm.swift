/// What batch and instance norm share: a scale and a shift for each channel, and statistics that run along.
open class ChannelNorm: Module, Layer {
  public let numFeatures: Int
  /// Added to the variance.
  public let eps: Double
  /// The share of a batch in the running statistics; nil for the plain mean over all batches.
  public internal(set) final var momentum: Double?
  /// Whether there is a scale for each channel, and whether there are statistics that run along.
  public let affine: Bool, trackRunningStats: Bool
  /// - Shape: `[numFeatures]`; ones at first. Nil where not affine.
  @Parameter public var weight: Tensor?
  /// - Shape: `[numFeatures]`; zeros at first. Nil where not affine or without a bias.
  @Parameter public var bias: Tensor?
  /// - Shape: `[numFeatures]`.
  @Buffer public var runningMean: Tensor?
  /// - Shape: `[numFeatures]`.
  @Buffer public var runningVar: Tensor?
  /// How many batches went into the running statistics, an int64.
  @Buffer public var numBatchesTracked: Tensor?

  let op: StaticString
  /// What numbers of dimensions an input may have.
  let ranks: ClosedRange<Int>

  init(
    _ op: StaticString, _ ranks: ClosedRange<Int>, _ numFeatures: Int, _ eps: Double, _ momentum: Double?,
    _ affine: Bool, _ trackRunningStats: Bool, _ bias: Bool, _ dtype: DType, _ device: Device
  ) {
    guard numFeatures >= 0 else { fault(OpError(op, "numFeatures is at least 0, got \(numFeatures)")) }
    self.op = op
    self.ranks = ranks
    self.numFeatures = numFeatures
    self.eps = eps
    self.momentum = momentum
    self.affine = affine
    self.trackRunningStats = trackRunningStats
    weight = affine ? .ones(numFeatures, dtype: dtype, device: device) : nil
    self.bias = affine && bias ? .zeros(numFeatures, dtype: dtype, device: device) : nil
    runningMean = trackRunningStats ? .zeros(numFeatures, dtype: dtype, device: device) : nil
    runningVar = trackRunningStats ? .ones(numFeatures, dtype: dtype, device: device) : nil
    numBatchesTracked = trackRunningStats ? .zeros([], dtype: .int64, device: device) : nil
  }

  /// A layer like another with copied weights and statistics.
  init(copying other: ChannelNorm, _ copy: ModuleCopier) {
    op = other.op
    ranks = other.ranks
    numFeatures = other.numFeatures
    eps = other.eps
    momentum = other.momentum
    affine = other.affine
    trackRunningStats = other.trackRunningStats
    weight = copy(other.weight)
    bias = copy(other.bias)
    runningMean = copy(other.runningMean)
    runningVar = copy(other.runningVar)
    numBatchesTracked = copy(other.numBatchesTracked)
  }

  /// Older states lack `num_batches_tracked`: the count stays as it is.
  open override func upgradeState(_ state: inout StateDict, prefix: String, version: Int?) {
    let key = prefix + "num_batches_tracked"
    if (version ?? 1) < 2, let numBatchesTracked, state[key] == nil { state[key] = numBatchesTracked.detach() }
  }

  /// Forgets the running statistics, as `reset_running_stats` of torch.
  public func resetRunningStats() {
    noGrad {
      _ = runningMean?.zero_()
      _ = runningVar?.fill_(1)
      _ = numBatchesTracked?.zero_()
    }
  }

  /// Forgets the statistics; the scale becomes 1, the shift 0.
  public func resetParameters() {
    resetRunningStats()
    if let weight { Init.ones_(weight) }
    if let bias { Init.zeros_(bias) }
  }

  open func forward(_ x: Tensor) -> Tensor {
    fault(typeName, "a norm over channels overrides forward(_:)")
  }

  /// Refuses an input whose rank or channels are not those of the layer.
  func check(_ x: Tensor, channelsAt dim: Int = 1) {
    guard ranks.contains(x.ndim) else {
      let wanted = ranks.count == 1 ? "\(ranks.lowerBound)" : "\(ranks.lowerBound) or \(ranks.upperBound)"
      fault(OpError(op, "input wants \(wanted) dimensions; got \(x.signature)"))
    }
    guard affine || trackRunningStats, x.shape[dim] != numFeatures else { return }
    fault(OpError(op, "the layer has \(numFeatures) channels, the input \(x.shape[dim]); got input \(x.signature)"))
  }

  open override var extraRepr: String {
    "\(numFeatures), eps=\(pythonRepr(eps)), momentum=\(momentum.map { pythonRepr($0) } ?? "None"), "
      + "affine=\(pythonBool(affine)), bias=\(pythonBool(bias != nil)), "
      + "track_running_stats=\(pythonBool(trackRunningStats))"
  }
}
