import TorchBackend

// Products of matrices by the library of the device's maker, cuBLAS, where there is one and the matrices lie as it takes them.

extension GPUBackend {
  /// A product by the library; false, and nothing is done, where there is none or it does not take such matrices.
  func multiplyByLibrary(_ x: Strided, _ y: Strided, bias: Strided?, into out: Strided) -> Bool {
    guard x.dtype.isFloatingPoint, x.dtype == y.dtype, x.dtype == out.dtype, backends.gpu.usesLibraries,
      device.multipliesByLibrary
    else { return false }
    let rank = out.shape.count
    if out.layout.strides[rank - 1] != 1 && out.shape[rank - 1] > 1 {
      // By columns, as the product of transposed matrices gives it; what lies neither way is not for the library.
      guard out.layout.strides[rank - 2] == 1 || out.shape[rank - 2] == 1 else { return false }
      return multiply(transposed(y), transposed(x), bias: bias.map(transposed), into: transposed(out))
    }
    return multiply(x, y, bias: bias, into: out)
  }

  private func transposed(_ s: Strided) -> Strided {
    let rank = s.shape.count
    var shape = s.shape, strides = s.layout.strides
    shape.swapAt(rank - 2, rank - 1)
    strides.swapAt(rank - 2, rank - 1)
    return s.with(Layout(shape: shape, strides: strides, offset: s.layout.offset))
  }

  private func multiply(_ x: Strided, _ y: Strided, bias: Strided?, into out: Strided) -> Bool {
    let rank = out.shape.count, m = out.shape[rank - 2], n = out.shape[rank - 1], k = x.shape[rank - 1]
    let left = factor(x) == nil ? contiguous(x) : x, right = factor(y) == nil ? contiguous(y) : y
    let batch = KernelViews(
      shape: Array(out.shape.dropLast(2)), [left, right, out].map { Array($0.layout.strides.dropLast(2)) })
    guard batch.sizes.count == 1, batch.count <= Int32.max, let placeOfLeft = factor(left),
      let placeOfRight = factor(right),
      let placeOfOut = factor(out), !placeOfOut.isTurned, batch.count == 1 || batch.strides[2][0] != 0,
      ([m, n, k, placeOfLeft.leading, placeOfRight.leading, placeOfOut.leading].allSatisfy { $0 <= Int32.max })
    else { return false }
    func place(_ s: Strided, _ factor: (isTurned: Bool, leading: Int), _ operand: Int) -> LibraryProduct.Factor {
      LibraryProduct.Factor(
        block: s.storage.base, offset: s.layout.offset, isTurned: factor.isTurned, leading: factor.leading,
        batchStride: batch.strides[operand][0])
    }
    if let bias { copy(bias, into: out) }
    let product = LibraryProduct(
      dtype: out.dtype, m: m, n: n, k: k, count: batch.count, left: place(left, placeOfLeft, 0),
      right: place(right, placeOfRight, 1), out: place(out, placeOfOut, 2), adds: bias != nil,
      allowsTF32: out.dtype == .float32 && backends.cuda.matmul.allowTF32)
    let queue = streams.current.queue
    withExtendedLifetime((left.storage, right.storage)) {
      done { () throws(GPUError) in try device.multiply(product, on: queue) }
    }
    return true
  }

  /// How the matrices of an operand lie; nil where they do so neither by rows nor by columns.
  private func factor(_ s: Strided) -> (isTurned: Bool, leading: Int)? {
    let rank = s.shape.count, rows = s.shape[rank - 2], columns = s.shape[rank - 1]
    let down = s.layout.strides[rank - 2], along = s.layout.strides[rank - 1]
    // A stride that is never gone may be any number.
    if along == 1 || columns == 1, rows == 1 || down >= columns { return (false, rows == 1 ? columns : down) }
    if down == 1 || rows == 1, columns == 1 || along >= rows { return (true, columns == 1 ? rows : along) }
    return nil
  }
}
