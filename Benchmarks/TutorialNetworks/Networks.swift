import Torch
import TorchNN

// The tutorial's networks, by which benchmarks are timed and devices held to the processor.

/// An LSTM over words, and a linear layer on what comes last; the tutorial's text classifier.
package final class TextClassifier: Module, Layer {
  let embedding: Embedding, lstm: LSTM, fc: Linear

  package init(
    words: Int, embedSize: Int, hiddenSize: Int, classes: Int, layers: Int = 2, bidirectional: Bool = true
  ) {
    embedding = Embedding(words, embedSize)
    lstm = LSTM(embedSize, hiddenSize, numLayers: layers, batchFirst: true, bidirectional: bidirectional)
    fc = Linear(bidirectional ? 2 * hiddenSize : hiddenSize, classes)
  }

  package func forward(_ x: Tensor) -> Tensor { fc(lstm(embedding(x)).0[0..., -1]) }
}

/// A transformer's encoder over sequences of vectors, and a linear layer on their mean.
package final class SequenceClassifier: Module, Layer {
  let encoder: TransformerEncoder, fc: Linear

  package init(dModel: Int, heads: Int, feedForward: Int, layers: Int, classes: Int) {
    encoder = TransformerEncoder(
      TransformerEncoderLayer(dModel, heads, dimFeedforward: feedForward, batchFirst: true), layers)
    fc = Linear(dModel, classes)
  }

  package func forward(_ x: Tensor) -> Tensor { fc(encoder(x).mean(dim: 1)) }
}

/// The tutorial's network for small photographs: three blocks of convolutions with batch normalisation.
package final class PhotoClassifier: Module, Layer {
  let features: Sequential, classifier: Sequential

  package init(classes: Int, dropout: Double = 0.5) {
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
      Dropout(dropout)
      Linear(512, classes)
    }
  }

  package func forward(_ x: Tensor) -> Tensor { classifier(features(x)) }
}
