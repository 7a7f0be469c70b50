/// Normalisation over the last dimensions: each row gets mean 0 and variance 1, then a scale and a shift.
struct LayerNorm: Op {
  /// The sizes of the dimensions that make a row.
  let normalizedShape: Shape
  let eps: Double
  let hasWeight: Bool, hasBias: Bool
  var name: StaticString { "layer_norm" }
  var node: StaticString { "native_layer_norm" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0].contiguous()
    let weight = hasWeight ? inputs[1].contiguous() : nil
    let bias = hasBias ? inputs[hasWeight ? 2 : 1].contiguous() : nil
    var statistics = x.shape
    for dim in rowDims(x.ndim) { statistics[dim] = 1 }
    let out = Tensor(shape: x.shape, dtype: x.dtype, device: x.device)
    // Half types keep what they normalise by in float32, as PyTorch's kernel does.
    let kept = x.dtype.widened
    let mean = Tensor(shape: statistics, dtype: kept, device: x.device)
    let scale = Tensor(shape: statistics, dtype: kept, device: x.device)
    x.backend.layerNorm(
      x.strided, columns: normalizedShape.elementCount, weight: weight?.strided, bias: bias?.strided, eps: eps,
      into: out.strided, mean: mean.strided, scale: scale.strided)
    saving.input(0)
    saving.constant(mean.to(x.dtype).to(kept))
    saving.constant(scale.to(x.dtype).to(kept))
    if hasWeight { saving.input(1) }
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0], weight = hasWeight ? saved[3] : nil
    if !isGradEnabled(), !x.dtype.isHalf { return inOnePass(g.contiguous(), x.contiguous(), weight, saved) }
    let dims = rowDims(x.ndim), outer = Array(0..<(x.ndim - normalizedShape.count))
    let (mean, scale) = isGradEnabled() ? statistics(of: x, dims) : (saved[1], saved[2])
    let wide = x.to(mean.dtype), slope = g.to(mean.dtype)
    let normal = (wide - mean) * scale
    var results: [Tensor?] = [nil]
    if saved.needs(0) {
      let scaled = weight.map { slope * $0.to(mean.dtype) } ?? slope
      results[0] =
        (scaled - scaled.mean(dim: dims, keepdim: true)
          - normal * (scaled * normal).mean(dim: dims, keepdim: true)) * scale
    }
    if hasWeight {
      results.append(saved.needs(1) ? outer.isEmpty ? slope * normal : (slope * normal).sum(dim: outer) : nil)
    }
    if hasBias {
      results.append(saved.needs(results.count) ? outer.isEmpty ? slope : slope.sum(dim: outer) : nil)
    }
    return results
  }

  /// All gradients in one pass.
  private func inOnePass(_ g: Tensor, _ x: Tensor, _ weight: Tensor?, _ saved: Saved) -> [Tensor?] {
    func made(_ shape: Shape, if isWanted: Bool) -> Tensor? {
      isWanted ? Tensor(shape: shape, dtype: x.dtype, device: x.device) : nil
    }
    let forX = made(x.shape, if: saved.needs(0))
    let forWeight = made(normalizedShape, if: hasWeight && saved.needs(1))
    let forBias = made(normalizedShape, if: hasBias && saved.needs(hasWeight ? 2 : 1))
    x.backend.layerNormGradient(
      g.strided, x.strided, columns: normalizedShape.elementCount, mean: saved[1].strided, scale: saved[2].strided,
      weight: weight?.contiguous().strided, into: forX?.strided, forWeight: forWeight?.strided,
      forBias: forBias?.strided)
    return [forX] + (hasWeight ? [forWeight] : []) + (hasBias ? [forBias] : [])
  }

  /// What the rows are normalised by, as functions of the input: for second derivatives.
  private func statistics(of x: Tensor, _ dims: [Int]) -> (mean: Tensor, scale: Tensor) {
    let wide = x.widened
    let mean = wide.mean(dim: dims, keepdim: true)
    let distance = wide - mean
    return (mean, ((distance * distance).mean(dim: dims, keepdim: true) + eps).rsqrt())
  }

  private func rowDims(_ rank: Int) -> [Int] { Array((rank - normalizedShape.count)..<rank) }
}

extension Tensor {
  /// Normalisation over the last dimensions, as `torch.nn.functional.layer_norm`.
  package func layerNorm(_ normalizedShape: [Int], weight: Tensor?, bias: Tensor?, eps: Double) -> Tensor {
    inOp("layer_norm") {
      let sizes = Shape(normalizedShape)
      let got = "; got input \(signature), normalizedShape \(sizes.brackets)"
      guard isFloatingPoint() else { fault("layer_norm", "input wants floating point" + got) }
      guard !normalizedShape.isEmpty else { fault("layer_norm", "normalizedShape wants at least 1 size" + got) }
      guard ndim >= sizes.count, shape.suffix(sizes.count).elementsEqual(sizes) else {
        fault("layer_norm", "the input's last sizes want to be normalizedShape" + got)
      }
      // A half input may have weights of float32, as under autocast: it is computed wide and rounded once.
      let parameters = [("weight", weight), ("bias", bias)]
      let isMixed = dtype.isHalf && parameters.contains { $0.1?.dtype == .float32 }
      for (name, tensor) in parameters {
        guard let tensor else { continue }
        let wanted = isMixed ? .float32 : dtype
        guard tensor.shape == sizes, tensor.dtype == wanted else {
          fault(
            "layer_norm", "\(name) wants the shape and dtype \(sizes.brackets) \(wanted.name), is \(tensor.signature)")
        }
      }
      let op = LayerNorm(normalizedShape: sizes, eps: eps, hasWeight: weight != nil, hasBias: bias != nil)
      return op.apply([isMixed ? widened : self] + [weight, bias].compactMap { $0 })[0].to(dtype)
    }
  }
}
