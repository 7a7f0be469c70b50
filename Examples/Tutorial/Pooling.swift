// One number for each window of a picture, or for the whole of it.

import Torch
import TorchNN

private final class MeanOverSpace: Module, Layer {
  func forward(_ x: Tensor) -> Tensor { x.mean(dim: [2, 3]) }
}

let pooling: Section = .init("pooling", "Pooling") {
  row("S58", "The largest, and the mean, of each window")
  let x = Tensor.arange(16.0).view(1, 1, 4, 4)
  let maxpool = MaxPool2d(kernelSize: 2, stride: 2)
  let avgpool = AvgPool2d(kernelSize: 2, stride: 2)
  print(maxpool)
  print(maxpool(x))
  print(avgpool)
  print(avgpool(x))
  print(MaxPool2d(2)(x).equal(maxpool(x)))

  row("S58", "Any size becomes one of your choice")
  let adapool = AdaptiveAvgPool2d([1, 1])
  print(adapool)
  print(adapool(x))
  print(AdaptiveAvgPool2d([2, 3])(.zeros(8, 64, 9, 13)).shape)

  row("S59", "The mean of each channel")
  let maps = Tensor.arange(24.0).view(2, 3, 2, 2)
  print(maps.mean(dim: [2, 3]))

  row("S83", "The same as a module")
  let pool = MeanOverSpace()
  print(pool)
  print(pool(maps))
  let model = Sequential(Conv2d(3, 4, kernelSize: 1), pool, Linear(4, 2))
  print(model)
  print(model(maps).shape)
}
