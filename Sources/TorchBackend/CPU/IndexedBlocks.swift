import CTorchKernels

/// Blocks of a tensor at given offsets beside the same blocks one after another in memory, as loops: the rest of the
/// dimensions, joined where they lie densely in one another, outside and inside the loop over the offsets. In bytes.
struct IndexedBlocks {
  struct Dim {
    var size: Int, block: Int, walked: Int
  }

  private let itemSize: Int
  private let block: UnsafeMutableRawPointer, walked: UnsafeMutableRawPointer
  private let count: Int
  private let blockStep: Int
  private var outside: [Dim] = []
  private var inside: [Dim] = []

  /// - Parameters:
  ///   - block: index dimensions that are one step apart, then the rest.
  ///   - walked: the indexed dimensions, then the rest.
  init(_ walked: Strided, indexed: Int, block: Strided, indexRank: Int, count: Int, step: Int) {
    itemSize = walked.dtype.itemSize
    self.block = block.pointer
    self.walked = walked.pointer
    self.count = count
    blockStep = step * itemSize
    let rest = (0..<(walked.layout.rank - indexed)).filter { walked.shape[indexed + $0] != 1 }.sorted {
      let (a, b) = (abs(block.layout.strides[indexRank + $0]), abs(block.layout.strides[indexRank + $1]))
      return a == b ? $0 < $1 : a > b
    }
    for i in rest {
      let dim = Dim(
        size: walked.shape[indexed + i], block: block.layout.strides[indexRank + i] * itemSize,
        walked: walked.layout.strides[indexed + i] * itemSize)
      if count > 1 && abs(dim.block) > abs(blockStep) && blockStep != 0 {
        Self.append(dim, to: &outside)
      } else {
        Self.append(dim, to: &inside)
      }
    }
  }

  private static func append(_ dim: Dim, to dims: inout [Dim]) {
    if let last = dims.last, last.block == dim.block * dim.size, last.walked == dim.walked * dim.size {
      dims[dims.count - 1] = Dim(size: last.size * dim.size, block: dim.block, walked: dim.walked)
    } else {
      dims.append(dim)
    }
  }

  private static func offsets(_ number: Int, _ dims: some Collection<Dim>) -> (block: Int, walked: Int) {
    var rest = number, block = 0, walked = 0
    for dim in dims.reversed() {
      block += rest % dim.size * dim.block
      walked += rest % dim.size * dim.walked
      rest /= dim.size
    }
    return (block, walked)
  }

  private var outsideSize: Int { outside.reduce(1) { $0 * $1.size } }
  private var insideSize: Int { inside.reduce(1) { $0 * $1.size } }
  private var isRow: Bool { inside.count == 1 && inside[0].block == itemSize && inside[0].walked == itemSize }

  /// Reads the blocks at the offsets of `walked`.
  func read(_ offsets: UnsafePointer<Int64>) {
    let cost = insideSize, outsideSize = outsideSize
    let grain = Swift.max(RowLoop.parallelGrain / 2 / Swift.max(cost, 1), 1)
    if outsideSize >= 8 {
      parallelFor(outsideSize, grain: Swift.max(grain / count, 1)) { range in
        for number in range { read(offsets, number, 0..<count) }
      }
    } else {
      for number in 0..<outsideSize {
        parallelFor(count, grain: grain) { range in read(offsets, number, range) }
      }
    }
  }

  private func read(_ offsets: UnsafePointer<Int64>, _ number: Int, _ range: Range<Int>) {
    let skip = Self.offsets(number, outside)
    let from = walked + skip.walked, to = block + skip.block + range.lowerBound * blockStep
    let places = offsets + range.lowerBound
    if inside.isEmpty { return tk_gather_items(itemSize, range.count, to, blockStep, from, places) }
    if isRow { return tk_gather_rows(range.count, inside[0].size * itemSize, to, blockStep, from, places) }
    for i in 0..<range.count {
      forEachPlane { copyPlane($0, $1, $2, from + Int(places[i]), to + i * blockStep, false) }
    }
  }

