import TorchBackend

// Indices: what is out of range is neither read nor written, and is a fault at the next wait. Where several name one place, a
// single thread writes them in the order of the indices: sums of floats are the same in every run, and the last one stays.

extension GPUBackend {
  package func gather(_ x: Strided, dim: Int, index: Strided, into out: Strided) {
    if index.count == 0 { return }
    let shape = Array(index.shape), size = x.layout.rank == 0 ? 1 : x.shape[dim]
    var fixed = Self.strides(of: x, along: shape.count)
    let step = x.layout.rank == 0 ? 0 : x.layout.strides[dim]
    if dim < fixed.count { fixed[dim] = 0 }
    let views = KernelViews(
      shape: shape, [fixed, Self.strides(of: index, along: shape.count), Self.strides(of: out, along: shape.count)])
    guard views.fits else {
      return forEachSlice(of: index, x, out, besides: dim) { gather($1, dim: dim, index: $0, into: $2) }
    }
    var arguments = GPUArguments()
    arguments.add(Int64(index.count))
    arguments.add(sizes: views)
    for number in [size, step, dim] { arguments.add(Int64(number)) }
    for (number, operand) in [x, index, out].enumerated() {
      arguments.add(operand)
      arguments.add(strides: views, of: number)
    }
    arguments.add(block: trouble.address())
    run("gather", of: reading(x.dtype), count: index.count, arguments)
  }

  package func scatter(_ source: Strided, dim: Int, index: Strided, mode: ScatterMode, into out: Strided) {
    if index.count == 0 { return }
    let size = out.layout.rank == 0 ? 1 : out.shape[dim]
    let rows = KernelRows(index.shape, dim: dim, source, index, out)
    guard rows.fits else {
      return forEachSlice(of: index, source, out, besides: dim) {
        scatter($1, dim: dim, index: $0, mode: mode, into: $2)
      }
    }
    let step = out.layout.rank == 0 ? 0 : out.layout.strides[dim]
    if sharesRows(rows) && rows.others.sizes.count < KernelViews.mostDims {
      return scatterByOrder(source, dim: dim, index: index, size: size, step: step, mode, into: out)
    }
    var arguments = GPUArguments()
    arguments.add(Int64(rows.count))
    arguments.add(sizes: rows.others)
    for number in [rows.length, size, step, dim] { arguments.add(Int64(number)) }
    arguments.add(source, in: rows, 0)
    arguments.add(index, in: rows, 1)
    arguments.add(out)
    arguments.add(strides: rows.others, of: 2)
    arguments.add(block: trouble.address())
    run("scatter_lines", of: writing(out.dtype, mode), count: rows.count, arguments)
  }

  /// Few long lines: what goes to one place is brought side by side, so that threads share the places.
  private func scatterByOrder(
    _ source: Strided, dim: Int, index: Strided, size: Int, step: Int, _ mode: ScatterMode, into out: Strided
  ) {
    let shape = Array(index.shape)
    var fixed = Self.strides(of: out, along: shape.count)
    fixed[dim] = 0
    let index = contiguous(index), views = KernelViews(shape: shape, [fixed, Array(index.layout.strides)])
    // The source may be larger than the index.
    let part = Layout(shape: index.shape, strides: source.layout.strides, offset: source.layout.offset)
    let x = contiguous(source.with(part))
    let offsets = allocate(Layout(contiguous: [index.count]), dtype: .int64)
    defer { withExtendedLifetime((index, x, offsets)) {} }
    var arguments = GPUArguments()
    arguments.add(Int64(index.count))
    arguments.add(sizes: views)
    for number in [size, step, dim] { arguments.add(Int64(number)) }
    arguments.add(strides: views, of: 0)
    arguments.add(index)
    arguments.add(strides: views, of: 1)
    arguments.add(offsets)
    arguments.add(block: trouble.address())
    run("scatter_offsets", of: reading(.int64), count: index.count, arguments)
    writeRuns(x, offsets, KernelViews(shape: [], [[]]), mode, into: out)
  }

