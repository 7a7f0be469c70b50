// The network for small photographs: convolutions in blocks, each with batch normalisation, then two linear layers.

import Torch
import TorchNN
import TorchOptim
import TorchUtils

final class CNN: Module, Layer {
  let features: Sequential
  let classifier: Sequential

  init(numClasses: Int = 10) {
    // 32 x 32 pixels become 16, 8 and 4.
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
      Dropout(0.5)
      Linear(512, numClasses)
    }
  }

  func forward(_ x: Tensor) -> Tensor { classifier(features(x)) }
}

let cnn: Section = .init("cnn", "A convolutional network") {
  row("S82", "Three blocks of convolutions, and two linear layers")
  manualSeed(50)
  let model = CNN(numClasses: 10)
  print(model)
  print(model.parameters().reduce(0) { $0 + $1.numel() })

  row("S82", "From pictures to scores")
  let x = Tensor.randn(4, 3, 32, 32)
  print(model.features(x).shape)
  print(model(x).shape)

  row("S82", "Some steps on one batch")
  let y = Tensor([1, 3, 5, 7])
  let criterion = CrossEntropyLoss()
  let optimizer = SGD(model.parameters(), lr: 0.01, momentum: 0.9)
  for _ in 0..<4 {
    optimizer.zeroGrad()
    let loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    print(fixed(loss.item(), 3))
  }
}
