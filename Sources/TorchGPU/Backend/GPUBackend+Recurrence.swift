import TorchBackend

// Recurrent layers: per step one product of the states with all weights and one kernel for the gates; back, one kernel and one product.

extension Recurrence {
  /// The macro that recurrence.cl knows it by.
  var inKernels: String {
    switch self {
    case .tanh: "RECURRENCE_TANH"
    case .relu: "RECURRENCE_RELU"
    case .lstm: "RECURRENCE_LSTM"
    case .gru: "RECURRENCE_GRU"
    }
  }

  static let all: [Recurrence] = [.tanh, .relu, .lstm, .gru]
}

extension GPUBackend {
  package func runsRecurrence(in dtype: DType) -> Bool { dtype.isFloatingPoint }

  package func recurrence(_ layer: RecurrentPass) {
    for (number, direction) in layer.directions.enumerated() { forward(layer, direction, isReversed: number == 1) }
  }

  private func forward(_ layer: RecurrentPass, _ direction: RecurrentPass.Direction, isReversed: Bool) {
    guard let last = direction.last else { fault("recurrence", "\(name) wants a place for the last states") }
    let steps = RecurrentSteps(layer, isReversed: isReversed), hidden = layer.hidden, weight = direction.weight
    let width = layer.recurrence.gates * hidden
    // The running states: rows that have not begun yet hold what they begin with.
    if let start = direction.start { copy(start, into: last) } else { fill(last, with: .int(0)) }
    let columns = contiguous(weight.block([hidden, width], [1, hidden], at: 0))
    let product = allocate(Layout(contiguous: [steps.batch, width]), dtype: weight.dtype)
    let program = program("recurrence", [("RECURRENCE", layer.recurrence.inKernels)], x: weight.dtype)
    for step in steps.order {
      let rows = steps.rows(step)
      let multiplies = step != steps.order.first || direction.start != nil
      if multiplies {
        matmul(
          last.block([rows.count, hidden], [hidden, 1], at: 0), columns, bias: nil,
          into: product.block([rows.count, width], [width, 1], at: 0))
      }
      let output = direction.output
      var arguments = GPUArguments()
      arguments.add(Int64(rows.count))
      arguments.add(Int64(hidden))
      arguments.add(Int32(layer.keeps ? 1 : 0))
      arguments.add(direction.gates, fromRow: rows.lowerBound, steps.gatesRow)
      arguments.add(Int64(steps.gatesRow))
      arguments.add(Int32(multiplies ? 1 : 0))
      arguments.add(product)
      arguments.add(Int32(direction.bias == nil ? 0 : 1))
      arguments.add(direction.bias ?? last)
      arguments.add(output, fromRow: rows.lowerBound, output.layout.strides[0])
      arguments.add(Int64(output.layout.strides[0]))
      arguments.add(last)
      arguments.add(direction.cell ?? last)
      arguments.add(Int32(direction.cells == nil ? 0 : 1))
      arguments.add(direction.cells ?? last, fromRow: direction.cells == nil ? 0 : rows.lowerBound, hidden)
      run("recurrence_step", of: program, count: rows.count * hidden, arguments)
    }
    withExtendedLifetime((columns, product)) {}
  }

  package func recurrenceGradient(_ layer: RecurrentPass) -> [Range<Int>] {
    for (number, direction) in layer.directions.enumerated() { backward(layer, direction, isReversed: number == 1) }
    // Which gradients are zero, only the device knows, and the host would have to wait for it.
    return layer.directions.map { _ in 0..<layer.starts.count - 1 }
  }

