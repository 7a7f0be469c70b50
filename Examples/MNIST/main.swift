// Trains the tutorial's networks on MNIST, from the IDX files in a folder (--data DIR).

import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

func stop(_ message: String, _ status: Int32 = 1) -> Never {
  Terminal.standardError.write("mnist: \(message)\n")
  exit(status)
}

let options = Options(Array(CommandLine.arguments.dropFirst()))
let trainSet: Pairs, testSet: Pairs
do {
  trainSet = try readMNIST("train", in: options.data)
  testSet = try readMNIST("t10k", in: options.data)
} catch {
  stop("\(error); Tools/data/mnist_to_idx.py says where they come from and makes them")
}
print("\(trainSet.count) digits to learn from, \(testSet.count) to test with")

manualSeed(options.seed)
let model = options.isConvolutional ? makeCNN() : makeMLP()
print(model)

let batchSize = 64
let loader = DataLoader(trainSet, batchSize: batchSize, shuffle: true)
let optimizer = Adam(model.parameters(), lr: 0.002)
let criterion = CrossEntropyLoss()

for epoch in 1...options.epochs {
  model.train()
  var loss = RunningMean(), accuracy = RunningMean()
  let bar = ProgressBar(loader, "epoch \(epoch)/\(options.epochs)", unit: "img", unitScale: batchSize)
  for (x, y) in bar {
    let output = model(x)
    let batchLoss = criterion(output, y)
    optimizer.zeroGrad()
    batchLoss.backward()
    optimizer.step()
    loss.add(batchLoss.item(), weight: x.size(0))
    accuracy.add(share(of: output, y), weight: x.size(0))
    bar.setPostfix(["loss": fixed(loss.mean, 4), "acc": percent(accuracy.mean)])
  }
  // Smaller steps from epoch to epoch let the weights settle.
  optimizer.paramGroups[0].lr *= 0.3
  print("epoch \(epoch): loss \(fixed(loss.mean, 4)), test \(percent(evaluate(model, on: testSet)))")
}
print("test accuracy: \(percent(evaluate(model, on: testSet)))")
