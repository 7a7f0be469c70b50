import CTorchKernels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// Copies and casts from any layout to any other.

extension CPUBackend {
  package func copy(_ x: Strided, into out: Strided) {
    let count = out.count
    if count == 0 { return }
    guard !plainOnly, let cast = tk_cast(x.dtype.kernelType, out.dtype.kernelType) else {
      return RowLoop.run(out, x) { n, po, so, px, sx in
        x.dtype.visit(PlainCast(to: out.dtype, n: n, out: po, so: so, x: px, sx: sx))
      }
    }
    let moves = x.dtype == out.dtype
    if out.layout.strides == x.layout.strides && out.layout.isContiguous {
      let (so, sx, po, px) = (out.dtype.itemSize, x.dtype.itemSize, out.pointer, x.pointer)
      return parallelFor(count, grain: RowLoop.parallelGrain) { range in
        let (o, p) = (po + range.lowerBound * so, px + range.lowerBound * sx)
        if moves { memmove(o, p, range.count * so) } else { cast(range.count, o, so, p, sx, 0, 0) }
      }
    }
    guard let plan = CopyPlan(out, x) else {
      return RowLoop.run(out, x) { n, po, so, px, sx in cast(n, po, so, px, sx, 0, 0) }
    }
    plan.forEachBlock { rows, columns, po, px in
      if moves {
        tk_copy_2d(rows, columns, plan.itemSize, po, plan.row.out, plan.column.out, px, plan.row.x, plan.column.x)
      } else {
        plan.castBlock(cast, rows, columns, po, px)
      }
    }
  }
}

/// A copy as loops around two dimensions, rows and columns, that one kernel walks.
///
/// Dimensions are ordered by the output's strides and joined where they lie densely in one another. The columns are
/// innermost in the output. The rows are innermost in the input where that is another dimension, else next to the columns.
struct CopyPlan {
  /// One loop; steps in bytes.
  struct Dim {
    var size: Int, out: Int, x: Int
  }

  private(set) var row = Dim(size: 1, out: 0, x: 0)
  private(set) var column = Dim(size: 1, out: 0, x: 0)
  let itemSize: Int
  private let base: (out: UnsafeMutableRawPointer, x: UnsafeMutableRawPointer)
  /// The size of an input item.
  private let sourceSize: Int
  private var outer = InlineArray<8, Dim>(repeating: Dim(size: 1, out: 0, x: 0))
  private var outerCount = 0

  /// Nil for more dimensions than have a place here.
  init?(_ out: Strided, _ x: Strided) {
    itemSize = out.dtype.itemSize
    sourceSize = x.dtype.itemSize
    base = (out.pointer, x.pointer)
    var dims = InlineArray<8, Dim>(repeating: Dim(size: 1, out: 0, x: 0))
    var rank = 0
    for i in 0..<out.layout.rank where out.shape[i] != 1 {
      if rank == 8 { return nil }
      let dim = Dim(
        size: out.shape[i], out: out.layout.strides[i] &* itemSize, x: x.layout.strides[i] &* sourceSize)
      // Large output steps first; dimensions of equal ones keep their order.
      var place = rank
      while place > 0 && abs(dims[place - 1].out) < abs(dim.out) {
        dims[place] = dims[place - 1]
        place -= 1
      }
      dims[place] = dim
      rank += 1
    }
    var joined = 0
    for i in 0..<rank {
      let dim = dims[i]
      if joined > 0, dims[joined - 1].out == dim.out &* dim.size, dims[joined - 1].x == dim.x &* dim.size {
        dims[joined - 1] = Dim(size: dims[joined - 1].size &* dim.size, out: dim.out, x: dim.x)
      } else {
        dims[joined] = dim
        joined += 1
      }
    }
    if joined == 0 { return }
    column = dims[joined - 1]
    var second = joined - 2
    if column.x != sourceSize && column.x != 0 {
      for i in 0..<(joined - 1) where dims[i].x == sourceSize { second = i }
    }
    if second >= 0 { row = dims[second] }
    for i in 0..<(joined - 1) where i != second {
      outer[outerCount] = dims[i]
      outerCount += 1
    }
  }

