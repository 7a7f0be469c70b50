import TorchBackend

// Matrix products by tiles. Where the threads of a group share memory, a group computes a tile of 64 x 64 together; on processors,
// which have no such memory, a thread computes 32 x 16 results, of which 4 x 16 at a time are in its registers.

/// How the results of products, [m, n] of sums over `steps` for each of several matrices, are shared out among threads.
struct ProductTiles {
  let m: Int, n: Int, steps: Int
  /// Whether a group computes a tile in memory that its threads share.
  let isTogether: Bool
  /// How many rows at a time a thread by itself takes.
  let rows: Int
  /// How many tiles a matrix has, one below the other and side by side.
  let tall: Int, wide: Int
  /// Into how many parts a sum is cut, of how many steps each: results may be few, and sums long.
  let parts: Int, each: Int
  /// All tiles of all parts.
  let count: Int

  /// The ways that there are.
  static let ways: [(isTogether: Bool, rows: Int)] = [(true, 4), (false, 4), (false, 1)]

  init(m: Int, n: Int, steps: Int, matrices: Int, facts: GPUFacts) {
    self.m = m
    self.n = n
    self.steps = steps
    isTogether = (backends.gpu.sharesTiles ?? !facts.isCPU) && m >= 8 && n >= 8
    rows = isTogether || m > 1 ? 4 : 1
    // EDGE, or BANDS * ROWS and COLUMNS of tiles.cl.
    let height = isTogether ? 64 : 8 * rows, width = isTogether ? 64 : 16
    tall = (m + height - 1) / height
    wide = (n + width - 1) / width
    let tiles = tall * wide * matrices
    // Enough tiles for all processors, while a part has something to do.
    let wanted = (4 * facts.computeUnits + tiles - 1) / tiles
    let pieces = Swift.max(Swift.min(wanted, steps / 256, 64), 1)
    let size = (steps + pieces - 1) / pieces
    each = (size + 15) / 16 * 16
    parts = (steps + each - 1) / each
    count = tiles * parts
  }
}

extension GPUBackend {
  package func matmul(_ x: Strided, _ y: Strided, bias: Strided?, into out: Strided) {
    if out.count == 0 { return }
    if x.shape[x.shape.count - 1] == 0 {
      if let bias { copy(bias, into: out) } else { fill(out, with: .int(0)) }
      return
    }
    if multiplyByLibrary(x, y, bias: bias, into: out) { return }
    var factors = Factors(x, y, bias, out)
    if factors.isBetterTurned { factors.turn() }
    let batch = factors.batch
    guard batch.fits else {
      let fresh = allocate(Layout(contiguous: out.shape), dtype: out.dtype)
      matmul(flat(x), flat(y), bias: bias.map(flat), into: flat(fresh))
      return copy(fresh, into: out)
    }
    let tiles = ProductTiles(m: factors.m, n: factors.n, steps: factors.k, matrices: batch.count, facts: device.facts)
    if !tiles.isTogether && factors.isWorthCopying { factors.right = contiguous(factors.right) }
    inParts(tiles, out, isTurned: factors.isTurned) { target, stride in
      multiply(factors, into: target, partStride: stride, tiles)
    }
  }

  /// A batch of many dimensions laid out along one.
  private func flat(_ s: Strided) -> Strided {
    let rank = s.shape.count, matrices = Shape(s.shape.dropLast(2)).elementCount
    let dense = contiguous(s)
    return dense.with(
      Layout(
        shape: [matrices, s.shape[rank - 2], s.shape[rank - 1]],
        strides: [s.shape[rank - 2] * s.shape[rank - 1], s.shape[rank - 1], 1], offset: dense.layout.offset))
  }

  /// Lets `work` write its results, or those of each part of its sums, which are added up then.
  /// - Parameter work: gets where the results go, laid out as `out` is meant, and how far apart the parts are.
  func inParts(
    _ tiles: ProductTiles, _ out: Strided, isTurned: Bool = false, _ work: (_ target: Strided, _ stride: Int) -> Void
  ) {
    func meant(_ s: Strided) -> Strided { isTurned ? s.turned : s }
    if tiles.parts == 1 { return work(meant(out), 0) }
    let wide: DType = !out.dtype.isFloatingPoint ? .int64 : out.dtype == .float64 ? .float64 : .float32
    let partial = allocate(Layout(contiguous: Shape([tiles.parts] + Array(out.shape))), dtype: wide)
    let first = partial.with(Layout(contiguous: out.shape))
    work(meant(first), out.count)
    let sums = out.dtype == wide ? out : allocate(Layout(contiguous: out.shape), dtype: wide)
    reduce(
      .sum, partial,
      into: sums.with(
        Layout(
          shape: Shape([1] + Array(out.shape)), strides: Shape([0] + Array(sums.layout.strides)),
          offset: sums.layout.offset)))
    if out.dtype != wide { copy(sums, into: out) }
  }

