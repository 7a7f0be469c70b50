import TorchNN

// The networks of PyTorch's usual tutorial, small enough for a device that is a processor.

/// 784 pixels, 128 hidden numbers, 10 digits.
func digitNetwork() -> Sequential { Sequential(Flatten(), Linear(28 * 28, 128), ReLU(), Linear(128, 10)) }

/// Three blocks of convolutions with batch normalisation, and two linear layers, for 3 x 32 x 32.
func photographNetwork(dropout: Double) -> Sequential {
  Sequential {
    for (inputs, outputs) in [(3, 64), (64, 128), (128, 256)] {
      Conv2d(inputs, outputs, kernelSize: 3, padding: 1)
      BatchNorm2d(outputs)
      ReLU(inplace: true)
      Conv2d(outputs, outputs, kernelSize: 3, padding: 1)
      BatchNorm2d(outputs)
      ReLU(inplace: true)
      MaxPool2d(kernelSize: 2, stride: 2)
    }
    Flatten()
    Linear(256 * 4 * 4, 512)
    ReLU(inplace: true)
    Dropout(dropout)
    Linear(512, 10)
  }
}

/// Embedded words, a recurrent layer, and a linear layer on its last step.
final class TextNetwork: Module, Layer {
  let embedding = Embedding(40, 16)
  let lstm: LSTM
  let fc: Linear

  init(layers: Int, bidirectional: Bool) {
    lstm = LSTM(16, 24, numLayers: layers, batchFirst: true, bidirectional: bidirectional)
    fc = Linear(bidirectional ? 48 : 24, 2)
  }

  func forward(_ words: Tensor) -> Tensor { fc(lstm(embedding(words)).0[0..., -1]) }
}

/// Embedded words and places, two layers of the Transformer's encoder, a linear layer on each word.
final class WordNetwork: Module, Layer {
  let words = Embedding(40, 32), places = Embedding(12, 32)
  let encoder = TransformerEncoder(
    TransformerEncoderLayer(32, 4, dimFeedforward: 64, dropout: 0, batchFirst: true), 2)
  let fc = Linear(32, 40)

  func forward(_ x: Tensor) -> Tensor {
    let position = Tensor.arange(0, x.size(1), device: x.device)
    return fc(encoder(words(x) + places(position)))
  }
}
