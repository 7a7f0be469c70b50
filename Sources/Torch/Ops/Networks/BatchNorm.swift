/// Normalisation of each channel over batch and space: `[batch, channels, ...]`.
struct BatchNorm: Op {
  let eps: Double
  /// Whether the statistics are those of the batch; else they are given.
  let training: Bool
  let hasWeight: Bool, hasBias: Bool
  /// What evaluation normalises by and training moves, by `momentum`.
  let runningMean: Tensor?, runningVar: Tensor?
  let momentum: Double
  var name: StaticString { "native_batch_norm" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0].widened, planes = Planes(x)
    let (mean, variance) =
      training
      ? planes.map(moments) ?? moments(of: x) : (channels(runningMean!, x), channels(runningVar!, x))
    let scale = (variance + eps).rsqrt()
    if training {
      let count = Double(x.numel() / Swift.max(x.shape[1], 1))
      move(runningMean, toward: mean.flatten())
      move(runningVar, toward: variance.flatten() * (count / (count - 1)))
    }
    let factor = hasWeight ? scale * channels(inputs[1], x) : scale
    let shift = hasBias ? channels(inputs[hasWeight ? 2 : 1], x) : nil
    let out: Tensor
    if let planes {
      func row(_ t: Tensor) -> Tensor { t.flatten().to(x.dtype) }
      out = planes.affine(
        mean: row(mean), factor: row(factor),
        shift: shift.map(row) ?? Tensor.zeros([1], dtype: x.dtype, device: x.device))
    } else {
      let normal = (x - mean) * factor
      out = shift.map { normal + $0 } ?? normal
    }
    saving.input(0)
    saving.constant(mean)
    saving.constant(scale)
    if hasWeight { saving.input(1) }
    return [out.to(inputs[0].dtype)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let gradient = gradients[0] else { return [] }
    let x = saved[0].widened, g = gradient.widened
    var (mean, scale) = (saved[1], saved[2])
    // For second derivatives what the batch is normalised by is a function of it.
    if training && isGradEnabled() {
      let (ownMean, variance) = moments(of: x)
      (mean, scale) = (ownMean, (variance + eps).rsqrt())
    }
    if !isGradEnabled(), let planes = Planes(x) { return backward(planes, g, mean.flatten(), scale.flatten(), saved) }
    let others = dims(x), normal = (x - mean) * scale
    let total = g.sum(dim: others, keepdim: true)
    let along = (g * normal).sum(dim: others, keepdim: true)
    var results: [Tensor?] = [nil]
    if saved.needs(0) {
      let factor = hasWeight ? scale * channels(saved[3], x) : scale
      let count = Double(x.numel() / Swift.max(x.shape[1], 1))
      results[0] = (training ? (g - total / count - normal * (along / count)) * factor : g * factor).to(saved[0].dtype)
    }
    if hasWeight { results.append(saved.needs(1) ? along.flatten() : nil) }
    if hasBias { results.append(saved.needs(results.count) ? total.flatten() : nil) }
    return results
  }

  /// The gradients from two passes over the planes.
  private func backward(_ planes: Planes, _ g: Tensor, _ mean: Tensor, _ scale: Tensor, _ saved: Saved) -> [Tensor?] {
    let dtype = planes.x.dtype, count = Double(planes.x.numel() / planes.x.shape[1])
    let slopes = planes.slopes(g, around: mean)
    let total = slopes.sum.sum(dim: 0), root = scale.to(.float64), along = slopes.along.sum(dim: 0) * root
    var results: [Tensor?] = [nil]
    if saved.needs(0) {
      let factor = hasWeight ? root * saved[3].to(.float64) : root
      let none = Tensor.zeros([1], dtype: dtype, device: g.device)
      results[0] = planes.combine(
        g, mean: mean, byGradient: factor, byX: training ? -(along * root * factor / count) : none,
        shift: training ? -(total * factor / count) : none
      ).to(saved[0].dtype)
    }
    if hasWeight { results.append(saved.needs(1) ? along.to(dtype) : nil) }
    if hasBias { results.append(saved.needs(results.count) ? total.to(dtype) : nil) }
    return results
  }

  private func move(_ running: Tensor?, toward seen: Tensor) {
    running?.mul_(1 - momentum).add_(seen.to(running!.dtype), alpha: momentum)
  }

  private func dims(_ x: Tensor) -> [Int] { [0] + Array(2..<Swift.max(x.ndim, 2)) }

