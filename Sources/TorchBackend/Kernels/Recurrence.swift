/// Which recurrence a layer computes.
package enum Recurrence: Int, Sendable {
  case tanh, relu, lstm, gru

  /// How many gates there are: the weights hold so many blocks of rows, one below the other.
  package var gates: Int {
    switch self {
    case .tanh, .relu: 1
    case .lstm: 4
    case .gru: 3
    }
  }

  /// How many blocks a row of gates has in memory: a GRU's hidden product of the new state needs one more.
  package var places: Int { self == .gru ? 4 : gates }
}

/// A layer of a recurrent net over packed sequences, in one direction or both: what a backend runs, and runs back.
package struct RecurrentPass {
  package let recurrence: Recurrence
  package let hidden: Int
  /// Where the rows of each step begin, and where the last ones end. Steps never have more rows than the one before.
  package let starts: [Int]
  /// Whether gates and cells are kept for the backward pass.
  package let keeps: Bool
  /// Backward: whether the gradients of the states before the first step are wanted.
  package let wantsHidden: Bool
  package var directions: [Direction]

  package init(_ recurrence: Recurrence, hidden: Int, starts: [Int], keeps: Bool, wantsHidden: Bool = false) {
    self.recurrence = recurrence
    self.hidden = hidden
    self.starts = starts
    self.keeps = keeps
    self.wantsHidden = wantsHidden
    directions = []
  }

  /// One direction. All is float32, and contiguous but for the rows of `output` and `gradient`.
  package struct Direction {
    /// The weights of the states. Shape `[gates * hidden, hidden]`.
    package var weight: Strided
    /// GRU: what the hidden product of the new state adds up with. Shape `[hidden]`.
    package var bias: Strided?
    /// The states before the first step; nil for zeros. Shape `[batch, hidden]`, as all states.
    package var start: Strided?
    /// The sums of the inputs, which become the gates. Shape `[rows, places * hidden]`.
    package var gates: Strided
    /// Shape `[rows, hidden]`.
    package var output: Strided
    /// Receives each sequence's last state.
    package var last: Strided?
    /// LSTM: the cells before the first step; forward they become the last ones, backward nil counts as zeros.
    package var cell: Strided?
    /// LSTM: the cells after each step. Shape `[rows, hidden]`.
    package var cells: Strided?

    /// The gradient of the output; nil for zeros.
    package var gradient: Strided?
    /// Receives the gradients of the sums. Shape as `gates`; of a GRU those of reset, update, the hidden product of the new
    /// state and the input's product of it.
    package var slopes: Strided?
    /// The gradients of the last states and cells, which become those of the first.
    package var hiddenSlope: Strided?, cellSlope: Strided?

    package init(weight: Strided, bias: Strided?, start: Strided?, gates: Strided, output: Strided) {
      self.weight = weight
      self.bias = bias
      self.start = start
      self.gates = gates
      self.output = output
    }
  }
}

extension Backend {
  package func runsRecurrence(in dtype: DType) -> Bool { false }

  package func recurrence(_ layer: RecurrentPass) {
    fault("recurrence", "\(deviceName) has no kernel for whole sequences")
  }

  package func recurrenceGradient(_ layer: RecurrentPass) -> [Range<Int>] {
    fault("recurrence", "\(deviceName) has no kernel for whole sequences")
  }
}
