import Torch

// One step of each recurrent net: what becomes of the hidden state. The products with the inputs are done before, for all
// steps at once.

/// The weights of one layer in one direction.
struct RecurrentWeights {
  /// - Shape: `[gates * hidden, input]` and `[gates * hidden, hidden]`, or with a projection `[gates * hidden, projected]`.
  var input: Tensor, hidden: Tensor
  /// - Shape: `[gates * hidden]`.
  var inputBias: Tensor?, hiddenBias: Tensor?
  /// What an LSTM's output is multiplied by. Shape `[projected, hidden]`.
  var projection: Tensor?

  func map(_ body: (Tensor) -> Tensor) -> RecurrentWeights {
    .init(
      input: body(input), hidden: body(hidden), inputBias: inputBias.map(body), hiddenBias: hiddenBias.map(body),
      projection: projection.map(body))
  }

  /// What the inputs add to the gates.
  func entering(_ x: Tensor) -> Tensor { F.linear(x, input, inputBias) }
}

/// The state of a recurrence: what an LSTM outputs and its cells; of the others the output alone.
struct RecurrentState {
  var hidden: Tensor
  var cell: Tensor?

  /// The rows of this state that go on in a batch of `count` sequences.
  func first(_ count: Int) -> RecurrentState { map { $0.narrow(dim: 0, start: 0, length: count) } }

  /// The rows from `start` on: of sequences that have ended.
  func rest(_ start: Int) -> RecurrentState {
    map { $0.narrow(dim: 0, start: start, length: $0.shape[0] - start) }
  }

  func map(_ body: (Tensor) -> Tensor) -> RecurrentState { .init(hidden: body(hidden), cell: cell.map(body)) }

  /// States of one batch, the rows of one after those of the other.
  static func cat(_ states: [RecurrentState]) -> RecurrentState {
    if states.count == 1 { return states[0] }
    let cells = states.compactMap(\.cell)
    return .init(
      hidden: Tensor.cat(states.map(\.hidden), dim: 0), cell: cells.isEmpty ? nil : Tensor.cat(cells, dim: 0))
  }
}

extension Recurrence {
  /// The next state.
  /// - Parameter entering: what the input of this step adds to the gates. Shape `[batch, gates * hidden]`.
  ///
  /// Of an LSTM it and the cells may be wider than the hidden state, which is rounded after each step.
  func step(_ entering: Tensor, _ state: RecurrentState, _ weights: RecurrentWeights) -> RecurrentState {
    let staying = F.linear(state.hidden.to(entering.dtype), weights.hidden, weights.hiddenBias)
    switch self {
    case .tanh: return .init(hidden: (entering + staying).tanh())
    case .relu: return .init(hidden: (entering + staying).relu())
    case .lstm:
      let gates = (entering + staying).chunk(chunks: 4, dim: 1)
      let cell = gates[1].sigmoid() * state.cell! + gates[0].sigmoid() * gates[2].tanh()
      let hidden = (gates[3].sigmoid() * cell.tanh()).to(state.hidden.dtype)
      return .init(hidden: weights.projection.map { F.linear(hidden, $0) } ?? hidden, cell: cell)
    case .gru:
      let fromInput = entering.chunk(chunks: 3, dim: 1), fromState = staying.chunk(chunks: 3, dim: 1)
      let reset = (fromInput[0] + fromState[0]).sigmoid(), keep = (fromInput[1] + fromState[1]).sigmoid()
      let new = (fromInput[2] + reset * fromState[2]).tanh()
      return .init(hidden: (state.hidden - new) * keep + new)
    }
  }

  /// All steps of one layer in one direction over packed rows.
  /// - Parameters:
  ///   - x: the inputs, step by step. Shape `[sum of batch sizes, input]`.
  ///   - batchSizes: how many sequences still run at each step, never more than before.
  ///   - start: the state of each sequence before its first step.
  /// - Returns: the hidden state after each step, packed as the inputs, and each sequence's last state.
  func run(
    _ x: Tensor, batchSizes: [Int], _ weights: RecurrentWeights, from start: RecurrentState, reversed: Bool
  ) -> (outputs: Tensor, last: RecurrentState) {
    let entering = weights.entering(x.to(weights.input.dtype)).split(splitSize: batchSizes, dim: 0)
    return reversed ? backwards(entering, weights, start) : forwards(entering, weights, start)
  }

  private func forwards(
    _ entering: [Tensor], _ weights: RecurrentWeights, _ start: RecurrentState
  ) -> (outputs: Tensor, last: RecurrentState) {
    var state = start, outputs: [Tensor] = [], ended: [RecurrentState] = []
    for rows in entering {
      let count = rows.shape[0]
      if count < state.hidden.shape[0] {
        ended.append(state.rest(count))
        state = state.first(count)
      }
      state = step(rows, state, weights)
      outputs.append(state.hidden)
    }
    return (Tensor.cat(outputs, dim: 0), .cat([state] + ended.reversed()))
  }

  /// From the last step to the first: longer sequences come first, the others join as they begin.
  private func backwards(
    _ entering: [Tensor], _ weights: RecurrentWeights, _ start: RecurrentState
  ) -> (outputs: Tensor, last: RecurrentState) {
    var state = start.first(entering.last!.shape[0]), outputs: [Tensor] = []
    for rows in entering.reversed() {
      let running = state.hidden.shape[0]
      if rows.shape[0] > running {
        state = .cat([state, start.first(rows.shape[0]).rest(running)])
      }
      state = step(rows, state, weights)
      outputs.append(state.hidden)
    }
    return (Tensor.cat(Array(outputs.reversed()), dim: 0), state)
  }
}
