// Losses, composed of other ops.

/// What becomes of the losses of a batch, as the `reduction` argument of torch.
public enum Reduction: String, Sendable {
  /// One loss per element.
  case none
  /// The mean, weighted where there are weights.
  case mean
  case sum
}

extension Tensor {
  package func reduced(_ reduction: Reduction) -> Tensor {
    switch reduction {
    case .none: self
    case .mean: mean()
    case .sum: sum()
    }
  }

  /// Negative log likelihood of labels, as `torch.nn.functional.nll_loss`; `self` holds logarithms of probabilities.
  package func nllLoss(_ target: Tensor, weight: Tensor?, ignoreIndex: Int, reduction: Reduction) -> Tensor {
    inOp("nll_loss") {
      let labels = Labels(target, for: self, weight: weight, ignoreIndex: ignoreIndex, op: "nll_loss")
      return labels.reduce(labels.pick(from: self).neg(), reduction)
    }
  }

  /// Cross entropy of scores with labels or with probabilities, as `torch.nn.functional.cross_entropy`.
  package func crossEntropy(
    _ target: Tensor, weight: Tensor?, ignoreIndex: Int, reduction: Reduction, labelSmoothing: Double
  ) -> Tensor {
    inOp("cross_entropy") {
      let got = "; got input \(signature), target \(target.signature)"
      guard isFloatingPoint() else { fault("cross_entropy", "input wants floating point scores" + got) }
      guard ndim > 0 else { fault("cross_entropy", "input wants at least 1 dimension, the classes" + got) }
      guard labelSmoothing >= 0, labelSmoothing <= 1 else {
        fault("cross_entropy", "labelSmoothing is between 0 and 1, got \(labelSmoothing)")
      }
      let classDim = ndim == 1 ? 0 : 1, classes = shape[classDim]
      if target.isFloatingPoint() {
        guard target.shape == shape else {
          fault("cross_entropy", "probabilities want the shape of the input, or labels the dtype int64" + got)
        }
        let weights = checkedWeight(weight, classes: classes, op: "cross_entropy")
        let scores = logSoftmax(dim: classDim)
        let wanted = labelSmoothing > 0 ? target * (1 - labelSmoothing) + labelSmoothing / Double(classes) : target
        let products = (weights.map { scores * $0.alongClasses(ndim, classDim) } ?? scores) * wanted
        guard reduction == .mean else { return -(reduction == .sum ? products.sum() : products.sum(dim: classDim)) }
        return -(products.sum() / Double(numel() / Swift.max(classes, 1)))
      }
      let labels = Labels(target, for: self, weight: weight, ignoreIndex: ignoreIndex, op: "cross_entropy")
      let scores = logSoftmax(dim: classDim)
      let likely = labels.reduce(labels.pick(from: scores).neg(), reduction)
      guard labelSmoothing > 0 else { return likely }
      let weighted = weight.map { scores * $0.alongClasses(ndim, classDim) } ?? scores
      let smooth = labels.reduce(weighted.sum(dim: classDim).neg(), reduction, isWeighted: true)
      return likely * (1 - labelSmoothing) + smooth * (labelSmoothing / Double(classes))
    }
  }

  /// One number per class, shaped to stretch over a batch.
  fileprivate func alongClasses(_ rank: Int, _ classDim: Int) -> Tensor {
    var sizes = [Int](repeating: 1, count: rank)
    sizes[classDim] = numel()
    return view(sizes)
  }

  fileprivate func checkedWeight(_ weight: Tensor?, classes: Int, op: StaticString) -> Tensor? {
    guard let weight else { return nil }
    guard weight.shape == [classes], weight.dtype == dtype else {
      fault(
        OpError(
          op,
          "weight wants one \(dtype.name) for each of \(classes) classes; got weight \(weight.signature), input \(signature)"
        ))
    }
    return weight
  }
}

/// Labels that were checked, and what each counts.
private struct Labels {
  /// The class dimension is there with size 1, ignored labels are 0.
  let index: Tensor
  let classDim: Int
  let count: Int
  let ignored: Int
  /// Where a label counts; nil where all do.
  let valid: Tensor?
  /// The weight of each label; nil without weights.
  let weights: Tensor?

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
    ignored = Self.countIgnored(target, classes, ignoreIndex, op)
    let flat = target.contiguous()
    valid = ignored > 0 ? flat.ne(ignoreIndex) : nil
    let safe = valid.map { flat.where($0, 0) } ?? flat
    index = safe.unsqueeze(classDim)
    if let weight {
      let each = weight.indexSelect(dim: 0, index: safe.reshape(-1)).reshape(target.shape)
      weights = valid.map { each.where($0, 0) } ?? each
    } else {
      weights = nil
    }
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
              "label \(label) is out of range for \(classes) classes; labels are 0 to \(classes - 1), and \(ignoreIndex) is ignored"
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
    case .mean: return weights.map { losses.sum() / $0.sum() } ?? losses.sum() / Double(count - ignored)
    }
  }
}
