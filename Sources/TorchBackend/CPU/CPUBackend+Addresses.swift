import CTorchKernels

// Pointwise kernels by address, for a few numbers of whole row-major tensors of one dtype. What a tiny op costs is
// decided here, so nothing is counted, copied or boxed on the way to the row.

extension CPUBackend {
  /// Whether the row was there and the numbers few enough for one thread; if not, nothing was done.
  package static func unaryOfFew(
    _ kernel: UnaryKernel, _ dtype: DType, _ count: Int, _ out: UnsafeMutableRawPointer, _ x: UnsafeMutableRawPointer,
    a: Double, b: Double
  ) -> Bool {
    guard count <= RowLoop.parallelGrain, let row = simdRow(kernel, dtype) else { return false }
    row(count, out, dtype.itemSize, x, dtype.itemSize, a, b)
    return true
  }

  /// As ``unaryOfFew(_:_:_:_:_:a:b:)``, of two operands.
  package static func binaryOfFew(
    _ kernel: BinaryKernel, _ dtype: DType, _ count: Int, _ out: UnsafeMutableRawPointer, _ x: UnsafeMutableRawPointer,
    _ y: UnsafeMutableRawPointer, alpha: Double
  ) -> Bool {
    guard count <= RowLoop.parallelGrain, let row = simdRow(kernel, dtype) else { return false }
    row(count, out, dtype.itemSize, x, dtype.itemSize, y, dtype.itemSize, alpha)
    return true
  }

  @inline(__always)
  static func simdRow(_ kernel: UnaryKernel, _ dtype: DType) -> tk_unary_fn? {
    tk_unary(tk_unary_kernel(UInt32(kernel.rawValue)), dtype.kernelType)
  }

  /// Bool has none, for its sums are not numbers.
  @inline(__always)
  static func simdRow(_ kernel: BinaryKernel, _ dtype: DType) -> tk_binary_fn? {
    dtype == .bool ? nil : tk_binary(tk_binary_kernel(UInt32(kernel.rawValue)), dtype.kernelType)
  }
}
