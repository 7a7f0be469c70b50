/// An approximate softmax over many classes whose frequencies differ, as `torch.nn.AdaptiveLogSoftmaxWithLoss`.
///
/// The most frequent classes, numbered from 0, have scores of their own in the head; the others form clusters, one head
/// score each, which are looked into where a target lies in them.
/// - Shape: input `[batch, inFeatures]` or `[inFeatures]`, labels `[batch]` or `[]`; the output as the labels, the loss `[]`.
///
/// Grave et al., "Efficient softmax approximation for GPUs", 2017.
open class AdaptiveLogSoftmaxWithLoss: Module, Layer2 {
  public let inFeatures: Int, nClasses: Int
  /// The first class of each cluster, and `nClasses`.
  public let cutoffs: [Int]
  public let divValue: Double
  /// The scores of the frequent classes and of the clusters.
  public let head: Linear
  /// For each cluster a layer that narrows the input and one that scores its classes.
  public let tail: ModuleList<Sequential>

  /// Draws the weights of the head, then those of the clusters, as ``Linear`` does.
  /// - Parameters:
  ///   - cutoffs: the first class of each cluster.
  ///   - divValue: cluster number `i`, from 1, narrows the input by `divValue` to the power of `i`.
  ///   - headBias: whether the head has a bias.
  /// - Precondition: the cutoffs rise from 1 or more to `nClasses - 1` at most; there is one. `divValue` is above 0.
  public init(
    _ inFeatures: Int, _ nClasses: Int, _ cutoffs: [Int], divValue: Double = 4, headBias: Bool = false,
    dtype: DType = .float32, device: Device = .cpu
  ) {
    let bounds = cutoffs + [nClasses]
    guard let first = cutoffs.first, first > 0, zip(bounds, bounds.dropFirst()).allSatisfy(<) else {
      fault("AdaptiveLogSoftmaxWithLoss", "cutoffs want to rise from 1 to \(nClasses - 1) at most, got \(cutoffs)")
    }
    self.inFeatures = inFeatures
    self.nClasses = nClasses
    self.cutoffs = bounds
    self.divValue = divValue
    head = Linear(inFeatures, first + cutoffs.count, bias: headBias, dtype: dtype, device: device)
    var divisor = 1.0
    var clusters: [Sequential] = []
    for (low, high) in zip(bounds, bounds.dropFirst()) {
      divisor *= divValue
      let share = (Double(inFeatures) / divisor).rounded(.down)
      guard share >= 0, share < 2_147_483_648 else {
        fault("AdaptiveLogSoftmaxWithLoss", "divValue \(divValue) makes layers of \(share) features")
      }
      let width = Int(share), narrow = Linear(inFeatures, width, bias: false, dtype: dtype, device: device)
      clusters.append(Sequential(narrow, Linear(width, high - low, bias: false, dtype: dtype, device: device)))
    }
    tail = ModuleList(clusters)
  }

  /// A layer like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: AdaptiveLogSoftmaxWithLoss, _ copy: ModuleCopier) {
    inFeatures = other.inFeatures
    nClasses = other.nClasses
    cutoffs = other.cutoffs
    divValue = other.divValue
    head = copy(other.head)
    tail = copy(other.tail)
  }

  open override func copied(_ copy: ModuleCopier) -> Module { AdaptiveLogSoftmaxWithLoss(copying: self, copy) }

  /// The logarithms of the targets' probabilities, and their mean times -1.
  open func forward(_ input: Tensor, _ target: Tensor) -> (output: Tensor, loss: Tensor) {
    func refuse(_ rule: String) -> Never {
      fault(typeName, "\(rule); got input \(input.signature), target \(target.signature)")
    }
    guard target.ndim <= 1, input.ndim == target.ndim + 1, target.ndim == 0 || input.shape[0] == target.shape[0] else {
      refuse("wants an input [batch, \(inFeatures)] and labels [batch], or [\(inFeatures)] and []")
    }
    guard target.ndim == 1 else {
      let (output, loss) = forward(input.unsqueeze(0), target.unsqueeze(0))
      return (output.squeeze(0), loss)
    }
    let bad = (target .< 0).logicalOr(target .>= nClasses)
    guard !(bad.any().item() as Bool) else { refuse("labels are from 0 to \(nClasses - 1), one is not") }
    var column = target
    var output = Tensor.zeros([target.shape[0]], dtype: input.dtype, device: input.device)
    for (index, cluster) in tail.enumerated() {
      let low = cutoffs[index]
      let isInside = (target .>= low).logicalAnd(target .< cutoffs[index + 1])
      let rows = isInside.nonzero().squeeze(1)
      guard rows.numel() > 0 else { continue }
      let labels = target.indexSelect(dim: 0, index: rows) - low
      let inner = cluster(input.indexSelect(dim: 0, index: rows)).logSoftmax(dim: 1)
      output = output.indexCopy(
        dim: 0, index: rows, source: inner.gather(dim: 1, index: labels.unsqueeze(1)).squeeze(1))
      column = column.maskedFill(isInside, value: cutoffs[0] + index)
    }
    output = output + head(input).logSoftmax(dim: 1).gather(dim: 1, index: column.unsqueeze(1)).squeeze(1)
    return (output, (-output).mean())
  }

  /// The logarithms of the probabilities of all classes, as `log_prob` of torch.
  /// - Shape: `[batch, inFeatures]` to `[batch, nClasses]`.
  public func logProb(_ input: Tensor) -> Tensor {
    let outer = head(input).logSoftmax(dim: 1)
    let clusters = tail.enumerated().map { index, cluster in
      cluster(input).logSoftmax(dim: 1) + outer.narrow(dim: 1, start: cutoffs[0] + index, length: 1)
    }
    return Tensor.cat([outer.narrow(dim: 1, start: 0, length: cutoffs[0])] + clusters, dim: 1)
  }

  /// The most probable class of each sample, as `predict` of torch.
  ///
  /// As there, a sample whose largest head score is a frequent class has that class; clusters are looked into for the others.
  /// - Shape: `[batch, inFeatures]` to `[batch]`.
  public func predict(_ input: Tensor) -> Tensor {
    let first = head(input).argmax(dim: 1)
    let rows = (first .>= cutoffs[0]).nonzero().squeeze(1)
    guard rows.numel() > 0 else { return first }
    let found = logProb(input.indexSelect(dim: 0, index: rows)).argmax(dim: 1)
    return first.indexCopy(dim: 0, index: rows, source: found)
  }
}
