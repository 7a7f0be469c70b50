// Filters that slide over pictures: layers that keep or halve the size, layers that double it, and a small network of them.

import Torch
import TorchNN

let convolutions: Section = .init("convolutions", "Convolutions") {
  row("S56", "A filter that finds edges")
  let edge = Conv2d(1, 1, kernelSize: 3, bias: false)
  noGrad { edge.weight.copy_(Tensor([[[[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]]]])) }
  let picture = Tensor([0.0, 0, 0, 5, 5, 5]).repeat(4, 1)
  print(picture)
  print(edge(picture.view(1, 1, 4, 6)).detach())

  row("S56", "A layer, and what stride and padding do to the size")
  let conv = Conv2d(inChannels: 3, outChannels: 16, kernelSize: 3, stride: 1, padding: 1)
  print(conv)
  print(conv.weight.shape)
  print(conv.bias!.shape)
  let photos = Tensor.randn(8, 3, 32, 32)
  print(conv(photos).shape)
  print(Conv2d(3, 16, kernelSize: 3, stride: 2, padding: 1)(photos).shape)
  print(Conv2d(3, 16, kernelSize: 5)(photos).shape)

  row("S57", "A transposed convolution makes pictures larger")
  let up = ConvTranspose2d(inChannels: 16, outChannels: 8, kernelSize: 2, stride: 2)
  print(up)
  print(up(conv(photos)).shape)
  let twice = ConvTranspose2d(1, 1, kernelSize: 2, stride: 2, bias: false)
  noGrad { twice.weight.fill_(1) }
  print(twice(Tensor([[[[1.0, 2], [3, 4]]]])).detach())

  row("S60", "Flatten keeps the batch")
  print(Flatten()(Tensor.zeros(8, 16, 7, 7)).shape)
  print(Flatten(0)(Tensor.zeros(8, 16, 7, 7)).shape)

  row("S81", "A small network for pictures of 28 x 28")
  manualSeed(21)
  let model = Sequential {
    Conv2d(3, 32, kernelSize: 3, stride: 1, padding: 1)
    ReLU()
    MaxPool2d(kernelSize: 2, stride: 2)  // 14 x 14
    Conv2d(32, 64, kernelSize: 3, stride: 1, padding: 1)
    ReLU()
    MaxPool2d(kernelSize: 2, stride: 2)  // 7 x 7
    Flatten()
    Linear(64 * 7 * 7, 128)
    ReLU()
    Linear(128, 10)
  }
  print(model)
  print(model.parameters().reduce(0) { $0 + $1.numel() })
  print(model(Tensor.randn(2, 3, 28, 28)))
}
