/// All steps of a recurrent layer, in one direction or both.
///
/// The inputs are what enters, the states before the first step if there are any (of an LSTM the cells too), and for each
/// direction the weights of the inputs, those of the states and, if there are any, their biases. The outputs are the states
/// after each step, each sequence's last states, and an LSTM's last cells.
struct RecurrentSequence: Op {
  let recurrence: Recurrence
  let hidden: Int, directions: Int
  /// Where the rows of each step begin, and where the last ones end.
  let starts: [Int]
  let hasState: Bool, hasBias: Bool
  /// Whether a backward pass may come.
  let keeps: Bool
  /// The same outputs from the same inputs by ops that can be differentiated twice.
  let byOtherOps: @Sendable ([Tensor]) -> [Tensor]

  var name: StaticString {
    switch recurrence {
    case .tanh: "rnn_tanh"
    case .relu: "rnn_relu"
    case .lstm: "lstm"
    case .gru: "gru"
    }
  }

  private var isLSTM: Bool { recurrence == .lstm }
  private var stateCount: Int { hasState ? isLSTM ? 2 : 1 : 0 }
  private var weightCount: Int { hasBias ? 4 : 2 }
  private var inputCount: Int { 1 + stateCount + directions * weightCount }
  private var width: Int { recurrence.places * hidden }
  private var batch: Int { starts[1] }
  private var isRagged: Bool { starts[starts.count - 1] != batch * (starts.count - 1) }

  /// The place of a direction's weights among the inputs.
  private func weight(_ direction: Int) -> Int { 1 + stateCount + direction * weightCount }