  package func indexRead(_ x: Strided, indices: [Strided], dims: [Int], countsFromEnd: Bool, into out: Strided) {
    if out.count == 0 { return }
    let shape = indices[0].shape, rest = x.layout.strides.dropFirst(indices.count)
    let views = KernelViews(
      shape: Array(out.shape),
      [
        Array(Layout(contiguous: shape).strides) + rest.map { _ in 0 }, shape.map { _ in 0 } + Array(rest),
        Array(out.layout.strides),
      ])
    guard views.fits else {
      // Row-major, the dimensions join.
      let source = contiguous(x)
      return inOrder(out) { indexRead(source, indices: indices, dims: dims, countsFromEnd: countsFromEnd, into: $0) }
    }
    let offsets = offsets(in: x, indices, dims, countsFromEnd)
    var arguments = GPUArguments()
    arguments.add(Int64(out.count))
    arguments.add(sizes: views)
    for (number, operand) in [offsets, x, out].enumerated() {
      arguments.add(operand)
      arguments.add(strides: views, of: number)
    }
    run("index_read", of: reading(x.dtype), count: out.count, arguments)
    withExtendedLifetime(offsets) {}
  }

  package func indexWrite(
    _ source: Strided, indices: [Strided], dims: [Int], countsFromEnd: Bool, mode: ScatterMode, into out: Strided
  ) {
    if source.count == 0 { return }
    let views = KernelViews(
      shape: Array(out.shape.dropFirst(indices.count)), [Array(out.layout.strides.dropFirst(indices.count))])
    guard views.fits else {
      let dense = contiguous(out)
      indexWrite(source, indices: indices, dims: dims, countsFromEnd: countsFromEnd, mode: mode, into: dense)
      return copy(dense, into: out)
    }
    let x = contiguous(source), offsets = offsets(in: out, indices, dims, countsFromEnd)
    writeRuns(x, offsets, views, mode, into: out)
    withExtendedLifetime((x, offsets)) {}
  }

  /// Where the blocks that the indices name begin in `x`, in elements from its first.
  private func offsets(in x: Strided, _ indices: [Strided], _ dims: [Int], _ countsFromEnd: Bool) -> Strided {
    let offsets = allocate(Layout(contiguous: indices[0].shape), dtype: .int64)
    for (dim, index) in indices.enumerated() {
      var index = index, views = KernelViews(index)
      if !views.fits {
        index = contiguous(index)
        views = KernelViews(index)
      }
      var arguments = GPUArguments()
      arguments.add(Int64(index.count))
      arguments.add(sizes: views)
      for number in [x.shape[dim], x.layout.strides[dim], dims[dim]] { arguments.add(Int64(number)) }
      arguments.add(Int32(countsFromEnd ? 1 : 0))
      arguments.add(Int32(dim == 0 ? 1 : 0))
      arguments.add(index)
      arguments.add(strides: views, of: 0)
      arguments.add(offsets)
      arguments.add(block: trouble.address())
      run("index_offsets", of: reading(.int64), count: index.count, arguments)
      withExtendedLifetime(index) {}
    }
    return offsets
  }

  /// Writes the blocks of `x`, which follow one another, to the offsets.
  private func writeRuns(
    _ x: Strided, _ offsets: Strided, _ views: KernelViews, _ mode: ScatterMode, into out: Strided
  ) {
    let row = offsets.with(Layout(shape: [offsets.count], strides: [1], offset: offsets.layout.offset))
    let order = sortedItems(row, KernelRows(row.shape, dim: 0, row), descending: false)
    var arguments = GPUArguments()
    arguments.add(Int64(offsets.count))
    arguments.add(Int64(views.count))
    arguments.add(sizes: views)
    arguments.add(block: order.places.storage.base)
    for operand in [offsets, x, out] { arguments.add(operand) }
    arguments.add(strides: views, of: 0)
    run("write_runs", of: writing(out.dtype, mode), count: x.count, arguments)
    withExtendedLifetime(order) {}
  }

