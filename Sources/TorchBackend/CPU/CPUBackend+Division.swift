import CTorchKernels

// Whole numbers divided by vectors. What a division by zero says is the same on every way.

extension CPUBackend {
  /// Whether there is a row for the kernel and the dtype; if not, nothing was done.
  func divide(_ kernel: BinaryKernel, _ x: Strided, _ y: Strided, into out: Strided) -> Bool {
    guard let row = divisionRow(kernel, out.dtype) else { return false }
    RowLoop.run(out, x, y) { n, po, so, px, sx, py, sy in
      if row(n, po, so, px, sx, py, sy) == 0 { faultForDivisionByZero() }
    }
    return true
  }

  /// As ``divide(_:_:_:into:)``, by a number of the output's dtype or of one.
  func divide(
    _ kernel: BinaryKernel, _ x: Strided, number: UnsafeRawPointer, numberFirst: Bool, into out: Strided
  ) -> Bool {
    guard let row = divisionRow(kernel, out.dtype) else { return false }
    RowLoop.run(out, x) { n, po, so, px, sx in
      let done = numberFirst ? row(n, po, so, number, 0, px, sx) : row(n, po, so, px, sx, number, 0)
      if done == 0 { faultForDivisionByZero() }
    }
    return true
  }

  private func divisionRow(_ kernel: BinaryKernel, _ dtype: DType) -> tk_division_fn? {
    plainOnly ? nil : tk_division(tk_binary_kernel(UInt32(kernel.rawValue)), dtype.kernelType)
  }
}
