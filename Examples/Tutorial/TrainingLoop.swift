// A whole training: data, a network, steps, validation, a schedule, and a bar on the screen.

import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils

private final class SimpleNet: Module, Layer {
  let fc1: Linear, relu = ReLU(), fc2: Linear

  init(inputSize: Int, hiddenSize: Int, numClasses: Int) {
    fc1 = Linear(inputSize, hiddenSize)
    fc2 = Linear(hiddenSize, numClasses)
  }

  func forward(_ x: Tensor) -> Tensor { fc2(relu(fc1(x))) }
}

let trainingLoop: Section = .init("training-loop", "The training loop") {
  row("S80", "A small network")
  manualSeed(30)
  var model = SimpleNet(inputSize: 20, hiddenSize: 32, numClasses: 4)
  print(model)
  let centres = Tensor.randn(4, 20)
  // Noise around one point for each class.
  func clouds(_ count: Int) -> TensorDataset<(Tensor, Tensor)> {
    let y = Tensor.randint(0, 4, [count])
    return TensorDataset(centres[y] + Tensor.randn(count, 20), y)
  }
  let trainLoader = DataLoader(clouds(320), batchSize: 32, shuffle: true)
  let valLoader = DataLoader(clouds(96), batchSize: 32)

  row("S74", "A loss, an optimizer, a schedule, a device")
  let criterion = CrossEntropyLoss()
  let optimizer = Adam(model.parameters(), lr: 0.01)
  let scheduler = StepLR(optimizer, stepSize: 2, gamma: 0.1)
  let device: Device = CUDA.isAvailable ? .cuda : .cpu
  model = model.to(device)
  print(device)

  row("S74", "Training and validation")
  func train() -> (loss: Double, accuracy: Double) {
    model.train()
    var lossSum = 0.0, correct = 0, total = 0
    for (x, y) in trainLoader {
      let (x, y) = (x.to(device), y.to(device))
      let output = model(x)
      let loss = criterion(output, y)
      optimizer.zeroGrad()
      loss.backward()
      optimizer.step()
      lossSum += loss.item()
      let predicted = output.max(dim: 1).indices
      total += y.size(0)
      correct += predicted.eq(y).sum().item()
    }
    return (lossSum / Double(trainLoader.count), 100 * Double(correct) / Double(total))
  }

  func validate() -> (loss: Double, accuracy: Double) {
    model.eval()
    var lossSum = 0.0, correct = 0, total = 0
    noGrad {
      for (x, y) in valLoader {
        let (x, y) = (x.to(device), y.to(device))
        let output = model(x)
        lossSum += criterion(output, y).item()
        let predicted = output.max(dim: 1).indices
        total += y.size(0)
        correct += predicted.eq(y).sum().item()
      }
    }
    return (lossSum / Double(valLoader.count), 100 * Double(correct) / Double(total))
  }

  row("S76", "What it prints")
  let numEpochs = 3
  for epoch in 0..<numEpochs {
    let learned = train()
    print("Epoch \(epoch + 1): Train Loss: \(fixed(learned.loss, 4)), Train Acc: \(fixed(learned.accuracy, 2))%")
    let tested = validate()
    print("Val Loss: \(fixed(tested.loss, 4)), Val Acc: \(fixed(tested.accuracy, 2))%")
    scheduler.step()
  }
  print(fixed(scheduler.lastLR[0], 4))

  row("S75", "A bar that tells how far it is")
  // On standard error, as tqdm's.
  let bar = ProgressBar(trainLoader, "Epoch 1/1", leave: false, terminal: .standardError)
  var correct = 0, total = 0
  for (x, y) in bar {
    let output = noGrad { model(x) }
    correct += output.argmax(dim: 1).eq(y).sum().item()
    total += y.size(0)
    let accuracy = 100 * Double(correct) / Double(total)
    bar.setPostfix(["loss": fixed(criterion(output, y).item(), 4), "acc": "\(fixed(accuracy, 2))%"])
  }
  print("\(correct) of \(total)")
}
