import TorchBackend

// Positions of extremes.

extension GPUBackend {
  package func argReduce(_ kernel: ReduceKernel, _ x: Strided, dim: Int, into out: Strided) {
    if out.count == 0 { return }
    let rows = KernelRows(x.shape, dim: dim, x, out)
    guard rows.fits else {
      let source = contiguous(x)
      return inOrder(out) { argReduce(kernel, source, dim: dim, into: $0) }
    }
    var arguments = GPUArguments()
    arguments.add(Int64(rows.count))
    arguments.add(sizes: rows.others)
    arguments.add(Int64(rows.length))
    arguments.add(Int64(rows.steps[0]))
    for (number, operand) in [x, out].enumerated() {
      arguments.add(operand)
      arguments.add(strides: rows.others, of: number)
    }
    let program = program("arg", [("BETTER", "BETTER_\(kernel)")], x: x.dtype)
    if sharesRows(rows) {
      run("arg_row_in_group", of: program, groups: Grid(min(rows.count, Self.mostGroups)), arguments)
    } else {
      run("arg_rows", of: program, count: rows.count, arguments)
    }
  }
}
