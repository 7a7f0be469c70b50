import CTorchKernels
import Foundation
import Testing
import TorchBackend

/// Matrix products against sums in double precision, one number at a time, for each instruction set here.
@Suite struct MatmulTests {
  @Test(arguments: 0...2) func float32(_ level: Int) async {
    await inChild(level, .product(dtype: DType.float32.rawValue))
  }
  @Test(arguments: 0...2) func float64(_ level: Int) async {
    await inChild(level, .product(dtype: DType.float64.rawValue))
  }
  @Test(arguments: 0...2) func float16(_ level: Int) async {
    await inChild(level, .product(dtype: DType.float16.rawValue))
  }
  @Test(arguments: 0...2) func bfloat16(_ level: Int) async {
    await inChild(level, .product(dtype: DType.bfloat16.rawValue))
  }
  @Test(arguments: 0...2) func int64(_ level: Int) async { await inChild(level, .product(dtype: DType.int64.rawValue)) }

  /// Neither the number of threads nor who was faster may show in the sums.
  @Test func sumsDoNotDependOnThreads() async {
    await #expect(processExitsWith: .success) {
      let shapes = [
        [1, 300, 700, 520], [1, 33, 1500, 70], [1, 3, 900, 900], [1, 5, 40000, 9], [1, 1, 100_000, 1],
        [1, 1000, 700, 2],
        [7, 40, 50, 60], [2, 600, 600, 600],
      ]
      for dtype in [DType.float32, .float64] {
        for shape in shapes {
          let (b, m, k, n) = (shape[0], shape[1], shape[2], shape[3])
          var draws = Draws(UInt64(m + n))
          let x = MatmulCheck.operand([b, m, k], dtype, &draws, kinds: 1)
          // The same B for all keeps batches with our own kernels.
          let y = MatmulCheck.operand([1, k, n], dtype, &draws, kinds: 1).broadcast(to: [b, k, n])
          var results: [[UInt8]] = []
          for threads in [1, 2, 3, 8] {
            setNumThreads(threads)
            for _ in 0..<2 {
              let out = Strided(
                storage: CPUBackend.shared.allocate(byteCount: b * m * n * dtype.itemSize),
                layout: Layout(contiguous: [b, m, n]), dtype: dtype)
              CPUBackend.shared.matmul(x, y, bias: nil, into: out)
              results.append(Array(UnsafeRawBufferPointer(start: out.pointer, count: b * m * n * dtype.itemSize)))
            }
          }
          if results.contains(where: { $0 != results[0] }) { fault("matmul", "sums of \(shape) depend on the threads") }
        }
      }
    }
  }

  /// Zero times infinity is no number, wherever it stands.
  @Test(arguments: [DType.float32, .float64, .bfloat16, .float16]) func zeroTimesInfinity(_ dtype: DType) {
    for (m, k, n) in [(1, 5, 1), (2, 3, 4), (3, 40, 50), (20, 33, 37), (5, 70, 3), (1, 64, 300), (90, 90, 90)] {
      var draws = Draws(3)
      let x = MatmulCheck.operand([1, m, k], dtype, &draws, kinds: 1)
      let y = MatmulCheck.operand([1, k, n], dtype, &draws, kinds: 1)
      CPUBackend.shared.fill(x, with: .int(0))
      var last = y.layout
      last = Layout(
        shape: [1, 1, 1], strides: last.strides,
        offset: last.offset + (k - 1) * last.strides[1] + (n - 1) * last.strides[2])
      CPUBackend.shared.fill(y.with(last), with: .double(.infinity))
      let out = MatmulCheck.operand([1, m, n], dtype, &draws, kinds: 1)
      CPUBackend.shared.matmul(x, y, bias: nil, into: out)
      let values = MatmulCheck.values(out)
      for i in 0..<m {
        for j in 0..<n { #expect(values[i * n + j].isNaN == (j == n - 1), "\(m)x\(k)x\(n) at \(i), \(j)") }
      }
    }
  }
}

