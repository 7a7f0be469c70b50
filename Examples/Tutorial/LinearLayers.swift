// The layer that every network has: a product and a sum.

import Torch
import TorchNN

let linearLayers: Section = .init("linear-layers", "Linear layers") {
  row("S39", "A linear layer")
  manualSeed(8)
  let fc = Linear(inFeatures: 4, outFeatures: 2)
  print(fc)
  print(fc.weight.detach())
  print(fc.bias!.detach())
  let x = Tensor([[1.0, 0.0, 2.0, -1.0]])
  print(fc(x))
  print(fc(x).equal(x.matmul(fc.weight.T) + fc.bias!))

  row("S39", "The last dimension is what it maps")
  print(fc(.zeros(7, 3, 4)).shape)
  print(Linear(4, 2, bias: false))

  row("S40", "Three of them in sequence")
  let model = Sequential {
    Linear(784, 256)
    ReLU()
    Linear(256, 128)
    ReLU()
    Linear(128, 10)
  }
  print(model)
  print(model(.randn(32, 784)).shape)
  print(model.parameters().reduce(0) { $0 + $1.numel() })
}