  /// Operands of more dimensions than kernels take: one index of a dimension besides the indexed one after another.
  private func forEachSlice(
    of index: Strided, _ x: Strided, _ y: Strided, besides dim: Int, _ work: (Strided, Strided, Strided) -> Void
  ) {
    guard let cut = index.shape.indices.first(where: { $0 != dim && index.shape[$0] > 1 }) else { return }
    func part(_ s: Strided, _ place: Int) -> Strided {
      var layout = s.layout
      layout.offset += place * layout.strides[cut]
      layout.shape[cut] = 1
      return s.with(layout)
    }
    for place in 0..<index.shape[cut] { work(part(index, place), part(x, place), part(y, place)) }
  }

  private static func strides(of operand: Strided, along rank: Int) -> [Int] {
    operand.layout.rank == 0 ? [Int](repeating: 0, count: rank) : Array(operand.layout.strides)
  }

  /// A program that moves elements as they are.
  private func reading(_ dtype: DType) -> ProgramKey { program("index", [("JOINS", "0")], x: dtype.ofBits) }

  /// A program that writes.
  private func writing(_ dtype: DType, _ mode: ScatterMode) -> ProgramKey {
    program(
      "index", [("JOINS", "1"), ("ASSIGNS", mode == .assign ? "1" : "0"), ("JOINED", "JOINED_\(mode)")],
      x: mode == .assign ? dtype.ofBits : dtype)
  }
}

extension DType {
  /// Whole numbers of the same size, which programs that only move elements share.
  fileprivate var ofBits: DType {
    switch itemSize {
    case 1: .uint8
    case 2: .int16
    case 4: .int32
    default: .int64
    }
  }
}

// MARK: what is not zero

extension GPUBackend {
  /// How many elements a group looks at.
  private static let flagChunk = 4096

  package func nonzero(_ x: Strided) -> Strided {
    let rank = x.layout.rank, count = x.count
    if count == 0 { return allocate(Layout(shape: [0, rank], strides: [1, 1]), dtype: .int64) }
    var x = x, views = KernelViews(x)
    if !views.fits {
      x = contiguous(x)
      views = KernelViews(x)
    }
    let program = program("index", [("JOINS", "0")], x: x.dtype)
    let chunks = (count + Self.flagChunk - 1) / Self.flagChunk, groups = Grid(min(chunks, Self.mostGroups))
    var arguments = GPUArguments()
    arguments.add(Int64(count))
    arguments.add(sizes: views)
    arguments.add(Int64(chunks))
    arguments.add(Int64(Self.flagChunk))
    arguments.add(x)
    arguments.add(strides: views, of: 0)
    // The size of the result is known only when the device has counted.
    let starts = allocate(Layout(contiguous: [chunks]), dtype: .int64)
    let here = CPUBackend.shared.allocate(Layout(contiguous: [chunks]), dtype: .int64)
    var counting = arguments
    counting.add(starts)
    run("count_nonzero", of: program, groups: groups, counting)
    download(starts, into: here)
    let numbers = here.pointer.assumingMemoryBound(to: Int64.self)
    var found: Int64 = 0
    for chunk in 0..<chunks { (numbers[chunk], found) = (found, found + numbers[chunk]) }
    // One column after another, as on the processor: each is what an index wants.
    let out = allocate(Layout(shape: [Int(found), rank], strides: [1, max(Int(found), 1)]), dtype: .int64)
    if rank == 0 || found == 0 { return out }
    upload(here, into: starts)
    let positions = allocate(Layout(contiguous: [Int(found)]), dtype: .int64)
    arguments.add(starts)
    arguments.add(positions)
    run("find_nonzero", of: program, groups: groups, arguments)
    var step = 1
    for dim in (0..<rank).reversed() {
      var arguments = GPUArguments()
      for number in [Int(found), step, x.shape[dim]] { arguments.add(Int64(number)) }
      arguments.add(positions)
      arguments.add(out.with(Layout(shape: [Int(found)], strides: [1], offset: dim * Int(found))))
      run("split_positions", of: reading(.int64), count: Int(found), arguments)
      step *= x.shape[dim]
    }
    withExtendedLifetime((x, starts, positions, here)) {}
    return out
  }
}