  /// Whether rows lie in the input as columns do in the output.
  private var turns: Bool { column.x != sourceSize && column.x != 0 && row.x == sourceSize && row.size > 1 }

  /// Visits blocks that together are the whole, cut over the threads.
  func forEachBlock(
    _ body: (_ rows: Int, _ columns: Int, _ out: UnsafeMutableRawPointer, _ x: UnsafeMutableRawPointer) -> Void
  ) {
    var outerSize = 1
    for i in 0..<outerCount { outerSize *= outer[i].size }
    let total = outerSize * row.size * column.size
    if total <= RowLoop.parallelGrain { return visit(0..<outerSize, 0..<row.size, 0..<column.size, body) }
    // Whole cache lines of rows where lines are turned.
    let step = turns ? 64 / itemSize : 1
    let strips = (row.size + step - 1) / step
    if outerSize >= 8 || (outerSize > 1 && strips == 1) {
      let cost = row.size * column.size
      parallelFor(outerSize, grain: Swift.max(RowLoop.parallelGrain / cost, 1)) { range in
        visit(range, 0..<row.size, 0..<column.size, body)
      }
    } else if strips >= 8 {
      let cost = step * column.size * outerSize
      parallelFor(strips, grain: Swift.max(RowLoop.parallelGrain / cost, 1)) { range in
        let rows = range.lowerBound * step..<Swift.min(range.upperBound * step, row.size)
        visit(0..<outerSize, rows, 0..<column.size, body)
      }
    } else {
      let pieces = (column.size + 63) / 64
      let cost = 64 * row.size * outerSize
      parallelFor(pieces, grain: Swift.max(RowLoop.parallelGrain / cost, 1)) { range in
        let columns = range.lowerBound * 64..<Swift.min(range.upperBound * 64, column.size)
        visit(0..<outerSize, 0..<row.size, columns, body)
      }
    }
  }

  private func visit(
    _ range: Range<Int>, _ rows: Range<Int>, _ columns: Range<Int>,
    _ body: (_ rows: Int, _ columns: Int, _ out: UnsafeMutableRawPointer, _ x: UnsafeMutableRawPointer) -> Void
  ) {
    var po = base.out + rows.lowerBound * row.out + columns.lowerBound * column.out
    var px = base.x + rows.lowerBound * row.x + columns.lowerBound * column.x
    var position = InlineArray<8, Int>(repeating: 0)
    var rest = range.lowerBound
    for i in stride(from: outerCount - 1, through: 0, by: -1) {
      position[i] = rest % outer[i].size
      rest /= outer[i].size
      po += position[i] * outer[i].out
      px += position[i] * outer[i].x
    }
    for _ in range {
      body(rows.count, columns.count, po, px)
      var i = outerCount - 1
      while i >= 0 {
        position[i] += 1
        po += outer[i].out
        px += outer[i].x
        if position[i] < outer[i].size { break }
        po -= outer[i].out * outer[i].size
        px -= outer[i].x * outer[i].size
        position[i] = 0
        i -= 1
      }
    }
  }

  /// Casts a block; one that turns goes through a small buffer, so that both its sides are read and written by lines.
  func castBlock(
    _ cast: tk_unary_fn, _ rows: Int, _ columns: Int, _ po: UnsafeMutableRawPointer, _ px: UnsafeMutableRawPointer
  ) {
    guard turns else {
      for r in 0..<rows { cast(columns, po + r * row.out, column.out, px + r * row.x, column.x, 0, 0) }
      return
    }
    let height = 64, width = 128
    withUnsafeTemporaryAllocation(byteCount: height * width * sourceSize, alignment: 64) { buffer in
      let tile = buffer.baseAddress!
      for r in stride(from: 0, to: rows, by: height) {
        for c in stride(from: 0, to: columns, by: width) {
          let (h, w) = (Swift.min(height, rows - r), Swift.min(width, columns - c))
          tk_copy_2d(
            h, w, sourceSize, tile, width * sourceSize, sourceSize, px + r * row.x + c * column.x, row.x, column.x)
          for k in 0..<h {
            cast(
              w, po + (r + k) * row.out + c * column.out, column.out, tile + k * width * sourceSize, sourceSize, 0, 0)
          }
        }
      }
    }
  }
}
