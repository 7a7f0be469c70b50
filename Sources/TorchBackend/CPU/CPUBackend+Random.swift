// Draws of the CPU generator into contiguous memory, equal to PyTorch's.

extension CPUBackend {
  package func random(_ draw: RandomDraw, from generator: inout MersenneTwister, into out: Strided) {
    let n = out.count
    func buffer<T>(_ type: T.Type) -> UnsafeMutableBufferPointer<T> {
      UnsafeMutableBufferPointer(start: out.pointer.assumingMemoryBound(to: T.self), count: n)
    }
    switch (draw, out.dtype) {
    case (.uniform(let from, let to), .float32):
      generator.fillUniform(buffer(Float.self), from: Float(from), to: Float(to))
    case (.uniform(let from, let to), .float64): generator.fillUniform(buffer(Double.self), from: from, to: to)
    case (.normal(let mean, let std), .float32): generator.fillNormal(buffer(Float.self), mean: mean, std: std)
    case (.normal(let mean, let std), .float64): generator.fillNormal(buffer(Double.self), mean: mean, std: std)
    case (.uniform(let from, let to), .float16), (.uniform(let from, let to), .bfloat16):
      viaFloat(out) { generator.fillUniform($0, roundedTo: out.dtype, from: Float(from), to: Float(to)) }
    case (.normal(let mean, let std), .float16), (.normal(let mean, let std), .bfloat16):
      viaFloat(out) { generator.fillNormal($0, roundedTo: out.dtype, mean: mean, std: std) }
    case (.normalOneByOne(let mean, let std), _) where out.dtype.isFloatingPoint:
      via(Double.self, .float64, out) { generator.fillNormalSerially($0, mean: mean, std: std) }
    case (.exponential(let rate), .float64): generator.fillExponential(buffer(Double.self), rate: rate)
    case (.exponential(let rate), _) where out.dtype.isFloatingPoint:
      viaFloat(out) { generator.fillExponential($0, rate: rate) }
    case (.integers(let from, let to), _):
      via(Int64.self, .int64, out) { generator.fillRandomInt($0, from: from, to: to) }
    case (.permutation, _): via(Int64.self, .int64, out) { generator.fillPermutation($0) }
    case (.bernoulli(let p), _): via(UInt8.self, .uint8, out) { generator.fillBernoulli($0, p: p) }
    case (.uniform, _), (.normal, _), (.normalOneByOne, _), (.exponential, _):
      fault("random", "draws of real numbers need a floating point tensor, not \(out.dtype.name)")
    }
  }

  private func viaFloat(_ out: Strided, _ fill: (UnsafeMutableBufferPointer<Float>) -> Void) {
    via(Float.self, .float32, out, fill)
  }

  /// Draws into memory of the draw's own type and casts where the tensor has another.
  private func via<T>(_ type: T.Type, _ dtype: DType, _ out: Strided, _ fill: (UnsafeMutableBufferPointer<T>) -> Void) {
    let target = out.dtype == dtype ? out : allocate(Layout(contiguous: out.shape), dtype: dtype)
    fill(UnsafeMutableBufferPointer(start: target.pointer.assumingMemoryBound(to: T.self), count: out.count))
    if out.dtype != dtype { copy(target, into: out) }
  }
}