  // MARK: forward

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0], rows = x.shape[0], backend = x.backend
    func made(_ shape: Shape) -> Tensor { Tensor(shape: shape, dtype: x.dtype, device: x.device) }
    let output = made([rows, directions * hidden]), last = made([directions, batch, hidden])
    let start = hasState ? inputs[1].contiguous() : nil
    let cell = !isLSTM ? nil : hasState ? inputs[2].contiguous().clone() : Tensor.zeros(like: last)
    let cells = isLSTM && keeps ? made([directions, rows, hidden]) : nil
    var pass = RecurrentPass(recurrence, hidden: hidden, starts: starts, keeps: keeps), gates: [Tensor] = []
    for d in 0..<directions {
      let weights = Array(inputs[weight(d)..<weight(d) + weightCount])
      let sums = made([rows, width])
      backend.matmul(
        x.strided, weights[0].t().strided, bias: bias(of: weights)?.strided.broadcast(to: [rows, weights[0].shape[0]]),
        into: sums.narrow(dim: 1, start: 0, length: weights[0].shape[0]).strided)
      gates.append(sums)
      var direction = RecurrentPass.Direction(
        weight: weights[1].contiguous().strided, bias: nil, start: start.map { $0[d].strided }, gates: sums.strided,
        output: output.narrow(dim: 1, start: d * hidden, length: hidden).strided)
      if hasBias, recurrence == .gru {
        direction.bias = weights[3].contiguous().narrow(dim: 0, start: 2 * hidden, length: hidden).strided
      }
      direction.last = last[d].strided
      direction.cell = cell.map { $0[d].strided }
      direction.cells = cells.map { $0[d].strided }
      pass.directions.append(direction)
    }
    backend.recurrence(pass)
    for i in inputs.indices { saving.input(i) }
    saving.output(0)
    for gate in gates { saving.constant(gate) }
    if let cells { saving.constant(cells) }
    return [output, last] + (cell.map { [$0] } ?? [])
  }

  /// What is added to the products with the inputs: both biases, but of a GRU's new state the input's alone.
  private func bias(of weights: [Tensor]) -> Tensor? {
    guard hasBias else { return nil }
    guard recurrence == .gru else { return weights[2] + weights[3] }
    let sum = weights[2].clone(), both = 2 * hidden
    sum.narrow(dim: 0, start: 0, length: both).add_(weights[3].narrow(dim: 0, start: 0, length: both))
    return sum
  }

  // MARK: backward

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    if gradients.allSatisfy({ $0 == nil }) { return [] }
    if isGradEnabled() { return throughOtherOps(gradients, saved) }
    let x = saved[0], backend = x.backend, output = saved[inputCount]
    func made(_ shape: Shape) -> Tensor { Tensor(shape: shape, dtype: x.dtype, device: x.device) }
    func slope(_ index: Int) -> Tensor {
      gradients[index]?.contiguous().clone() ?? .zeros([directions, batch, hidden], dtype: x.dtype, device: x.device)
    }
    let gradient = gradients[0]?.contiguous(), start = hasState ? saved[1].contiguous() : nil
    let forHidden = slope(1), forCell = isLSTM ? slope(2) : nil
    let slopes = (0..<directions).map { _ in made([x.shape[0], width]) }
    var pass = RecurrentPass(
      recurrence, hidden: hidden, starts: starts, keeps: true, wantsHidden: hasState && saved.needs(1))
    for d in 0..<directions {
      func own(_ t: Tensor) -> Strided { t.narrow(dim: 1, start: d * hidden, length: hidden).strided }
      var direction = RecurrentPass.Direction(
        weight: saved[weight(d) + 1].contiguous().strided, bias: nil, start: start.map { $0[d].strided },
        gates: saved[inputCount + 1 + d].strided, output: own(output))
      if isLSTM {
        direction.cells = saved[inputCount + 1 + directions][d].strided
        direction.cell = hasState ? saved[2].contiguous()[d].strided : nil
      }
      direction.gradient = gradient.map(own)
      direction.slopes = slopes[d].strided
      direction.hiddenSlope = forHidden[d].strided
      direction.cellSlope = forCell.map { $0[d].strided }
      pass.directions.append(direction)
    }
    let steps = backend.recurrenceGradient(pass)

    var results = [Tensor?](repeating: nil, count: inputCount)
    let bounds = zip(0..<directions, steps).map { d, steps in
      let rows = starts[steps.lowerBound]..<starts[steps.upperBound]
      return zerosDoNotMatter(beyond: rows, x, output, start, saved[weight(d)]) ? rows : 0..<x.shape[0]
    }
    if saved.needs(0) { results[0] = inputGradient(slopes, bounds, x, saved) }
    if hasState {
      if saved.needs(1) { results[1] = forHidden }
      if isLSTM, saved.needs(2) { results[2] = forCell }
    }
    for d in 0..<directions {
      let at = weight(d), sums = Sums(slopes[d], bounds[d])
      if saved.needs(at) { results[at] = sums.fromInputs(recurrence, hidden, x) }
      if saved.needs(at + 1) {
        results[at + 1] = stateWeightGradient(sums, output, start.map { $0[d] }, direction: d)
      }
      guard hasBias, saved.needs(at + 2) || saved.needs(at + 3) else { continue }
      let sum = sums.rows.sum(dim: 0)
      guard recurrence == .gru else {
        results[at + 2] = sum
        results[at + 3] = sum
        continue
      }
      func part(_ start: Int, _ count: Int) -> Tensor {
        sum.narrow(dim: 0, start: start * hidden, length: count * hidden)
      }
      results[at + 2] = Tensor.cat([part(0, 2), part(3, 1)], dim: 0)
      results[at + 3] = part(0, 3).contiguous()
    }
    return results
  }

  /// Gradients of sums, all or those of some steps.
  private struct Sums {
    let rows: Tensor, range: Range<Int>

    init(_ slopes: Tensor, _ range: Range<Int>) {
      self.range = range
      rows = slopes.narrow(dim: 0, start: range.lowerBound, length: range.count)
    }

    /// The blocks of columns that belong to the inputs' products, and where they lie in the weights.
    static func blocks(_ recurrence: Recurrence, _ hidden: Int) -> [(columns: Range<Int>, first: Int)] {
      recurrence == .gru
        ? [(0..<2 * hidden, 0), (3 * hidden..<4 * hidden, 2 * hidden)] : [(0..<recurrence.gates * hidden, 0)]
    }

    func columns(_ range: Range<Int>) -> Tensor { rows.narrow(dim: 1, start: range.lowerBound, length: range.count) }

    /// The gradient of the inputs' weights.
    func fromInputs(_ recurrence: Recurrence, _ hidden: Int, _ x: Tensor) -> Tensor {
      let size = x.shape[1]
      let out = Tensor(shape: [recurrence.gates * hidden, size], dtype: x.dtype, device: x.device)
      let entered = x.narrow(dim: 0, start: range.lowerBound, length: range.count)
      for (block, first) in Sums.blocks(recurrence, hidden) {
        x.backend.matmul(
          columns(block).t().strided, entered.strided, bias: nil,
          into: out.narrow(dim: 0, start: first, length: block.count).strided)
      }
      return out
    }
  }

  /// Whether products with the zeros outside of `rows` are zeros: all other factors are finite.
  private func zerosDoNotMatter(
    beyond rows: Range<Int>, _ x: Tensor, _ output: Tensor, _ start: Tensor?, _ weight: Tensor
  ) -> Bool {
    if rows.count == x.shape[0] { return true }
    // A sum is finite only if all it is made of is.
    return [x, output, weight, start].allSatisfy { $0 == nil || ($0!.sum().item() as Double).isFinite }
  }

  private func inputGradient(_ slopes: [Tensor], _ bounds: [Range<Int>], _ x: Tensor, _ saved: Saved) -> Tensor {
    let out = Tensor(shape: x.shape, dtype: x.dtype, device: x.device)
    // The first product to reach all rows writes them; others add to what is there.
    let order = (0..<directions).sorted { bounds[$0].count > bounds[$1].count }
    var isWritten = bounds[order[0]].count == x.shape[0]
    if !isWritten { out.zero_() }
    var adds = !isWritten
    for d in order {
      let sums = Sums(slopes[d], bounds[d]), weight = saved[self.weight(d)]
      let target = out.narrow(dim: 0, start: sums.range.lowerBound, length: sums.range.count).strided
      for (block, first) in Sums.blocks(recurrence, hidden) {
        x.backend.matmul(
          sums.columns(block).strided, weight.narrow(dim: 0, start: first, length: block.count).strided,
          bias: adds ? target : nil, into: target)
        adds = true
      }
      isWritten = true
    }
    return out
  }

  /// The gradient of the states' weights: each step's gradients with the states before it.
  private func stateWeightGradient(_ sums: Sums, _ output: Tensor, _ start: Tensor?, direction: Int) -> Tensor {
    let rows = output.shape[0], gates = 0..<recurrence.gates * hidden, isReversed = direction == 1
    let states = output.narrow(dim: 1, start: direction * hidden, length: hidden)
    let out = Tensor(shape: [gates.count, hidden], dtype: output.dtype, device: output.device)
    var adds = false
    func add(_ slopes: Range<Int>, _ before: Tensor) {
      if slopes.isEmpty { return }
      let part = sums.rows.narrow(
        dim: 0, start: slopes.lowerBound - sums.range.lowerBound, length: slopes.count)
      let target = out.strided
      output.backend.matmul(
        part.narrow(dim: 1, start: 0, length: gates.count).t().strided, before.strided, bias: adds ? target : nil,
        into: target)
      adds = true
    }
    if isRagged {
      let before = statesBefore(states, start, isReversed: isReversed)
      add(sums.range, before.narrow(dim: 0, start: sums.range.lowerBound, length: sums.range.count))
    } else {
      // The states before lie one step aside.
      let later = isReversed ? sums.range.clamped(to: 0..<rows - batch) : sums.range.clamped(to: batch..<rows)
      if !later.isEmpty {
        let from = isReversed ? later.lowerBound + batch : later.lowerBound - batch
        add(later, states.narrow(dim: 0, start: from, length: later.count))
      }
      if let start {
        let first = isReversed ? rows - batch..<rows : 0..<batch, own = sums.range.clamped(to: first)
        if !own.isEmpty {
          add(own, start.narrow(dim: 0, start: own.lowerBound - first.lowerBound, length: own.count))
        }
      }
    }
    if !adds { out.zero_() }
    return out
  }

  /// The state before each packed row.
  private func statesBefore(_ states: Tensor, _ start: Tensor?, isReversed: Bool) -> Tensor {
    let start = start ?? .zeros([batch, hidden], dtype: states.dtype, device: states.device)
    var parts: [Tensor] = []
    let steps = starts.count - 1
    for step in 0..<steps {
      let from = isReversed ? step + 1 : step - 1, count = starts[step + 1] - starts[step]
      var ran = 0
      if from >= 0, from < steps {
        ran = min(starts[from + 1] - starts[from], count)
        parts.append(states.narrow(dim: 0, start: starts[from], length: ran))
      }
      if ran < count { parts.append(start.narrow(dim: 0, start: ran, length: count - ran)) }
    }
    return Tensor.cat(parts, dim: 0)
  }

  /// The gradients as functions that can be differentiated again: the layer is computed anew by other ops.
  private func throughOtherOps(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    // Views stand for the inputs, so that only what this layer does is followed back.
    let inputs = (0..<inputCount).map { i in saved.needs(i) ? saved[i].view(Array(saved[i].shape)) : saved[i] }
    let wanted = inputs.indices.filter { saved.needs($0) }
    let outputs = byOtherOps(inputs)
    let asked = outputs.indices.filter { gradients[$0] != nil && outputs[$0].requiresGrad }
    var results = [Tensor?](repeating: nil, count: inputCount)
    if asked.isEmpty { return results }
    let found = Engine.gradients(
      asked.map { outputs[$0] }, of: wanted.map { inputs[$0] }, gradients: asked.map { gradients[$0] },
      retainGraph: true, createGraph: true)
    for (i, gradient) in zip(wanted, found) { results[i] = gradient }
    return results
  }
}

