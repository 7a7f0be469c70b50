import CTorchKernels

extension CPUBackend {
  package func layerNorm(
    _ x: Strided, columns: Int, weight: Strided?, bias: Strided?, eps: Double, into out: Strided, mean: Strided,
    scale: Strided
  ) {
    if x.dtype.isHalf {
      let wide = cast(x, to: .float32)
      layerNorm(
        wide, columns: columns, weight: weight.map { cast($0, to: .float32) },
        bias: bias.map { cast($0, to: .float32) },
        eps: eps, into: wide, mean: mean, scale: scale)
      return copy(wide, into: out)
    }
    if x.count == 0 { return }
    parallelFor(x.count / columns, grain: Swift.max(RowLoop.parallelGrain / 4 / columns, 1)) { rows in
      let first = rows.lowerBound * columns
      if x.dtype == .float32 {
        tk_layer_norm_f32(
          rows.count, columns, out.of(Float.self) + first, mean.of(Float.self) + rows.lowerBound,
          scale.of(Float.self) + rows.lowerBound, x.of(Float.self) + first, weight?.of(Float.self),
          bias?.of(Float.self), eps)
      } else {
        tk_layer_norm_f64(
          rows.count, columns, out.of(Double.self) + first, mean.of(Double.self) + rows.lowerBound,
          scale.of(Double.self) + rows.lowerBound, x.of(Double.self) + first, weight?.of(Double.self),
          bias?.of(Double.self), eps)
      }
    }
  }
}

extension CPUBackend {
  package func layerNormGradient(
    _ gradient: Strided, _ x: Strided, columns: Int, mean: Strided, scale: Strided, weight: Strided?,
    into out: Strided?,
    forWeight: Strided?, forBias: Strided?
  ) {
    for sum in [forWeight, forBias] { if let sum { fill(sum, with: .int(0)) } }
    if x.count == 0 { return }
    let rows = x.count / columns
    // Each piece adds up on its own; the sums are joined in their order, so that equal runs give equal bits.
    let pieces = Swift.min(Swift.max(x.count / (2 * RowLoop.parallelGrain), 1), 16)
    var partial: Strided?
    if pieces > 1 {
      let sums = allocate(Layout(contiguous: [2, pieces, columns]), dtype: x.dtype)
      fill(sums, with: .int(0))
      partial = sums
    }
    func bounds(_ piece: Int) -> Range<Int> { piece * rows / pieces..<(piece + 1) * rows / pieces }
    func run<T>(
      _ type: T.Type,
      _ kernel: (
        Int, Int, UnsafeMutablePointer<T>?, UnsafeMutablePointer<T>?, UnsafeMutablePointer<T>?, UnsafePointer<T>?,
        UnsafePointer<T>?, UnsafePointer<T>?, UnsafePointer<T>?, UnsafePointer<T>?
      ) -> Void
    ) {
      func sums(_ target: Strided?, _ which: Int, _ piece: Int) -> UnsafeMutablePointer<T>? {
        target.map { target in partial.map { $0.of(type) + (which * pieces + piece) * columns } ?? target.of(type) }
      }
      parallelFor(pieces, grain: 1) { range in
        for piece in range {
          let part = bounds(piece), first = part.lowerBound * columns
          kernel(
            part.count, columns, out.map { $0.of(type) + first }, sums(forWeight, 0, piece), sums(forBias, 1, piece),
            gradient.of(type) + first, x.of(type) + first, mean.of(type) + part.lowerBound,
            scale.of(type) + part.lowerBound, weight?.of(type))
        }
      }
    }
    if x.dtype == .float32 {
      run(Float.self, tk_layer_norm_backward_f32)
    } else {
      run(Double.self, tk_layer_norm_backward_f64)
    }
    guard let partial else { return }
    for (which, target) in [forWeight, forBias].enumerated() {
      guard let target else { continue }
      let layout = Layout(
        shape: [pieces, columns], strides: [columns, 1], offset: partial.layout.offset + which * pieces * columns)
      reduce(
        .sum, partial.with(layout),
        into: target.with(Layout(shape: [1, columns], strides: [columns, 1], offset: target.layout.offset)))
    }
  }
}

extension Strided {
  /// The first element's address as a pointer to elements.
  func of<T>(_ type: T.Type) -> UnsafeMutablePointer<T> { pointer.assumingMemoryBound(to: type) }
}
