import CTorchKernels
import Foundation
import Testing
import TorchBackend

/// The fast kernels against the plain ones, on random shapes, strides and numbers, for each instruction set here.
///
/// Each runs in a child process, since the instruction set is a setting of the whole process.
@Suite struct KernelTests {
  @Test(arguments: 0...2) func unary(_ level: Int) async { await inChild(level, .kernel(.unary)) }
  @Test(arguments: 0...2) func test(_ level: Int) async { await inChild(level, .kernel(.test)) }
  @Test(arguments: 0...2) func binary(_ level: Int) async { await inChild(level, .kernel(.binary)) }
  @Test(arguments: 0...2) func division(_ level: Int) async { await inChild(level, .kernel(.division)) }
  @Test(arguments: 0...2) func compare(_ level: Int) async { await inChild(level, .kernel(.compare)) }
  @Test(arguments: 0...2) func select(_ level: Int) async { await inChild(level, .kernel(.select)) }
  @Test(arguments: 0...2) func cast(_ level: Int) async { await inChild(level, .kernel(.cast)) }
  @Test(arguments: 0...2) func reduce(_ level: Int) async { await inChild(level, .kernel(.reduce)) }
  @Test(arguments: 0...2) func columns(_ level: Int) async { await inChild(level, .kernel(.columns)) }
  @Test(arguments: 0...2) func argReduce(_ level: Int) async { await inChild(level, .kernel(.argReduce)) }
  @Test(arguments: 0...2) func number(_ level: Int) async { await inChild(level, .kernel(.number)) }
  @Test(arguments: 0...2) func precision(_ level: Int) async { await inChild(level, .kernel(.precision)) }
  @Test(arguments: 0...2) func softmax(_ level: Int) async { await inChild(level, .kernel(.softmax)) }
  @Test(arguments: 0...2) func scan(_ level: Int) async { await inChild(level, .kernel(.scan)) }
  @Test(arguments: 0...2) func maxPool(_ level: Int) async { await inChild(level, .kernel(.maxPool)) }
  @Test(arguments: 0...2) func convolution(_ level: Int) async { await inChild(level, .kernel(.convolution)) }
  @Test(arguments: 0...2) func norms(_ level: Int) async { await inChild(level, .kernel(.norms)) }
  @Test(arguments: 0...2) func layers(_ level: Int) async { await inChild(level, .kernel(.layers)) }
}

/// The families of the seam that have fast kernels.
enum KernelFamily: String, Codable, Sendable {
  case unary, test, binary, compare, select, cast, reduce, columns, argReduce, number, softmax, precision
  case scan, maxPool, convolution, norms, layers, division
}

/// Runs kernels twice and tells where they differ.
struct KernelCheck {
  static let floats: [DType] = [.float32, .float64, .float16, .bfloat16]
  static let integers: [DType] = [.int64, .int32, .int16, .int8, .uint8]
  /// How often a kernel is tried, each time on another shape.
  static let tries = rounds(6)

  let fast = CPUBackend.shared
  let plain = CPUBackend(plainOnly: true)
  var draws: Draws
  var complaints: [String] = []

  init(seed: UInt64) { draws = Draws(seed) }

  func run(_ family: KernelFamily) -> [String] {
    var copy = self
    switch family {
    case .unary: copy.unary()
    case .test: copy.test()
    case .binary: copy.binary()
    case .compare: copy.compare()
    case .division: copy.division()
    case .select: copy.select()
    case .cast: copy.cast()
    case .reduce: copy.reduce()
    case .columns: copy.columns()
    case .argReduce: copy.argReduce()
    case .number: copy.number()
    case .softmax: copy.softmax()
    case .precision: copy.precision()
    case .scan: copy.scan()
    case .maxPool: copy.maxPool()
    case .convolution: copy.convolution()
    case .norms: copy.norms()
    case .layers: copy.layers()
    }
    return copy.complaints
  }

  // Families.

