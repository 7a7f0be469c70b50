// Numbers that are left out at random while training, so that a network does not lean on few of them.

import Torch
import TorchNN

let dropoutLayers: Section = .init("dropout", "Dropout") {
  row("S62", "Half of the numbers become 0, the others twice as large")
  manualSeed(4)
  let dropout = Dropout(p: 0.5)
  print(dropout)
  let x = Tensor.ones(2, 8)
  print(dropout(x))
  print(dropout(x))

  row("S62", "Whole channels")
  let dropout2d = Dropout2d(p: 0.5)
  print(dropout2d)
  print(dropout2d(.ones(1, 4, 2, 2)))

  row("S62", "Only while training")
  let model = Sequential(Linear(6, 20), ReLU(), Dropout(0.5), Linear(20, 2))
  print(model)
  let sample = Tensor.ones(1, 6)
  model.train()
  print(model(sample).equal(model(sample)))
  model.eval()
  print(model(sample).equal(model(sample)))
  print(dropout.eval()(x))
}
