// Ends a training on handwritten digits when it only learns by heart, and goes back to the best weights.

import ArgumentParser
import DigitsSet
import Foundation
import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "earlystopping",
    abstract: "Trains on few handwritten digits until those it does not learn from are read no better.",
    discussion: """
      Few digits are soon known by heart: the training loss goes on falling when the validation loss rises again. After \
      --patience such epochs it is enough, and the weights of the best epoch come back from their file. Written to --out: \
      best_model.pth, log.csv, curves.png.
      """)

  @Option(help: "Epochs at most.")
  var epochs = 200
  @Option(help: "Epochs without a better validation loss before it ends.")
  var patience = 5
  @Option(help: "How many digits to learn from.")
  var digits = 200
  @Option(help: "The size of a step.")
  var lr = 0.003
  @Option(help: "The seed of weights and batches.")
  var seed = 0
  @Option(help: ArgumentHelp("Where results go, .cache/earlystopping unless told.", valueName: "dir"))
  var out: String?
  @Flag(help: "Fail where it does not end by itself or the weights that come back are not the best ones.")
  var quick = false

  func validate() throws {
    guard epochs >= 1, patience >= 1, digits >= 1, lr > 0, seed >= 0 else {
      throw ValidationError("--epochs, --patience, --digits and --lr want more than 0, --seed 0 or more")
    }
  }

  func run() throws {
    do {
      try learn()
    } catch {
      Terminal.standardError.write("earlystopping: \(error)\n")
      throw ExitCode.failure
    }
  }

  private func learn() throws {
    let out = out ?? (quick ? ".cache/quick/earlystopping" : ".cache/earlystopping")
    let parts = Digits().split()
    let few = Subset(parts.train, indices: Array(0..<min(digits, parts.train.count)))
    print("\(few.count) digits to learn from, \(parts.validation.count) to watch, \(parts.test.count) held out")
    manualSeed(seed)
    let model = Sequential {
      Flatten()
      Linear(64, 128)
      ReLU()
      Linear(128, 10)
    }
    let loader = DataLoader(few, batchSize: 16, shuffle: true)
    let optimizer = Adam(model.parameters(), lr: lr)
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    let log = try TrainingLog(csv: "\(out)/log.csv")
    // What an earlier run logged is not of this one.
    try log.removeAll { _ in true }

    var stopping = EarlyStopping(patience: patience)
    for epoch in 1...epochs {
      let loss = trainOneEpoch(model, loader, optimizer)
      let watched = judge(model, parts.validation)
      try log.append(["epoch": Double(epoch), "train loss": loss, "validation loss": watched.loss])
      let isBest = stopping.update(watched.loss)
      if isBest { try save(model.stateDict(), "\(out)/best_model.pth") }
      print(
        "epoch \(epoch): loss \(fixed(loss, 4)), validation loss \(fixed(watched.loss, 4))" + (isBest ? "  kept" : ""))
      if stopping.shouldStop {
        print("no better for \(patience) epochs: early stopping")
        break
      }
    }

    let last = judge(model, parts.test)
    try model.loadStateDict(load("\(out)/best_model.pth"))
    let best = judge(model, parts.test)
    try log.curves("train loss", "validation loss", x: "epoch", title: "Early stopping", isLog: true)
      .write(to: "\(out)/curves.png")
    var table = TextTable(["weights", "test loss", "test accuracy"])
    for (name, result) in [("of the last epoch", last), ("of epoch \(stopping.bestStep! + 1), the best", best)] {
      table.append([name, fixed(result.loss, 4), fixed(result.accuracy * 100, 1) + "%"])
    }
    print(table)
    print(
      "after epoch \(stopping.steps) back to epoch \(stopping.bestStep! + 1): \(fixed(best.accuracy * 100, 1))% of "
        + "\(parts.test.count) held-out digits read; results in \(out)")
    if quick {
      guard stopping.shouldStop else { throw Unmet(description: "\(epochs) epochs and it did not end by itself") }
      guard judge(model, parts.validation).loss == stopping.best else {
        throw Unmet(description: "the weights that came back are not those of the best epoch")
      }
      guard best.accuracy > 0.8 else { throw Unmet(description: "of the held-out digits \(best.accuracy) are read") }
    }
  }

  /// Goes through the digits once and tells the mean loss.
  private func trainOneEpoch(
    _ model: Sequential, _ loader: DataLoader<(Tensor, Tensor)>, _ optimizer: Optimizer
  ) -> Double {
    model.train()
    var mean = RunningMean()
    for (x, y) in loader {
      let loss = F.crossEntropy(model(x), y)
      optimizer.zeroGrad()
      loss.backward()
      optimizer.step()
      mean.add(loss.item(), weight: x.size(0))
    }
    return mean.mean
  }

  private func judge(_ model: Sequential, _ digits: Pairs) -> (loss: Double, accuracy: Double) {
    model.eval()
    let (x, y) = digits.batch(Array(0..<digits.count))!
    return noGrad {
      let scores = model(x)
      return (F.crossEntropy(scores, y).item(), Metrics.accuracy(scores, y))
    }
  }

  private struct Unmet: Error, CustomStringConvertible { let description: String }
}

Program.main()
