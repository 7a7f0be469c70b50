import DigitsSet
import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils

/// Two convolutions, then two linear layers: 43,000 weights or so.
func makeModel() -> Sequential {
  Sequential {
    Conv2d(1, 32, kernelSize: 3, padding: 1)
    ReLU()
    Conv2d(32, 32, kernelSize: 3, padding: 1)
    ReLU()
    MaxPool2d(2)
    Flatten()
    Linear(32 * 4 * 4, 64)
    ReLU()
    Dropout(0.25)
    Linear(64, 10)
  }
}

/// Trains for some epochs, with a bar for each and a table at the end. What is watched says how to set the numbers
/// here; the test digits stay unseen until the end.
func train(_ model: Sequential, on train: Pairs, validation: Pairs, epochs: Int) {
  let batchSize = 32
  let loader = DataLoader(train, batchSize: batchSize, shuffle: true)
  let optimizer = Adam(model.parameters(), lr: 0.002)
  let criterion = CrossEntropyLoss()
  var table = TextTable(["epoch", "loss", "train", "validation"])

  for epoch in 1...epochs {
    model.train()
    var loss = RunningMean(), accuracy = RunningMean()
    let bar = ProgressBar(loader, "epoch \(epoch)/\(epochs)", unit: "img", unitScale: batchSize, leave: false)
    for (x, y) in bar {
      let output = model(x)
      let batchLoss = criterion(output, y)
      optimizer.zeroGrad()
      batchLoss.backward()
      optimizer.step()

      loss.add(batchLoss.item(), weight: x.size(0))
      accuracy.add(Metrics.accuracy(output, y), weight: x.size(0))
      bar.setPostfix(["loss": fixed(loss.mean, 4), "acc": percent(accuracy.mean)])
    }
    table.append(["\(epoch)", fixed(loss.mean, 4), percent(accuracy.mean), percent(evaluate(model, on: validation))])
  }
  print(table)
}

/// The share of samples that a model reads right, without dropout.
func evaluate(_ model: Sequential, on data: Pairs) -> Double {
  model.eval()
  var accuracy = RunningMean()
  noGrad {
    for (x, y) in DataLoader(data, batchSize: 256) { accuracy.add(Metrics.accuracy(model(x), y), weight: x.size(0)) }
  }
  return accuracy.mean
}

/// Draws the first digits with what the model takes them for.
func show(_ model: Sequential, on data: Pairs) {
  let count = 5
  let (images, labels) = data.batch(Array(0..<count))!
  let answers = noGrad { model(images).argmax(dim: 1) }.array(Int.self)
  let truths = labels.array(Int.self)
  let blocks = (0..<count).map { index in
    let picture = drawImage(images[index].array(Float.self), width: 8, height: 8, range: 0...1)
    let verdict = answers[index] == truths[index] ? "" : ", is \(truths[index])"
    return picture + "\nread as \(answers[index])\(verdict)"
  }
  print("\n" + sideBySide(blocks))
}

func percent(_ share: Double) -> String { fixed(share * 100, 2) + "%" }
