import CTorchKernels
import CTorchRuntime

// Dimensions made anew by tables of taps: resizing, pools that average, padding by copies, and the gradients of all.

extension CPUBackend {
  /// Makes dimensions anew, those without taps staying as they are; float32 or float64, or any dtype where all axes copy.
  ///
  /// Lines are resized before they are added up where that is less work.
  /// - Parameters:
  ///   - x: numbers that lie as `[..., sizes..., inner]`, row-major, as those of `out` do; there are some.
  ///   - axes: one for each of `sizes`, not all nil.
  package func resample(_ x: Strided, sizes: [Int], axes: [AxisTaps?], inner: Int, into out: Strided) {
    var axes = axes, inner = inner, source = x, olds = sizes
    // From the last dimension to the first, two at a time; what is done counts as inner.
    while let last = axes.popLast() {
      let old = olds.removeLast()
      guard let last else {
        inner *= old
        continue
      }
      var rows: AxisTaps?
      if let before = axes.last, before != nil {
        rows = before
        axes.removeLast()
        olds.removeLast()
      }
      let oldBlock = (rows?.from ?? 1) * last.from * inner, newBlock = (rows?.to ?? 1) * last.to * inner
      let planes = source.count / oldBlock
      let isDone = axes.allSatisfy { $0 == nil }
      let target =
        isDone ? out : allocate(Layout(contiguous: [planes, newBlock]), dtype: x.dtype)
      if last.copies && rows?.copies != false {
        spread(source, planes, rows, last, inner: inner, into: target)
      } else if rows == nil && inner > 1 {
        sum(source, planes, last, nil, inner: inner, into: target)
      } else {
        sum(source, planes, rows, last, inner: inner, into: target)
      }
      if isDone { return }
      (source, inner) = (target, newBlock)
    }
  }

  private func sum(
    _ x: Strided, _ planes: Int, _ rows: AxisTaps?, _ columns: AxisTaps?, inner: Int, into out: Strided
  ) {
    func table<R>(_ taps: AxisTaps?, _ body: (UnsafePointer<tk_taps>?) -> R) -> R {
      taps?.withTable(x.dtype) { body($0) } ?? body(nil)
    }
    let oldLine = (columns?.from ?? 1) * inner, newLine = (columns?.to ?? 1) * inner, height = rows?.to ?? 1
    let columnsFirst = rows.map { columns != nil && $0.to >= $0.from } ?? false
    // Whole planes where they fit into a near cache.
    let block = rows == nil ? 1 : Swift.min(Swift.max(Self.blockNumbers / newLine, 16), height)
    let blocks = (height + block - 1) / block
    var room = oldLine
    if let rows, columnsFirst {
      room = newLine * (0..<blocks).map { rows.reach($0 * block..<Swift.min(($0 + 1) * block, height)) }.max()!
    }
    let cost = Swift.max(block * newLine, rows == nil ? oldLine : block * oldLine)
    table(rows) { rows in
      table(columns) { columns in
        let options = tk_resampling(
          rows: rows, cols: columns, inner: inner, block: block, cols_first: columnsFirst ? 1 : 0)
        parallelFor(planes * blocks, grain: Swift.max(RowLoop.parallelGrain / Swift.max(cost, 1), 1)) { items in
          var options = options
          guard let scratch = ct_scratch_borrow(Swift.max(room, 1) * x.dtype.itemSize) else { noRoom() }
          if x.dtype == .float32 {
            tk_resample_f32(
              items.lowerBound, items.upperBound, out.of(Float.self), x.of(Float.self), &options,
              scratch.assumingMemoryBound(to: Float.self))
          } else {
            tk_resample_f64(
              items.lowerBound, items.upperBound, out.of(Double.self), x.of(Double.self), &options,
              scratch.assumingMemoryBound(to: Double.self))
          }
          ct_scratch_return(scratch)
        }
      }
    }
  }

  /// New numbers of one item of work.
  private static let blockNumbers = 16384

  @inline(never)
  private func noRoom() -> Never { fault("resample", "there is no memory for the lines in work") }

  private func spread(
    _ x: Strided, _ planes: Int, _ rows: AxisTaps?, _ columns: AxisTaps, inner: Int, into out: Strided
  ) {
    let run = columns.longestRun, height = rows?.to ?? 1, line = columns.to * inner
    let one: [Int32] = [0]
    one.withUnsafeBufferPointer { one in
      columns.withPlaces { columnPlaces in
        func work(_ rowPlaces: UnsafePointer<Int32>?) {
          let options = tk_spreading(
            rows_from: rows?.from ?? 1, rows_to: height, cols_from: columns.from, cols_to: columns.to, rows: rowPlaces,
            cols: columnPlaces, run_begin: run.lowerBound, run_end: run.upperBound,
            item_size: inner * x.dtype.itemSize)
          parallelFor(planes * height, grain: Swift.max(RowLoop.parallelGrain / line, 1)) { lines in
            var options = options
            tk_spread(lines.lowerBound, lines.upperBound, out.pointer, x.pointer, &options)
          }
        }
        if let rows { rows.withPlaces { work($0) } } else { work(one.baseAddress) }
      }
    }
  }

  /// The maxima of windows, and their places in their planes, int32; float32 or float64, contiguous, one to three dimensions.
  package func windowMax(_ x: Strided, windows: [[Range<Int>]], into out: Strided, places: Strided) {
    let old = Array(x.shape.suffix(windows.count)).asThree(1), new = windows.map(\.count).asThree(1)
    let all = Array(repeating: [0..<1], count: 3 - windows.count) + windows
    let begins = all.map { $0.map { Int32($0.lowerBound) } }, ends = all.map { $0.map { Int32($0.upperBound) } }
    let inPlane = old.reduce(1, *), outPlane = new.reduce(1, *), planes = out.count / outPlane
    func three<R>(
      _ lists: [[Int32]],
      _ body: ((UnsafePointer<Int32>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?)) -> R
    ) -> R {
      lists[0].withUnsafeBufferPointer { a in
        lists[1].withUnsafeBufferPointer { b in
          lists[2].withUnsafeBufferPointer { c in body((a.baseAddress, b.baseAddress, c.baseAddress)) }
        }
      }
    }
    three(begins) { begins in
      three(ends) { ends in
        let options = tk_windows(
          in: (old[0], old[1], old[2]), out: (new[0], new[1], new[2]), begin: begins, end: ends)
        parallelFor(planes, grain: Swift.max(RowLoop.parallelGrain / (2 * inPlane), 1)) { range in
          var options = options
          let first = range.lowerBound, places = places.of(Int32.self) + first * outPlane
          if x.dtype == .float32 {
            tk_window_max_f32(
              range.count, out.of(Float.self) + first * outPlane, places, x.of(Float.self) + first * inPlane, &options)
          } else {
            tk_window_max_f64(
              range.count, out.of(Double.self) + first * outPlane, places, x.of(Double.self) + first * inPlane,
              &options)
          }
        }
      }
    }
  }
}
