import TorchBackend

// Many to one.

extension GPUBackend {
  /// The macros of a kernel.
  static func reduction(_ kernel: ReduceKernel) -> [(String, String)] {
    ["IDENTITY", "JOINED", "WIDTH"].map { ($0, "\($0)_\(kernel)") }
  }

  package func reduce(_ kernel: ReduceKernel, _ x: Strided, into out: Strided) {
    if out.count == 0 { return }
    // The dimensions that stay, and those that are added up.
    let dims = x.shape.indices
    let stays = dims.filter { out.shape[$0] == x.shape[$0] && x.shape[$0] != 1 }
    let goes = dims.filter { out.shape[$0] != x.shape[$0] }
    func numbers(_ list: Shape, _ dims: [Int]) -> [Int] { dims.map { list[$0] } }
    let rows = KernelViews(
      shape: numbers(x.shape, stays), [numbers(x.layout.strides, stays), numbers(out.layout.strides, stays)])
    let columns = KernelViews(shape: numbers(x.shape, goes), [numbers(x.layout.strides, goes)])
    guard rows.fits, columns.fits else {
      let source = contiguous(x)
      return inOrder(out) { reduce(kernel, source, into: $0) }
    }
    let count = goes.reduce(1) { $0 * x.shape[$1] }
    var arguments = GPUArguments()
    arguments.add(Int64(out.count))
    arguments.add(sizes: rows)
    arguments.add(strides: rows, of: 0)
    arguments.add(Int64(count))
    arguments.add(sizes: columns)
    arguments.add(strides: columns, of: 0)
    arguments.add(x)
    arguments.add(out)
    arguments.add(strides: rows, of: 1)
    let program = program("reduce", Self.reduction(kernel), x: x.dtype, out: out.dtype)
    if count >= Self.lanes && out.count < 64 * device.facts.computeUnits {
      run("reduce_row_in_group", of: program, groups: Grid(min(out.count, Self.mostGroups)), arguments)
    } else {
      run("reduce_rows", of: program, count: out.count, arguments)
    }
  }
}
