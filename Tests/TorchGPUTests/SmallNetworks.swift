import TorchNN

// Networks small enough for a device that is a processor.

/// 784 pixels, 128 hidden numbers, 10 digits.
func digitNetwork() -> Sequential { Sequential(Flatten(), Linear(28 * 28, 128), ReLU(), Linear(128, 10)) }

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
