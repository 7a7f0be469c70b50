import Torch

/// Draws arguments for one case: mostly sensible, some wrong, a few absurd. The same number draws the same ones.
struct Draw {
  private var state: UInt64

  init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) &* 0x9E37_79B9_7F4A_7C15 }

  /// Vigna's splitmix64.
  private mutating func bits() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(bits() % UInt64(bound)) }
  mutating func inside(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
  mutating func one<T>(of choices: [T]) -> T { choices[below(choices.count)] }

  /// Whole numbers that no honest program has. Memory of the positive ones is more than any machine's, so that no
  /// allocation of them succeeds and is then written to.
  static let absurd = [Int.min, Int.min + 1, -(1 << 62), -(1 << 44), 1 << 44, 1 << 61, 1 << 62, Int.max - 1, Int.max]

  /// A number around those that fit.
  mutating func int(_ likely: ClosedRange<Int> = 0...4) -> Int {
    let kind = below(100)
    return kind < 85 ? inside(likely) : kind < 95 ? inside(-7...9) : one(of: Self.absurd)
  }

  mutating func ints(_ likely: ClosedRange<Int> = 0...4, count: Int) -> [Int] {
    (0..<count).map { _ in int(likely) }
  }
  mutating func ints(_ likely: ClosedRange<Int> = 0...4, upTo count: Int) -> [Int] {
    ints(likely, count: inside(0...count))
  }

  /// A floating point number: mostly a small one, sometimes one that no whole number holds.
  mutating func number() -> Double {
    let kind = below(100)
    if kind < 60 { return Double(inside(-6...12)) / 2 }
    if kind < 88 { return Double(inside(0...9)) / 10 }
    return one(of: [0, 1e300, -1e300, 1e18, -1e19, 1e13, 1e-300, -1e-9, .infinity, -.infinity, .nan])
  }

  mutating func dim(of x: Tensor) -> Int {
    x.ndim == 0 || chance(8) ? int(-3...3) : inside(-x.ndim...x.ndim - 1)
  }

  /// The last dimensions of a shape, or others.
  mutating func shape(rank: ClosedRange<Int> = 0...4, size: ClosedRange<Int> = 0...4) -> [Int] {
    (0..<inside(rank)).map { _ in inside(size) }
  }

  /// A tensor in any of the layouts that views give, of numbers around zero.
  mutating func tensor(
    rank: ClosedRange<Int> = 0...4, size: ClosedRange<Int> = 1...5, dtype: DType? = nil
  ) -> Tensor {
    let dtype =
      dtype ?? (chance(60) ? .float32 : one(of: [.float64, .float16, .bfloat16, .int64, .int32, .uint8, .bool]))
    let shape = chance(10) ? shape(rank: rank) : self.shape(rank: rank, size: size)
    var x = Tensor.randn(shape, generator: Generator(seed: bits())).mul(3).to(dtype)
    if chance(50), x.ndim > 0 {
      switch below(4) {
      case 0: x = x.transpose(0, x.ndim - 1)
      case 1: x = x[.ellipsis, .slice(nil, nil, step: 2)]
      case 2: x = x.unsqueeze(0).expand([inside(1...3)] + Array(x.shape))
      default: x = x.narrow(dim: 0, start: x.size(0) / 2, length: x.size(0) - x.size(0) / 2)
      }
    }
    if x.dtype.isFloatingPoint, x.isLeaf, chance(50) { x.requiresGrad = true }
    return x
  }

  /// Positions into a dimension of this size; one case in ten holds one that is out of bounds.
  mutating func positions(below bound: Int, shape: [Int]) -> Tensor {
    let isWrong = chance(10)
    let count = shape.reduce(1, *), bad = below(max(count, 1))
    let numbers = (0..<count).map { i in
      isWrong && i == bad ? int(-7...9) : bound > 0 ? inside(-bound...bound - 1) : 0
    }
    let index = Tensor(numbers).view(shape)
    if chance(10) { return index.to(one(of: [.int32, .uint8, .bool, .float32, .int16])) }
    return chance(30) && index.ndim > 1 ? index.transpose(0, index.ndim - 1) : index
  }

  /// A mask of these sizes, or of nearly these.
  mutating func mask(_ shape: [Int]) -> Tensor {
    var shape = shape
    if chance(10), !shape.isEmpty { shape[below(shape.count)] += one(of: [-1, 1]) }
    return Tensor.randn(shape.map { max($0, 0) }, generator: Generator(seed: bits())) .> 0
  }
}
