import TorchBackend

// Running results along a dimension.

extension GPUBackend {
  /// What a group scans of a row that several share.
  private static let scanChunk = 4096

  package func scan(_ kernel: ScanKernel, _ x: Strided, dim: Int, into out: Strided, indices: Strided?) {
    if out.count == 0 { return }
    let rows = KernelRows(x.shape, dim: dim, x, out, indices ?? out)
    guard rows.fits else {
      let source = contiguous(x)
      return inOrder(out) { values in
        guard let indices else { return scan(kernel, source, dim: dim, into: values, indices: nil) }
        inOrder(indices) { scan(kernel, source, dim: dim, into: values, indices: $0) }
      }
    }
    let program = program(
      "scan",
      [
        ("JOINED", "JOINED_\(kernel)"), ("LATER", "LATER_\(kernel)"), ("PLACES", indices == nil ? "0" : "1"),
        ("STARTS_AT_0", kernel == .sum ? "1" : "0"),
      ], x: x.dtype)
    func addOperands(to arguments: inout GPUArguments) {
      arguments.add(x, in: rows, 0)
      arguments.add(out, in: rows, 1)
      arguments.add(indices ?? out, in: rows, 2)
    }
    var arguments = GPUArguments()
    arguments.add(Int64(rows.count))
    arguments.add(sizes: rows.others)
    arguments.add(Int64(rows.length))
    guard sharesRows(rows) else {
      addOperands(to: &arguments)
      return run("scan_rows", of: program, count: rows.count, arguments)
    }
    let length = rows.length > 2 * Self.scanChunk ? Self.scanChunk : rows.length
    let chunks = (rows.length + length - 1) / length
    let partial = Layout(contiguous: [rows.count * chunks])
    let totals = allocate(partial, dtype: x.dtype == .float64 ? .float64 : x.dtype.isFloatingPoint ? .float32 : .int64)
    let places = allocate(partial, dtype: .int64)
    defer { withExtendedLifetime((totals, places)) {} }
    arguments.add(Int64(chunks))
    arguments.add(Int64(length))
    let groups = Grid(min(rows.count * chunks, Self.mostGroups))
    func scanChunks(stores: Bool) {
      var arguments = arguments
      arguments.add(Int32(stores ? 1 : 0))
      addOperands(to: &arguments)
      arguments.add(block: totals.storage.base)
      arguments.add(block: places.storage.base)
      run("scan_chunks", of: program, groups: groups, arguments)
    }
    if chunks > 1 {
      scanChunks(stores: false)
      var arguments = GPUArguments()
      arguments.add(Int64(rows.count))
      arguments.add(Int64(chunks))
      arguments.add(block: totals.storage.base)
      arguments.add(block: places.storage.base)
      run("scan_totals", of: program, count: rows.count, arguments)
    }
    scanChunks(stores: true)
  }
}
