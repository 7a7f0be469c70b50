import CTorchKernels

/// The processor: SIMD kernels where there is one for the dtype, the plain kernels otherwise.
package struct CPUBackend: Backend {
  package static let shared = CPUBackend()

  /// Whether only the plain kernels run, for tests that hold the fast ones against them.
  let plainOnly: Bool

  /// The tile of every convolution that can be computed by Winograd's algorithm, 2 or 4, in place of the rule that chooses,
  /// or 0 for never; for tests.
  let forcedTile: Int?

  package init(plainOnly: Bool = false, winogradTile: Int? = nil) {
    self.plainOnly = plainOnly
    forcedTile = winogradTile ?? Winograd.tileFromEnvironment
  }

  package var deviceName: String { "CPU" }

  package func releaseCachedMemory() { CPUAllocator.shared.releaseCachedMemory() }

  @inline(__always)
  package func allocate(byteCount: Int) -> Storage { Storage.cpu(byteCount: byteCount) }
}

extension CPUBackend {
  // Pointwise.

  package func unary(_ kernel: UnaryKernel, _ x: Strided, a: Double, b: Double, into out: Strided) {
    if let row = plainOnly ? nil : Self.simdRow(kernel, out.dtype) {
      return RowLoop.run(out, x) { n, po, so, px, sx in row(n, po, so, px, sx, a, b) }
    }
    if let row = halfRow(kernel, out.dtype) {
      let half = out.dtype.kernelType
      return RowLoop.run(out, x) { n, po, so, px, sx in tk_unary_half(row, half, 1, n, po, so, px, sx, a, b) }
    }
    RowLoop.run(out, x) { n, po, so, px, sx in
      out.dtype.visit(PlainUnary(kernel: kernel, a: a, b: b, n: n, out: po, so: so, x: px, sx: sx))
    }
  }

  package func test(_ kernel: TestKernel, _ x: Strided, into out: Strided) {
    if let row = plainOnly ? nil : tk_unary_test(tk_unary_test_kernel(UInt32(kernel.rawValue)), x.dtype.rowType) {
      if x.dtype.isHalf {
        let half = x.dtype.kernelType
        return RowLoop.run(out, x) { n, po, so, px, sx in tk_unary_half(row, half, 0, n, po, so, px, sx, 0, 0) }
      }
      return RowLoop.run(out, x) { n, po, so, px, sx in row(n, po, so, px, sx, 0, 0) }
    }
    RowLoop.run(out, x) { n, po, so, px, sx in
      x.dtype.visit(PlainTest(kernel: kernel, n: n, out: po, so: so, x: px, sx: sx))
    }
  }

  package func binary(_ kernel: BinaryKernel, _ x: Strided, _ y: Strided, alpha: Double, into out: Strided) {
    if let row = fastRow(kernel, out.dtype) {
      return RowLoop.run(out, x, y) { n, po, so, px, sx, py, sy in row(n, po, so, px, sx, py, sy, alpha) }
    }
    if let row = halfRow(kernel, out.dtype) {
      let half = out.dtype.kernelType
      return RowLoop.run(out, x, y) { n, po, so, px, sx, py, sy in
        tk_binary_half(row, half, 1, n, po, so, half, px, sx, half, py, sy, alpha)
      }
    }
    if divide(kernel, x, y, into: out) { return }
    RowLoop.run(out, x, y) { n, po, so, px, sx, py, sy in
      out.dtype.visit(
        PlainBinary(kernel: kernel, alpha: alpha, n: n, out: po, so: so, x: px, sx: sx, y: py, sy: sy))
    }
  }

  package func binary(
    _ kernel: BinaryKernel, _ x: Strided, number: Scalar, numberFirst: Bool, alpha: Double, into out: Strided
  ) {
    let isPrecise = out.dtype.isHalf && keepsPrecision(kernel, number, out.dtype)
    if isPrecise && plainOnly {
      let wide = cast(x, to: .float32)
      binary(kernel, wide, number: number, numberFirst: numberFirst, alpha: alpha, into: wide)
      return copy(wide, into: out)
    }
    withUnsafeTemporaryAllocation(byteCount: 8, alignment: 8) { buffer in
      let value = buffer.baseAddress!
      let type = isPrecise ? DType.float32 : out.dtype
      type.visit(PlainFill(value: number, n: 1, out: value, so: 0))
      if let row = halfRow(kernel, out.dtype) {
        let half = out.dtype.kernelType, other = type.kernelType
        return numberFirst
          ? RowLoop.run(out, x) { n, po, so, px, sx in
            tk_binary_half(row, half, 1, n, po, so, other, value, 0, half, px, sx, alpha)
          }
          : RowLoop.run(out, x) { n, po, so, px, sx in
            tk_binary_half(row, half, 1, n, po, so, half, px, sx, other, value, 0, alpha)
          }
      }
      if let row = fastRow(kernel, out.dtype) {
        return numberFirst
          ? RowLoop.run(out, x) { n, po, so, px, sx in row(n, po, so, value, 0, px, sx, alpha) }
          : RowLoop.run(out, x) { n, po, so, px, sx in row(n, po, so, px, sx, value, 0, alpha) }
      }
      if divide(kernel, x, number: value, numberFirst: numberFirst, into: out) { return }
      RowLoop.run(out, x) { n, po, so, px, sx in
        let (p, sp, q, sq) = numberFirst ? (value, 0, px, sx) : (px, sx, value, 0)
        out.dtype.visit(PlainBinary(kernel: kernel, alpha: alpha, n: n, out: po, so: so, x: p, sx: sp, y: q, sy: sq))
      }
    }
  }

