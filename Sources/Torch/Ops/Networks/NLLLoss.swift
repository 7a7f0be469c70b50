/// Negative log likelihood of labels: one step of the graph, with a gradient that touches the labels' places alone.
struct NLLLoss: Op {
  let labels: Labels
  let reduction: Reduction
  var name: StaticString { "nll_loss" }
  var node: StaticString { labels.index.ndim > 2 ? "nll_loss2d" : "nll_loss" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    [labels.reduce(labels.pick(from: inputs[0]).neg(), reduction)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let gradient = gradients[0] else { return [] }
    var each = (reduction == .mean ? labels.perLabel(gradient) : gradient).neg()
    if let weights = labels.weights { each = each * weights }
    if let valid = labels.valid { each = each.where(valid, 0) }
    let index = labels.index
    let source = each.expand(Array(index.squeeze(labels.classDim).shape)).unsqueeze(labels.classDim)
    let zeros = Tensor.zeros(saved.shape(of: 0), dtype: gradient.dtype, device: gradient.device)
    return [zeros.scatter_(dim: labels.classDim, index: index, src: source)]
  }
}

/// Labels that were checked, and what each counts.
struct Labels: Sendable {
  /// The class dimension is there with size 1, ignored labels are 0.
  let index: Tensor
  let classDim: Int
  let count: Int
  /// How many do not count; 0 where only a device knows.
  let ignored: Int
  /// Where a label counts; nil where all do.
  let valid: Tensor?
  /// The weight of each label; nil without weights.
  let weights: Tensor?
  /// What the weights add up to, or how many labels count where only a device knows.
  let totalWeight: Tensor?

  init(_ target: Tensor, for input: Tensor, weight: Tensor?, ignoreIndex: Int, op: StaticString) {
    let got = "; got input \(input.signature), target \(target.signature)"
    guard input.ndim > 0 else { fault(OpError(op, "input wants at least 1 dimension, the classes" + got)) }
    guard input.isFloatingPoint() else { fault(OpError(op, "input wants floating point" + got)) }
    classDim = input.ndim == 1 ? 0 : 1
    let classes = input.shape[classDim]
    var wanted = Array(input.shape)
    wanted.remove(at: classDim)
    guard target.dtype == .int64 else {
      fault(OpError(op, "labels want the dtype int64, convert with long()" + got))
    }
    guard target.shape == wanted else { fault(OpError(op, "target wants the shape \(Shape(wanted).brackets)" + got)) }
    guard target.device == input.device else {
      fault(OpError(op, "input is on \(input.device), target on \(target.device); move one with to(_:)"))
    }
    count = target.numel()
    let weight = input.checkedWeight(weight, classes: classes, op: op)
    // To read a device's labels is to wait for it: there they are counted where they are, and one out of range is what gather
    // finds. Half types cannot hold such a count.
    let countsThere = target.device != .cpu && !input.dtype.isHalf
    ignored = countsThere ? 0 : Self.countIgnored(target, classes, ignoreIndex, op)
    let flat = target.contiguous()
    valid = countsThere || ignored > 0 ? flat.ne(ignoreIndex) : nil
    let safe = valid.map { flat.where($0, 0) } ?? flat
    index = safe.unsqueeze(classDim)
    if let weight {
      let each = weight.indexSelect(dim: 0, index: safe.reshape(-1)).reshape(target.shape)
      weights = valid.map { each.where($0, 0) } ?? each
    } else {
      weights = nil
    }
    totalWeight = weights.map(Self.total) ?? (countsThere ? valid?.sum().to(input.dtype) : nil)
  }

  /// Reads the labels once: how many are to be ignored. One that names no class is a fault.
  private static func countIgnored(_ target: Tensor, _ classes: Int, _ ignoreIndex: Int, _ op: StaticString) -> Int {
    target.cpu().contiguous().withUnsafeBytes { bytes in
      var ignored = 0
      for label in bytes.bindMemory(to: Int64.self) {
        if label == ignoreIndex {
          ignored += 1
        } else if label < 0 || label >= classes {
          fault(
            OpError(
              op,
              "label \(label) is out of range for \(classes) classes; "
                + "labels are 0 to \(classes - 1), and \(ignoreIndex) is ignored"
            ))
        }
      }
      return ignored
    }
  }

  /// What a score is at its label.
  func pick(from scores: Tensor) -> Tensor { scores.gather(dim: classDim, index: index).squeeze(classDim) }

  /// - Parameter isWeighted: the losses hold the weights already.
  func reduce(_ losses: Tensor, _ reduction: Reduction, isWeighted: Bool = false) -> Tensor {
    var losses = losses
    if let weights, !isWeighted { losses = losses * weights }
    if let valid { losses = losses.where(valid, 0) }
    switch reduction {
    case .none: return losses
    case .sum: return losses.sum()
    case .mean: return perLabel(losses.sum())
    case .batchmean: return losses.reduced(reduction)
    }
  }

  /// A sum over the labels as their mean: divided by how many count, or by the sum of their weights.
  func perLabel(_ sum: Tensor) -> Tensor { totalWeight.map { sum / $0 } ?? sum / Double(count - ignored) }

  /// The sum of the weights. In half types PyTorch adds them up in the type itself, in cascades of eight levels, and
  /// the roundings show in the mean.
  private static func total(_ weights: Tensor) -> Tensor {
    guard weights.dtype.isHalf else { return weights.sum() }
    func rounded(_ value: Float) -> Float { weights.dtype == .float16 ? Float(Float16(value)) : BFloat16(value).float }
    let values: [Float] = weights.array()
    var sums = [Float](repeating: 0, count: 8)
    let power = max(4, (Int.bitWidth - max(values.count - 1, 0).leadingZeroBitCount) / sums.count)
    for (i, value) in values.enumerated() {
      sums[0] = rounded(sums[0] + value)
      for level in 0..<(sums.count - 1) {
        if i & (((1 << power) - 1) << (level * power)) != 0 { break }
        sums[level + 1] = rounded(sums[level + 1] + sums[level])
        sums[level] = 0
      }
    }
    return Tensor(Double(sums.reduce(0) { rounded($0 + $1) }), dtype: weights.dtype)
  }
}
