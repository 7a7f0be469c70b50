import CTorchGemm

// Whole sequences of recurrent layers, by CTorchGemm.

extension CPUBackend {
  package func runsRecurrence(in dtype: DType) -> Bool {
    dtype == .float32 && !plainOnly && backends.cpu.fusedRecurrence
  }

  package func recurrence(_ layer: RecurrentPass) {
    _ = run(layer, cg_recurrence_forward)
  }

  package func recurrenceGradient(_ layer: RecurrentPass) -> [Range<Int>] {
    let job = run(layer, cg_recurrence_backward)
    return [job.direction.0, job.direction.1].prefix(layer.directions.count).map { direction in
      direction.first < direction.past ? direction.first..<direction.past : 0..<0
    }
  }

  private func run(
    _ layer: RecurrentPass, _ kernel: (UnsafeMutablePointer<cg_recurrence>) -> Bool
  ) -> cg_recurrence {
    let directions = layer.directions.enumerated().map { describe($1, isReversed: $0 == 1) }
    var job: cg_recurrence?
    let isDone = layer.starts.withUnsafeBufferPointer { starts in
      job = cg_recurrence(
        kind: Int32(layer.recurrence.rawValue), hidden: layer.hidden, steps: layer.starts.count - 1,
        starts: starts.baseAddress!, matrix_unit: backends.cpu.matrixUnits, keeps: layer.keeps,
        wants_hidden: layer.wantsHidden,
        directions: Int32(directions.count), direction: (directions[0], directions.last!))
      return kernel(&job!)
    }
    if !isDone { fault("recurrence", "there is no memory for \(layer.directions.count) packed weights") }
    return job!
  }

  private func describe(_ direction: RecurrentPass.Direction, isReversed: Bool) -> cg_recurrence_direction {
    func numbers(_ strided: Strided?) -> UnsafeMutablePointer<Float>? { strided?.of(Float.self) }
    return cg_recurrence_direction(
      reversed: isReversed, weight: direction.weight.of(Float.self), bias: numbers(direction.bias),
      hidden: numbers(direction.start), gates: direction.gates.of(Float.self),
      output: direction.output.of(Float.self), output_row: direction.output.layout.strides[0],
      last: numbers(direction.last), cell: numbers(direction.cell), cells: numbers(direction.cells),
      gradient: numbers(direction.gradient), gradient_row: direction.gradient?.layout.strides[0] ?? 0,
      slopes: numbers(direction.slopes), d_hidden: numbers(direction.hiddenSlope),
      d_cell: numbers(direction.cellSlope), first: 0, past: 0)
  }
}
