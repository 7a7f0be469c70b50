import Torch

// A layer in all its directions: as one op where the device has a kernel for it, else step by step.

extension Recurrence {
  /// One layer step by step, by tensor ops alone.
  /// - Parameters:
  ///   - x: the inputs, step by step. Shape `[sum of batch sizes, input]`.
  ///   - weights: those of each direction.
  ///   - start: the states before the first step. Shape `[directions, batch, size]`.
  /// - Returns: the directions' states side by side, and their last states.
  func runStepwise(
    _ x: Tensor, batchSizes: [Int], _ weights: [RecurrentWeights], from start: RecurrentState
  ) -> (outputs: Tensor, last: RecurrentState) {
    var outputs: [Tensor] = [], last: [RecurrentState] = []
    for (direction, own) in weights.enumerated() {
      let result = run(
        x, batchSizes: batchSizes, own, from: start.map { $0.select(dim: 0, index: direction) },
        reversed: direction == 1)
      outputs.append(result.outputs)
      last.append(result.last)
    }
    let cells = last.compactMap(\.cell)
    return (
      outputs.count == 1 ? outputs[0] : Tensor.cat(outputs, dim: 1),
      .init(hidden: Tensor.stack(last.map(\.hidden)), cell: cells.isEmpty ? nil : Tensor.stack(cells))
    )
  }

  /// The same as one op; nil where there is none for these tensors.
  /// - Parameter start: nil for zeros.
  func runWhole(
    _ x: Tensor, batchSizes: [Int], _ weights: [RecurrentWeights], from start: RecurrentState?
  ) -> (outputs: Tensor, last: RecurrentState)? {
    // Under autocast the products are of another type than the states.
    guard weights[0].projection == nil, !isAutocastEnabled(x.device.kind), x.shape[1] == weights[0].input.shape[1]
    else { return nil }
    let hidden = weights[0].hidden.shape[1], hasBias = weights[0].inputBias != nil, directions = weights.count
    let state = start.map { [$0.hidden] + ($0.cell.map { [$0] } ?? []) } ?? []
    let stateCount = state.count
    var starts = [0]
    for size in batchSizes { starts.append(starts.last! + size) }
    let results = x.recurrentSequence(
      self, hidden: hidden, starts: starts, state: state,
      weights: weights.map { [$0.input, $0.hidden] + (hasBias ? [$0.inputBias!, $0.hiddenBias!] : []) }
    ) { inputs in
      func zeros() -> Tensor {
        .zeros([directions, batchSizes[0], hidden], dtype: inputs[0].dtype, device: inputs[0].device)
      }
      let start =
        stateCount > 0
        ? RecurrentState(hidden: inputs[1], cell: self == .lstm ? inputs[2] : nil)
        : RecurrentState(hidden: zeros(), cell: self == .lstm ? zeros() : nil)
      let own = (0..<directions).map { direction in
        let at = 1 + stateCount + direction * (hasBias ? 4 : 2)
        return RecurrentWeights(
          input: inputs[at], hidden: inputs[at + 1], inputBias: hasBias ? inputs[at + 2] : nil,
          hiddenBias: hasBias ? inputs[at + 3] : nil)
      }
      let (outputs, last) = runStepwise(inputs[0], batchSizes: batchSizes, own, from: start)
      return [outputs, last.hidden] + (last.cell.map { [$0] } ?? [])
    }
    return results.map { ($0[0], .init(hidden: $0[1], cell: $0.count > 2 ? $0[2] : nil)) }
  }
}
