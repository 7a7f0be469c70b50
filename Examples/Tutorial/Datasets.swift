// Where samples come from: a type of one's own, tensors, parts of another data set.

import Torch
import TorchData

private struct Points: Dataset {
  let data: Tensor, labels: Tensor

  var count: Int { data.size(0) }
  subscript(index: Int) -> (Tensor, Tensor) { (data[index], labels[index]) }
}

let datasets: Section = .init("datasets", "Data sets") {
  row("S68", "A data set of your own: how many, and which one")
  let data = Tensor.arange(10.0).view(5, 2)
  let labels = Tensor([0, 1, 0, 1, 1])
  let dataset = Points(data: data, labels: labels)
  print(dataset.count)
  let (x, y) = dataset[0]
  print(x, y)

  row("S68", "One that is made of tensors")
  let ready = TensorDataset(data, labels)
  print(ready.count)
  let (point, label) = ready[3]
  print(point, label)

  row("S68", "Parts and sums")
  print(try Subset(ready, indices: [4, 0])[0].0)
  print((ready + ready).count)

  row("S68", "Split at random")
  manualSeed(9)
  let parts = randomSplit(ready, [3, 2])
  print(parts[0].indices, parts[1].indices)
}
