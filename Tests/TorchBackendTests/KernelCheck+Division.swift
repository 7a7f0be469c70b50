import TorchBackend

// Division of whole numbers of every magnitude, against the machine's own.

extension KernelCheck {
  mutating func division() {
    for kernel in [BinaryKernel.floorDivide, .truncDivide, .remainder, .fmod] {
      for dtype in [DType.int64, .int32] {
        for _ in 0..<Self.tries * 4 {
          let shape = shape(), out = pair(shape, dtype)
          let x = wholes(shape, dtype), y = wholes(shape, dtype, zeros: false)
          fast.binary(kernel, x, y, alpha: 1, into: out.0)
          plain.binary(kernel, x, y, alpha: 1, into: out.1)
          compare("\(kernel)", x, y, out)
          // By one number, on either side.
          let number = Scalar.int(Int64(whole(dtype, zeros: false))), isFirst = draws.below(2) == 0
          fast.binary(kernel, isFirst ? y : x, number: number, numberFirst: isFirst, alpha: 1, into: out.0)
          plain.binary(kernel, isFirst ? y : x, number: number, numberFirst: isFirst, alpha: 1, into: out.1)
          compare("\(kernel), the number \(isFirst ? "first" : "last")", x, y, out)
        }
      }
    }
  }

  /// Numbers of any magnitude under a random layout, near the limits of what a double holds among them.
  private mutating func wholes(_ shape: Shape, _ dtype: DType, zeros: Bool = true) -> Strided {
    let x = operand(shape, dtype, 0...1), size = dtype.itemSize
    for at in stride(from: 0, through: x.storage.byteCount - size, by: size) {
      // The lower bytes of a number are the narrower number.
      withUnsafeBytes(of: whole(dtype, zeros: zeros).littleEndian) {
        (x.storage.base + at).copyMemory(from: $0.baseAddress!, byteCount: size)
      }
    }
    return x
  }

  private mutating func whole(_ dtype: DType, zeros: Bool) -> Int {
    let bits = dtype == .int64 ? 64 : 32, lowest = Int.min >> (64 - bits), highest = Int.max >> (64 - bits)
    let corners = [0, 1, -1, 2, -2, lowest, lowest + 1, highest, 1 << 53, (1 << 53) - 1, 1 - (1 << 53), -(1 << 53)]
    var value = Int(truncatingIfNeeded: draws.next()) >> (64 - bits + draws.below(bits))
    if draws.below(4) == 0 { value = corners[draws.below(corners.count)] }
    value = Swift.min(Swift.max(value, lowest), highest)
    return value == 0 && !zeros ? 1 : value
  }

  private mutating func compare(_ what: String, _ x: Strided, _ y: Strided, _ out: (Strided, Strided)) {
    let size = out.0.dtype.itemSize * out.0.count
    let (a, b) = (out.0.pointer, out.1.pointer)
    for at in 0..<size where a.load(fromByteOffset: at, as: UInt8.self) != b.load(fromByteOffset: at, as: UInt8.self) {
      if complaints.count < 40 {
        complaints.append(
          "\(what) of \(out.0.dtype.name): element \(at / out.0.dtype.itemSize) differs from the plain kernel's")
      }
      return
    }
  }
}
