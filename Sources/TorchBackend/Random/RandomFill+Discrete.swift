import CTorchKernels

/// Fills with integers, truth values and permutations.
extension MersenneTwister {
  /// Fills with integers in [from, to), as `torch.randint` and `torch.Tensor.random_(from, to)` for every integer
  /// type: a range below 2^28 takes one 32-bit output each, any other two.
  ///
  /// For a tensor of floats pass the bounds through `floatBounds(from:to:significandBits:)` first.
  /// - Precondition: `from < to`.
  package mutating func fillRandomInt(_ out: UnsafeMutableBufferPointer<Int64>, from: Int64 = 0, to: Int64) {
    guard from < to else { fault("randint", "wants from < to, got from \(from), to \(to)") }
    let range = UInt64(bitPattern: to &- from)
    if range < 1 << 28 {
      let range = UInt32(range)
      for i in out.indices { out[i] = from &+ Int64(next32() % range) }
    } else {
      for i in out.indices { out[i] = from &+ Int64(bitPattern: next64() % range) }
    }
  }

  /// Fills with integers in [from, 2^63), as `torch.Tensor.random_(from, None)` on int64.
  package mutating func fillRandomInt(_ out: UnsafeMutableBufferPointer<Int64>, atLeast from: Int64) {
    if from == .min {
      for i in out.indices { out[i] = Int64(bitPattern: next64()) }
      return
    }
    // The range wants one more than to - from can say when to is 2^63 - 1.
    let range = UInt64(bitPattern: Int64.max &- from) &+ 1
    for i in out.indices {
      let draw = range < 1 << 28 ? UInt64(next32()) % range : next64() % range
      out[i] = from &+ Int64(bitPattern: draw)
    }
  }

  /// Fills with integers of the whole range of a type, as `torch.Tensor.random_()`: 0 up to the largest integer for
  /// the integer types, 0 to 2^p for a float type of p significant bits, 0 or 1 for bool.
  package mutating func fillRandomFull(_ out: UnsafeMutableBufferPointer<Int64>, dtype: DType) {
    switch dtype {
    case .int64: for i in out.indices { out[i] = Int64(next64() & UInt64(Int64.max)) }
    case .float64: for i in out.indices { out[i] = Int64(next64() % (1 << 53 + 1)) }
    case .bool: for i in out.indices { out[i] = Int64(next32() & 1) }
    case .uint8: for i in out.indices { out[i] = Int64(next32() & 0xff) }
    case .int8: for i in out.indices { out[i] = Int64(next32() & 0x7f) }
    case .int16: for i in out.indices { out[i] = Int64(next32() & 0x7fff) }
    case .int32: for i in out.indices { out[i] = Int64(next32() & 0x7fff_ffff) }
    case .float32: for i in out.indices { out[i] = Int64(next32() % (1 << 24 + 1)) }
    case .float16: for i in out.indices { out[i] = Int64(next32() % (1 << 11 + 1)) }
    case .bfloat16: for i in out.indices { out[i] = Int64(next32() % (1 << 8 + 1)) }
    }
  }

  /// The bounds `torch.Tensor.random_(from, to)` works with on a tensor of floats: each one that the type cannot
  /// hold moves inwards to the nearest integer that it can.
  ///
  /// - Parameter significandBits: 53, 24, 11 or 8, the implicit bit included.
  package static func floatBounds(from: Int64, to: Int64, significandBits: Int) -> (from: Int64, to: Int64) {
    func cast(_ value: Int64) -> Int64 { Self.roundToBits(value, significandBits) }
    func step(_ value: Int64) -> Int64 {
      let exponent = 63 - max(value.magnitude, 1).leadingZeroBitCount
      return 1 << Int64(exponent - significandBits + 1)
    }
    var bounds = (from: from, to: to)
    let lower = cast(from + 1)
    if lower < from { bounds.from = lower + step(from + 1) }
    let upper = cast(to - 1)
    if upper >= to { bounds.to = upper - step(to - 1) }
    return bounds
  }

