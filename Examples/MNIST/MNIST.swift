import Torch
import TorchData
import TorchNN
import TorchUtils

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

typealias Pairs = TensorDataset<(Tensor, Tensor)>

/// What the command line asks for; ends the program where it is unclear.
struct Options {
  var data = ""
  var isConvolutional = false
  var epochs = 3
  var seed = 0

  static let help = """
    usage: mnist --data DIR [--model mlp|cnn] [--epochs N] [--seed N]

    Trains a network on MNIST. DIR holds the four IDX files, as they are or packed with gzip.

      --data DIR         where the files are
      --model mlp|cnn    two linear layers, or two convolutions and two linear layers (mlp)
      --epochs N         how often to go through the training digits (3)
      --seed N           the seed of weights and batches (0)
    """

  init(_ arguments: [String]) {
    if arguments.contains("--help") || arguments.contains("-h") {
      print(Self.help)
      exit(0)
    }
    var rest = arguments[...]
    while let name = rest.popFirst() {
      guard ["--data", "--model", "--epochs", "--seed"].contains(name) else {
        stop("unknown option \(name); --help lists the options", 2)
      }
      guard let value = rest.popFirst() else { stop("\(name) wants a value", 2) }
      switch name {
      case "--data": data = value
      case "--model":
        guard ["mlp", "cnn"].contains(value) else { stop("--model is mlp or cnn, got \(value)", 2) }
        isConvolutional = value == "cnn"
      default:
        guard let number = Int(value), number >= (name == "--seed" ? 0 : 1) else {
          stop("\(name) wants a whole number, got \(value)", 2)
        }
        if name == "--seed" { seed = number } else { epochs = number }
      }
    }
    if data.isEmpty { stop("say where the IDX files are: --data DIR", 2) }
  }
}

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
    for (x, y) in DataLoader(data, batchSize: 512) { accuracy.add(share(of: model(x), y), weight: x.size(0)) }
  }
  return accuracy.mean
}

/// The share of rows whose largest score stands at the label.
func share(of scores: Tensor, _ labels: Tensor) -> Double {
  scores.argmax(dim: 1).eq(labels).to(.float32).mean().item()
}

func percent(_ share: Double) -> String { fixed(share * 100, 2) + "%" }