/// Runs products of random shapes and layouts and tells where they are wrong.
struct MatmulCheck {
  private var draws: Draws
  private var complaints: [String] = []

  init(seed: UInt64) { draws = Draws(seed) }

  func run(_ dtype: DType) -> [String] {
    var copy = self
    for round in 0..<rounds(dtype == .float32 || dtype == .float64 ? 500 : 150) { copy.small(dtype, round) }
    // Past every border: blocks of k and of columns, many panels, a long k over few sums, few rows or columns.
    for (m, k, n) in [(31, 1100, 45), (60, 70, 1100), (130, 520, 530), (3, 9000, 5), (17, 5000, 40), (2, 300, 700)] {
      for _ in 0..<rounds(2) { copy.one(dtype, 1, m, k, n) }
    }
    copy.one(dtype, 40, 24, 33, 80)
    return copy.complaints
  }

  private mutating func small(_ dtype: DType, _ round: Int) {
    let sizes = [0, 1, 1, 2, 3, 4, 5, 7, 8, 13, 14, 15, 16, 17, 20, 31, 32, 33, 40, 47, 48, 49, 65, 100]
    one(
      dtype, [1, 1, 1, 2, 3, 6, 6, 0][draws.below(8)], sizes[draws.below(sizes.count)], sizes[draws.below(sizes.count)],
      sizes[draws.below(sizes.count)])
  }

  private mutating func one(_ dtype: DType, _ b: Int, _ m: Int, _ k: Int, _ n: Int) {
    var x = Self.operand([draws.below(3) == 0 ? 1 : b, m, k], dtype, &draws)
    var y = Self.operand([draws.below(3) == 0 ? 1 : b, k, n], dtype, &draws)
    x = x.broadcast(to: [b, m, k])
    y = y.broadcast(to: [b, k, n])
    var out = Self.operand([b, m, n], dtype, &draws)
    var bias: Strided?
    if draws.below(2) == 0 {
      func some(_ size: Int) -> Int { draws.below(2) == 0 ? 1 : size }
      bias = draws.below(6) == 0 ? out : Self.operand([some(b), some(m), some(n)], dtype, &draws)
      bias = bias!.broadcast(to: [b, m, n])
    }
    // The same with the batch along two dimensions, or six more, which do not follow one another in memory.
    if b == 6 {
      let dims = [[2, 3], [3, 2], [1, 2, 1, 1, 3, 1, 1]][draws.below(3)]
      x = Self.split(x, dims)
      y = Self.split(y, dims)
      out = Self.split(out, dims)
      bias = bias.map { Self.split($0, dims) }
    }
    // What lies between the elements of the result must stay as it is.
    let span = out.storage.byteCount
    let before = Array(UnsafeRawBufferPointer(start: out.storage.base, count: span))
    let (xs, ys, extra) = (Self.values(x), Self.values(y), bias.map { Self.values($0) })
    CPUBackend.shared.matmul(x, y, bias: bias, into: out)
    let results = Self.values(out)
    for matrix in 0..<b {
      for i in 0..<m {
        for j in 0..<n {
          let at = (matrix * m + i) * n + j
          var sum = 0.0, size = 0.0
          for l in 0..<k {
            let term = xs[(matrix * m + i) * k + l] * ys[(matrix * k + l) * n + j]
            sum += term
            size += abs(term)
          }
          if let extra {
            sum += extra[at]
            size += abs(extra[at])
          }
          let unit = dtype == .float64 ? 0x1p-53 : 0x1p-24
          var allowed = Double(k + 2) * unit * size
          if dtype == .bfloat16 { allowed += abs(sum) * 0x1p-8 }
          if dtype == .float16 { allowed += abs(sum) * 0x1p-11 + 0x1p-24 }
          if dtype == .int64 { allowed = 0 }
          if !(abs(results[at] - sum) <= allowed) {
            complaints.append(
              "[\(b), \(m), \(k), \(n)] strides \(x.layout.strides) \(y.layout.strides) to \(out.layout.strides), "
                + "bias \(bias.map { "\($0.layout.strides)" } ?? "none"): \(results[at]) for \(sum) at \(matrix), \(i), \(j)"
            )
            return
          }
        }
      }
    }
    let after = Array(UnsafeRawBufferPointer(start: out.storage.base, count: span))
    let theirs = Self.places(out.layout)
    for byte in 0..<span where before[byte] != after[byte] && !theirs.contains(byte / dtype.itemSize) {
      complaints.append(
        "[\(b), \(m), \(k), \(n)] to \(out.layout.strides): wrote byte \(byte), which is not of the result")
      return
    }
  }