  /// Beside half types PyTorch's arithmetic takes a number in float32. Where the half type holds the number, that is the same.
  private func keepsPrecision(_ kernel: BinaryKernel, _ number: Scalar, _ dtype: DType) -> Bool {
    guard kernel == .add || kernel == .sub || kernel == .mul || kernel == .div else { return false }
    let value = number.double
    switch dtype {
    case .float16: return value.isFinite && Double(Float16(value)) != value
    case .bfloat16: return value.isFinite && Double(BFloat16(value).float) != value
    default: return false
    }
  }

  package func compare(_ kernel: CompareKernel, _ x: Strided, _ y: Strided, into out: Strided) {
    if let row = plainOnly ? nil : tk_compare(tk_compare_kernel(UInt32(kernel.rawValue)), x.dtype.rowType) {
      if x.dtype.isHalf {
        let half = x.dtype.kernelType
        return RowLoop.run(out, x, y) { n, po, so, px, sx, py, sy in
          tk_binary_half(row, half, 0, n, po, so, half, px, sx, half, py, sy, 0)
        }
      }
      return RowLoop.run(out, x, y) { n, po, so, px, sx, py, sy in row(n, po, so, px, sx, py, sy, 0) }
    }
    RowLoop.run(out, x, y) { n, po, so, px, sx, py, sy in
      x.dtype.visit(PlainCompare(kernel: kernel, n: n, out: po, so: so, x: px, sx: sx, y: py, sy: sy))
    }
  }

  package func select(_ condition: Strided, _ x: Strided, _ y: Strided, into out: Strided) {
    if let row = plainOnly ? nil : tk_select(out.dtype.itemSize) {
      return RowLoop.run(out, condition, x, y) { n, p, s in row(n, p[0], s[0], p[1], s[1], p[2], s[2], p[3], s[3]) }
    }
    RowLoop.run(out, condition, x, y) { n, p, s in
      out.dtype.visit(PlainSelect(n: n, p: p, s: s))
    }
  }

  @inline(__always)
  private func fastRow(_ kernel: BinaryKernel, _ dtype: DType) -> tk_binary_fn? {
    plainOnly ? nil : Self.simdRow(kernel, dtype)
  }

  /// The float32 row of a half type's kernel, which goes through it block by block.
  private func halfRow(_ kernel: UnaryKernel, _ dtype: DType) -> tk_unary_fn? {
    plainOnly || !dtype.isHalf ? nil : Self.simdRow(kernel, .float32)
  }

  /// As for one operand; but the number that comes next depends on the type's own width.
  private func halfRow(_ kernel: BinaryKernel, _ dtype: DType) -> tk_binary_fn? {
    plainOnly || !dtype.isHalf || kernel == .nextafter ? nil : Self.simdRow(kernel, .float32)
  }

  // Memory.

  package func fill(_ out: Strided, with value: Scalar) {
    withUnsafeTemporaryAllocation(byteCount: 8, alignment: 8) { buffer in
      let item = buffer.baseAddress!
      out.dtype.visit(PlainFill(value: value, n: 1, out: item, so: 0))
      let size = out.dtype.itemSize
      RowLoop.run(out, out) { n, po, so, _, _ in tk_fill(n, po, so, size, item) }
    }
  }
}

extension DType {
  /// The kernels' name of the type; the codes are the same.
  @inline(__always)
  var kernelType: tk_dtype { tk_dtype(UInt32(rawValue)) }

  /// The type whose rows compute this one: float32 for the half types.
  @inline(__always)
  var rowType: tk_dtype { isHalf ? TK_FLOAT32 : kernelType }
}
