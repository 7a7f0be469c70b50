import TorchBackend

// Passes over rows of contiguous memory: a thread for each row, or a group where rows are long.

extension GPUBackend {
  package func softmax(_ x: Strided, log: Bool, into out: Strided) {
    guard let rows = Rows(x) else { return }
    var arguments = rows.arguments
    arguments.add(Int32(log ? 1 : 0))
    arguments.add(x)
    arguments.add(out)
    run("softmax", "SOFTMAX", rows, x.dtype, arguments)
  }

  package func softmaxGradient(_ gradient: Strided, output: Strided, log: Bool, into out: Strided) {
    guard let rows = Rows(output) else { return }
    var arguments = rows.arguments
    arguments.add(Int32(log ? 1 : 0))
    arguments.add(gradient)
    arguments.add(output)
    arguments.add(out)
    run("softmax_slope", "SOFTMAX", rows, output.dtype, arguments)
  }

  package func layerNorm(
    _ x: Strided, columns: Int, weight: Strided?, bias: Strided?, eps: Double, into out: Strided, mean: Strided,
    scale: Strided
  ) {
    guard let rows = Rows(x, columns: columns) else { return }
    var arguments = rows.arguments
    if x.dtype == .float64 { arguments.add(eps) } else { arguments.add(Float(eps)) }
    arguments.add(x)
    arguments.add(optional: weight, else: x)
    arguments.add(optional: bias, else: x)
    arguments.add(out)
    arguments.add(mean)
    arguments.add(scale)
    run("layer_norm", "LAYER_NORM", rows, x.dtype, arguments)
  }

  package func layerNormGradient(
    _ gradient: Strided, _ x: Strided, columns: Int, mean: Strided, scale: Strided, weight: Strided?,
    into out: Strided?, forWeight: Strided?, forBias: Strided?
  ) {
    guard let rows = Rows(x, columns: columns) else {
      for sum in [forWeight, forBias] { if let sum { fill(sum, with: .int(0)) } }
      return
    }
    if let out {
      var arguments = rows.arguments
      for operand in [gradient, x, mean, scale] { arguments.add(operand) }
      arguments.add(optional: weight, else: x)
      arguments.add(out)
      run("layer_norm_slope", "LAYER_NORM", rows, x.dtype, arguments)
    }
    if forWeight == nil && forBias == nil { return }
    // Each piece of the rows adds up on its own; the sums are joined in their order.
    let each = Swift.max((rows.count + 63) / 64, 32), pieces = (rows.count + each - 1) / each
    let sums = allocate(Layout(contiguous: [2, pieces, columns]), dtype: mean.dtype)
    var arguments = rows.arguments
    arguments.add(Int64(pieces))
    arguments.add(Int64(each))
    for operand in [gradient, x, mean, scale, sums] { arguments.add(operand) }
    run("layer_norm_sums", of: program("LAYER_NORM", isByGroups: false, x.dtype), count: pieces * columns, arguments)
    for (which, target) in [forWeight, forBias].enumerated() {
      guard let target else { continue }
      let layout = Layout(
        shape: [pieces, columns], strides: [columns, 1], offset: sums.layout.offset + which * pieces * columns)
      let total = target.dtype == sums.dtype ? target : allocate(Layout(contiguous: target.shape), dtype: sums.dtype)
      reduce(
        .sum, sums.with(layout),
        into: total.with(Layout(shape: [1, columns], strides: [columns, 1], offset: total.layout.offset)))
      if target.dtype != sums.dtype { copy(total, into: target) }
    }
  }

  package func rowMoments(_ x: Strided, mean: Strided, spread: Strided) {
    guard let rows = Rows(x, count: mean.count) else { return }
    var arguments = rows.arguments
    for operand in [x, mean, spread] { arguments.add(operand) }
    run("row_moments", "CHANNEL_NORM", rows, x.dtype, arguments)
  }

  package func rowSlopes(_ gradient: Strided, _ x: Strided, mean: Strided, sum: Strided, along: Strided) {
    guard let rows = Rows(x, count: mean.count) else { return }
    var arguments = rows.arguments
    for operand in [gradient, x, mean, sum, along] { arguments.add(operand) }
    run("row_slopes", "CHANNEL_NORM", rows, x.dtype, arguments)
  }

  package func rowAffine(_ x: Strided, mean: Strided, factor: Strided, shift: Strided, into out: Strided) {
    elementwise("row_affine", x, [x, mean, factor, shift, out], rows: mean.count)
  }

  package func rowCombine(
    _ gradient: Strided, _ x: Strided, mean: Strided, byGradient: Strided, byX: Strided, shift: Strided,
    into out: Strided
  ) {
    elementwise("row_combine", x, [gradient, x, mean, byGradient, byX, shift, out], rows: mean.count)
  }

  /// A thread for each element of the rows.
  private func elementwise(_ kernel: String, _ x: Strided, _ operands: [Strided], rows: Int) {
    if x.count == 0 { return }
    var arguments = GPUArguments()
    arguments.add(Int64(x.count))
    arguments.add(Int64(x.count / rows))
    for operand in operands { arguments.add(operand) }
    run(kernel, of: program("CHANNEL_NORM", isByGroups: false, x.dtype), count: x.count, arguments)
  }

  /// Columns from which on a group takes a row: threads side by side then read side by side. A processor's threads read alone.
  private var longRow: Int { device.facts.isCPU ? 4096 : 64 }

  private func run(_ kernel: String, _ family: String, _ rows: Rows, _ dtype: DType, _ arguments: GPUArguments) {
    if rows.columns >= longRow {
      let groups = Grid(Swift.min(rows.count, Self.mostGroups))
      run(kernel, of: program(family, isByGroups: true, dtype), groups: groups, arguments)
    } else {
      run(kernel, of: program(family, isByGroups: false, dtype), count: rows.count, arguments)
    }
  }

  /// What norms find of rows is in float64, where there is any.
  private func program(_ family: String, isByGroups: Bool, _ dtype: DType) -> ProgramKey {
    program(
      "rows", [("FAMILY", family), ("BY_GROUPS", isByGroups ? "1" : "0")], x: dtype,
      out: hasFloat64 ? .float64 : .float32)
  }
}

/// The rows of contiguous memory; nil where there is nothing.
private struct Rows {
  let count: Int, columns: Int

  init?(_ x: Strided) { self.init(x, columns: x.shape.last ?? 1) }

  init?(_ x: Strided, columns: Int) {
    if x.count == 0 { return nil }
    self.columns = columns
    count = x.count / columns
  }

  init?(_ x: Strided, count: Int) {
    if x.count == 0 { return nil }
    self.count = count
    columns = x.count / count
  }

  var arguments: GPUArguments {
    var arguments = GPUArguments()
    arguments.add(Int64(count))
    arguments.add(Int64(columns))
    return arguments
  }
}

extension GPUArguments {
  /// Whether an operand is there, and it; another block stands for one that is not.
  fileprivate mutating func add(optional operand: Strided?, else other: Strided) {
    add(Int32(operand == nil ? 0 : 1))
    add(operand ?? other)
  }
}
