// A network that learnt from millions of pictures gets a new last layer. The official weights cannot be fetched everywhere, so
// both sides begin with equal seeds here; `./run finetune` does it with the weights.

import Foundation
import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils
import TorchVision

let transferLearning: Section = .init("transfer-learning", "Transfer learning") {
  row("S94", "A network, and its last layer replaced")
  manualSeed(94)
  // With the official weights: try Models.resnet18(weights: .imagenet1kV1)
  var model = try Models.resnet18(weights: nil)
  for p in model.parameters() { p.requiresGrad = false }
  let features = model.fc.inFeatures
  model.fc = Linear(features, 3)
  print(features, model.fc)
  print(model.namedParameters().filter { $0.parameter.requiresGrad }.map(\.name).joined(separator: ", "))

  row("S94", "Only the new layer learns")
  let pictures = Tensor.rand(6, 3, 64, 64)
  let labels = Tensor([0, 1, 2, 0, 1, 2])
  let criterion = CrossEntropyLoss()
  func learn(_ optimizer: Optimizer, steps: Int) {
    for step in 1...steps {
      optimizer.zeroGrad()
      let loss = criterion(model(pictures), labels)
      loss.backward()
      optimizer.step()
      print("step \(step): loss \(fixed(loss.item(), 3))")
    }
  }
  let before = model.conv1.weight.clone()
  learn(SGD(model.fc.parameters(), lr: 0.001, momentum: 0.9), steps: 3)
  print(model.conv1.weight.equal(before))

  row("S94", "Then all of it, in smaller steps")
  for p in model.parameters() { p.requiresGrad = true }
  learn(SGD(model.parameters(), lr: 0.0001, momentum: 0.9), steps: 2)
  print(model.conv1.weight.equal(before))

  row("S95", "A folder of pictures")
  manualSeed(95)
  for (kind, level) in [("dark", 0.2), ("light", 0.7)] {
    try FileManager.default.createDirectory(atPath: "data/train/\(kind)", withIntermediateDirectories: true)
    for number in 0..<4 {
      try saveImage(Tensor.rand(3, 80, 90) * 0.3 + level, "data/train/\(kind)/\(number).png")
    }
  }
  let transform = Compose([
    Resize(72), CenterCrop(64), ToTensor(),
    Normalize(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]),
  ])
  let trainSet = try ImageFolder("data/train", transform: transform)
  print(trainSet.classes.joined(separator: ", "), trainSet.count)

  row("S95", "The network learns its classes")
  let loader = DataLoader(trainSet, batchSize: 4, shuffle: true)
  let device: Device = CUDA.isAvailable ? .cuda : .cpu
  model = try Models.resnet18(weights: nil)
  model.fc = Linear(model.fc.inFeatures, 2)
  model.to(device)
  let optimizer = SGD(model.parameters(), lr: 0.001, momentum: 0.9)
  model.train()
  var losses: [Double] = []
  for _ in 1...5 {
    var total = 0.0
    for (inputs, targets) in loader {
      let (inputs, targets) = (inputs.to(device), targets.to(device))
      optimizer.zeroGrad()
      let loss = criterion(model(inputs), targets)
      loss.backward()
      optimizer.step()
      total += loss.item() * Double(inputs.size(0))
    }
    losses.append(total / Double(trainSet.count))
  }
  // So few pictures learn in leaps: the last digits of later losses differ from machine to machine.
  print("Epoch 1: Train Loss: \(fixed(losses[0], 2))")
  print(losses.last! < losses[0] * 0.8)
}
