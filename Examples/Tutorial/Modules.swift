// Models: layers as properties, a `forward`, and what a model can be asked.

import Torch
import TorchNN

private final class DigitNet: Module, Layer {
  let widen: Linear, act = ReLU(), decide: Linear

  init(pixels: Int, width: Int, digits: Int) {
    widen = Linear(pixels, width)
    decide = Linear(width, digits)
  }

  func forward(_ image: Tensor) -> Tensor { decide(act(widen(image))) }
}

let modules: Section = .init("modules", "Modules") {
  row("S35", "A module is its layers")
  manualSeed(5)
  let model = DigitNet(pixels: 16, width: 6, digits: 3)
  print(model.children().count)

  row("S36", "forward, and calling a model")
  let batch = Tensor.randn(2, 16)
  print(model(batch))

  row("S37", "Printing a model")
  print(model)

  row("S38", "Parameters and their names")
  for (name, parameter) in model.namedParameters() {
    print("\(name): \(parameter.shape)")
  }
  print(model.parameters().reduce(0) { $0 + $1.numel() })

  row("S40", "Layers in sequence")
  let chain = Sequential(Linear(16, 6), ReLU(), Dropout(0.5), Linear(6, 3))
  print(chain)
  print(chain[3])

  row("S41", "Training and evaluation mode")
  chain.train()
  print(chain[2](.ones(8)))
  chain.eval()
  print(chain[2](.ones(8)))
  print(chain.training, chain[2].training)

  row("S42", "Moving a model")
  let device: Device = CUDA.isAvailable ? .cuda : .cpu
  model.to(device)
  print(model(batch.to(device)).shape)
  model.double()
  print(model.widen.weight.dtype)
  model.float()

  row("S80", "The small network for handwritten digits")
  manualSeed(1)
  let net = DigitNet(pixels: 784, width: 128, digits: 10)
  for (name, parameter) in net.namedParameters() {
    print("\(name): \(parameter.shape)")
  }
  let scores = net(.randn(64, 784))
  print(scores.shape)
  print(scores[0, ..<4])
}
