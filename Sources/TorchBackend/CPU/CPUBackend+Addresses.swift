import CTorchKernels

// Pointwise kernels by address, for the commonest operands: whole row-major tensors of one dtype. What a tiny op costs
// is decided here, so nothing is counted, copied or boxed on the way to the row.

extension CPUBackend {
  package static func unary(
    _ kernel: UnaryKernel, _ dtype: DType, _ count: Int, _ out: UnsafeMutableRawPointer, _ x: UnsafeMutableRawPointer,
    a: Double, b: Double
  ) {
    let size = dtype.itemSize
    if let row = tk_unary(tk_unary_kernel(UInt32(kernel.rawValue)), dtype.kernelType) {
      if count <= RowLoop.parallelGrain { return row(count, out, size, x, size, a, b) }
      return parallelFor(count, grain: RowLoop.parallelGrain) {
        let skip = $0.lowerBound * size
        row($0.count, out + skip, size, x + skip, size, a, b)
      }
    }
    parallelFor(count, grain: RowLoop.parallelGrain) {
      let skip = $0.lowerBound * size
      dtype.visit(PlainUnary(kernel: kernel, a: a, b: b, n: $0.count, out: out + skip, so: size, x: x + skip, sx: size))
    }
  }

  package static func binary(
    _ kernel: BinaryKernel, _ dtype: DType, _ count: Int, _ out: UnsafeMutableRawPointer, _ x: UnsafeMutableRawPointer,
    _ y: UnsafeMutableRawPointer, alpha: Double
  ) {
    let size = dtype.itemSize
    if dtype != .bool, let row = tk_binary(tk_binary_kernel(UInt32(kernel.rawValue)), dtype.kernelType) {
      if count <= RowLoop.parallelGrain { return row(count, out, size, x, size, y, size, alpha) }
      return parallelFor(count, grain: RowLoop.parallelGrain) {
        let skip = $0.lowerBound * size
        row($0.count, out + skip, size, x + skip, size, y + skip, size, alpha)
      }
    }
    parallelFor(count, grain: RowLoop.parallelGrain) {
      let skip = $0.lowerBound * size
      dtype.visit(
        PlainBinary(
          kernel: kernel, alpha: alpha, n: $0.count, out: out + skip, so: size, x: x + skip, sx: size, y: y + skip,
          sy: size))
    }
  }
}