  private mutating func unary() {
    for kernel in UnaryKernel.allCases {
      for dtype in Self.floats + Self.integers {
        if tk_unary(tk_unary_kernel(UInt32(kernel.rawValue)), dtype.rowType) == nil { continue }
        for _ in 0..<Self.tries {
          let shape = shape()
          let x = operand(shape, dtype, kernel.domain), out = pair(shape, dtype)
          let (a, b) = kernel.parameters
          fast.unary(kernel, x, a: a, b: b, into: out.0)
          plain.unary(kernel, x, a: a, b: b, into: out.1)
          check("\(kernel)", out, ulps: dtype.narrowed(kernel.ulps), cancels: kernel.cancels)
        }
      }
    }
  }

  private mutating func test() {
    for kernel in TestKernel.allCases {
      for dtype in Self.floats + Self.integers {
        let shape = shape()
        let x = operand(shape, dtype, -2...2, specials: true), out = pair(shape, .bool)
        fast.test(kernel, x, into: out.0)
        plain.test(kernel, x, into: out.1)
        check("\(kernel) of \(dtype.name)", out, ulps: 0)
      }
    }
  }

  private mutating func binary() {
    for kernel in BinaryKernel.allCases {
      for dtype in Self.floats + Self.integers {
        if tk_binary(tk_binary_kernel(UInt32(kernel.rawValue)), dtype.rowType) == nil { continue }
        for _ in 0..<Self.tries {
          let shape = shape()
          let x = operand(shape, dtype, kernel.domain), out = pair(shape, dtype)
          var y = operand(shape, dtype, kernel.domain)
          if !dtype.isFloatingPoint && kernel.divides { fast.unary(.addScalar, y, a: 60, b: 0, into: y) }
          if !dtype.isFloatingPoint && kernel.divides { y = nonzero(y) }
          let alpha = kernel == .add || kernel == .sub ? 2.0 : 1.0
          fast.binary(kernel, x, y, alpha: alpha, into: out.0)
          plain.binary(kernel, x, y, alpha: alpha, into: out.1)
          check("\(kernel)", out, ulps: dtype.narrowed(kernel.ulps), cancels: kernel.cancels)
        }
      }
    }
  }

  private mutating func compare() {
    for kernel in CompareKernel.allCases {
      for dtype in Self.floats + Self.integers {
        let shape = shape()
        let x = operand(shape, dtype, -2...2, specials: true), y = operand(shape, dtype, -2...2, specials: true)
        let out = pair(shape, .bool)
        fast.compare(kernel, x, y, into: out.0)
        plain.compare(kernel, x, y, into: out.1)
        check("\(kernel) of \(dtype.name)", out, ulps: 0)
      }
    }
  }

  private mutating func select() {
    for dtype in Self.floats + Self.integers + [.bool] {
      for _ in 0..<Self.tries {
        let shape = shape()
        let condition = operand(shape, .bool, 0...1), x = operand(shape, dtype, 0...50),
          y = operand(shape, dtype, 0...50)
        let out = pair(shape, dtype)
        fast.select(condition, x, y, into: out.0)
        plain.select(condition, x, y, into: out.1)
        check("select of \(dtype.name)", out, ulps: 0)
      }
    }
  }

  private mutating func cast() {
    for from in Self.floats + Self.integers + [.bool] {
      for to in Self.floats + Self.integers + [.bool] {
        for _ in 0..<Self.tries {
          let shape = shape()
          // Numbers that every integer type holds; beyond that a cast means nothing.
          let x = operand(shape, from, from.isFloatingPoint && to == .uint8 ? 0...255 : -128...127)
          let out = pair(shape, to)
          fast.copy(x, into: out.0)
          plain.copy(x, into: out.1)
          check("\(from.name) to \(to.name)", out, ulps: 0)
        }
      }
    }
    for (from, to) in [(DType.float32, DType.bfloat16), (.float32, .float16), (.float64, .float32)] {
      let shape = Shape([97])
      let x = operand(shape, from, -1e5...1e5, specials: true), out = pair(shape, to)
      fast.copy(x, into: out.0)
      plain.copy(x, into: out.1)
      check("\(from.name) to \(to.name), with infinities", out, ulps: 0)
    }
  }

