import Torch

/// What RNN, LSTM and GRU share: layers of a recurrence over sequences, forwards or in both directions.
open class RecurrentLayer: Module {
  public let inputSize: Int, hiddenSize: Int, numLayers: Int
  /// Whether the sequences' dimension of an input comes second: `[batch, length, ...]`.
  public let batchFirst: Bool
  /// The probability with which a number between two layers is dropped in training.
  public let dropout: Double
  /// Whether each layer also runs from the end to the beginning.
  public let bidirectional: Bool
  /// The size that an LSTM's output is projected to; 0 for none.
  public let projSize: Int
  /// Whether sums have biases.
  public let bias: Bool

  let recurrence: Recurrence
  private let weights: [(key: String, tensor: Parameter<Tensor>)]

  init(
    _ recurrence: Recurrence, _ inputSize: Int, _ hiddenSize: Int, _ numLayers: Int, _ bias: Bool, _ batchFirst: Bool,
    _ dropout: Double, _ bidirectional: Bool, _ projSize: Int, _ dtype: DType, _ device: Device
  ) {
    self.recurrence = recurrence
    self.inputSize = inputSize
    self.hiddenSize = hiddenSize
    self.numLayers = numLayers
    self.bias = bias
    self.batchFirst = batchFirst
    self.dropout = dropout
    self.bidirectional = bidirectional
    self.projSize = projSize
    var weights: [(key: String, tensor: Parameter<Tensor>)] = []
    let rows = recurrence.gates * hiddenSize, outputSize = projSize > 0 ? projSize : hiddenSize
    for layer in 0..<numLayers {
      for suffix in bidirectional ? ["", "_reverse"] : [""] {
        func add(_ name: String, _ shape: [Int]) {
          let tensor = Tensor.empty(shape, dtype: dtype, device: device)
          weights.append(("\(name)_l\(layer)\(suffix)", Parameter(wrappedValue: tensor)))
        }
        add("weight_ih", [rows, layer == 0 ? inputSize : outputSize * (bidirectional ? 2 : 1)])
        add("weight_hh", [rows, outputSize])
        if bias {
          add("bias_ih", [rows])
          add("bias_hh", [rows])
        }
        if projSize > 0 { add("weight_hr", [projSize, hiddenSize]) }
      }
    }
    self.weights = weights
    super.init()
    guard inputSize > 0, hiddenSize > 0, numLayers > 0 else {
      fault(
        typeName,
        "inputSize, hiddenSize and numLayers want to be positive; got \(inputSize), \(hiddenSize), \(numLayers)")
    }
    guard dropout >= 0, dropout <= 1 else {
      fault(typeName, "dropout is a probability between 0 and 1, got \(dropout)")
    }
    guard projSize >= 0, projSize < hiddenSize else {
      fault(typeName, "projSize wants to be 0 or below hiddenSize \(hiddenSize), got \(projSize)")
    }
    resetParameters()
  }

  /// A layer like another with copied weights; draws nothing.
  init(copying other: RecurrentLayer, _ copy: ModuleCopier) {
    recurrence = other.recurrence
    inputSize = other.inputSize
    hiddenSize = other.hiddenSize
    numLayers = other.numLayers
    bias = other.bias
    batchFirst = other.batchFirst
    dropout = other.dropout
    bidirectional = other.bidirectional
    projSize = other.projSize
    weights = other.weights.map { ($0.key, Parameter(wrappedValue: copy($0.tensor.wrappedValue))) }
    super.init()
  }

  /// Draws every weight and bias uniformly from +-1 / sqrt(hiddenSize).
  public func resetParameters() {
    let bound = 1 / Double(hiddenSize).squareRoot()
    for weight in weights { Init.uniform_(weight.tensor.wrappedValue, from: -bound, to: bound) }
  }

  /// A weight or bias by PyTorch's name, `"weight_ih_l0"`; nil where there is none.
  public func weight(_ name: String) -> Tensor? { weights.first { $0.key == name }?.tensor.wrappedValue }

  open override func namedMembers() -> [NamedMember] {
    super.namedMembers() + weights.map { NamedMember($0.key, .parameter($0.tensor.wrappedValue)) }
  }

  open override var extraRepr: String {
    var parts = ["\(inputSize), \(hiddenSize)"]
    if projSize != 0 { parts.append("proj_size=\(projSize)") }
    if numLayers != 1 { parts.append("num_layers=\(numLayers)") }
    if !bias { parts.append("bias=False") }
    if batchFirst { parts.append("batch_first=True") }
    if dropout != 0 { parts.append("dropout=\(pythonRepr(dropout))") }
    if bidirectional { parts.append("bidirectional=True") }
    return parts.joined(separator: ", ")
  }
}

extension RecurrentLayer {
  private var directions: Int { bidirectional ? 2 : 1 }

  /// The weights of a layer in a direction.
  private func weights(_ layer: Int, _ direction: Int) -> RecurrentWeights {
    let each = (bias ? 4 : 2) + (projSize > 0 ? 1 : 0)
    let own = weights[(layer * directions + direction) * each..<(layer * directions + direction + 1) * each]
      .map(\.tensor.wrappedValue)
    return .init(
      input: own[0], hidden: own[1], inputBias: bias ? own[2] : nil, hiddenBias: bias ? own[3] : nil,
      projection: projSize > 0 ? own[each - 1] : nil)
  }

