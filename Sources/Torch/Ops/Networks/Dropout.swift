// Dropout by masks of bytes, a quarter of the memory of the numbers they stand for.

/// Elements times a mask of 0 and `1 / (1 - p)`; see ``Kind`` for what else happens in the same pass.
private struct MaskedDropout: Op {
  enum Kind { case plain, afterRelu, addedTo }

  let p: Double
  let kind: Kind
  var name: StaticString { "dropout" }
  // The last of the steps that this stands for.
  var node: StaticString { kind == .addedTo ? "add" : "mul" }

  private var scale: Float { 1 / Float(1 - p) }

  /// - Parameter inputs: what is dropped, and what it is added to.
  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0], cpu = CPUBackend.shared
    // Drawn in the order in which the result of a pointwise op lies.
    let keep = Tensor.empty(like: x, dtype: .uint8).bernoulli_(p: 1 - p)
    let layout =
      kind == .addedTo ? Layout.ofPointwise(x.shape, inputs[1].strided.layout, x.strided.layout) : keep.strided.layout
    let out = Tensor(cpu.allocate(layout, dtype: x.dtype))
    switch kind {
    case .plain: cpu.dropout(x.strided, keep: keep.strided, scale: scale, into: out.strided)
    case .afterRelu: cpu.reluDropout(x.strided, keep: keep.strided, scale: scale, into: out.strided)
    case .addedTo:
      cpu.dropout(x.strided, keep: keep.strided, scale: scale, addedTo: inputs[1].strided, into: out.strided)
    }
    saving.constant(keep)
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    func dropped() -> Tensor {
      let keep = saved[0]
      if isGradEnabled() { return g * noGrad { mask(keep) } }
      let out = Tensor(CPUBackend.shared.allocate(keep.strided.layout, dtype: g.dtype))
      if kind == .afterRelu {
        CPUBackend.shared.reluDropoutGradient(g.strided, keep: keep.strided, scale: scale, into: out.strided)
      } else {
        CPUBackend.shared.dropout(g.strided, keep: keep.strided, scale: scale, into: out.strided)
      }
      return out
    }
    return [saved.needs(0) ? dropped() : nil] + (kind == .addedTo ? [g] : [])
  }

  /// The mask as numbers.
  private func mask(_ keep: Tensor) -> Tensor {
    let wanted = kind == .afterRelu ? 3 : 1
    return (keep .== wanted).to(.float32).mul_(Double(scale))
  }
}

extension Tensor {
  /// Whether dropout of this tensor goes by masks of bytes.
  package func takesByteMask(_ p: Double) -> Bool {
    backends.cpu.fusedDropout && dtype == .float32 && device == .cpu && p > 0 && p < 1 && numel() > 0
  }

  /// Dropout, by the draws of `bernoulli_`.
  /// - Precondition: ``takesByteMask(_:)``.
  package func masked(p: Double) -> Tensor { MaskedDropout(p: p, kind: .plain)(self) }

  /// Dropout of the positive elements.
  /// - Precondition: ``takesByteMask(_:)``.
  package func reluMasked(p: Double) -> Tensor { MaskedDropout(p: p, kind: .afterRelu)(self) }

  /// `sum` plus what dropout leaves of this tensor.
  /// - Precondition: ``takesByteMask(_:)``; `sum` has its shape, dtype and device.
  package func masked(p: Double, addedTo sum: Tensor) -> Tensor { MaskedDropout(p: p, kind: .addedTo)(self, sum) }
}