  private func backward(_ layer: RecurrentPass, _ direction: RecurrentPass.Direction, isReversed: Bool) {
    guard let slopes = direction.slopes, let slope = direction.hiddenSlope else {
      fault("recurrence", "\(name) wants places for the gradients")
    }
    let steps = RecurrentSteps(layer, isReversed: isReversed), hidden = layer.hidden, weight = direction.weight
    let width = layer.recurrence.gates * hidden, isLSTM = layer.recurrence == .lstm
    let program = program("recurrence", [("RECURRENCE", layer.recurrence.inKernels)], x: weight.dtype)
    let output = direction.output, outputRow = output.layout.strides[0]
    for step in steps.order.reversed() {
      let rows = steps.rows(step), earlier = steps.rowsBefore(step)
      // Rows that ran before begin with those of the step before.
      let ran = Swift.min(earlier.count, rows.count)
      let before = isLSTM ? direction.cells ?? output : output, beforeRow = isLSTM ? hidden : outputRow
      let start = isLSTM ? direction.cell : direction.start
      let gradient = direction.gradient, gradientRow = gradient?.layout.strides[0] ?? 0
      var arguments = GPUArguments()
      for number in [rows.count, hidden, ran] { arguments.add(Int64(number)) }
      arguments.add(direction.gates, fromRow: rows.lowerBound, steps.gatesRow)
      arguments.add(slopes, fromRow: rows.lowerBound, steps.gatesRow)
      arguments.add(Int64(steps.gatesRow))
      arguments.add(Int32(gradient == nil ? 0 : 1))
      arguments.add(gradient ?? output, fromRow: rows.lowerBound, gradientRow)
      arguments.add(Int64(gradientRow))
      arguments.add(slope)
      arguments.add(direction.cellSlope ?? slope)
      arguments.add(output, fromRow: rows.lowerBound, outputRow)
      arguments.add(Int64(outputRow))
      arguments.add(direction.cells ?? output, fromRow: direction.cells == nil ? 0 : rows.lowerBound, hidden)
      arguments.add(before, fromRow: earlier.lowerBound, beforeRow)
      arguments.add(Int64(beforeRow))
      arguments.add(Int32(start == nil ? 0 : 1))
      arguments.add(start ?? output)
      run("recurrence_slope", of: program, count: rows.count * hidden, arguments)

      let count = layer.wantsHidden ? rows.count : ran
      if count == 0 { continue }
      let target = slope.block([count, hidden], [hidden, 1], at: 0)
      matmul(
        slopes.block([count, width], [steps.gatesRow, 1], at: rows.lowerBound * steps.gatesRow), weight,
        bias: layer.recurrence == .gru ? target : nil, into: target)
    }
  }
}

/// The steps of one direction over packed rows.
private struct RecurrentSteps {
  private let starts: [Int]
  private let isReversed: Bool
  /// Numbers in a row of gates.
  let gatesRow: Int

  init(_ layer: RecurrentPass, isReversed: Bool) {
    starts = layer.starts
    self.isReversed = isReversed
    gatesRow = layer.recurrence.places * layer.hidden
  }

  var batch: Int { starts[1] - starts[0] }

  /// The steps as they are gone through.
  var order: [Int] {
    let all = Array(0..<starts.count - 1)
    return isReversed ? all.reversed() : all
  }

  func rows(_ step: Int) -> Range<Int> { starts[step]..<starts[step + 1] }

  /// The rows of the step that came before; none before the first.
  func rowsBefore(_ step: Int) -> Range<Int> {
    let before = isReversed ? step + 1 : step - 1
    return before < 0 || before >= starts.count - 1 ? 0..<0 : rows(before)
  }
}

extension Strided {
  /// A block in the same memory, `start` elements on.
  fileprivate func block(_ shape: Shape, _ strides: Shape, at start: Int) -> Strided {
    with(Layout(shape: shape, strides: strides, offset: layout.offset + start))
  }
}

extension GPUArguments {
  /// An operand from one of its rows on.
  fileprivate mutating func add(_ operand: Strided, fromRow row: Int, _ stride: Int) {
    add(
      operand.with(
        Layout(shape: operand.shape, strides: operand.layout.strides, offset: operand.layout.offset + row * stride)))
  }
}