  private func moments(of x: Tensor) -> (mean: Tensor, variance: Tensor) {
    let mean = x.mean(dim: dims(x), keepdim: true), distance = x - mean
    return (mean, (distance * distance).mean(dim: dims(x), keepdim: true))
  }

  private func moments(of planes: Planes) -> (mean: Tensor, variance: Tensor) {
    let x = planes.x, moments = planes.moments()
    let mean = moments.mean.mean(dim: 0), plane = Double(x.numel() / (x.shape[0] * x.shape[1]))
    // What the samples vary in themselves, and what their means vary.
    let variance = (moments.spread / plane + (moments.mean - mean).square()).mean(dim: 0)
    return (channels(mean, x), channels(variance, x))
  }

  /// One number for each channel, shaped to stretch over `x`.
  private func channels(_ numbers: Tensor, _ x: Tensor) -> Tensor {
    var shape = [Int](repeating: 1, count: x.ndim)
    shape[1] = x.shape[1]
    return numbers.to(x.dtype).view(shape)
  }
}

extension Tensor {
  /// Normalisation of each channel, as `torch.nn.functional.batch_norm`.
  /// - Parameters:
  ///   - takesSingle: whether a batch of one value per channel will do.
  ///   - plus: what is added to the result; of its shape and dtype.
  ///   - relu: whether negative results, with what is added, become 0.
  package func batchNorm(
    runningMean: Tensor?, runningVar: Tensor?, weight: Tensor?, bias: Tensor?, training: Bool, momentum: Double,
    eps: Double, takesSingle: Bool = false, plus: Tensor? = nil, relu: Bool = false, op: StaticString = "batch_norm"
  ) -> Tensor {
    inOp(op) {
      let got = "; got input \(signature)"
      guard isFloatingPoint() else { fault("\(op)", "input wants floating point" + got) }
      // As in PyTorch, an empty input takes part in the weights' gradients and asks nothing of the shapes.
      if numel() == 0 {
        func ended(_ x: Tensor) -> Tensor {
          let sum = plus.map { x + $0 } ?? x
          return relu ? sum.relu() : sum
        }
        let product = weight.map { self * $0.select(dim: 0, index: 0) } ?? clone()
        return ended(bias.map { product + $0.select(dim: 0, index: 0) } ?? product)
      }
      guard ndim >= 2 else { fault("\(op)", "input wants at least 2 dimensions, [batch, channels, ...]" + got) }
      checkPerChannel(runningMean, "runningMean", op)
      checkPerChannel(runningVar, "runningVar", op)
      checkPerChannel(weight, "weight", op)
      checkPerChannel(bias, "bias", op)
      guard training || (runningMean != nil && runningVar != nil) else {
        fault("\(op)", "evaluation wants runningMean and runningVar, or training: true")
      }
      if training, !takesSingle, numel() / Swift.max(shape[1], 1) == 1 {
        fault("\(op)", "training wants more than 1 value per channel" + got)
      }
      if FusedBatchNorm.takes(self) {
        let norm = FusedBatchNorm(
          eps: eps, training: training, hasWeight: weight != nil, hasBias: bias != nil, hasPlus: plus != nil,
          relu: relu, runningMean: runningMean?.detach(), runningVar: runningVar?.detach(), momentum: momentum)
        return norm.apply([self] + [weight, bias, plus].compactMap { $0 })[0]
      }
      let norm = BatchNorm(
        eps: eps, training: training, hasWeight: weight != nil, hasBias: bias != nil,
        runningMean: runningMean?.detach(), runningVar: runningVar?.detach(), momentum: momentum)
      let normal = norm.apply([self] + [weight, bias].compactMap { $0 })[0]
      let sum = plus.map { normal + $0 } ?? normal
      return relu ? sum.relu() : sum
    }
  }

  /// A fault where there is not one number for each channel, in this tensor's dtype or the one it is computed in.
  package func checkPerChannel(_ t: Tensor?, _ name: String, _ op: StaticString) {
    guard let t else { return }
    let got = "; got input \(signature), \(name) \(t.signature)"
    guard t.shape == [shape[1]] else {
      fault("\(op)", "\(name) wants one number for each of \(shape[1]) channels" + got)
    }
    guard t.dtype == dtype || t.dtype == dtype.widened else {
      fault("\(op)", "\(name) wants the input's dtype; convert it with to(_:)" + got)
    }
  }
}
