import CTorchKernels

// Many to one: the walk over kept and reduced dimensions around the row kernels.

extension CPUBackend {
  package func reduce(_ kernel: ReduceKernel, _ x: Strided, into out: Strided) {
    // Half types add up in float32, or each partial result would be rounded.
    if x.dtype.isHalf {
      let wide = allocate(Layout(contiguous: out.shape), dtype: .float32)
      reduce(kernel, cast(x, to: .float32), into: wide)
      copy(wide, into: out)
      return
    }
    let plan = ReductionPlan(x, out)
    if let fast = plainOnly ? nil : tk_reduce(tk_reduce_kernel(UInt32(kernel.rawValue)), x.dtype.kernelType) {
      return plan.run { rows, columns, po, so, px, rowStride, columnStride, accumulates in
        fast(rows, columns, po, so, px, rowStride, columnStride, accumulates ? 1 : 0)
      }
    }
    plan.run { rows, columns, po, so, px, rowStride, columnStride, accumulates in
      x.dtype.visit(
        PlainReduce(
          kernel: kernel, rows: rows, columns: columns, out: po, so: so, x: px, rowStride: rowStride,
          columnStride: columnStride, accumulates: accumulates))
    }
  }

  package func argReduce(_ kernel: ReduceKernel, _ x: Strided, dim: Int, into out: Strided) {
    if !plainOnly && x.dtype.isHalf { return argReduce(kernel, cast(x, to: .float32), dim: dim, into: out) }
    if let fast = plainOnly ? nil : tk_argreduce(tk_reduce_kernel(UInt32(kernel.rawValue)), x.dtype.kernelType) {
      return RowsAlong(dim: dim, of: x.layout).run(out, x) { rows, columns, po, so, px, rowStride, columnStride in
        fast(rows, columns, po.assumingMemoryBound(to: Int64.self), so, px, rowStride, columnStride)
      }
    }
    RowsAlong(dim: dim, of: x.layout).run(out, x) { rows, columns, po, so, px, rowStride, columnStride in
      x.dtype.visit(
        PlainArgReduce(
          kernel: kernel, rows: rows, columns: columns, out: po, so: so, x: px, rowStride: rowStride,
          columnStride: columnStride))
    }
  }

  package func scan(_ kernel: ScanKernel, _ x: Strided, dim: Int, into out: Strided, indices: Strided?) {
    if let fast = plainOnly || indices != nil ? nil : scanRow(kernel, x.dtype), x.layout.rank > 0 {
      return scan(fast, x, dim: dim, into: out)
    }
    let step = dim < x.layout.rank ? dim : 0
    forEachLine(x.shape, dim: step, [out, x, indices ?? out]) { n, p, s in
      x.dtype.visit(
        PlainScan(
          kernel: kernel, n: n, out: p[0], so: s[0], x: p[1], sx: s[1], indices: indices == nil ? nil : p[2], si: s[2]))
    }
  }

  private func scanRow(_ kernel: ScanKernel, _ dtype: DType) -> tk_scan_fn? {
    switch kernel {
    case .sum: tk_scan(TK_REDUCE_sum, dtype.kernelType)
    case .prod: tk_scan(TK_REDUCE_prod, dtype.kernelType)
    case .max, .min, .logaddexp: nil
    }
  }

  /// Sheets of lines that go side by side, those nearest to each other in the result.
  private func scan(_ row: tk_scan_fn, _ x: Strided, dim: Int, into out: Strided) {
    if x.count == 0 { return }
    let n = x.shape[dim], size = x.dtype.itemSize
    let others = (0..<x.layout.rank).filter { $0 != dim && x.shape[$0] > 1 }
    let side = others.min { out.layout.strides[$0] < out.layout.strides[$1] }
    let lines = side.map { x.shape[$0] } ?? 1
    var sheets = x.shape
    sheets[dim] = 1
    if let side { sheets[side] = 1 }
    // Enough lines for a piece that vectors fill, or that fours of lines do.
    let width = side.map { out.layout.strides[$0] == 1 && x.layout.strides[$0] == 1 } == true ? 256 : 16
    let pieces = (lines + width - 1) / width
    func step(_ t: Strided, _ dim: Int?) -> Int { dim.map { t.layout.strides[$0] * size } ?? 0 }
    func base(_ t: Strided, _ sheet: Int) -> UnsafeMutableRawPointer {
      let layout = Layout(shape: sheets, strides: t.layout.strides, offset: t.layout.offset)
      return t.storage.base + layout.position(ofLinear: sheet) * size
    }
    let grain = Swift.max(RowLoop.parallelGrain / Swift.max(n * Swift.min(width, lines), 1), 1)
    parallelFor(sheets.elementCount * pieces, grain: grain) { range in
      for piece in range {
        let (sheet, part) = piece.quotientAndRemainder(dividingBy: pieces), first = part * width
        let (to, from) = (base(out, sheet) + first * step(out, side), base(x, sheet) + first * step(x, side))
        row(Swift.min(width, lines - first), n, to, step(out, side), step(out, dim), from, step(x, side), step(x, dim))
      }
    }
  }

