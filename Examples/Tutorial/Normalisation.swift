// Layers that bring numbers to mean 0 and deviation 1, over a batch or within each sample.

import Torch
import TorchNN

let normalisation: Section = .init("normalisation", "Normalisation") {
  row("S61", "A batch with mean 0 and deviation 1, feature by feature")
  let bn1d = BatchNorm1d(numFeatures: 2)
  print(bn1d)
  let x = Tensor([[1.0, 10.0], [2.0, 30.0], [4.0, 20.0], [5.0, 50.0]])
  print(bn1d(x))

  row("S61", "What it remembers for evaluation")
  print(bn1d.runningMean!)
  print(bn1d.runningVar!)
  print(bn1d.numBatchesTracked!)
  bn1d.eval()
  print(bn1d(x))

  row("S61", "Pictures: one mean for each channel")
  let bn2d = BatchNorm2d(numFeatures: 3)
  print(bn2d)
  manualSeed(2)
  let y = bn2d(Tensor.randn(4, 3, 5, 5) * 3 + 7)
  print(y.std(dim: [0, 2, 3]))
  for (name, tensor) in bn2d.stateDict() { print(name, tensor) }

  row("S61", "LayerNorm: each sample by itself")
  let ln = LayerNorm(normalizedShape: 4)
  print(ln)
  print(ln(Tensor([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 8.0]])))

  row("S61", "Between a convolution and its curve")
  let model = Sequential {
    Conv2d(3, 16, kernelSize: 3, padding: 1)
    BatchNorm2d(16)
    ReLU()
    MaxPool2d(2)
  }
  print(model)
  print(model(.randn(2, 3, 8, 8)).shape)
}
