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

extension Strided {
  /// The first element's address as a pointer to elements.
  fileprivate func of<T>(_ type: T.Type) -> UnsafeMutablePointer<T> { pointer.assumingMemoryBound(to: type) }
}
