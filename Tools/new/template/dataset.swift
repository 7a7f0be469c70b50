import Torch
import TorchData

/// Points on two spirals, which arm each is of: replace this by your own data.
struct MyDataset: Dataset {
  let points: Tensor
  let labels: Tensor

  init(count: Int, noise: Double = 0.03) {
    labels = Tensor.randint(0, 2, [count])
    let turn = Tensor.rand(count).sqrt() * 3 * Double.pi
    let angle = turn + labels * Double.pi
    let arms = Tensor.stack([angle.cos(), angle.sin()], dim: 1) * (turn / 10).unsqueeze(1)
    points = arms + Tensor.randn(count, 2) * noise
  }

  var count: Int { points.size(0) }

  // May throw: where a sample is a file, read it here.
  subscript(index: Int) -> (Tensor, Tensor) { (points[index], labels[index]) }
}
