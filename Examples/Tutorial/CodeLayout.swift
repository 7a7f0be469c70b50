// A project's four parts: config, data set, model, training. `./run new MyProject` writes them as four files of a package that
// builds and trains.

import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils

// config.swift
private struct Config {
  var batchSize = 16
  var learningRate = 0.05
  var numEpochs = 5
  var seed = 99
}

// dataset.swift
/// Points of the plane: is one within the circle?
private struct Rings: Dataset {
  let points: Tensor
  let labels: Tensor

  init(count: Int) {
    points = Tensor.rand(count, 2) * 2 - 1
    labels = (points.pow(2).sum(dim: 1) .< 0.6).long()
  }

  var count: Int { points.size(0) }
  subscript(index: Int) -> (Tensor, Tensor) { (points[index], labels[index]) }
}

// models.swift
private final class RingNet: Module, Layer {
  let fc1: Linear, fc2: Linear

  init(hidden: Int = 32) {
    fc1 = Linear(2, hidden)
    fc2 = Linear(hidden, 2)
  }

  func forward(_ x: Tensor) -> Tensor { fc2(fc1(x).tanh()) }
}

// train.swift
private func trainOneEpoch(
  _ model: RingNet, _ loader: DataLoader<(Tensor, Tensor)>, _ optimizer: Optimizer, _ criterion: CrossEntropyLoss
) -> Double {
  model.train()
  var average = RunningMean()
  for (batchX, batchY) in loader {
    optimizer.zeroGrad()
    let loss = criterion(model(batchX), batchY)
    loss.backward()
    optimizer.step()
    average.add(loss.item(), weight: batchX.size(0))
  }
  return average.mean
}

let codeLayout: Section = .init("code-layout", "A project's files") {
  row("S99", "The four parts together")
  let config = Config()
  manualSeed(config.seed)
  let rings = Rings(count: 200)
  let loader = DataLoader(rings, batchSize: config.batchSize, shuffle: true)
  let model = RingNet()
  let optimizer = Adam(model.parameters(), lr: config.learningRate)
  for epoch in 1...config.numEpochs {
    let avgLoss = trainOneEpoch(model, loader, optimizer, CrossEntropyLoss())
    print("Epoch \(epoch): Train Loss: \(fixed(avgLoss, 4))")
  }
}
