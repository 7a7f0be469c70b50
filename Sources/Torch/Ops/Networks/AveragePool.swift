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
      let node = StaticString.averagePool(spec.kernel.count)
      if let means = averagesByTable(spec, ceilMode, countIncludePad, divisor, node) {
        return means.to(dtype).inFormat(of: self).named(node)
      }
      var result = widened, divisors = Tensor.ones([], dtype: .int64, device: device)
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
        divisors = divisors.unsqueeze(-1) * Tensor(lengths, device: device)
      }
      let by = divisor.map { Tensor.full([], $0, dtype: .int64) } ?? divisors
      guard dtype.isFloatingPoint else { return result.div(by, roundingMode: .trunc).to(dtype).inFormat(of: self) }
      return (result / by.to(result.dtype)).to(dtype).inFormat(of: self).named(node)
    }
  }

  /// The same of floating point by tables of windows; nil where there is no quick way.
  private func averagesByTable(
    _ spec: PoolSpec, _ ceilMode: Bool, _ countIncludePad: Bool, _ divisor: Int?, _ node: StaticString
  ) -> Tensor? {
    guard dtype.isFloatingPoint else { return nil }
    let sizes = Array(shape.suffix(spec.kernel.count))
    let counts = spec.kernel.indices.map { spec.windows(of: sizes[$0], $0, ceilMode: ceilMode) }
    return widened.resampled(to: counts, named: node) {
      spec.kernel.indices.map { i in
        let (kernel, padding, size) = (spec.kernel[i], spec.padding[i], sizes[i])
        let starts = (0..<counts[i]).map { $0 * spec.stride[i] - padding }
        let windows = starts.map { Swift.max($0, 0)..<Swift.min($0 + kernel, size) }
        var lengths =
          countIncludePad ? starts.map { Swift.min($0 + kernel, size + padding) - $0 } : windows.map(\.count)
        if let divisor { lengths = lengths.map { _ in i == 0 ? divisor : 1 } }
        return AxisTaps(from: size, windows: windows, divisors: lengths.map(Double.init))
      }
    }
  }
}

extension StaticString {
  /// What PyTorch calls the last step of an average over so many dimensions: that of a signal is one of an image.
  fileprivate static func averagePool(_ dims: Int) -> StaticString {
    dims == 1 ? "squeeze.1" : dims == 2 ? "avg_pool2d" : "avg_pool3d"
  }
}
