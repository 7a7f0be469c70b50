import Torch

/// A curve between two layers of an ``RNN``.
public enum RNNNonlinearity: String, Sendable, Hashable {
  case tanh, relu
}

/// What layers with one state share, ``RNN`` and ``GRU``.
open class HiddenStateLayer: RecurrentLayer, Layer2 {
  /// Runs all layers from a state.
  /// - Parameter hx: the state before the first step, `[layers * directions, batch, hidden]`; nil for zeros.
  /// - Returns: the last layer's states after each step, and every layer's state after the last one.
  open func forward(_ x: Tensor, _ hx: Tensor?) -> (Tensor, Tensor) {
    let (outputs, last) = run(x, from: hx.map { RecurrentState(hidden: $0) })
    return (outputs, last.hidden)
  }

  /// Runs the module, with its hooks, from a state of zeros.
  public func callAsFunction(_ x: Tensor) -> (Tensor, Tensor) { self(x, nil) }

  /// Runs the module, with its hooks, over packed sequences.
  public func callAsFunction(_ x: PackedSequence, _ hx: Tensor? = nil) -> (PackedSequence, Tensor) {
    called([x, hx as Any]) { inputs in
      let (outputs, last) = run(
        inputs[0] as! PackedSequence, from: (inputs[1] as! Tensor?).map { RecurrentState(hidden: $0) })
      return (outputs, last.hidden)
    }
  }
}

/// Layers of plain recurrent nets, as `torch.nn.RNN`: `h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`.
///
/// Elman, "Finding Structure in Time", 1990.
/// - Shape: `[length, batch, inputSize]`, with `batchFirst` `[batch, length, inputSize]`, or `[length, inputSize]`; the
///   output has `hiddenSize` in the last place, twice that if bidirectional; the states are
///   `[layers * directions, batch, hiddenSize]`.
open class RNN: HiddenStateLayer {
  public let nonlinearity: RNNNonlinearity

  /// Draws all weights uniformly from +-1 / sqrt(hiddenSize).
  /// - Parameters:
  ///   - dropout: the probability of a 0 between two layers, in training.
  ///   - bidirectional: whether each layer also runs from the end to the beginning.
  /// - Precondition: sizes are positive; `dropout` is between 0 and 1.
  public init(
    _ inputSize: Int, _ hiddenSize: Int, numLayers: Int = 1, nonlinearity: RNNNonlinearity = .tanh, bias: Bool = true,
    batchFirst: Bool = false, dropout: Double = 0, bidirectional: Bool = false, dtype: DType = .float32,
    device: Device = .cpu
  ) {
    self.nonlinearity = nonlinearity
    super.init(
      nonlinearity == .tanh ? .tanh : .relu, inputSize, hiddenSize, numLayers, bias, batchFirst, dropout,
      bidirectional, 0, dtype, device)
  }

  /// A layer like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: RNN, _ copy: ModuleCopier) {
    nonlinearity = other.nonlinearity
    super.init(copying: other, copy)
  }
  open override func copied(_ copy: ModuleCopier) -> Module { RNN(copying: self, copy) }
}

/// Layers of gated recurrent units, as `torch.nn.GRU`.
///
/// Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation", 2014.
/// - Shape: as ``RNN``.
open class GRU: HiddenStateLayer {
  /// Draws all weights uniformly from +-1 / sqrt(hiddenSize); see ``RNN`` for the parameters.
  /// - Precondition: sizes are positive; `dropout` is between 0 and 1.
  public init(
    _ inputSize: Int, _ hiddenSize: Int, numLayers: Int = 1, bias: Bool = true, batchFirst: Bool = false,
    dropout: Double = 0, bidirectional: Bool = false, dtype: DType = .float32, device: Device = .cpu
  ) {
    super.init(
      .gru, inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional, 0, dtype, device)
  }

  /// A layer like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: GRU, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { GRU(copying: self, copy) }
}

/// Layers of long short-term memory, as `torch.nn.LSTM`.
///
/// ```swift
/// let (output, (hN, cN)) = lstm(x)
/// ```
/// Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997.
/// - Shape: as ``RNN``; the cells are `[layers * directions, batch, hiddenSize]`, and with a `projSize` outputs and hidden
///   states have it in the place of `hiddenSize`.
open class LSTM: RecurrentLayer, Layer2 {
  /// Draws all weights uniformly from +-1 / sqrt(hiddenSize); see ``RNN`` for the parameters.
  /// - Parameter projSize: what the outputs are projected to; 0 for no projection.
  /// - Precondition: sizes are positive; `dropout` is between 0 and 1; `projSize` is below `hiddenSize`.
  public init(
    _ inputSize: Int, _ hiddenSize: Int, numLayers: Int = 1, bias: Bool = true, batchFirst: Bool = false,
    dropout: Double = 0, bidirectional: Bool = false, projSize: Int = 0, dtype: DType = .float32, device: Device = .cpu
  ) {
    super.init(
      .lstm, inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional, projSize, dtype, device)
  }

  /// A layer like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: LSTM, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { LSTM(copying: self, copy) }

  /// Runs all layers from a state.
  /// - Parameter hx: hidden states and cells before the first step; nil for zeros.
  /// - Returns: the last layer's hidden states after each step, and every layer's hidden state and cells after the last.
  open func forward(_ x: Tensor, _ hx: (Tensor, Tensor)?) -> (Tensor, (Tensor, Tensor)) {
    let (outputs, last) = run(x, from: hx.map { RecurrentState(hidden: $0.0, cell: $0.1) })
    return (outputs, (last.hidden, last.cell!))
  }

  /// Runs the module, with its hooks, from a state of zeros.
  public func callAsFunction(_ x: Tensor) -> (Tensor, (Tensor, Tensor)) { self(x, nil) }

  /// Runs the module, with its hooks, over packed sequences.
  public func callAsFunction(
    _ x: PackedSequence, _ hx: (Tensor, Tensor)? = nil
  ) -> (PackedSequence, (Tensor, Tensor)) {
    called([x, hx as Any]) { inputs in
      let (outputs, last) = run(
        inputs[0] as! PackedSequence,
        from: (inputs[1] as! (Tensor, Tensor)?).map { RecurrentState(hidden: $0.0, cell: $0.1) })
      return (outputs, (last.hidden, last.cell!))
    }
  }
}
