/// What an array of NumPy is, beside its bytes.
struct NumPyArray: Sendable {
  var dtype: NumPyDType
  var shape: [Int]
  /// Whether the first index runs fastest.
  var isFortran: Bool

  /// How many bytes the elements take.
  /// - Throws: where no memory holds them.
  func byteCount() throws(FormatError) -> Int {
    guard shape.count <= Shape.maximumCount, shape.allSatisfy({ $0 >= 0 }),
      let count = Shape(shape).checkedElementCount(itemSize: max(dtype.size, 1))
    else { throw FormatError(.badTensor, "has an array of sizes \(shape.prefix(64)), which nothing can hold") }
    return count * dtype.size
  }

  /// Makes the tensor that `torch.from_numpy` would, in memory of its own.
  /// - Parameter fill: writes the elements, as they stand in the file.
  func tensor(
    _ fill: (UnsafeMutableRawBufferPointer) throws(FormatError) -> Void
  ) throws(FormatError) -> Tensor {
    guard let type = dtype.dtype else { throw FormatError(.unsupported, dtype.whyNoTensor) }
    let storage = Storage.cpu(byteCount: try byteCount())
    let bytes = UnsafeMutableRawBufferPointer(start: storage.base, count: storage.byteCount)
    try fill(bytes)
    bytes.makeNative(type, swapped: dtype.isBigEndian)
    let strides = isFortran ? Array(Layout.contiguousStrides(Shape(shape.reversed())).reversed()) : nil
    let layout = Layout(
      shape: Shape(shape), strides: strides.map { Shape($0) } ?? Layout.contiguousStrides(Shape(shape)))
    return Tensor(Strided(storage: storage, layout: layout, dtype: type))
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Turns elements as a file has them into those that kernels take.
  func makeNative(_ dtype: DType, swapped: Bool) {
    let size = dtype.itemSize
    if swapped, size > 1 {
      for start in stride(from: 0, through: count - size, by: size) {
        for i in 0..<size / 2 { swapAt(start + i, start + size - 1 - i) }
      }
    }
    // A truth value is 0 or 1 to every kernel.
    if dtype == .bool { for i in indices where self[i] > 1 { self[i] = 1 } }
  }
}