  private mutating func reduce() {
    for kernel in ReduceKernel.allCases {
      for dtype in Self.floats + Self.integers {
        if (kernel == .any || kernel == .all) && dtype != .uint8 { continue }
        for _ in 0..<Self.tries {
          let shape = shape()
          let x = operand(shape, dtype, kernel == .prod ? 0.9...1.1 : -1...3)
          var kept = shape
          for dim in 0..<shape.count where draws.below(2) == 0 { kept[dim] = 1 }
          let out = pair(kept, dtype)
          fast.reduce(kernel, x, into: out.0)
          plain.reduce(kernel, x, into: out.1)
          // Sums and products may go in another order; each of the terms, which are near 1, may then round otherwise.
          let exact = kernel != .sum && kernel != .prod || !dtype.isFloatingPoint
          let terms = Double(shape.elementCount) / Double(max(kept.elementCount, 1))
          check("\(kernel)", out, ulps: exact ? 0 : terms + 1, cancels: kernel == .sum)
        }
      }
    }
  }

  // Operands.

  mutating func shape() -> Shape {
    let rank = draws.below(4)
    return Shape((0..<rank).map { _ in [1, 2, 3, 7, 16, 33, 65][draws.below(7)] })
  }

  /// Random numbers under a random layout: dense, permuted, stretched, with gaps, or from the end backwards to 0.
  mutating func operand(
    _ shape: Shape, _ dtype: DType, _ range: ClosedRange<Double>, specials: Bool = false
  ) -> Strided {
    let gap = draws.below(3) == 0 ? 2 : 1
    var strides = shape
    var step = gap
    var dims = Array(0..<shape.count)
    if draws.below(2) == 0 { dims.reverse() }
    for dim in dims {
      let stretched = shape[dim] > 1 && draws.below(6) == 0
      strides[dim] = stretched ? 0 : step
      if !stretched { step *= shape[dim] }
    }
    let offset = draws.below(3)
    let layout = Layout(shape: shape, strides: strides, offset: offset)
    let memory = fast.allocate(Layout(contiguous: Shape([step + offset + gap])), dtype: .float64)
    let values = memory.pointer.assumingMemoryBound(to: Double.self)
    for i in 0..<memory.count {
      let special = specials && draws.below(5) == 0
      values[i] = special ? [.nan, .infinity, -.infinity, 0, -0.0][draws.below(5)] : draws.real(range)
      if !dtype.isFloatingPoint { values[i] = values[i].isFinite ? values[i].rounded() : 0 }
      if dtype == .uint8 { values[i] = abs(values[i]) }
    }
    let cast = fast.allocate(memory.layout, dtype: dtype)
    plain.copy(memory, into: cast)
    return cast.with(layout)
  }

  private func nonzero(_ x: Strided) -> Strided {
    let out = fast.allocate(Layout(contiguous: x.shape), dtype: x.dtype)
    plain.copy(x, into: out)
    let test = fast.allocate(Layout(contiguous: x.shape), dtype: .bool)
    plain.test(.logicalNot, out, into: test)
    let one = fast.allocate(Layout(contiguous: Shape()), dtype: x.dtype)
    plain.fill(one, with: .int(1))
    plain.select(test, one.broadcast(to: x.shape), out, into: out)
    return out
  }

  func pair(_ shape: Shape, _ dtype: DType) -> (Strided, Strided) {
    let layout = Layout(contiguous: shape)
    return (fast.allocate(layout, dtype: dtype), fast.allocate(layout, dtype: dtype))
  }

  // Comparison.

  /// - Parameter cancels: whether terms near 1 or above cancel on the way to the result, which rounds like them.
  mutating func check(_ what: String, _ out: (Strided, Strided), ulps: Double, cancels: Bool = false) {
    let a = doubles(out.0), b = doubles(out.1)
    let (digits, smallest) = out.0.dtype.precision
    for i in a.indices where !(a[i] == b[i] || a[i].isNaN && b[i].isNaN) {
      let unit = max(scalbn(1.0, Int((cancels ? max(abs(b[i]), 1) : b[i]).exponent) - digits), smallest)
      let distance = abs(a[i] - b[i]) / unit
      if distance <= ulps { continue }
      let text = "\(what) \(out.0.dtype.name): \(a[i]) where the plain kernel has \(b[i]), \(distance) units apart"
      if complaints.count < 40 { complaints.append(text) }
      return
    }
  }

