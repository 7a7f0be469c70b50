import TorchBackend

// Order along a dimension, and places in sorted rows.

extension GPUBackend {
  /// Rows up to this length are sorted by counting, without other memory.
  private static let shortRow = 32
  /// What a group sorts in its own memory, as SORT_BLOCK of the kernels.
  private static let sortBlock = 1024

  package func sort(_ x: Strided, dim: Int, descending: Bool, values: Strided, indices: Strided) {
    if values.count == 0 { return }
    let rows = KernelRows(x.shape, dim: dim, x, values, indices)
    guard rows.fits else {
      let source = contiguous(x)
      return inOrder(values) { values in
        inOrder(indices) { sort(source, dim: dim, descending: descending, values: values, indices: $0) }
      }
    }
    if rows.length <= Self.shortRow {
      var arguments = GPUArguments()
      arguments.add(Int64(x.count))
      arguments.add(sizes: rows.others)
      arguments.add(Int64(rows.length))
      arguments.add(Int64(rows.length))
      arguments.add(Int32(descending ? 1 : 0))
      for (number, operand) in [x, values, indices].enumerated() { arguments.add(operand, in: rows, number) }
      return run("sort_short", of: program("sort", x: x.dtype), count: x.count, arguments)
    }
    store(sortedItems(x, rows, descending: descending), x, rows, first: rows.length, values, indices)
  }

  package func topk(_ x: Strided, dim: Int, largest: Bool, values: Strided, indices: Strided) {
    if values.count == 0 { return }
    let rows = KernelRows(x.shape, dim: dim, x, values, indices)
    guard rows.fits else {
      let source = contiguous(x)
      return inOrder(values) { values in
        inOrder(indices) { topk(source, dim: dim, largest: largest, values: values, indices: $0) }
      }
    }
    let k = values.layout.rank == 0 ? 1 : values.shape[dim]
    let items = sortedItems(x, rows, descending: largest)
    // Only where equal elements are among the first does it matter which are chosen.
    var arguments = GPUArguments()
    arguments.add(Int64(rows.count))
    arguments.add(Int64(rows.length))
    arguments.add(Int64(k))
    for block in items.blocks { arguments.add(block: block.storage.base) }
    run("choose_equals", of: program("top", x: .int64), groups: Grid(min(rows.count, Self.mostGroups)), arguments)
    store(items, x, rows, first: k, values, indices)
  }

  /// Keys and places of rows in order, [rows, length] each, and memory as large.
  struct SortedItems {
    var keys: Strided, places: Strided
    var spareKeys: Strided, sparePlaces: Strided

    var blocks: [Strided] { [keys, places, spareKeys, sparePlaces] }
  }

  /// The items of the rows of `x`, the first operand of `rows`, in order.
  func sortedItems(_ x: Strided, _ rows: KernelRows, descending: Bool) -> SortedItems {
    let n = rows.length, layout = SharedLayout(Layout(contiguous: [rows.count, n]))
    func memory() -> Strided { allocate(layout, dtype: .int64) }
    var items = SortedItems(keys: memory(), places: memory(), spareKeys: memory(), sparePlaces: memory())
    var width = 1
    while width < min(n, Self.sortBlock) { width *= 2 }
    let blocks = (n + width - 1) / width
    var arguments = GPUArguments()
    arguments.add(Int64(rows.count))
    arguments.add(sizes: rows.others)
    arguments.add(Int64(n))
    arguments.add(Int64(blocks))
    arguments.add(Int32(width))
    arguments.add(Int32(descending ? 1 : 0))
    arguments.add(x, in: rows, 0)
    arguments.add(block: items.keys.storage.base)
    arguments.add(block: items.places.storage.base)
    run(
      "sort_blocks", of: program("sort", x: x.dtype), groups: Grid(min(rows.count * blocks, Self.mostGroups)), arguments
    )
    var sorted = width
    while sorted < n {
      var arguments = GPUArguments()
      arguments.add(Int64(rows.count * n))
      arguments.add(Int64(n))
      arguments.add(Int64(sorted))
      for block in items.blocks { arguments.add(block: block.storage.base) }
      run("merge_runs", of: program("sort", x: .int64), count: rows.count * n, arguments)
      swap(&items.keys, &items.spareKeys)
      swap(&items.places, &items.sparePlaces)
      sorted *= 2
    }
    return items
  }

  private func store(
    _ items: SortedItems, _ x: Strided, _ rows: KernelRows, first k: Int, _ values: Strided, _ indices: Strided
  ) {
    var arguments = GPUArguments()
    arguments.add(Int64(rows.count * k))
    arguments.add(sizes: rows.others)
    arguments.add(Int64(rows.length))
    arguments.add(Int64(k))
    arguments.add(block: items.places.storage.base)
    for (number, operand) in [x, values, indices].enumerated() { arguments.add(operand, in: rows, number) }
    run("sort_store", of: program("sort", x: x.dtype), count: rows.count * k, arguments)
    withExtendedLifetime(items) {}
  }

  package func search(_ sorted: Strided, _ values: Strided, right: Bool, order: Strided?, into out: Strided) {
    let size = sorted.shape[sorted.layout.rank - 1]
    if out.count == 0 { return }
    if size == 0 { return fill(out, with: .int(0)) }
    let rows = sorted.layout.rank == 1 ? 1 : sorted.count / size
    let x = contiguous(sorted), y = contiguous(values), order = order.map(contiguous)
    var arguments = GPUArguments()
    arguments.add(Int64(values.count))
    arguments.add(Int64(values.count / rows))
    arguments.add(Int64(size))
    arguments.add(Int32(right ? 1 : 0))
    arguments.add(Int32(order == nil ? 0 : 1))
    for operand in [x, y, order ?? out, out] { arguments.add(operand) }
    run("search", of: program("sort", x: sorted.dtype), count: values.count, arguments)
    withExtendedLifetime((x, y, order)) {}
  }
}
