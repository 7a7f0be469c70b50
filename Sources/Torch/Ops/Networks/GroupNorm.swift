/// Normalisation over groups of channels and space of each sample: `[batch, channels, ...]`.
struct GroupNorm: Op {
  let groups: Int
  let eps: Double
  let hasWeight: Bool, hasBias: Bool
  var name: StaticString { "native_group_norm" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0].widened.contiguous(), planes = Planes(x)
    let isGroupwise = planes != nil && backends.cpu.fusedNorms && x.device == .cpu
    func numbers() -> Tensor { Tensor(shape: [x.shape[0], groups, 1], dtype: x.dtype, device: x.device) }
    let (mean, scale) = isGroupwise ? (numbers(), numbers()) : statistics(of: x)
    saving.input(0)
    saving.constant(mean)
    saving.constant(scale)
    if hasWeight { saving.input(1) }
    let weight = hasWeight ? inputs[1].to(x.dtype) : nil, bias = hasBias ? inputs[hasWeight ? 2 : 1].to(x.dtype) : nil
    if isGroupwise {
      let out = Tensor(shape: x.shape, dtype: x.dtype, device: x.device)
      CPUBackend.shared.groupNorm(
        x.strided, groups: groups, weight: weight?.contiguous().strided, bias: bias?.contiguous().strided, eps: eps,
        into: out.strided, mean: mean.strided, scale: scale.strided)
      return [out.to(inputs[0].dtype).inFormat(of: inputs[0])]
    }
    if let planes {
      let factor = perChannel(scale, x), zero = Tensor.zeros([1], dtype: x.dtype, device: x.device)
      let out = planes.affine(
        mean: perChannel(mean, x), factor: weight.map { factor * $0 } ?? factor, shift: bias ?? zero)
      return [out.to(inputs[0].dtype).inFormat(of: inputs[0])]
    }
    var out = normal(x, mean, scale)
    if let weight { out = out * channels(weight, x) }
    if let bias { out = out + channels(bias, x) }
    return [out.to(inputs[0].dtype).inFormat(of: inputs[0])]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let gradient = gradients[0] else { return [] }
    let x = saved[0].widened, g = gradient.widened, weight = hasWeight ? saved[3].to(x.dtype) : nil
    if !isGradEnabled(), let planes = Planes(x) { return backward(planes, g, weight, saved) }
    // For second derivatives what is normalised by is a function of the input.
    let (mean, scale) = isGradEnabled() ? statistics(of: x) : (saved[1], saved[2])
    let normal = normal(x, mean, scale), others = [0] + Array(2..<x.ndim)
    var results: [Tensor?] = [nil]
    if saved.needs(0) {
      let slope = rows(weight.map { g * channels($0, x) } ?? g), line = rows(normal)
      let pulled = slope - slope.mean(dim: 2, keepdim: true) - line * (slope * line).mean(dim: 2, keepdim: true)
      results[0] = (pulled * scale).reshape(x.shape).to(saved[0].dtype)
    }
    if hasWeight { results.append(saved.needs(1) ? (g * normal).sum(dim: others) : nil) }
    if hasBias { results.append(saved.needs(results.count) ? g.sum(dim: others) : nil) }
    return results
  }

  /// The gradients from two passes over the planes.
  private func backward(_ planes: Planes, _ g: Tensor, _ weight: Tensor?, _ saved: Saved) -> [Tensor?] {
    let x = planes.x, (batch, channels) = (x.shape[0], x.shape[1])
    let mean = perChannel(saved[1], x), scale = perChannel(saved[2], x).to(.float64)
    let slopes = planes.slopes(g, around: mean)
    var results: [Tensor?] = [nil]
    if saved.needs(0) {
      let wide = weight?.to(.float64), count = Double(x.numel() / (batch * groups))
      /// The sum over the planes of each group, at each of them.
      func grouped(_ sums: Tensor) -> Tensor {
        let all = (wide.map { sums * $0 } ?? sums).view(batch, groups, -1).sum(dim: 2, keepdim: true)
        return all.expand([batch, groups, channels / groups]).reshape(batch, channels)
      }
      results[0] = planes.combine(
        g, mean: mean, byGradient: wide.map { scale * $0 } ?? scale,
        byX: -(grouped(slopes.along) * scale.pow(3) / count), shift: -(grouped(slopes.sum) * scale / count)
      ).to(saved[0].dtype)
    }
    if hasWeight { results.append(saved.needs(1) ? (slopes.along * scale).sum(dim: 0).to(x.dtype) : nil) }
    if hasBias { results.append(saved.needs(results.count) ? slopes.sum.sum(dim: 0).to(x.dtype) : nil) }
    return results
  }

  /// The mean of each group and one over its deviation, `[batch, groups, 1]`.
  private func statistics(of x: Tensor) -> (mean: Tensor, scale: Tensor) {
    let rows = rows(x)
    if let planes = Planes(rows) {
      let moments = planes.moments(), variance = moments.spread / Double(rows.shape[2])
      return (moments.mean.unsqueeze(2).to(x.dtype), (variance + eps).rsqrt().unsqueeze(2).to(x.dtype))
    }
    let mean = rows.mean(dim: 2, keepdim: true), distance = rows - mean
    return (mean, ((distance * distance).mean(dim: 2, keepdim: true) + eps).rsqrt())
  }

  private func rows(_ x: Tensor) -> Tensor { x.reshape(x.shape[0], groups, -1) }

  private func normal(_ x: Tensor, _ mean: Tensor, _ scale: Tensor) -> Tensor {
    ((rows(x) - mean) * scale).reshape(x.shape)
  }

  /// The groups' numbers at each of their channels, `[batch, channels]`.
  private func perChannel(_ numbers: Tensor, _ x: Tensor) -> Tensor {
    numbers.expand([x.shape[0], groups, x.shape[1] / groups]).reshape(x.shape[0], x.shape[1])
  }

  /// A number for each channel, shaped to stretch over `x`.
  private func channels(_ numbers: Tensor, _ x: Tensor) -> Tensor {
    numbers.view([1, x.shape[1]] + [Int](repeating: 1, count: x.ndim - 2))
  }
}

extension Tensor {
  /// Normalisation of groups of channels; what is asked of the arguments is checked.
  package func groupNorm(_ groups: Int, weight: Tensor?, bias: Tensor?, eps: Double) -> Tensor {
    let norm = GroupNorm(groups: groups, eps: eps, hasWeight: weight != nil, hasBias: bias != nil)
    return norm.apply([self] + [weight, bias].compactMap { $0 })[0]
  }
}
