import TorchBackend

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// PyTorch's draws on CUDA, one after another in plain Swift: what devices' kernels are held against.
struct PhiloxOracle {
  var seed: UInt64
  /// The words of each thread that are spent.
  var offset: UInt64 = 0

  /// Philox4x32-10, as the paper has it.
  static func block(_ counter: SIMD4<UInt32>, _ key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var c = counter, k = key
    for _ in 0..<10 {
      let first = c[0].multipliedFullWidth(by: 0xD251_1F53), second = c[2].multipliedFullWidth(by: 0xCD9E_8D57)
      c = SIMD4(second.high ^ c[1] ^ k[0], second.low, first.high ^ c[3] ^ k[1], first.low)
      k = SIMD2(k[0] &+ 0x9E37_79B9, k[1] &+ 0xBB67_AE85)
    }
    return c
  }

  private static func halves(_ word: UInt64) -> SIMD2<UInt32> {
    SIMD2(UInt32(truncatingIfNeeded: word), UInt32(truncatingIfNeeded: word >> 32))
  }

  /// The four words of a thread's place so many blocks behind the offset.
  func words(_ thread: Int, _ blocks: Int) -> SIMD4<UInt32> {
    let (low, carries) = (offset / 4).addingReportingOverflow(UInt64(blocks))
    let part = UInt64(thread) + (carries ? 1 : 0)
    return Self.block(SIMD4(lowHalf: Self.halves(low), highHalf: Self.halves(part)), Self.halves(seed))
  }

  /// What each of `count` elements is made of: a block, and which of the `atOnce` numbers of it. Spends the words.
  mutating func draw(_ count: Int, atOnce: Int) -> [(block: SIMD4<UInt32>, part: Int)] {
    let threads = min((count + 255) / 256, 864) * 256, each = threads * atOnce
    defer { offset &+= UInt64(((count - 1) / each + 1) * 4) }
    return (0..<count).map { i in (words(i % each % threads, i / each), i % each / threads) }
  }

  private static func unit(_ word: UInt32) -> Float { Float(0x1p-33).addingProduct(Float(word), 0x1p-32) }
  private static func unit(_ low: UInt32, _ high: UInt32) -> Double {
    (0x1p-54).addingProduct(Double(UInt64(low) ^ UInt64(high) << 21), 0x1p-53)
  }

  mutating func units(_ count: Int) -> [Float] { draw(count, atOnce: 4).map { Self.unit($0.block[$0.part]) } }
  mutating func wideUnits(_ count: Int) -> [Double] {
    draw(count, atOnce: 2).map { Self.unit($0.block[2 * $0.part], $0.block[2 * $0.part + 1]) }
  }

  /// Normal numbers; the angle is a float, and all after it is computed in double.
  mutating func normals(_ count: Int) -> [Double] {
    draw(count, atOnce: 4).map { drawn in
      let pair = drawn.part / 2 * 2, step = Float(0x1p-32) * 6.2831855
      let angle = (step / 2).addingProduct(Float(drawn.block[pair + 1]), step)
      let radius = (-2 * log(Double(Self.unit(drawn.block[pair])))).squareRoot()
      return radius * (drawn.part % 2 == 0 ? sin(Double(angle)) : cos(Double(angle)))
    }
  }
  mutating func wideNormals(_ count: Int) -> [Double] {
    draw(count, atOnce: 2).map { drawn in
      let b = drawn.block, turns = 2 * Self.unit(b[2], b[3])
      let radius = (-2 * log(Self.unit(b[0], b[1]))).squareRoot()
      return radius * (drawn.part == 0 ? sin(turns * .pi) : cos(turns * .pi))
    }
  }

  /// Whole numbers from `from` up to and not including `to`.
  mutating func integers(_ count: Int, from: Int64, to: Int64) -> [Int64] {
    let range = UInt64(bitPattern: to &- from)
    func placed(_ bits: UInt64) -> Int64 { from &+ Int64(bitPattern: bits % range) }
    if range < 1 << 28 { return draw(count, atOnce: 4).map { placed(UInt64($0.block[$0.part])) } }
    return draw(count, atOnce: 2).map { drawn in
      placed(UInt64(drawn.block[2 * drawn.part]) << 32 | UInt64(drawn.block[2 * drawn.part + 1]))
    }
  }

  /// 0..<n by the order of keys; where keys are equal, their first draws the order.
  mutating func permutation(_ n: Int) -> [Int64] {
    let wide = Double(n), bits = min(64, Int(log2(wide - (6 * wide * wide + 1) / (12 * log(0.9))).rounded(.up)))
    let mask: UInt64 = bits == 64 ? .max : 1 << UInt64(bits) - 1
    let range = bits <= 32 ? UInt64(UInt32.max) : .max
    let keys = draw(n, atOnce: 2).map { drawn -> UInt64 in
      (UInt64(drawn.block[2 * drawn.part]) << 32 | UInt64(drawn.block[2 * drawn.part + 1])) % range & mask
    }
    var order = (0..<n).sorted { keys[$0] != keys[$1] ? keys[$0] < keys[$1] : $0 < $1 }
    let sorted = order.map { keys[$0] }
    var i = 0
    while i < n {
      var end = i + 1
      while end < n, sorted[end] == sorted[i] { end += 1 }
      for (taken, last) in stride(from: end - i - 1, to: 0, by: -1).enumerated() {
        order.swapAt(i + last, i + Int(words(i, taken / 4)[taken % 4] % UInt32(last + 1)))
      }
      i = end
    }
    offset &+= UInt64((n + 3) / 4 * 4)
    return order.map { Int64($0) }
  }
}
