/// What the layers share that normalise each channel over the batch and space.
///
/// In training by the batch's own statistics, which the running ones follow; in evaluation by the running ones.
/// Ioffe and Szegedy, "Batch Normalization", 2015.
open class BatchNorm: ChannelNorm {
  /// Since version 2 with `num_batches_tracked`.
  open override var stateVersion: Int { 2 }

  open override func forward(_ x: Tensor) -> Tensor { normalised(x) }

  /// What the layer computes, with what follows it: an addition and relu.
  final func normalised(_ x: Tensor, plus: Tensor? = nil, relu: Bool = false) -> Tensor {
    check(x)
    var share = momentum ?? 0
    if training, let numBatchesTracked {
      noGrad { numBatchesTracked.add_(1) }
      if momentum == nil { share = 1 / Double(numBatchesTracked.item() as Int) }
    }
    let moves = !training || trackRunningStats
    return x.batchNorm(
      runningMean: moves ? runningMean : nil, runningVar: moves ? runningVar : nil, weight: weight, bias: bias,
      training: training || runningMean == nil && runningVar == nil, momentum: share, eps: eps, plus: plus, relu: relu)
  }
}

/// Normalisation of each channel of a signal or of vectors over a batch, as `torch.nn.BatchNorm1d`.
///
/// - Shape: `[batch, numFeatures]` or `[batch, numFeatures, length]`.
open class BatchNorm1d: BatchNorm {
  /// - Parameters:
  ///   - eps: added to the variance.
  ///   - momentum: the share of a batch in the running statistics; nil for the plain mean over all batches.
  ///   - affine: whether there are a scale and a shift for each channel.
  ///   - trackRunningStats: whether statistics run along in training, to be used in evaluation.
  ///   - bias: whether there is a shift beside the scale.
  public init(
    _ numFeatures: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true,
    trackRunningStats: Bool = true, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) {
    super.init("batch_norm", 2...3, numFeatures, eps, momentum, affine, trackRunningStats, bias, dtype, device)
  }

  /// A layer like another with copied weights and statistics. For subclasses that override ``copied(_:)``.
  public init(copying other: BatchNorm1d, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { BatchNorm1d(copying: self, copy) }
}

/// Normalisation of each channel of images over a batch, as `torch.nn.BatchNorm2d`.
///
/// - Shape: `[batch, numFeatures, height, width]`.
open class BatchNorm2d: BatchNorm {
  /// - Parameters:
  ///   - eps: added to the variance.
  ///   - momentum: the share of a batch in the running statistics; nil for the plain mean over all batches.
  ///   - affine: whether there are a scale and a shift for each channel.
  ///   - trackRunningStats: whether statistics run along in training, to be used in evaluation.
  ///   - bias: whether there is a shift beside the scale.
  public init(
    _ numFeatures: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true,
    trackRunningStats: Bool = true, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) {
    super.init("batch_norm", 4...4, numFeatures, eps, momentum, affine, trackRunningStats, bias, dtype, device)
  }

  /// A layer like another with copied weights and statistics. For subclasses that override ``copied(_:)``.
  public init(copying other: BatchNorm2d, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { BatchNorm2d(copying: self, copy) }
}

/// Normalisation of each channel of volumes over a batch, as `torch.nn.BatchNorm3d`.
///
/// - Shape: `[batch, numFeatures, depth, height, width]`.
open class BatchNorm3d: BatchNorm {
  /// - Parameters:
  ///   - eps: added to the variance.
  ///   - momentum: the share of a batch in the running statistics; nil for the plain mean over all batches.
  ///   - affine: whether there are a scale and a shift for each channel.
  ///   - trackRunningStats: whether statistics run along in training, to be used in evaluation.
  ///   - bias: whether there is a shift beside the scale.
  public init(
    _ numFeatures: Int, eps: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true,
    trackRunningStats: Bool = true, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) {
    super.init("batch_norm", 5...5, numFeatures, eps, momentum, affine, trackRunningStats, bias, dtype, device)
  }

  /// A layer like another with copied weights and statistics. For subclasses that override ``copied(_:)``.
  public init(copying other: BatchNorm3d, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { BatchNorm3d(copying: self, copy) }
}

/// Gives a model's batch norms the statistics of a pass over data, as `torch.optim.swa_utils.update_bn`: after weights were
/// averaged the running ones are those of none of them.
/// - Parameters:
///   - batches: the data; each batch is given to the model as it is.
///   - model: what has the batch norms; it is in training mode meanwhile, and gradients are not recorded.
public func updateBN(_ batches: some Sequence<Tensor>, _ model: some Layer) {
  updateBN(model) { for batch in batches { _ = model(batch) } }
}

/// As ``updateBN(_:_:)-(Sequence<Tensor>,_)``, of pairs of inputs and targets, as a loader has them.
public func updateBN(_ batches: some Sequence<(Tensor, Tensor)>, _ model: some Layer) {
  updateBN(model) { for (batch, _) in batches { _ = model(batch) } }
}

private func updateBN(_ model: Module, _ pass: () -> Void) {
  let norms = model.modules().compactMap { $0 as? BatchNorm }
  if norms.isEmpty { return }
  let modes = model.modules().map { ($0, $0.training) }, momenta = norms.map(\.momentum)
  for norm in norms {
    norm.resetRunningStats()
    norm.momentum = nil
  }
  model.train()
  noGrad(pass)
  for (norm, momentum) in zip(norms, momenta) { norm.momentum = momentum }
  for (module, mode) in modes { module.training = mode }
}
