// Trains a small network on 1,797 handwritten digits that are part of the program.

import ArgumentParser
import DigitsSet
import Torch
import TorchNN
import TorchUtils

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "digits",
    abstract: "Trains a small network on 1,797 handwritten digits and tells how many of the held-out fifth it reads.",
    discussion: """
      Written to --out after each epoch: checkpoint.pth, which PyTorch reads too, log.csv and curves.png. With --resume \
      the training goes on from there and ends as if it had never stopped.
      """)

  @Option(help: "The seed of weights, batches and dropout.")
  var seed = 0
  @Option(help: "Train with this many seeds, from --seed on, and tell the mean.")
  var seeds = 1
  @Option(help: "How often to go through the training digits.")
  var epochs = 20
  @Option(help: ArgumentHelp("Where the checkpoint, the log and the curves of the first seed go.", valueName: "dir"))
  var out = ".cache/digits"
  @Flag(help: "Go on from the checkpoint in --out, up to --epochs.")
  var resume = false
  @Flag(help: "Train for a few epochs, and fail where fewer than nine tenths of the held-out digits are read.")
  var quick = false

  func validate() throws {
    for (name, value, least) in [("seed", seed, 0), ("seeds", seeds, 1), ("epochs", epochs, 1)] where value < least {
      throw ValidationError("--\(name) wants \(least) or more, got \(value)")
    }
  }

  func run() throws {
    do {
      try learn()
    } catch {
      Terminal.standardError.write("digits: \(error)\n")
      throw ExitCode.failure
    }
  }

  private func learn() throws {
    let parts = Digits().split()
    print("\(parts.train.count) digits to learn from, \(parts.validation.count) to watch, \(parts.test.count) held out")
    let epochs = quick ? min(self.epochs, 4) : self.epochs
    var mean = RunningMean()
    for seed in seed..<seed + seeds {
      let isFirst = seed == self.seed
      manualSeed(seed)
      let model = makeModel()
      let results = try Results(isFirst && !quick ? out : nil, goesOn: resume && isFirst)
      if isFirst { print(model) }
      print("\nseed \(seed)")
      try train(model, on: parts.train, validation: parts.validation, epochs: epochs, results: results)
      let accuracy = evaluate(model, on: parts.test).accuracy
      mean.add(accuracy)
      if isFirst { show(model, on: parts.test) }
      if let checkpoint = results.checkpoint { try checkSaved(checkpoint, on: parts.test, accuracy: accuracy) }
    }
    print("\ntest accuracy: \(percent(mean.mean))")
    if quick, mean.mean < 0.9 { throw ExitCode.failure }
  }

  /// Loads the checkpoint into a fresh model and checks that it reads the test digits just as well.
  private func checkSaved(_ checkpoint: String, on test: Pairs, accuracy: Double) throws {
    let copy = makeModel()
    try copy.loadStateDict(load(checkpoint)["model_state_dict"])
    let again = evaluate(copy, on: test).accuracy
    guard again == accuracy else {
      throw Unequal(description: "loaded weights read \(percent(again)), those saved \(percent(accuracy))")
    }
    print("\ncheckpoint.pth, curves.png and log.csv are in \(out); loaded back, the checkpoint reads \(percent(again))")
  }

  private struct Unequal: Error, CustomStringConvertible { let description: String }
}

Program.main()