extension Tensor {
  /// All steps of a recurrent layer over packed rows, where the device has a kernel for whole sequences; nil where not.
  /// - Parameters:
  ///   - starts: where the rows of each step begin, and where the last ones end.
  ///   - state: the states before the first step and an LSTM's cells, `[directions, batch, hidden]`; empty for zeros.
  ///   - weights: for each direction the weights of inputs and states, and their biases if there are any.
  ///   - otherwise: the same by tensor ops, of the same inputs in this order.
  package func recurrentSequence(
    _ recurrence: Recurrence, hidden: Int, starts: [Int], state: [Tensor], weights: [[Tensor]],
    otherwise: @escaping @Sendable ([Tensor]) -> [Tensor]
  ) -> [Tensor]? {
    let inputs = [self] + state + weights.flatMap { $0 }
    guard numel() > 0, backend.runsRecurrence(in: dtype),
      inputs.allSatisfy({ $0.dtype == dtype && $0.device == device })
    else { return nil }
    let op = RecurrentSequence(
      recurrence: recurrence, hidden: hidden, directions: weights.count, starts: starts, hasState: !state.isEmpty,
      hasBias: weights[0].count == 4, keeps: isGradEnabled() && inputs.contains(where: \.requiresGrad),
      byOtherOps: otherwise)
    return op.apply(inputs)
  }
}