  func doubles(_ x: Strided) -> [Double] {
    let wide = fast.allocate(Layout(contiguous: x.shape), dtype: .float64)
    plain.copy(x, into: wide)
    return Array(UnsafeBufferPointer(start: wide.pointer.assumingMemoryBound(to: Double.self), count: wide.count))
  }
}

extension DType {
  /// The type whose rows compute this one.
  var rowType: tk_dtype {
    self == .float16 || self == .bfloat16 ? TK_FLOAT32 : tk_dtype(UInt32(rawValue))
  }

  /// A bound in units of float32, in those of this type: half types may round the other way once.
  func narrowed(_ ulps: Double) -> Double { itemSize == 2 && isFloatingPoint && ulps > 0 ? 1 : ulps }

  /// Bits behind the point of a number near 1, and the smallest step there is.
  fileprivate var precision: (Int, Double) {
    switch self {
    case .float64: (52, 0x1p-1074)
    case .float16: (10, 0x1p-24)
    case .bfloat16: (7, 0x1p-133)
    case .float32: (23, 0x1p-149)
    default: (0, 1)
    }
  }
}

private func scalbn(_ x: Double, _ n: Int) -> Double { Double(sign: .plus, exponent: n, significand: x) }

extension UnaryKernel {
  /// Where the kernel is tried.
  fileprivate var domain: ClosedRange<Double> {
    switch self {
    case .log, .log2, .log10, .sqrt, .rsqrt: 0.01...100
    case .asin, .acos, .atanh, .erfinv: -0.99...0.99
    case .acosh: 1...50
    case .log1p: -0.9...50
    case .lgamma, .digamma, .trigamma: 0.1...20
    case .exp, .exp2, .expm1, .sinh, .cosh: -20...20
    default: -6...6
    }
  }

  fileprivate var parameters: (Double, Double) {
    switch self {
    case .leakyRelu: (0.25, 0)
    case .elu: (1, 0)
    case .softplus: (1, 20)
    case .clamp: (-1, 2)
    case .threshold: (1, -3)
    case .powScalar: (3, 0)
    case .addScalar, .mulScalar: (3, 0)
    default: (0, 0)
    }
  }

  /// What the fast kernel may be off by, in units of the last place: 2 for the functions, a rounding for the rest.
  fileprivate var ulps: Double {
    switch self {
    case .neg, .abs, .sign, .floor, .ceil, .round, .trunc, .relu, .clamp, .threshold, .bitwiseNot, .square, .sqrt,
      .reciprocal:
      0
    case .gelu, .geluTanh, .mish, .digamma, .trigamma: 8
    case .erfinv: 4
    default: 2
    }
  }

  fileprivate var cancels: Bool {
    switch self {
    case .gelu, .geluTanh, .mish, .digamma: true
    default: false
    }
  }
}

extension BinaryKernel {
  fileprivate var domain: ClosedRange<Double> {
    switch self {
    case .pow, .xlogy: 0.1...5
    case .leftShift, .rightShift: 0...6
    default: -5...5
    }
  }

  fileprivate var divides: Bool {
    switch self {
    case .div, .floorDivide, .truncDivide, .remainder, .fmod: true
    default: false
    }
  }

  fileprivate var ulps: Double {
    switch self {
    case .mul, .maximum, .minimum, .fmax, .fmin, .copysign, .bitwiseAnd, .bitwiseOr, .bitwiseXor, .leftShift,
      .rightShift, .nextafter, .floorDivide, .truncDivide:
      0
    case .logaddexp, .logaddexp2, .tanhBackward, .sigmoidBackward, .geluBackward, .siluBackward: 8
    default: 2
    }
  }

  fileprivate var cancels: Bool { ulps == 8 || self == .add || self == .sub }
}
