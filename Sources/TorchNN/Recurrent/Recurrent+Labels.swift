import Torch

// The recurrent layers and cells with torch's argument names all written out.

extension RNN {
  /// As ``init(_:_:numLayers:nonlinearity:bias:batchFirst:dropout:bidirectional:dtype:device:)``.
  public convenience init(
    inputSize: Int, hiddenSize: Int, numLayers: Int = 1, nonlinearity: RNNNonlinearity = .tanh, bias: Bool = true,
    batchFirst: Bool = false, dropout: Double = 0, bidirectional: Bool = false, dtype: DType = .float32,
    device: Device = .cpu
  ) {
    self.init(
      inputSize, hiddenSize, numLayers: numLayers, nonlinearity: nonlinearity, bias: bias, batchFirst: batchFirst,
      dropout: dropout, bidirectional: bidirectional, dtype: dtype, device: device)
  }
}

extension GRU {
  /// As ``init(_:_:numLayers:bias:batchFirst:dropout:bidirectional:dtype:device:)``.
  public convenience init(
    inputSize: Int, hiddenSize: Int, numLayers: Int = 1, bias: Bool = true, batchFirst: Bool = false,
    dropout: Double = 0, bidirectional: Bool = false, dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(
      inputSize, hiddenSize, numLayers: numLayers, bias: bias, batchFirst: batchFirst, dropout: dropout,
      bidirectional: bidirectional, dtype: dtype, device: device)
  }
}

extension LSTM {
  /// As ``init(_:_:numLayers:bias:batchFirst:dropout:bidirectional:projSize:dtype:device:)``.
  public convenience init(
    inputSize: Int, hiddenSize: Int, numLayers: Int = 1, bias: Bool = true, batchFirst: Bool = false,
    dropout: Double = 0, bidirectional: Bool = false, projSize: Int = 0, dtype: DType = .float32, device: Device = .cpu
  ) {
    self.init(
      inputSize, hiddenSize, numLayers: numLayers, bias: bias, batchFirst: batchFirst, dropout: dropout,
      bidirectional: bidirectional, projSize: projSize, dtype: dtype, device: device)
  }
}

extension RNNCell {
  /// As ``init(_:_:bias:nonlinearity:dtype:device:)``.
  public convenience init(
    inputSize: Int, hiddenSize: Int, bias: Bool = true, nonlinearity: RNNNonlinearity = .tanh, dtype: DType = .float32,
    device: Device = .cpu
  ) { self.init(inputSize, hiddenSize, bias: bias, nonlinearity: nonlinearity, dtype: dtype, device: device) }
}

extension GRUCell {
  /// As ``init(_:_:bias:dtype:device:)``.
  public convenience init(
    inputSize: Int, hiddenSize: Int, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) { self.init(inputSize, hiddenSize, bias: bias, dtype: dtype, device: device) }
}

extension LSTMCell {
  /// As ``init(_:_:bias:dtype:device:)``.
  public convenience init(
    inputSize: Int, hiddenSize: Int, bias: Bool = true, dtype: DType = .float32, device: Device = .cpu
  ) { self.init(inputSize, hiddenSize, bias: bias, dtype: dtype, device: device) }
}
