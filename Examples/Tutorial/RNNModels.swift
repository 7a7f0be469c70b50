// Recurrent networks that sort texts into classes; `./run reviews` trains them on real ones.

import Torch
import TorchNN
import TorchOptim
import TorchUtils

private final class LSTMModel: Module, Layer {
  let embedding: Embedding, lstm: LSTM, fc: Linear

  init(vocabSize: Int, embedSize: Int, hiddenSize: Int, numLayers: Int, numClasses: Int, bidirectional: Bool = false) {
    embedding = Embedding(vocabSize, embedSize)
    lstm = LSTM(embedSize, hiddenSize, numLayers: numLayers, batchFirst: true, bidirectional: bidirectional)
    fc = Linear(hiddenSize * (bidirectional ? 2 : 1), numClasses)
  }

  func forward(_ x: Tensor) -> Tensor {
    let (lstmOut, (_, _)) = lstm(embedding(x))
    return fc(lstmOut[0..., -1])
  }
}

private final class GRUModel: Module, Layer {
  let embedding: Embedding, gru: GRU, fc: Linear

  init(vocabSize: Int, embedSize: Int, hiddenSize: Int, numLayers: Int, numClasses: Int) {
    embedding = Embedding(vocabSize, embedSize)
    gru = GRU(embedSize, hiddenSize, numLayers: numLayers, batchFirst: true, bidirectional: true)
    fc = Linear(hiddenSize * 2, numClasses)
  }

  func forward(_ x: Tensor) -> Tensor {
    let (gruOut, _) = gru(embedding(x))
    return fc(gruOut[0..., -1])
  }
}

private final class TextClassifier: Module, Layer {
  let embedding: Embedding, lstm: LSTM, fc: Linear

  init(vocabSize: Int, embedSize: Int, hiddenSize: Int, numClasses: Int) {
    embedding = Embedding(vocabSize, embedSize)
    lstm = LSTM(embedSize, hiddenSize, batchFirst: true)
    fc = Linear(hiddenSize, numClasses)
  }

  func forward(_ x: Tensor) -> Tensor {
    let (lstmOut, (_, _)) = lstm(embedding(x))
    return fc(lstmOut[0..., -1])
  }
}

// Whether the second word from the end is one of the first half of the vocabulary.
private func learn(_ model: some Layer) {
  let x = Tensor.randint(0, 40, [64, 7])
  let y = (x[0..., -2] .< 20).long()
  let optimizer = Adam(model.parameters(), lr: 0.02)
  for step in 0..<12 {
    let loss = F.crossEntropy(model(x), y)
    optimizer.zeroGrad()
    loss.backward()
    optimizer.step()
    if step % 4 == 3 { print("loss \(fixed(loss.item(), 3))") }
  }
  print("\(model(x).argmax(dim: 1).eq(y).sum().item() as Int) of 64")
}

let rnnModels: Section = .init("rnn-models", "Recurrent networks") {
  row("S84", "An LSTM, forwards")
  manualSeed(70)
  let forwards = LSTMModel(vocabSize: 40, embedSize: 16, hiddenSize: 24, numLayers: 1, numClasses: 2)
  print(forwards)
  learn(forwards)

  row("S85", "Two layers, both ways")
  manualSeed(71)
  let bothWays = LSTMModel(
    vocabSize: 40, embedSize: 16, hiddenSize: 24, numLayers: 2, numClasses: 2, bidirectional: true)
  print(bothWays)
  learn(bothWays)

  row("S86", "A GRU, both ways")
  manualSeed(72)
  let gru = GRUModel(vocabSize: 40, embedSize: 16, hiddenSize: 24, numLayers: 2, numClasses: 2)
  print(gru)
  learn(gru)

  row("S87", "The text classifier")
  manualSeed(73)
  let classifier = TextClassifier(vocabSize: 40, embedSize: 16, hiddenSize: 24, numClasses: 2)
  print(classifier)
  learn(classifier)
}