  /// Queues a kernel of products, in the way that its tiles say.
  func run(
    _ kernel: String, of file: String, _ macros: [(String, String)], x: DType, out: DType, _ tiles: ProductTiles,
    _ arguments: GPUArguments
  ) {
    let ways = [("TOGETHER", tiles.isTogether ? "1" : "0"), ("ROWS", "\(tiles.rows)")]
    let program = program(file, ways + macros, x: x, out: out)
    let kernel = programs.kernel(kernel + (tiles.isTogether ? "_together" : "_alone"), of: program)
    let lanes = tiles.isTogether ? Self.lanes : device.facts.isCPU ? 1 : 64
    let groups = tiles.isTogether ? tiles.count : (tiles.count + lanes - 1) / lanes
    launch(kernel, groups: Grid(Swift.min(groups, Self.mostGroups)), lanes: Grid(lanes), arguments)
  }

  private func multiply(_ factors: Factors, into target: Strided, partStride: Int, _ tiles: ProductTiles) {
    let (left, right, bias) = (factors.left, factors.right, factors.bias)
    let batch = Factors.batch(left, right, bias, target)
    var arguments = GPUArguments()
    arguments.add(sizes: batch)
    arguments.add(numbersOf: tiles)
    arguments.add(Int64(partStride))
    func add(_ s: Strided?, _ index: Int) {
      arguments.add(s ?? left)
      arguments.add(strides: batch, of: index)
      for dim in 1...2 {
        arguments.add(Int64(s.map { $0.layout.strides[$0.shape.count - 3 + dim] } ?? 0))
      }
    }
    add(left, 0)
    add(right, 1)
    arguments.add(Int32(bias == nil ? 0 : 1))
    add(bias, 2)
    add(target, 3)
    let isDense = !tiles.isTogether && factors.isDense
    run(
      "product", of: "matmul", [("COLUMNS_ARE_DENSE", isDense ? "1" : "0")], x: left.dtype, out: target.dtype, tiles,
      arguments)
  }
}

extension GPUArguments {
  /// What all kernels of products want to know of their tiles.
  mutating func add(numbersOf tiles: ProductTiles) {
    for number in [tiles.count, tiles.tall, tiles.wide, tiles.m, tiles.n, tiles.steps, tiles.parts, tiles.each] {
      add(Int64(number))
    }
  }
}

extension Strided {
  /// The matrices transposed.
  fileprivate var turned: Strided {
    let rank = shape.count
    var turned = shape, strides = layout.strides
    turned.swapAt(rank - 2, rank - 1)
    strides.swapAt(rank - 2, rank - 1)
    return with(Layout(shape: turned, strides: strides, offset: layout.offset))
  }
}

/// A product of matrices, or the transposed one: [..., m, k] * [..., k, n] + bias.
private struct Factors {
  var left: Strided, right: Strided, bias: Strided?
  private let out: Strided
  private(set) var isTurned = false

  init(_ x: Strided, _ y: Strided, _ bias: Strided?, _ out: Strided) {
    left = x
    right = y
    self.bias = bias
    self.out = out
  }

  private var rank: Int { left.shape.count }
  var m: Int { left.shape[rank - 2] }
  var k: Int { left.shape[rank - 1] }
  var n: Int { right.shape[rank - 1] }

  private func columnStride(_ s: Strided) -> Int { s.layout.strides[rank - 1] }

  /// Whether threads find columns side by side.
  var isDense: Bool { columnStride(right) == 1 && n >= 16 }

  /// Whether the other factor's rows make better columns.
  var isBetterTurned: Bool {
    if n < 16 || m < 16 { return n < m }
    return columnStride(right) != 1 && left.layout.strides[rank - 2] == 1
  }

  /// Whether laying out the right factor anew is little beside the product.
  var isWorthCopying: Bool {
    !isDense && n >= 16 && m >= 16
      && (0..<rank - 2).allSatisfy { right.layout.strides[$0] != 0 || right.shape[$0] == 1 }
  }

  mutating func turn() {
    (left, right) = (right.turned, left.turned)
    bias = bias?.turned
    isTurned = true
  }

  var batch: KernelViews { Self.batch(left, right, bias, out) }

  static func batch(_ left: Strided, _ right: Strided, _ bias: Strided?, _ out: Strided) -> KernelViews {
    let batch = Array(out.shape.dropLast(2))
    func strides(_ s: Strided) -> [Int] { Array(s.layout.strides.dropLast(2)) }
    return KernelViews(
      shape: batch,
      [strides(left), strides(right), bias.map(strides) ?? batch.map { _ in 0 }, strides(out)])
  }
}
