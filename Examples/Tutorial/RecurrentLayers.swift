// Layers that read a sequence step by step: what they give, the states they carry, and an LSTM that classifies.

import Torch
import TorchNN

private final class LastWord: Module, Layer {
  let embedding: Embedding, lstm: LSTM, fc: Linear

  init(vocabSize: Int, embedSize: Int, hiddenSize: Int, numLayers: Int) {
    embedding = Embedding(vocabSize, embedSize)
    lstm = LSTM(embedSize, hiddenSize, numLayers: numLayers, batchFirst: true)
    fc = Linear(hiddenSize, 2)
  }

  func forward(_ x: Tensor) -> Tensor {
    let (out, _) = lstm(embedding(x))
    return fc(out[0..., -1])
  }
}

let recurrentLayers: Section = .init("recurrent-layers", "Recurrent layers") {
  row("S65", "RNN: the outputs of all steps, and the last state")
  manualSeed(5)
  let rnn = RNN(inputSize: 4, hiddenSize: 3, numLayers: 2, batchFirst: true, bidirectional: false)
  print(rnn)
  let x = Tensor.randn(2, 5, 4)  // two sequences of five steps
  let (steps, last) = rnn(x)
  print(steps.shape, last.shape)
  print(steps[0..., -1])
  print(steps[0..., -1].equal(last[-1]))

  row("S65", "Its weights")
  for (name, param) in rnn.namedParameters() { print("\(name): \(param.shape)") }

  row("S66", "LSTM: a state of two parts")
  let lstm = LSTM(inputSize: 4, hiddenSize: 3, numLayers: 2, batchFirst: true, dropout: 0.5, bidirectional: false)
  print(lstm)
  lstm.eval()
  let (out, (hN, cN)) = lstm(x)
  print(out.shape, hN.shape, cN.shape)
  print(cN[-1])

  row("S66", "Dropout between two layers")
  // With one layer there is no place between two.
  lstm.train()
  manualSeed(6)
  print(lstm(x).0[0, -1])

  row("S67", "GRU, in both directions")
  let gru = GRU(inputSize: 4, hiddenSize: 3, numLayers: 2, batchFirst: true, bidirectional: true)
  print(gru)
  let (both, states) = gru(x)
  print(both.shape, states.shape)
  print(both[0, -1])

  row("S67", "Going on from a state")
  let (_, h) = gru(x[0..., ..<2])
  let (second, _) = gru(x[0..., 2...], h)
  print(second.shape)

  row("S84", "An LSTM that classifies by its last step")
  manualSeed(7)
  let model = LastWord(vocabSize: 50, embedSize: 8, hiddenSize: 16, numLayers: 1)
  print(model)
  let words = Tensor.randint(0, 50, [3, 6])
  print(words)
  print(model(words))
}
