import CTorchKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Fills with real numbers: uniform, normal, exponential. Half and bfloat16 are drawn into float32 buffers whose
/// values the narrow type holds exactly, so that the caller's cast loses nothing.
extension MersenneTwister {
  /// Fills with uniform numbers in [from, to), as `torch.Tensor.uniform_` on float32: one output each.
  package mutating func fillUniform(_ out: UnsafeMutableBufferPointer<Float>, from: Float = 0, to: Float = 1) {
    guard let base = out.baseAddress else { return }
    drawRuns(out.count, wordsPerDraw: 1) { ct_uniform_f32($0, base + $1, $2, from, to - from) }
  }

  /// Fills with uniform numbers in [from, to), as `torch.Tensor.uniform_` on float64: two outputs each.
  package mutating func fillUniform(_ out: UnsafeMutableBufferPointer<Double>, from: Double = 0, to: Double = 1) {
    guard let base = out.baseAddress else { return }
    drawRuns(out.count, wordsPerDraw: 2) { ct_uniform_f64($0, base + $1, $2, from, to - from) }
  }

  /// Fills with uniform numbers of a narrow float type: float32 draws, rounded; one that rounds up to `to` becomes
  /// `from`.
  ///
  /// - Parameter dtype: `float16` or `bfloat16` (other types round nothing).
  package mutating func fillUniform(
    _ out: UnsafeMutableBufferPointer<Float>, roundedTo dtype: DType, from: Float = 0, to: Float = 1
  ) {
    fillUniform(out, from: from, to: to)
    let lower = dtype.rounding(from), upper = dtype.rounding(to)
    for i in out.indices {
      let value = dtype.rounding(out[i])
      out[i] = value >= upper ? lower : value
    }
  }

  /// Fills with normal numbers, as `torch.Tensor.normal_` on a contiguous float32 tensor.
  ///
  /// From 16 numbers on, blocks of 16 float32 uniforms are transformed at once; when the count is no multiple of
  /// 16, the last 16 places are drawn afresh, over what the whole blocks had left there. Fewer are drawn one by
  /// one, in float64. The two ways consume the stream differently.
  package mutating func fillNormal(_ out: UnsafeMutableBufferPointer<Float>, mean: Double = 0, std: Double = 1) {
    guard out.count >= 16 else {
      for i in out.indices { out[i] = Float(mean.addingProduct(nextNormal(), std)) }
      return
    }
    fillUniform(out)
    ct_normal16_f32(out.baseAddress!, out.count / 16, Float(mean), Float(std))
    if out.count % 16 != 0 { redrawTail(out, mean: mean, std: std) }
  }

  /// Fills with normal numbers of a narrow float type. Unlike float32, the incomplete last block draws nothing
  /// before the redraw of the last 16.
  ///
  /// - Parameter dtype: `float16` or `bfloat16`.
  package mutating func fillNormal(
    _ out: UnsafeMutableBufferPointer<Float>, roundedTo dtype: DType, mean: Double = 0, std: Double = 1
  ) {
    if out.count < 16 {
      fillNormal(out, mean: mean, std: std)
    } else {
      let whole = out.count / 16 * 16
      fillNormal(UnsafeMutableBufferPointer(rebasing: out[..<whole]), mean: mean, std: std)
      if whole < out.count { redrawTail(out, mean: mean, std: std) }
    }
    for i in out.indices { out[i] = dtype.rounding(out[i]) }
  }

  private mutating func redrawTail(_ out: UnsafeMutableBufferPointer<Float>, mean: Double, std: Double) {
    let tail = UnsafeMutableBufferPointer(rebasing: out[(out.count - 16)...])
    fillUniform(tail)
    ct_normal16_f32(tail.baseAddress!, 1, Float(mean), Float(std))
  }

  /// Fills with normal numbers, as `torch.Tensor.normal_` on a contiguous float64 tensor; see the float32 form.
  package mutating func fillNormal(_ out: UnsafeMutableBufferPointer<Double>, mean: Double = 0, std: Double = 1) {
    guard out.count >= 16 else {
      for i in out.indices { out[i] = mean.addingProduct(nextNormal(), std) }
      return
    }
    func transform(from start: Int) {
      for i in start..<start + 8 {
        let radius = (-2 * log(1 - out[i])).squareRoot()
        let angle = 2 * Double.pi * out[i + 8]
        out[i] = mean.addingProduct(radius * cos(angle), std)
        out[i + 8] = mean.addingProduct(radius * sin(angle), std)
      }
    }
    fillUniform(out)
    for start in stride(from: 0, through: out.count - 16, by: 16) { transform(from: start) }
    if out.count % 16 != 0 {
      fillUniform(UnsafeMutableBufferPointer(rebasing: out[(out.count - 16)...]))
      transform(from: out.count - 16)
    }
  }

  /// Fills one by one from float64 draws, whatever the count: torch's way for tensors that are not contiguous.
  package mutating func fillNormalSerially(
    _ out: UnsafeMutableBufferPointer<Double>, mean: Double = 0, std: Double = 1
  ) {
    for i in out.indices { out[i] = mean.addingProduct(nextNormal(), std) }
  }

  /// Fills with exponential numbers of the given rate, as `torch.Tensor.exponential_`: one 53-bit uniform each.
  package mutating func fillExponential(_ out: UnsafeMutableBufferPointer<Double>, rate: Double = 1) {
    fillUniform(out)
    let scale = -1 / rate
    for i in out.indices { out[i] = scale * log1p(-out[i]) }
  }

  /// Fills with exponential numbers, drawn in float64 and rounded. Narrower types round once more, from this.
  package mutating func fillExponential(_ out: UnsafeMutableBufferPointer<Float>, rate: Double = 1) {
    let scale = -1 / rate
    for i in out.indices { out[i] = Float(scale * log1p(-uniform53())) }
  }
}

extension DType {
  /// The value a float32 number has after a cast to this type and back.
  ///
  /// Only the two narrow float types change anything. Ties go to the even neighbour.
  @inlinable package func rounding(_ value: Float) -> Float {
    switch self {
    case .float16:
      #if os(macOS) && arch(x86_64)
        return value
      #else
        return Float(Float16(value))
      #endif
    case .bfloat16:
      if value.isNaN { return value }
      let bits = value.bitPattern
      return Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
    default:
      return value
    }
  }
}