  /// The integer a float of `bits` significant bits holds for `value`, ties to even.
  private static func roundToBits(_ value: Int64, _ bits: Int) -> Int64 {
    let drop = 64 - value.magnitude.leadingZeroBitCount - bits
    guard drop > 0 else { return value }
    let unit = Int64(1) << Int64(drop)
    let floor = value & ~(unit - 1)
    let rest = value - floor
    let odd = (floor >> Int64(drop)) & 1 == 1
    return rest > unit / 2 || (rest == unit / 2 && odd) ? floor + unit : floor
  }

  /// Fills with a permutation of 0..<count, as `torch.randperm`.
  ///
  /// A Fisher-Yates walk from the front with one output per step; from 214,748,364 elements on, the inside-out
  /// form with two.
  package mutating func fillPermutation(_ out: UnsafeMutableBufferPointer<Int64>) {
    let count = out.count
    if count < Int(UInt32.max / 20) {
      for i in 0..<count { out[i] = Int64(i) }
      for i in 0..<max(count - 1, 0) { out.swapAt(i, i + Int(next32() % UInt32(count - i))) }
    } else {
      for i in 0..<count {
        let place = Int(next64() % UInt64(i + 1))
        out[i] = out[place]
        out[place] = Int64(i)
      }
    }
  }

  /// Fills with 1 where a 53-bit uniform is below `p`, else 0: `torch.Tensor.bernoulli_(p)`, and dropout's mask with
  /// the probability to keep.
  ///
  /// - Precondition: `0 <= p <= 1`.
  package mutating func fillBernoulli(_ out: UnsafeMutableBufferPointer<UInt8>, p: Double) {
    guard p >= 0, p <= 1 else { fault("bernoulli", "wants a probability in [0, 1], got \(p)") }
    guard let base = out.baseAddress else { return }
    // A 53-bit integer k has k / 2^53 < p exactly when k is below this.
    let threshold = UInt64((p * 0x1p53).rounded(.up))
    let start = self, count = out.count
    let shares = Self.shares(of: count)
    parallelFor(shares.count, grain: 1) { range in
      for share in range {
        // Each share passes over what the ones before it draw.
        var twister = start
        twister.skip(2 * shares[share].lowerBound)
        let base = base + shares[share].lowerBound
        twister.drawRuns(shares[share].count, wordsPerDraw: 2) { ct_bernoulli_u8($0, base + $1, $2, threshold) }
        if share == shares.count - 1 { self = twister }
      }
    }
  }

  /// Which draws each thread makes. A later share has more to pass over and so fewer to make.
  private static func shares(of count: Int) -> [Range<Int>] {
    let pieces = Swift.max(Swift.min(numThreads(), count >> 15), 1)
    // How long a draw takes to be made, beside one that is passed over and made.
    let ratio = 0.6
    var weights = [1.0]
    while weights.count < pieces { weights.append(weights.last! * ratio) }
    let whole = weights.reduce(0, +)
    var bounds = [0], end = 0.0
    for weight in weights.dropLast() {
      end += weight / whole * Double(count)
      bounds.append(Swift.min(Int(end), count))
    }
    bounds.append(count)
    return zip(bounds, bounds.dropFirst()).map { $0..<$1 }
  }

  /// Fills with 1 where a 53-bit uniform is below the element's probability: a tensor of float64 probabilities.
  package mutating func fillBernoulli(_ out: UnsafeMutableBufferPointer<UInt8>, p: UnsafeBufferPointer<Double>) {
    for i in out.indices { out[i] = uniform53() < p[i] ? 1 : 0 }
  }

  /// Fills with 1 where a 24-bit uniform is below the element's probability: a tensor of float32 probabilities, or
  /// of narrower ones, widened.
  package mutating func fillBernoulli(_ out: UnsafeMutableBufferPointer<UInt8>, p: UnsafeBufferPointer<Float>) {
    for i in out.indices { out[i] = uniform24() < p[i] ? 1 : 0 }
  }
}
