// Trains the tutorial's networks on MNIST, from the IDX files in a folder (--data DIR).

import ArgumentParser
import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils

struct Program: ParsableCommand {
  enum Model: String, CaseIterable, ExpressibleByArgument { case mlp, cnn }

  static let configuration = CommandConfiguration(
    commandName: "mnist",
    abstract: "Trains a network on MNIST's four IDX files, as they are or packed with gzip.",
    discussion: "Tools/data/mnist_to_idx.py says where the files come from and makes them.")

  @Option(help: ArgumentHelp("Where the files are.", valueName: "dir"))
  var data: String
  @Option(help: "Two linear layers, or two convolutions and two linear layers.")
  var model = Model.mlp
  @Option(help: "How often to go through the training digits.")
  var epochs = 3
  @Option(help: "The seed of weights and batches.")
  var seed = 0
  @Option(help: "The step of Adam in the first epoch.")
  var lr = 0.003
  @Option(help: "What the step is multiplied by after each epoch.")
  var gamma = 0.3
  @Flag(help: "Hold out the last 10,000 training digits and report on them, not on the test digits.")
  var holdOut = false

  func validate() throws {
    guard epochs >= 1, seed >= 0 else { throw ValidationError("--epochs wants 1 or more, --seed 0 or more") }
    guard lr > 0, gamma > 0 else { throw ValidationError("--lr and --gamma want numbers above 0") }
  }

  func run() throws {
    let learned: Pairs, measured: Pairs
    do {
      let all = try readMNIST("train", in: data)
      (learned, measured) = try holdOut ? all.parted(at: all.count - 10_000) : (all, readMNIST("t10k", in: data))
    } catch {
      throw Unreadable(description: "\(error); Tools/data/mnist_to_idx.py says where they come from and makes them")
    }
    print("\(learned.count) digits to learn from, \(measured.count) to \(holdOut ? "validate" : "test") with")
    manualSeed(seed)
    let model = model == .cnn ? makeCNN() : makeMLP()
    print(model)
    train(model, on: learned)
    print("\(holdOut ? "validation" : "test") accuracy: \(percent(evaluate(model, on: measured)))")
  }

  private func train(_ model: Sequential, on data: Pairs) {
    let batchSize = 64
    let loader = DataLoader(data, batchSize: batchSize, shuffle: true)
    let optimizer = Adam(model.parameters(), lr: lr)
    let criterion = CrossEntropyLoss()
    for epoch in 1...epochs {
      model.train()
      var loss = RunningMean(), accuracy = RunningMean()
      let bar = ProgressBar(loader, "epoch \(epoch)/\(epochs)", unit: "img", unitScale: batchSize)
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
      print("epoch \(epoch): loss \(fixed(loss.mean, 4)), train \(percent(accuracy.mean))")
      // Smaller steps from epoch to epoch let the weights settle.
      optimizer.paramGroups[0].lr *= gamma
    }
  }

  private struct Unreadable: Error, CustomStringConvertible { let description: String }
}

Program.main()