  /// Visits each line along `dim` of up to four operands of one shape.
  func forEachLine(
    _ shape: Shape, dim: Int, _ operands: [Strided],
    _ body: (_ n: Int, _ p: RowLoop.Pointers, _ s: RowLoop.Strides) -> Void
  ) {
    if shape.elementCount == 0 { return }
    var outer = shape
    let n = shape.count == 0 ? 1 : shape[dim]
    if shape.count > 0 { outer[dim] = 1 }
    var strides = RowLoop.Strides(repeating: 0)
    for (i, operand) in operands.enumerated() where shape.count > 0 {
      strides[i] = operand.layout.strides[dim] * operand.dtype.itemSize
    }
    let lines = outer.elementCount
    parallelFor(lines, grain: Swift.max(RowLoop.parallelGrain / Swift.max(n, 1), 1)) { range in
      for line in range {
        var pointers = RowLoop.Pointers(repeating: operands[0].storage.base)
        for (i, operand) in operands.enumerated() {
          let layout = Layout(shape: outer, strides: operand.layout.strides, offset: operand.layout.offset)
          pointers[i] = operand.storage.base + layout.position(ofLinear: line) * operand.dtype.itemSize
        }
        body(n, pointers, strides)
      }
    }
  }
}

/// A reduction as loops: over kept dimensions (rows), over reduced ones (columns), each joined where they lie densely.
struct ReductionPlan {
  private struct Dim {
    var size: Int, x: Int, out: Int
  }

  private let x: Strided, out: Strided
  private var kept: [Dim] = []
  private var reduced: [Dim] = []

  init(_ x: Strided, _ out: Strided) {
    self.x = x
    self.out = out
    let order = (0..<x.layout.rank).sorted { abs(x.layout.strides[$0]) > abs(x.layout.strides[$1]) }
    for dim in order where x.shape[dim] != 1 {
      let entry = Dim(
        size: x.shape[dim], x: x.layout.strides[dim] &* x.dtype.itemSize,
        out: out.shape[dim] == 1 ? 0 : out.layout.strides[dim] &* out.dtype.itemSize)
      if out.shape[dim] == 1 { Self.append(entry, to: &reduced) } else { Self.append(entry, to: &kept) }
    }
  }

  // Products that wrap around belong to tensors without elements: nothing is read by them.
  private static func append(_ dim: Dim, to dims: inout [Dim]) {
    if let last = dims.last, last.x == dim.x &* dim.size, last.out == dim.out &* dim.size {
      dims[dims.count - 1] = Dim(size: last.size &* dim.size, x: dim.x, out: dim.out)
    } else {
      dims.append(dim)
    }
  }

  typealias Body = (
    _ rows: Int, _ columns: Int, _ out: UnsafeMutableRawPointer, _ so: Int, _ x: UnsafeMutableRawPointer,
    _ rowStride: Int, _ columnStride: Int, _ accumulates: Bool
  ) -> Void

  /// How many columns one chunk of a full reduction has; fixed, so that the sum does not depend on the threads.
  private static let chunk = 65536

  /// Rows side by side of at most so many bytes are not cut across threads: the memory gives whole ones faster.
  private static let narrow = 16384
  /// The columns of narrow rows are cut into at most so many groups, of so many columns at least.
  private static let groups = 32, group = 128

