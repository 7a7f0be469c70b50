import Torch

/// What RNNCell, LSTMCell and GRUCell share: one step of a recurrence.
open class RecurrentCell: Module {
  public let inputSize: Int, hiddenSize: Int
  /// - Shape: `[gates * hiddenSize, inputSize]`.
  @Parameter public var weightIH: Tensor
  /// - Shape: `[gates * hiddenSize, hiddenSize]`.
  @Parameter public var weightHH: Tensor
  /// - Shape: `[gates * hiddenSize]`.
  @Parameter public var biasIH: Tensor?
  /// - Shape: `[gates * hiddenSize]`.
  @Parameter public var biasHH: Tensor?

  let recurrence: Recurrence

  init(
    _ recurrence: Recurrence, _ inputSize: Int, _ hiddenSize: Int, _ bias: Bool, _ dtype: DType, _ device: Device
  ) {
    guard inputSize >= 0, hiddenSize >= 0 else {
      fault("RecurrentCell", "inputSize and hiddenSize are at least 0; got \(inputSize) and \(hiddenSize)")
    }
    self.recurrence = recurrence
    self.inputSize = inputSize
    self.hiddenSize = hiddenSize
    let rows = recurrence.gates * hiddenSize
    weightIH = .empty(rows, inputSize, dtype: dtype, device: device)
    weightHH = .empty(rows, hiddenSize, dtype: dtype, device: device)
    biasIH = bias ? .empty(rows, dtype: dtype, device: device) : nil
    biasHH = bias ? .empty(rows, dtype: dtype, device: device) : nil
    super.init()
    resetParameters()
  }

  /// A cell like another with copied weights; draws nothing.
  init(copying other: RecurrentCell, _ copy: ModuleCopier) {
    recurrence = other.recurrence
    inputSize = other.inputSize
    hiddenSize = other.hiddenSize
    weightIH = copy(other.weightIH)
    weightHH = copy(other.weightHH)
    biasIH = copy(other.biasIH)
    biasHH = copy(other.biasHH)
    super.init()
  }

  /// Draws every weight and bias uniformly from +-1 / sqrt(hiddenSize).
  public func resetParameters() {
    let bound = hiddenSize > 0 ? 1 / Double(hiddenSize).squareRoot() : 0
    for weight in parameters() { Init.uniform_(weight, from: -bound, to: bound) }
  }

  /// The next state of a batch, or of one input without a batch.
  func next(_ x: Tensor, _ state: RecurrentState?) -> RecurrentState {
    guard x.ndim == 1 || x.ndim == 2, x.shape[x.ndim - 1] == inputSize else {
      fault(typeName, "input wants [batch, \(inputSize)] or [\(inputSize)]; got input \(x.signature)")
    }
    let hasBatch = x.ndim == 2, rows = hasBatch ? x : x.unsqueeze(0)
    for tensor in [state?.hidden, state?.cell] {
      guard let tensor else { continue }
      guard tensor.shape.elementsEqual(x.shape.dropLast() + [hiddenSize]), tensor.dtype == x.dtype else {
        fault(
          typeName,
          "the state wants \(hiddenSize) numbers for each input, of one dtype; it is \(tensor.signature); got "
            + "input \(x.signature)")
      }
    }
    func zeros() -> Tensor { .zeros([rows.shape[0], hiddenSize], dtype: x.dtype, device: x.device) }
    let start =
      state.map { hasBatch ? $0 : $0.map { $0.unsqueeze(0) } }
      ?? RecurrentState(hidden: zeros(), cell: recurrence == .lstm ? zeros() : nil)
    let weights = RecurrentWeights(input: weightIH, hidden: weightHH, inputBias: biasIH, hiddenBias: biasHH)
    let result = recurrence.step(weights.entering(rows), start, weights)
    return hasBatch ? result : result.map { $0.squeeze(0) }
  }

  open override var extraRepr: String { "\(inputSize), \(hiddenSize)" + (biasIH == nil ? ", bias=False" : "") }
}

/// What the cells with one state share, ``RNNCell`` and ``GRUCell``.
open class HiddenStateCell: RecurrentCell, Layer2 {
  /// The next state.
  /// - Parameter hx: the state before, `[batch, hiddenSize]`; nil for zeros.
  open func forward(_ x: Tensor, _ hx: Tensor?) -> Tensor {
    next(x, hx.map { RecurrentState(hidden: $0) }).hidden
  }

  /// Runs the module, with its hooks, from a state of zeros.
  public func callAsFunction(_ x: Tensor) -> Tensor { self(x, nil) }
}

/// One step of a plain recurrent net, as `torch.nn.RNNCell`.
///
/// - Shape: `[batch, inputSize]` or `[inputSize]` to the same with `hiddenSize`.
open class RNNCell: HiddenStateCell {
  public let nonlinearity: RNNNonlinearity

  /// Draws all weights uniformly from +-1 / sqrt(hiddenSize).
  public init(
    _ inputSize: Int, _ hiddenSize: Int, bias: Bool = true, nonlinearity: RNNNonlinearity = .tanh,
    dtype: DType = .float32, device: Device = .cpu
  ) {
    self.nonlinearity = nonlinearity
    super.init(nonlinearity == .tanh ? .tanh : .relu, inputSize, hiddenSize, bias, dtype, device)
  }

  /// A cell like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: RNNCell, _ copy: ModuleCopier) {
    nonlinearity = other.nonlinearity
    super.init(copying: other, copy)
  }
  open override func copied(_ copy: ModuleCopier) -> Module { RNNCell(copying: self, copy) }
  open override var extraRepr: String {
    super.extraRepr + (nonlinearity == .tanh ? "" : ", nonlinearity=\(nonlinearity.rawValue)")
  }
}

/// One step of gated recurrent units, as `torch.nn.GRUCell`.
///
/// - Shape: as ``RNNCell``.
open class GRUCell: HiddenStateCell {
  /// Draws all weights uniformly from +-1 / sqrt(hiddenSize).
  public init(
    _ inputSize: Int, _ hiddenSize: Int, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) { super.init(.gru, inputSize, hiddenSize, bias, dtype, device) }

  /// A cell like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: GRUCell, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { GRUCell(copying: self, copy) }
}

/// One step of long short-term memory, as `torch.nn.LSTMCell`.
///
/// - Shape: as ``RNNCell``, of the hidden state and of the cells.
open class LSTMCell: RecurrentCell, Layer2 {
  /// Draws all weights uniformly from +-1 / sqrt(hiddenSize).
  public init(
    _ inputSize: Int, _ hiddenSize: Int, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) { super.init(.lstm, inputSize, hiddenSize, bias, dtype, device) }

  /// A cell like another with copied weights; draws nothing. For subclasses that override ``copied(_:)``.
  public init(copying other: LSTMCell, _ copy: ModuleCopier) { super.init(copying: other, copy) }
  open override func copied(_ copy: ModuleCopier) -> Module { LSTMCell(copying: self, copy) }

  /// The next hidden state and cells.
  /// - Parameter hx: the hidden state and cells before; nil for zeros.
  open func forward(_ x: Tensor, _ hx: (Tensor, Tensor)?) -> (Tensor, Tensor) {
    let state = next(x, hx.map { RecurrentState(hidden: $0.0, cell: $0.1) })
    return (state.hidden, state.cell!)
  }

  /// Runs the module, with its hooks, from a state of zeros.
  public func callAsFunction(_ x: Tensor) -> (Tensor, Tensor) { self(x, nil) }
}
