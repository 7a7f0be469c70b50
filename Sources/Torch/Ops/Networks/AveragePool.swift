extension Tensor {
  /// The mean of each window over the last dimensions, as torch's `avg_pool`.
  /// - Parameters:
  ///   - countIncludePad: whether the zeros of the padding count.
  ///   - divisor: what each window's sum is divided by instead of its size; not 0.
  package func averagePool(
    _ spec: PoolSpec, ceilMode: Bool, countIncludePad: Bool, divisor: Int?, op: StaticString
  ) -> Tensor {
    inOp(op) {
      spec.check(self, op: op)
      guard divisor != 0 else { fault(OpError(op, "divisorOverride cannot be 0; got input \(signature)")) }
      var result = widened, divisors = Tensor.ones([], dtype: .int64)
      for i in spec.kernel.indices {
        let (kernel, stride, padding) = (spec.kernel[i], spec.stride[i], spec.padding[i])
        let dim = ndim - spec.kernel.count + i, size = shape[dim]
        let windows = spec.windows(of: size, i, ceilMode: ceilMode)
        var pad = [Int](repeating: 0, count: 2 * (ndim - dim))
        pad[pad.count - 2] = padding
        pad[pad.count - 1] = (windows - 1) * stride + kernel - padding - size
        // One dimension after the other, so that a window costs the sum of its sides.
        result = result.constantPadNd(pad: pad).unfold(dimension: dim, size: kernel, step: stride)
          .sum(dim: -1, dtype: result.dtype)
        if divisor != nil { continue }
        let lengths = (0..<windows).map { window in
          let start = window * stride - padding, end = Swift.min(start + kernel, size + padding)
          return countIncludePad ? end - start : Swift.min(end, size) - Swift.max(start, 0)
        }
        divisors = divisors.unsqueeze(-1) * Tensor(lengths)
      }
      let by = divisor.map { Tensor.full([], $0, dtype: .int64) } ?? divisors
      guard dtype.isFloatingPoint else { return result.div(by, roundingMode: .trunc).to(dtype).inFormat(of: self) }
      return (result / by.to(result.dtype)).to(dtype).inFormat(of: self)
    }
  }
}
