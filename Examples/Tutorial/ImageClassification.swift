// The network of the section before learns to tell CIFAR-10's classes; `./run cifar10` does it with the true data set.

import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils
import TorchVision

let imageClassification: Section = .init("image-classification", "Classifying pictures") {
  row("S73", "The data")
  try writeStripes("./data")
  let transform = Compose([ToTensor(), Normalize(mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])])
  let trainset = try CIFAR10(root: "./data", train: true, transform: transform)
  let trainloader = DataLoader(trainset, batchSize: 10, shuffle: true, numWorkers: 2)
  let testset = try CIFAR10(root: "./data", train: false, transform: transform)
  let testloader = DataLoader(testset, batchSize: 10, shuffle: false, numWorkers: 2)
  print(trainloader.count, testloader.count)

  row("S82", "The network on its device")
  manualSeed(60)
  let device: Device = CUDA.isAvailable ? .cuda : .cpu
  let model = CNN(numClasses: 10).to(device)
  let criterion = CrossEntropyLoss()
  let optimizer = SGD(model.parameters(), lr: 0.001, momentum: 0.9)
  print(model.parameters().reduce(0) { $0 + $1.numel() }, device)

  row("S76", "The training tells its loss now and then")
  for epoch in 0..<2 {
    var runningLoss = 0.0
    for (i, (inputs, labels)) in trainloader.enumerated() {
      let (inputs, labels) = (inputs.to(device), labels.to(device))
      optimizer.zeroGrad()
      let outputs = model(inputs)
      let loss = criterion(outputs, labels)
      loss.backward()
      optimizer.step()
      runningLoss += loss.item()
      if i % 5 == 4 {
        print("[\(epoch + 1), \(i + 1)] loss: \(fixed(runningLoss / 5, 1))")
        runningLoss = 0
      }
    }
  }
  print("Finished Training")

  row("S82", "How many pictures it reads right")
  model.eval()
  var correct = 0
  noGrad {
    for (inputs, labels) in testloader {
      correct += model(inputs.to(device)).argmax(dim: 1).eq(labels.to(device)).sum().item()
    }
  }
  print("\(correct) of \(testset.count)")
}