  /// Writes the blocks to the offsets of `walked`, in order: of two at one offset the later one stays.
  func write(_ offsets: UnsafePointer<Int64>) {
    forEachPart { number, columns in
      let skip = Self.offsets(number, outside)
      let to = walked + skip.walked + columns.lowerBound * itemSize
      let from = block + skip.block + columns.lowerBound * itemSize
      if inside.isEmpty { return tk_scatter_items(itemSize, count, to, offsets, from, blockStep) }
      if isRow { return tk_scatter_rows(count, columns.count * itemSize, to, offsets, from, blockStep) }
      for i in 0..<count { forEachPlane { copyPlane($0, $1, $2, to + Int(offsets[i]), from + i * blockStep, true) } }
    }
  }

  /// Joins the blocks with what is at the offsets of `walked`, in order.
  func join(_ offsets: UnsafePointer<Int64>, _ mode: ScatterMode, _ dtype: DType) {
    forEachPart { number, columns in
      let skip = Self.offsets(number, outside)
      let to = walked + skip.walked + columns.lowerBound * itemSize
      let from = block + skip.block + columns.lowerBound * itemSize
      if isRow && mode == .add && dtype == .float32 {
        tk_scatter_add_rows_f32(
          count, columns.count, to.assumingMemoryBound(to: Float.self), 1, from.assumingMemoryBound(to: Float.self),
          blockStep, offsets)
      } else if isRow && mode == .add && dtype == .float64 {
        tk_scatter_add_rows_f64(
          count, columns.count, to.assumingMemoryBound(to: Double.self), 1, from.assumingMemoryBound(to: Double.self),
          blockStep, offsets)
      } else if inside.isEmpty {
        dtype.visit(JoinAtOffsets(mode: mode, n: count, out: to, offsets: offsets, x: from, sx: blockStep))
      } else {
        for i in 0..<count {
          forEachPlane { plane, rows, line in
            for r in 0..<rows.size {
              dtype.visit(
                JoinItems(
                  mode: mode, n: isRow ? columns.count : line.size,
                  out: to + Int(offsets[i]) + plane.walked + r * rows.walked, so: line.walked,
                  x: from + i * blockStep + plane.block + r * rows.block, sx: line.block))
            }
          }
        }
      }
    }
  }

  /// Visits parts that write to different places: rounds of the outside loops, or runs of columns of a long row.
  private func forEachPart(_ body: (_ number: Int, _ columns: Range<Int>) -> Void) {
    let outsideSize = outsideSize, columns = isRow ? inside[0].size : 0
    let cost = insideSize * count
    if outsideSize > 1 {
      parallelFor(outsideSize, grain: Swift.max(RowLoop.parallelGrain / 2 / Swift.max(cost, 1), 1)) { range in
        for number in range { body(number, 0..<columns) }
      }
    } else if columns >= 32 {
      parallelFor(columns, grain: Swift.max(RowLoop.parallelGrain / 2 / count, 16)) { body(0, $0) }
    } else {
      body(0, 0..<columns)
    }
  }

  /// Visits the two innermost of the inside dimensions at each place of the others.
  private func forEachPlane(_ body: (_ plane: (block: Int, walked: Int), _ rows: Dim, _ line: Dim) -> Void) {
    let line = inside[inside.count - 1]
    let rows = inside.count > 1 ? inside[inside.count - 2] : Dim(size: 1, block: 0, walked: 0)
    let others = inside.dropLast(2)
    for number in 0..<others.reduce(1, { $0 * $1.size }) { body(Self.offsets(number, others), rows, line) }
  }

  private func copyPlane(
    _ plane: (block: Int, walked: Int), _ rows: Dim, _ line: Dim, _ walked: UnsafeMutableRawPointer,
    _ block: UnsafeMutableRawPointer, _ writes: Bool
  ) {
    let (w, b) = (walked + plane.walked, block + plane.block)
    if writes {
      tk_copy_2d(rows.size, line.size, itemSize, w, rows.walked, line.walked, b, rows.block, line.block)
    } else {
      tk_copy_2d(rows.size, line.size, itemSize, b, rows.block, line.block, w, rows.walked, line.walked)
    }
  }
}
