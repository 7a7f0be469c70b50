import CTorchKernels

/// The processor: SIMD kernels where there is one for the dtype, the plain kernels otherwise.
package struct CPUBackend: Backend {
  package static let shared = CPUBackend()

  /// Whether only the plain kernels run, for tests that hold the fast ones against them.
  let plainOnly: Bool

  package init(plainOnly: Bool = false) { self.plainOnly = plainOnly }

  @inline(__always)
  package func allocate(byteCount: Int) -> Storage { Storage.cpu(byteCount: byteCount) }
}

extension CPUBackend {
  // Pointwise.

  package func unary(_ kernel: UnaryKernel, _ x: Strided, a: Double, b: Double, into out: Strided) {
    RowLoop.run(out, x) { n, po, so, px, sx in
      out.dtype.visit(PlainUnary(kernel: kernel, a: a, b: b, n: n, out: po, so: so, x: px, sx: sx))
    }
  }

  package func test(_ kernel: TestKernel, _ x: Strided, into out: Strided) {
    RowLoop.run(out, x) { n, po, so, px, sx in
      x.dtype.visit(PlainTest(kernel: kernel, n: n, out: po, so: so, x: px, sx: sx))
    }
  }

  package func binary(_ kernel: BinaryKernel, _ x: Strided, _ y: Strided, alpha: Double, into out: Strided) {
    RowLoop.run(out, x, y) { n, po, so, px, sx, py, sy in
      out.dtype.visit(
        PlainBinary(kernel: kernel, alpha: alpha, n: n, out: po, so: so, x: px, sx: sx, y: py, sy: sy))
    }
  }

  package func binary(
    _ kernel: BinaryKernel, _ x: Strided, number: Scalar, numberFirst: Bool, alpha: Double, into out: Strided
  ) {
    withUnsafeTemporaryAllocation(byteCount: 8, alignment: 8) { buffer in
      let number_ = buffer.baseAddress!
      out.dtype.visit(PlainFill(value: number, n: 1, out: number_, so: 0))
      RowLoop.run(out, x) { n, po, so, px, sx in
        let (p, sp, q, sq) = numberFirst ? (number_, 0, px, sx) : (px, sx, number_, 0)
        out.dtype.visit(PlainBinary(kernel: kernel, alpha: alpha, n: n, out: po, so: so, x: p, sx: sp, y: q, sy: sq))
      }
    }
  }

  package func compare(_ kernel: CompareKernel, _ x: Strided, _ y: Strided, into out: Strided) {
    RowLoop.run(out, x, y) { n, po, so, px, sx, py, sy in
      x.dtype.visit(PlainCompare(kernel: kernel, n: n, out: po, so: so, x: px, sx: sx, y: py, sy: sy))
    }
  }

  package func select(_ condition: Strided, _ x: Strided, _ y: Strided, into out: Strided) {
    RowLoop.run(out, condition, x, y) { n, p, s in
      out.dtype.visit(PlainSelect(n: n, p: p, s: s))
    }
  }

  // Memory.

  package func fill(_ out: Strided, with value: Scalar) {
    RowLoop.run(out, out) { n, po, so, _, _ in
      out.dtype.visit(PlainFill(value: value, n: n, out: po, so: so))
    }
  }

  package func copy(_ x: Strided, into out: Strided) {
    RowLoop.run(out, x) { n, po, so, px, sx in
      x.dtype.visit(PlainCast(to: out.dtype, n: n, out: po, so: so, x: px, sx: sx))
    }
  }
}
