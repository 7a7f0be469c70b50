// Batch norm in passes of its own, with an addition and relu that follow it in the same ones.

/// As ``BatchNorm``, `relu(norm(x) + plus)`: the inputs are x, weight and bias where there are, and what is added.
struct FusedBatchNorm: Op {
  let eps: Double
  let training: Bool
  let hasWeight: Bool, hasBias: Bool, hasPlus: Bool
  let relu: Bool
  let runningMean: Tensor?, runningVar: Tensor?
  let momentum: Double
  /// By what comes last, as the steps one by one would be.
  var name: StaticString { relu ? "relu" : hasPlus ? "add" : "native_batch_norm" }

  private var biasInput: Int { hasWeight ? 2 : 1 }
  private var plusInput: Int { biasInput + (hasBias ? 1 : 0) }

  /// Whether there are passes for such an input.
  static func takes(_ x: Tensor) -> Bool {
    backends.cpu.fusedNorms && x.device == .cpu && (x.dtype == .float32 || x.dtype.isHalf) && x.ndim >= 2
      && x.numel() > 0
  }

  private func passes(_ x: Tensor) -> ChannelNorm {
    ChannelNorm(
      x.shape, x.dtype, isLast: x.suggestedFormat != .contiguousFormat, training: training, relu: relu, eps: eps)
  }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = dense(inputs[0]), channels: Shape = [x.shape[1]]
    func numbers(_ t: Tensor?) -> Tensor? { t.map { $0.to(.float32).contiguous() } }
    // Of the kernels' own, or copies: evaluation only reads them.
    func statistics(_ running: Tensor?) -> Tensor {
      training ? Tensor(shape: channels, dtype: .float64, device: .cpu) : running!.to(.float64).contiguous()
    }
    let mean = statistics(runningMean), variance = statistics(runningVar)
    let out = Tensor(shape: x.shape, dtype: x.dtype, device: .cpu, format: x.suggestedFormat)
    let weight = numbers(hasWeight ? inputs[1] : nil), bias = numbers(hasBias ? inputs[biasInput] : nil)
    let plus = hasPlus ? dense(inputs[plusInput], as: x) : nil
    passes(x).forward(
      x.strided, plus: plus?.strided, weight: weight?.strided, bias: bias?.strided, mean: mean.strided,
      variance: variance.strided, into: out.strided)
    if training {
      let count = Double(x.numel() / x.shape[1])
      move(runningMean, toward: mean)
      move(runningVar, toward: variance * (count / (count - 1)))
    }
    saving.input(0)
    saving.constant(mean)
    saving.constant(variance)
    if relu { saving.output(0) }
    if hasWeight { saving.input(1) }
    return [out.to(inputs[0].dtype)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let gradient = gradients[0] else { return [] }
    let weight = hasWeight ? saved[relu ? 4 : 3] : nil
    if isGradEnabled() { return recorded(gradient, saved, weight) }
    let x = dense(saved[0]), g = dense(gradient, as: x), dtype = saved[0].dtype
    let result = relu ? dense(saved[3], as: x) : nil, channels: Shape = [x.shape[1]]
    func like(_ wanted: Bool) -> Tensor? {
      wanted ? Tensor(shape: x.shape, dtype: x.dtype, device: .cpu, format: x.suggestedFormat) : nil
    }
    func line(_ wanted: Bool) -> Tensor? { wanted ? Tensor(shape: channels, dtype: .float32, device: .cpu) : nil }
    let forInput = like(saved.needs(0)), wantsPlus = hasPlus && saved.needs(plusInput)
    let forPlus = like(wantsPlus && relu)
    let forWeight = line(hasWeight && saved.needs(1)), forBias = line(hasBias && saved.needs(biasInput))
    passes(x).backward(
      g.strided, x.strided, result: result?.strided, weight: weight?.to(.float32).contiguous().strided,
      mean: saved[1].strided, variance: saved[2].strided, forInput: forInput?.strided, forPlus: forPlus?.strided,
      forWeight: forWeight?.strided, forBias: forBias?.strided)
    var results = [forInput?.to(dtype)]
    if hasWeight { results.append(forWeight) }
    if hasBias { results.append(forBias) }
    if hasPlus { results.append(wantsPlus ? forPlus?.to(dtype) ?? gradient : nil) }
    return results
  }

  /// The gradients in tensor ops, for second derivatives: what the batch is normalised by is a function of it.
  private func recorded(_ gradient: Tensor, _ saved: Saved, _ weight: Tensor?) -> [Tensor?] {
    let passed = relu ? BinaryOp.reluBackward(gradient, saved[3]) : gradient
    let x = saved[0].widened, g = passed.widened, others = [0] + Array(2..<x.ndim)
    var shape = [Int](repeating: 1, count: x.ndim)
    shape[1] = x.shape[1]
    var mean = saved[1].to(.float32).view(shape), variance = saved[2].to(.float32).view(shape)
    if training {
      mean = x.mean(dim: others, keepdim: true)
      variance = (x - mean).square().mean(dim: others, keepdim: true)
    }
    let scale = (variance + eps).rsqrt(), normal = (x - mean) * scale
    let total = g.sum(dim: others, keepdim: true), along = (g * normal).sum(dim: others, keepdim: true)
    var results: [Tensor?] = [nil]
    if saved.needs(0) {
      let factor = weight.map { scale * $0.to(.float32).view(shape) } ?? scale
      let count = Double(x.numel() / x.shape[1])
      results[0] = (training ? (g - total / count - normal * (along / count)) * factor : g * factor).to(saved[0].dtype)
    }
    if hasWeight { results.append(saved.needs(1) ? along.flatten() : nil) }
    if hasBias { results.append(saved.needs(biasInput) ? total.flatten() : nil) }
    if hasPlus { results.append(saved.needs(plusInput) ? passed : nil) }
    return results
  }

  /// In float32, or in bfloat16 as it is, row-major or channels last, as it lies or as `other` does.
  private func dense(_ x: Tensor, as other: Tensor? = nil) -> Tensor {
    (x.dtype == .bfloat16 ? x : x.widened).contiguous(memoryFormat: (other ?? x).suggestedFormat)
  }

  private func move(_ running: Tensor?, toward seen: Tensor) {
    running?.mul_(1 - momentum).add_(seen.to(running!.dtype), alpha: momentum)
  }
}
