// Trains the tutorial's convolutional network on CIFAR-10, from the folder of its batches (--data DIR).

import ArgumentParser
import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils
import TorchVision

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cifar10",
    abstract: "Trains the tutorial's convolutional network on CIFAR-10.",
    discussion: "DIR holds cifar-10-batches-py or cifar-10-batches-bin; --download fetches the former, 170 MB.")

  @Option(help: ArgumentHelp("The folder of the batches' folder.", valueName: "dir"))
  var data: String?
  @Flag(help: "Fetch the data where it is missing.")
  var download = false
  @Option(help: "How often to go through the training pictures.")
  var epochs = 10
  @Option(help: "Pictures in a batch.")
  var batchSize = 32
  @Option(help: "Threads that read ahead.")
  var workers = 2
  @Option(help: "The size of a step.")
  var lr = 0.001
  @Option(help: "How much of the last step goes on.")
  var momentum = 0.9
  @Option(help: "The seed of weights and batches.")
  var seed = 0
  @Option(help: "Learn from the first pictures alone, so many of them.")
  var limit: Int?
  @Flag(
    help:
      "Learn ten kinds of invented pictures with a narrow network, and fail where that does not work; needs no data.")
  var quick = false

  func validate() throws {
    guard data != nil || quick else { throw ValidationError("--data says where the pictures are") }
    guard epochs >= 1, batchSize >= 1, workers >= 0, seed >= 0, lr > 0, limit ?? 1 >= 1 else {
      throw ValidationError("--epochs, --batch-size, --lr and --limit want more than 0, --workers and --seed 0 or more")
    }
  }

  func run() throws {
    manualSeed(seed)
    if quick {
      let matrix = learn(Stripes(count: 640), judging: Stripes(count: 200), width: 16, epochs: 4, lr: 0.02)
      print("test accuracy: \(fixed(matrix.accuracy * 100, 1))% of invented pictures")
      if matrix.accuracy < 0.7 { throw ExitCode.failure }
      return
    }
    do {
      let transform = Compose([ToTensor(), Normalize(mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])])
      let trainset = try CIFAR10(data!, train: true, transform: transform, download: download)
      let testset = try CIFAR10(data!, train: false, transform: transform, download: download)
      let learned = Subset(trainset, indices: Array(0..<min(limit ?? trainset.count, trainset.count)))
      print(learn(learned, judging: testset, width: 64, epochs: epochs, lr: lr).report(names: testset.classes))
    } catch {
      Terminal.standardError.write("cifar10: \(error)\n")
      throw ExitCode.failure
    }
  }

  private func learn(
    _ trainset: some Dataset<(Tensor, Int)>, judging testset: some Dataset<(Tensor, Int)>, width: Int, epochs: Int,
    lr: Double
  ) -> ConfusionMatrix {
    let model = CNN(width: width)
    print("\(trainset.count) pictures to learn from, \(testset.count) to test with")
    let trainloader = DataLoader(trainset, batchSize: batchSize, shuffle: true, numWorkers: workers)
    let testloader = DataLoader(testset, batchSize: 256, numWorkers: workers)
    let criterion = CrossEntropyLoss()
    let optimizer = SGD(model.parameters(), lr: lr, momentum: momentum)
    for epoch in 1...epochs {
      model.train()
      var loss = RunningMean()
      let bar = ProgressBar(trainloader, "epoch \(epoch)/\(epochs)", unit: "img", unitScale: batchSize)
      for (inputs, labels) in bar {
        optimizer.zeroGrad()
        let batchLoss = criterion(model(inputs), labels)
        batchLoss.backward()
        optimizer.step()
        loss.add(batchLoss.item(), weight: inputs.size(0))
        bar.setPostfix(["loss": fixed(loss.mean, 3)])
      }
      print("epoch \(epoch): loss \(fixed(loss.mean, 4))")
    }
    return test(model, testloader)
  }

  private func test(_ model: CNN, _ loader: DataLoader<(Tensor, Tensor)>) -> ConfusionMatrix {
    model.eval()
    var matrix = ConfusionMatrix(classes: 10)
    noGrad { for (x, y) in loader { matrix.add(model(x).argmax(dim: 1), y) } }
    return matrix
  }
}

/// Invented pictures: stripes in one of ten directions, each picture's somewhere else, under noise.
struct Stripes: Dataset {
  let count: Int
  private let pictures: Tensor

  init(count: Int) {
    self.count = count
    let side = Tensor.arange(32, dtype: .float32), (x, y) = (side.view(1, 1, 1, 32), side.view(1, 1, 32, 1))
    let angle = (Tensor.arange(count) % 10).view(count, 1, 1, 1).float() * (Double.pi / 10)
    let waves = (x * angle.cos() + y * angle.sin() + Tensor.rand(count, 1, 1, 1) * 8) * 0.8
    pictures = waves.sin() + Tensor.randn(count, 3, 32, 32) * 0.3
  }

  subscript(index: Int) -> (Tensor, Int) { (pictures[index], index % 10) }
}

Program.main()
