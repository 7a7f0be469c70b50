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

/// Trains up to some number of epochs, with a bar for each and a table at the end. What is watched says how to set the
/// numbers here; the test digits stay unseen until the end.
func train(_ model: Sequential, on train: Pairs, validation: Pairs, epochs: Int, results: Results) throws {
  let batchSize = 32
  let loader = DataLoader(train, batchSize: batchSize, shuffle: true)
  let optimizer = Adam(model.parameters(), lr: 0.002)
  let criterion = CrossEntropyLoss()
  let done = try results.resume(model, optimizer)

  for epoch in stride(from: done + 1, through: epochs, by: 1) {
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
    let watched = evaluate(model, on: validation)
    try results.log.append([
      "epoch": Double(epoch), "train loss": loss.mean, "validation loss": watched.loss, "train": accuracy.mean,
      "validation": watched.accuracy,
    ])
    try results.keep(model, optimizer, epoch: epoch, loss: loss.mean)
  }
  print(table(results.log))
}

/// What was logged, an epoch a row.
func table(_ log: TrainingLog) -> TextTable {
  var table = TextTable(["epoch", "loss", "train", "validation"])
  for row in log.rows {
    let accuracies = [row["train"]!, row["validation"]!].map(percent)
    table.append([fixed(row["epoch"]!, 0), fixed(row["train loss"]!, 4)] + accuracies)
  }
  return table
}

/// The mean loss of a model without dropout, and the share of samples that it reads right.
func evaluate(_ model: Sequential, on data: Pairs) -> (loss: Double, accuracy: Double) {
  model.eval()
  var loss = RunningMean(), accuracy = RunningMean()
  noGrad {
    for (x, y) in DataLoader(data, batchSize: 256) {
      let output = model(x)
      loss.add(F.crossEntropy(output, y).item(), weight: x.size(0))
      accuracy.add(Metrics.accuracy(output, y), weight: x.size(0))
    }
  }
  return (loss.mean, accuracy.mean)
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