  @inline(__always)
  func run(_ body: Body) {
    if out.count == 0 { return }
    // Something over nothing: the identity, from a row of no columns.
    if x.count == 0 {
      for i in 0..<out.count {
        body(
          1, 0, out.storage.base + out.layout.position(ofLinear: i) * out.dtype.itemSize, 0, x.storage.base, 0, 0, false
        )
      }
      return
    }
    let column = reduced.last ?? Dim(size: 1, x: 0, out: 0)
    let outerReduced = Array(reduced.dropLast())
    let outerSteps = outerReduced.reduce(1) { $0 * $1.size }
    // The innermost kept dimension makes the rows of one call.
    let row = kept.last ?? Dim(size: 1, x: 0, out: 0)
    let outerKept = Array(kept.dropLast())
    let outerRows = outerKept.reduce(1) { $0 * $1.size }

    // Whole numbers add up to the same in any order.
    let chunk = x.dtype.isFloatingPoint ? Self.chunk : Self.chunk / 2
    if kept.isEmpty && outerReduced.isEmpty && column.size > chunk {
      return runChunked(column, chunk, body)
    }
    if kept.count == 1 && reduced.count == 1 && row.x == x.dtype.itemSize && row.size * row.x <= Self.narrow
      && column.size >= 2 * Self.group && x.count > 2 * RowLoop.parallelGrain
    {
      return runGrouped(row, column, body)
    }
    // Work is cut across the outer kept dimensions, or across the rows where there are none.
    let cost = column.size * outerSteps
    if outerRows > 1 {
      parallelFor(outerRows, grain: Swift.max(RowLoop.parallelGrain / Swift.max(row.size * cost, 1), 1)) { range in
        for index in range {
          let (dx, dout) = Self.offset(index, outerKept)
          reduceRows(row, 0..<row.size, dx, dout, column, outerReduced, outerSteps, body)
        }
      }
    } else {
      parallelFor(row.size, grain: Swift.max(RowLoop.parallelGrain / Swift.max(cost, 1), 1)) { range in
        reduceRows(row, range, 0, 0, column, outerReduced, outerSteps, body)
      }
    }
  }

  @inline(__always)
  private func reduceRows(
    _ row: Dim, _ range: Range<Int>, _ dx: Int, _ dout: Int, _ column: Dim, _ outerReduced: [Dim], _ outerSteps: Int,
    _ body: Body
  ) {
    let px = x.pointer + dx + range.lowerBound * row.x
    let po = out.pointer + dout + range.lowerBound * row.out
    for step in 0..<outerSteps {
      let (sx, _) = Self.offset(step, outerReduced)
      body(range.count, column.size, po, row.out, px + sx, row.x, column.x, step > 0)
    }
  }

  /// One long line to one number: partial results of fixed chunks, then a reduction over those.
  @inline(__always)
  private func runChunked(_ column: Dim, _ chunk: Int, _ body: Body) {
    let chunks = (column.size + chunk - 1) / chunk
    let itemSize = out.dtype.itemSize
    withUnsafeTemporaryAllocation(byteCount: chunks * itemSize, alignment: 16) { buffer in
      let partial = buffer.baseAddress!
      parallelFor(chunks, grain: 1) { range in
        for index in range {
          let start = index * chunk
          let length = Swift.min(chunk, column.size - start)
          body(1, length, partial + index * itemSize, itemSize, x.pointer + start * column.x, 0, column.x, false)
        }
      }
      body(1, chunks, out.pointer, itemSize, partial, 0, itemSize, false)
    }
  }

  /// A tall matrix to one row: partial results of fixed groups of its lines, then a reduction over those.
  @inline(__always)
  private func runGrouped(_ row: Dim, _ column: Dim, _ body: Body) {
    let length = Swift.max(Self.group, (column.size + Self.groups - 1) / Self.groups)
    let groups = (column.size + length - 1) / length
    let itemSize = out.dtype.itemSize, line = row.size * itemSize
    withUnsafeTemporaryAllocation(byteCount: groups * line, alignment: 64) { buffer in
      let partial = buffer.baseAddress!
      parallelFor(groups, grain: 1) { range in
        for index in range {
          let start = index * length
          body(
            row.size, Swift.min(length, column.size - start), partial + index * line, itemSize,
            x.pointer + start * column.x, row.x, column.x, false)
        }
      }
      body(row.size, groups, out.pointer, row.out, partial, itemSize, line, false)
    }
  }

  private static func offset(_ index: Int, _ dims: [Dim]) -> (x: Int, out: Int) {
    var rest = index, x = 0, out = 0
    for dim in dims.reversed() {
      x += rest % dim.size * dim.x
      out += rest % dim.size * dim.out
      rest /= dim.size
    }
    return (x, out)
  }
}

/// Rows that each hold one line along a dimension: outputs have size 1 there.
struct RowsAlong {
  let dim: Int
  let layout: Layout

  init(dim: Int, of layout: Layout) {
    self.dim = dim
    self.layout = layout
  }

  func run(
    _ out: Strided, _ x: Strided,
    _ body: (
      _ rows: Int, _ columns: Int, _ out: UnsafeMutableRawPointer, _ so: Int, _ x: UnsafeMutableRawPointer,
      _ rowStride: Int, _ columnStride: Int
    ) -> Void
  ) {
    let columns = layout.rank == 0 ? 1 : layout.shape[dim]
    let columnStride = layout.rank == 0 ? 0 : layout.strides[dim] * x.dtype.itemSize
    var lines = x
    if layout.rank > 0 { lines.layout.shape[dim] = 1 }
    RowLoop.run(out, lines) { n, po, so, px, sx in body(n, columns, po, so, px, sx, columnStride) }
  }
}