  /// Random numbers in a layout of one of several kinds: plain, transposed, with gaps, and with gaps everywhere.
  static func operand(_ shape: Shape, _ dtype: DType, _ draws: inout Draws, kinds: Int = 6) -> Strided {
    let (b, rows, columns) = (shape[0], shape[1], shape[2])
    var row = columns, column = 1, batch = rows * columns
    switch draws.below(kinds) {
    case 0: break
    case 1: (row, column) = (1, rows)
    case 2: (row, batch) = (columns + 3, rows * (columns + 3) + 5)
    case 3: (row, column, batch) = (1, rows + 2, columns * (rows + 2) + 1)
    case 4: (row, column, batch) = (2 * columns + 1, 2, rows * (2 * columns + 1) + 4)
    default: (row, column, batch) = (columns * b, 1, columns)
    }
    let offset = kinds > 1 ? draws.below(4) : 0
    let count =
      offset + Swift.max(b - 1, 0) * batch + Swift.max(rows - 1, 0) * row + Swift.max(columns - 1, 0) * column + 1
    let storage = CPUBackend.shared.allocate(byteCount: count * dtype.itemSize)
    let whole = Strided(storage: storage, layout: Layout(contiguous: [count]), dtype: dtype)
    let source = CPUBackend.shared.allocate(byteCount: count * 8)
    let numbers = source.base.assumingMemoryBound(to: Double.self)
    for i in 0..<count { numbers[i] = dtype == .int64 ? Double(draws.below(19) - 9) : draws.real(-1...1) }
    CPUBackend.shared.copy(
      Strided(storage: source, layout: Layout(contiguous: [count]), dtype: .float64), into: whole)
    return whole.with(Layout(shape: shape, strides: [batch, row, column], offset: offset))
  }

  /// Where the elements lie in the storage.
  private static func places(_ layout: Layout) -> Set<Int> {
    var places: Set = [layout.offset]
    for (size, stride) in zip(layout.shape, layout.strides) {
      places = Set(places.flatMap { place in (0..<size).map { place + $0 * stride } })
    }
    return places
  }

  /// The same matrices with their batch along several dimensions, the first of which is the innermost in memory.
  static func split(_ x: Strided, _ dims: [Int]) -> Strided {
    let s = x.layout
    var strides: [Int] = [], step = s.strides[0]
    for size in dims {
      strides.append(step)
      step *= size
    }
    return x.with(
      Layout(
        shape: Shape(dims + [s.shape[1], s.shape[2]]), strides: Shape(strides + [s.strides[1], s.strides[2]]),
        offset: s.offset))
  }

  /// The elements in row-major order.
  static func values(_ x: Strided) -> [Double] {
    let count = x.count
    if count == 0 { return [] }
    let copy = Strided(
      storage: CPUBackend.shared.allocate(byteCount: count * 8), layout: Layout(contiguous: x.shape), dtype: .float64)
    CPUBackend.shared.copy(x, into: copy)
    return Array(UnsafeBufferPointer(start: copy.storage.base.assumingMemoryBound(to: Double.self), count: count))
  }
}
