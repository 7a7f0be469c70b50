import TorchBackend

/// Rows of operands along one dimension, and the other dimensions as views.
struct KernelRows {
  /// The dimensions that tell the rows apart.
  let others: KernelViews
  /// How many rows there are.
  let count: Int
  /// How many elements a row of the shape has.
  let length: Int
  /// From one element of a row to the next, for each operand.
  let steps: [Int]

  /// - Parameter operands: of the shape, but along `dim`. Rank 0 is a row of one element, for operands too.
  init(_ shape: Shape, dim: Int, _ operands: Strided...) {
    func stride(_ operand: Strided, _ dim: Int) -> Int { operand.layout.rank == 0 ? 0 : operand.layout.strides[dim] }
    let dims = shape.indices.filter { $0 != dim }
    others = KernelViews(shape: dims.map { shape[$0] }, operands.map { operand in dims.map { stride(operand, $0) } })
    count = dims.reduce(1) { $0 * shape[$1] }
    length = shape.isEmpty ? 1 : shape[dim]
    steps = operands.map { shape.isEmpty ? 0 : stride($0, dim) }
  }

  var fits: Bool { others.fits }
}

extension GPUArguments {
  /// An operand of rows: its memory, its strides from row to row, and its step along one.
  mutating func add(_ operand: Strided, in rows: KernelRows, _ number: Int) {
    add(operand)
    add(strides: rows.others, of: number)
    add(Int64(rows.steps[number]))
  }
}

extension GPUBackend {
  /// Whether a group should go along each row together: rows are long, and too few to keep the device busy one thread each.
  func sharesRows(_ rows: KernelRows) -> Bool {
    rows.length >= 2 * Self.lanes && rows.count < 64 * device.facts.computeUnits
  }
}