  /// All layers over packed rows.
  /// - Parameter start: the state before each sequence, `[layers * directions, batch, size]`; nil for zeros.
  func run(_ x: Tensor, batchSizes: [Int], from start: RecurrentState?) -> (outputs: Tensor, last: RecurrentState) {
    guard recurrence == .lstm else { return layers(x, batchSizes, start) }
    // As in PyTorch, autocast runs a whole LSTM in a half type; in the others the products alone.
    let x = x.lowered, start = start?.map(\.lowered)
    return withoutAutocast {
      // And as there, bfloat16 has gates and cells of float32.
      guard x.dtype == .bfloat16, projSize == 0 else { return layers(x, batchSizes, start) }
      let start = start ?? zeros(batchSizes[0], like: x)
      let wide = RecurrentState(hidden: start.hidden, cell: start.cell?.float())
      let (outputs, last) = layers(x, batchSizes, wide) { $0.map { $0.float() } }
      return (outputs, last.map { $0.to(x.dtype) })
    }
  }

  /// - Parameters:
  ///   - start: the state before each sequence; nil for zeros.
  ///   - converted: the weights as the steps take them.
  private func layers(
    _ x: Tensor, _ batchSizes: [Int], _ start: RecurrentState?,
    converted: ((RecurrentWeights) -> RecurrentWeights)? = nil
  ) -> (outputs: Tensor, last: RecurrentState) {
    var x = x, last: [RecurrentState] = []
    for layer in 0..<numLayers {
      let first = start?.map { $0.narrow(dim: 0, start: layer * directions, length: directions) }
      let own = (0..<directions).map { weights(layer, $0) }
      var result: (outputs: Tensor, last: RecurrentState)?
      if converted == nil { result = recurrence.runWhole(x, batchSizes: batchSizes, own, from: first) }
      let done =
        result
        ?? recurrence.runStepwise(
          x, batchSizes: batchSizes, converted.map { own.map($0) } ?? own,
          from: first ?? zeros(batchSizes[0], like: x, layers: 1))
      x = done.outputs
      last.append(done.last)
      if dropout > 0, layer < numLayers - 1 { x = F.dropout(x, p: dropout, training: training) }
    }
    return (x, .cat(last))
  }

  private func zeros(_ count: Int, like x: Tensor, layers: Int? = nil) -> RecurrentState {
    func state(_ size: Int) -> Tensor {
      .zeros([(layers ?? numLayers) * directions, count, size], dtype: x.dtype, device: x.device)
    }
    return .init(hidden: state(outputSize), cell: recurrence == .lstm ? state(hiddenSize) : nil)
  }

  private var outputSize: Int { projSize > 0 ? projSize : hiddenSize }

  /// All layers over sequences of one length, or one sequence without a batch.
  func run(_ x: Tensor, from start: RecurrentState?) -> (outputs: Tensor, last: RecurrentState) {
    guard x.ndim == 2 || x.ndim == 3 else {
      refuse("input wants 3 dimensions, or 2 without a batch", x)
    }
    guard x.shape[x.ndim - 1] == inputSize else { refuse("input wants \(inputSize) features in its last dimension", x) }
    let hasBatch = x.ndim == 3
    // Steps first.
    let steps = !hasBatch ? x.unsqueeze(1) : batchFirst ? x.transpose(0, 1) : x
    let length = steps.shape[0], count = steps.shape[1]
    guard length > 0 else { refuse("input wants at least one step", x) }
    var first = start
    if let start {
      check(start, hasBatch ? [count] : [], x)
      if !hasBatch { first = start.map { $0.unsqueeze(1) } }
    }
    let flat = steps.reshape([length * count, inputSize])
    let result = run(flat, batchSizes: Array(repeating: count, count: length), from: first)
    let outputs = result.outputs.view([length, count, result.outputs.shape[1]])
    guard hasBatch else { return (outputs.squeeze(1), result.last.map { $0.squeeze(1) }) }
    return (batchFirst ? outputs.transpose(0, 1) : outputs, result.last)
  }

  /// All layers over packed sequences; states are in the order of the caller's batch.
  func run(_ x: PackedSequence, from start: RecurrentState?) -> (outputs: PackedSequence, last: RecurrentState) {
    guard x.data.shape[1] == inputSize else {
      refuse("input wants \(inputSize) features in its last dimension", x.data)
    }
    if let start { check(start, [x.batchSizes[0]], x.data) }
    let first = start.map { start in
      start.map { state in x.sortedIndices.map { state.indexSelect(dim: 1, index: $0) } ?? state }
    }
    let result = run(x.data, batchSizes: x.batchSizes, from: first)
    var outputs = x
    outputs.data = result.outputs
    return (
      outputs, result.last.map { state in x.unsortedIndices.map { state.indexSelect(dim: 1, index: $0) } ?? state }
    )
  }

  private func check(_ state: RecurrentState, _ batch: [Int], _ x: Tensor) {
    let wanted =
      [("the hidden state", state.hidden, outputSize)] + (state.cell.map { [("the cell state", $0, hiddenSize)] } ?? [])
    for (name, tensor, size) in wanted {
      let shape = [numLayers * directions] + batch + [size]
      guard tensor.shape.elementsEqual(shape) else {
        let dims = batch.isEmpty ? "[layers * directions, hidden]" : "[layers * directions, batch, hidden]"
        refuse("\(name) wants the shape \(shape), \(dims), it has \(tensor.shape.brackets)", x)
      }
      guard tensor.dtype == x.dtype, tensor.device == x.device else {
        refuse("\(name) wants the input's dtype and device, it is \(tensor.signature) on \(tensor.device)", x)
      }
    }
  }

  private func refuse(_ rule: String, _ x: Tensor) -> Never { fault(typeName, "\(rule); got input \(x.signature)") }
}
