import CTorchKernels

// Softmax along the rows of contiguous memory.

extension CPUBackend {
  package func softmax(_ x: Strided, log: Bool, into out: Strided) {
    if x.dtype.itemSize == 2 {
      let wide = cast(x, to: .float32)
      softmax(wide, log: log, into: wide)
      return copy(wide, into: out)
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

  package func softmaxGradient(_ gradient: Strided, output: Strided, log: Bool, into out: Strided) {
    if output.dtype.itemSize == 2 {
      let slope = cast(gradient, to: .float32)
      softmaxGradient(slope, output: cast(output, to: .float32), log: log, into: slope)
      return copy(slope, into: out)
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

  private func forEachRowBlock(_ x: Strided, _ body: (_ rows: Int, _ columns: Int, _ byteOffset: Int) -> Void) {
    if x.count == 0 { return }
    let columns = x.layout.rank == 0 ? 1 : x.shape[x.layout.rank - 1]
    parallelFor(x.count / columns, grain: Swift.max(RowLoop.parallelGrain / 4 / columns, 1)) { range in
      body(range.count, columns, range.lowerBound * columns * x.dtype.itemSize)
    }
  }
}
