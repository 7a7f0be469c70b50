import Torch
import TorchData
import TorchNN
import TorchUtils

typealias Pairs = TensorDataset<(Tensor, Tensor)>

/// A label that names no digit.
struct BadLabel: Error, CustomStringConvertible { let description: String }

/// The images, normalised, and the labels of one part: `train` or `t10k`.
func readMNIST(_ part: String, in folder: String) throws -> Pairs {
  let images = try IDXFile(named: "\(part)-images-idx3-ubyte", in: folder)
  let labels = try IDXFile(named: "\(part)-labels-idx1-ubyte", in: folder)
  try images.require(.uint8, shape: [nil, 28, 28])
  try labels.require(.uint8, shape: [images.shape[0]])
  if let index = labels.bytes.firstIndex(where: { $0 > 9 }) {
    throw BadLabel(description: "\(labels.path): expected labels from 0 to 9, found \(labels.bytes[index]) at \(index)")
  }
  // Centred and scaled by the mean and the deviation of all training pixels.
  let x = Tensor(images.bytes, shape: [images.shape[0], 1, 28, 28]).to(.float32).div_(255).sub_(0.1307).div_(0.3081)
  return TensorDataset(x, Tensor(labels.bytes).long())
}

extension Pairs {
  /// The first samples, and the others.
  func parted(at position: Int) -> (Pairs, Pairs) {
    func part(_ range: Range<Int>) -> Pairs {
      let (x, y) = batch(Array(range))!
      return Pairs(x, y)
    }
    return (part(0..<position), part(position..<count))
  }
}

/// Two linear layers, 784-128-10.
func makeMLP() -> Sequential {
  Sequential {
    Flatten()
    Linear(784, 128)
    ReLU()
    Linear(128, 10)
  }
}

/// Two convolutions and two linear layers.
func makeCNN() -> Sequential {
  Sequential {
    Conv2d(1, 32, kernelSize: 3, padding: 1)
    ReLU()
    MaxPool2d(2)
    Conv2d(32, 64, kernelSize: 3, padding: 1)
    ReLU()
    MaxPool2d(2)
    Flatten()
    Linear(64 * 7 * 7, 128)
    ReLU()
    Linear(128, 10)
  }
}

/// The share of samples that a model reads right.
func evaluate(_ model: Sequential, on data: Pairs) -> Double {
  model.eval()
  var accuracy = RunningMean()
  noGrad {
    for (x, y) in DataLoader(data, batchSize: 512) { accuracy.add(Metrics.accuracy(model(x), y), weight: x.size(0)) }
  }
  return accuracy.mean
}

func percent(_ share: Double) -> String { fixed(share * 100, 2) + "%" }
