import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils

typealias Pairs = TensorDataset<(Tensor, Tensor)>

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

/// Trains for some epochs, with a bar for each and a table at the end.
func train(_ model: Sequential, on train: Pairs, test: Pairs, epochs: Int) {
  let batchSize = 32
  let loader = DataLoader(train, batchSize: batchSize, shuffle: true)
  let optimizer = Adam(model.parameters(), lr: 0.002)
  let criterion = CrossEntropyLoss()
  var table = TextTable(["epoch", "loss", "train", "test"])

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
      accuracy.add(share(of: output, y), weight: x.size(0))
      bar.setPostfix(["loss": fixed(loss.mean, 4), "acc": percent(accuracy.mean)])
    }
    table.append(["\(epoch)", fixed(loss.mean, 4), percent(accuracy.mean), percent(evaluate(model, on: test))])
  }
  print(table)
}

/// The share of samples that a model reads right, without dropout.
func evaluate(_ model: Sequential, on data: Pairs) -> Double {
  model.eval()
  var accuracy = RunningMean()
  noGrad {
    for (x, y) in DataLoader(data, batchSize: 256) { accuracy.add(share(of: model(x), y), weight: x.size(0)) }
  }
  return accuracy.mean
}

/// The share of rows whose largest score stands at the label.
private func share(of scores: Tensor, _ labels: Tensor) -> Double {
  scores.argmax(dim: 1).eq(labels).to(.float32).mean().item()
}

func percent(_ share: Double) -> String { fixed(share * 100, 2) + "%" }
