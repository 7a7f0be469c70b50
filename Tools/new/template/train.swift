import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils

typealias Batches = DataLoader<(Tensor, Tensor)>

/// Goes through the data once.
/// - Returns: the mean loss.
func trainOneEpoch(
  _ model: MyModel, _ loader: Batches, _ optimizer: Optimizer, _ criterion: CrossEntropyLoss, name: String
) -> Double {
  model.train()
  var loss = RunningMean()
  let bar = ProgressBar(loader, name, leave: false)
  for (x, y) in bar {
    let batchLoss = criterion(model(x), y)
    optimizer.zeroGrad()
    batchLoss.backward()
    optimizer.step()
    loss.add(batchLoss.item(), weight: x.size(0))
    bar.setPostfix(["loss": fixed(loss.mean, 4)])
  }
  return loss.mean
}

/// The mean loss and the share of right answers, without learning from either.
func evaluate(_ model: MyModel, _ loader: Batches, _ criterion: CrossEntropyLoss) -> (loss: Double, accuracy: Double) {
  model.eval()
  var loss = RunningMean(), accuracy = RunningMean()
  noGrad {
    for (x, y) in loader {
      let output = model(x)
      loss.add(criterion(output, y).item(), weight: x.size(0))
      accuracy.add(Metrics.accuracy(output, y), weight: x.size(0))
    }
  }
  return (loss.mean, accuracy.mean)
}
