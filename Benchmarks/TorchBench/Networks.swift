import Torch
import TorchNN

/// Two directions of an LSTM over words, and a linear layer on what comes last; the tutorial's text classifier.
final class TextClassifier: Module, Layer {
  let embedding: Embedding, lstm: LSTM, fc: Linear

  init(words: Int, embedSize: Int, hiddenSize: Int, classes: Int) {
    embedding = Embedding(words, embedSize)
    lstm = LSTM(embedSize, hiddenSize, numLayers: 2, batchFirst: true, bidirectional: true)
    fc = Linear(2 * hiddenSize, classes)
  }

  func forward(_ x: Tensor) -> Tensor { fc(lstm(embedding(x)).0[0..., -1]) }
}

/// A transformer's encoder over sequences of vectors, and a linear layer on their mean.
final class SequenceClassifier: Module, Layer {
  let encoder: TransformerEncoder, fc: Linear

  init(dModel: Int, heads: Int, feedForward: Int, layers: Int, classes: Int) {
    encoder = TransformerEncoder(
      TransformerEncoderLayer(dModel, heads, dimFeedforward: feedForward, batchFirst: true), layers)
    fc = Linear(dModel, classes)
  }

  func forward(_ x: Tensor) -> Tensor { fc(encoder(x).mean(dim: 1)) }
}

/// The tutorial's network for small photographs: three blocks of convolutions with batch normalisation.
final class PhotoClassifier: Module, Layer {
  let features: Sequential, classifier: Sequential

  init(classes: Int) {
    features = Sequential {
      for (inputs, outputs) in [(3, 64), (64, 128), (128, 256)] {
        Conv2d(inputs, outputs, kernelSize: 3, padding: 1)
        BatchNorm2d(outputs)
        ReLU(inplace: true)
        Conv2d(outputs, outputs, kernelSize: 3, padding: 1)
        BatchNorm2d(outputs)
        ReLU(inplace: true)
        MaxPool2d(kernelSize: 2, stride: 2)
      }
    }
    classifier = Sequential {
      Flatten()
      Linear(256 * 4 * 4, 512)
      ReLU(inplace: true)
      Dropout(0.5)
      Linear(512, classes)
    }
  }

  func forward(_ x: Tensor) -> Tensor { classifier(features(x)) }
}
