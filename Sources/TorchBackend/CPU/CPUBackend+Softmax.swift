import CTorchKernels

// Softmax along the rows of contiguous memory, or across them.

extension CPUBackend {
  package func softmax(_ x: Strided, log: Bool, into out: Strided) {
    if x.dtype.isHalf {
      return forEachHalfBlock(x.dtype, x, [x], into: out) { rows, columns, p in
        log ? tk_log_softmax_f32(rows, columns, p[0], p[0]) : tk_softmax_f32(rows, columns, p[0], p[0])
      }
    }
    forEachRowBlock(x) { rows, columns, offset in
      let (pi, po) = (x.pointer + offset, out.pointer + offset)
      if x.dtype == .float32 {
        let (i, o) = (pi.assumingMemoryBound(to: Float.self), po.assumingMemoryBound(to: Float.self))
        log ? tk_log_softmax_f32(rows, columns, o, i) : tk_softmax_f32(rows, columns, o, i)
      } else {
        let (i, o) = (pi.assumingMemoryBound(to: Double.self), po.assumingMemoryBound(to: Double.self))
        log ? tk_log_softmax_f64(rows, columns, o, i) : tk_softmax_f64(rows, columns, o, i)
      }
    }
  }

  /// Softmax along a dimension that others lie within, of contiguous memory in float32 or float64.
  package func softmax(_ x: Strided, along dim: Int, log: Bool, into out: Strided) {
    let count = x.shape[dim], inner = x.shape[(dim + 1)...].reduce(1, *), outer = x.count / Swift.max(count * inner, 1)
    if x.count == 0 { return }
    // Columns in pieces of whole lines of memory, a few of them for each thread.
    let piece = Swift.max(Swift.min(inner, RowLoop.parallelGrain / 4 / count / 64 * 64), Swift.min(inner, 64))
    let pieces = (inner + piece - 1) / piece
    let grain = Swift.max(RowLoop.parallelGrain / 4 / (count * piece), 1)
    parallelFor(outer * pieces, grain: grain) { range in
      for item in range {
        let (row, first) = (item / pieces, item % pieces * piece)
        let offset = row * count * inner + first, columns = Swift.min(piece, inner - first)
        if x.dtype == .float32 {
          let i = x.pointer.assumingMemoryBound(to: Float.self) + offset
          let o = out.pointer.assumingMemoryBound(to: Float.self) + offset
          log
            ? tk_log_softmax_columns_f32(count, columns, inner, o, i)
            : tk_softmax_columns_f32(count, columns, inner, o, i)
        } else {
          let i = x.pointer.assumingMemoryBound(to: Double.self) + offset
          let o = out.pointer.assumingMemoryBound(to: Double.self) + offset
          log
            ? tk_log_softmax_columns_f64(count, columns, inner, o, i)
            : tk_softmax_columns_f64(count, columns, inner, o, i)
        }
      }
    }
  }

  /// The logarithm of the sum of each row's exponentials, of contiguous memory in float32 or float64; `out` has a number for each row.
  package func logSumExp(_ x: Strided, into out: Strided) {
    forEachRowBlock(x) { rows, columns, offset in
      let (pi, po) = (x.pointer + offset, out.pointer + offset / columns)
      if x.dtype == .float32 {
        tk_log_sum_exp_f32(
          rows, columns, po.assumingMemoryBound(to: Float.self), pi.assumingMemoryBound(to: Float.self))
      } else {
        tk_log_sum_exp_f64(
          rows, columns, po.assumingMemoryBound(to: Double.self), pi.assumingMemoryBound(to: Double.self))
      }
    }
  }

  package func softmaxGradient(_ gradient: Strided, output: Strided, log: Bool, into out: Strided) {
    if output.dtype.isHalf {
      return forEachHalfBlock(output.dtype, output, [gradient, output], into: out) { rows, columns, p in
        log
          ? tk_log_softmax_backward_f32(rows, columns, p[0], p[0], p[1])
          : tk_softmax_backward_f32(rows, columns, p[0], p[0], p[1])
      }
    }
    forEachRowBlock(output) { rows, columns, offset in
      let (pg, py, po) = (gradient.pointer + offset, output.pointer + offset, out.pointer + offset)
      if output.dtype == .float32 {
        let (g, y) = (pg.assumingMemoryBound(to: Float.self), py.assumingMemoryBound(to: Float.self))
        let o = po.assumingMemoryBound(to: Float.self)
        log ? tk_log_softmax_backward_f32(rows, columns, o, g, y) : tk_softmax_backward_f32(rows, columns, o, g, y)
      } else {
        let (g, y) = (pg.assumingMemoryBound(to: Double.self), py.assumingMemoryBound(to: Double.self))
        let o = po.assumingMemoryBound(to: Double.self)
        log ? tk_log_softmax_backward_f64(rows, columns, o, g, y) : tk_softmax_backward_f64(rows, columns, o, g, y)
      }
    }
  }

  /// Blocks of rows of a half type as float32, a few that fit a cache at a time; the first operand becomes the result.
  private func forEachHalfBlock(
    _ dtype: DType, _ x: Strided, _ operands: [Strided], into out: Strided,
    _ body: (_ rows: Int, _ columns: Int, _ p: InlineArray<2, UnsafeMutablePointer<Float>>) -> Void
  ) {
    let widen = tk_cast(dtype.kernelType, TK_FLOAT32)!, round = tk_cast(TK_FLOAT32, dtype.kernelType)!
    forEachRowBlock(x) { rows, columns, offset in
      let most = Swift.min(rows, Swift.max(8192 / columns, 1)) * columns
      withUnsafeTemporaryAllocation(of: Float.self, capacity: most * operands.count) { buffer in
        var p = InlineArray<2, UnsafeMutablePointer<Float>>(repeating: buffer.baseAddress!)
        if operands.count == 2 { p[1] += most }
        for start in stride(from: 0, to: rows * columns, by: most) {
          let count = Swift.min(most, rows * columns - start)
          for (i, operand) in operands.enumerated() {
            widen(count, p[i], 4, operand.pointer + offset + start * 2, 2, 0, 0)
          }
          body(count / columns, columns, p)
          round(count, out.pointer + offset + start * 2, 2, p[0], 4, 0, 0)
        }
      }
    }
  }

  private func forEachRowBlock(_ x: Strided, _ body: (_ rows: Int, _ columns: Int, _ byteOffset: Int) -> Void) {
    if x.count == 0 { return }
    let columns = x.layout.rank == 0 ? 1 : x.shape[x.layout.rank - 1]
    parallelFor(x.count / columns, grain: Swift.max(RowLoop.parallelGrain / 4 / columns, 1)) { range in
      body(range.count, columns, range.lowerBound * columns * x.dtype.itemSize)
    }
  }
}
