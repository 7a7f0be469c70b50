// The curves between layers, as layers, as functions and in place.

import Torch
import TorchNN

let activations: Section = .init("activations", "Activations") {
  row("S64", "Each as a layer")
  let x = Tensor([-2.0, -0.5, 0.0, 0.5, 2.0])
  for layer: any Layer in [ReLU(), LeakyReLU(negativeSlope: 0.01), Sigmoid(), Tanh(), GELU()] {
    print(layer)
    print(layer(x))
  }

  row("S64", "Softmax: each row becomes shares of 1")
  let scores = Tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
  let shares = Softmax(dim: 1)(scores)
  print(shares)
  print(shares.argmax(dim: 1))

  row("S64", "In place, for the sake of memory")
  let y = Tensor([-1.0, 4.0])
  print(ReLU(inplace: true)(y) === y)
  print(y)

  row("S64", "As functions and as methods")
  print(x.relu())
  print(F.leakyRelu(x, negativeSlope: 0.1))
  print(x.sigmoid())

  row("S64", "In a model")
  manualSeed(3)
  let model = Sequential(Linear(6, 4), ReLU(), Linear(4, 2))
  print(model)
  print(model(.ones(1, 6)))
}
