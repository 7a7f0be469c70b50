// Gates and losses of two operands, in one pass each.

/// One half of a dimension times the sigmoid of the other.
struct GatedUnit: Op {
  let dim: Int
  var name: StaticString { "glu" }

  private func row(_ x: Tensor) -> Int { x.shape[dim...].reduce(1, *) / 2 }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    let x = inputs[0]
    var shape = x.shape
    shape[dim] /= 2
    let out = Tensor(shape: shape, dtype: x.dtype, device: x.device)
    CPUBackend.shared.glu(x.strided, row: row(x), into: out.strided)
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0]
    if isGradEnabled() {
      let half = x.shape[dim] / 2, share = x.narrow(dim: dim, start: half, length: half).sigmoid()
      let forGate = g * x.narrow(dim: dim, start: 0, length: half) * share * (1 - share)
      return [Tensor.cat([g * share, forGate], dim: dim)]
    }
    let out = Tensor(shape: x.shape, dtype: x.dtype, device: x.device)
    CPUBackend.shared.gluGradient(g.contiguous().strided, pairs: x.strided, row: row(x), into: out.strided)
    return [out]
  }
}

/// ``BentLoss`` of each pair of elements.
struct BentLosses: Op {
  let loss: BentLoss
  let name: StaticString

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.input(1)
    let x = inputs[0]
    let out = Tensor(shape: x.shape, dtype: x.dtype, device: x.device)
    loss.forward(x.strided, inputs[1].strided, into: out.strided)
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0], y = saved[1]
    if isGradEnabled() {
      let slope = ((x - y) * (2 * loss.curve)).clamp(min: -loss.slope, max: loss.slope) * g
      return [saved.needs(0) ? slope : nil, saved.needs(1) ? -slope : nil]
    }
    let isSame = g.stride().allSatisfy { $0 == 0 }, slope = isSame ? g : g.contiguous()
    func like(_ wanted: Bool) -> Tensor? {
      wanted ? Tensor(shape: x.shape, dtype: x.dtype, device: x.device) : nil
    }
    let forX = like(saved.needs(0)), forY = like(saved.needs(1))
    loss.backward(
      slope.strided, isSame: isSame, x.strided, y.strided, forX: forX?.strided, forY: forY?.strided)
    return [forX, forY]
  }
}

extension Tensor {
  /// One half of a dimension times the sigmoid of the other; nil where there is no quick way.
  package func gated(dim: Int) -> Tensor? {
    guard backends.cpu.fusedPairs, device == .cpu, dtype == .float32, strided.isContiguous, numel() > 0 else {
      return nil
    }
    let dim = dim < 0 ? dim + ndim : dim
    // Short rows are all ends of rows.
    return shape[dim...].reduce(1, *) >= 32 ? GatedUnit(dim: dim)(self) : nil
  }

  /// ``BentLoss`` of each pair of elements; nil where there is no quick way.
  package func bentLoss(_ target: Tensor, _ loss: BentLoss, named name: StaticString) -> Tensor? {
    guard backends.cpu.fusedPairs, device == .cpu, target.device == .cpu, shape == target.shape,
      dtype == target.dtype, dtype == .float32 || dtype == .float64, strided.isContiguous,
      target.strided.isContiguous, numel() > 0
    else { return nil }
    return BentLosses(loss: loss, name: name)(self, target)
  }
}
