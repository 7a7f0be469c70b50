// Trains a small network on 1,797 handwritten digits that are part of the program.

import ArgumentParser
import DigitsSet
import Torch
import TorchNN
import TorchUtils

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "digits",
    abstract: "Trains a small network on 1,797 handwritten digits and tells how many of the held-out fifth it reads.")

  @Option(help: "The seed of weights, batches and dropout.")
  var seed = 0
  @Option(help: "Train with this many seeds, from --seed on, and tell the mean.")
  var seeds = 1
  @Option(help: "How often to go through the training digits.")
  var epochs = 20
  @Option(help: ArgumentHelp("Keep the weights in a file, as safetensors.", valueName: "file"))
  var output: String?
  @Flag(help: "Train for a few epochs, and fail where fewer than nine tenths of the held-out digits are read.")
  var quick = false

  func validate() throws {
    for (name, value, least) in [("seed", seed, 0), ("seeds", seeds, 1), ("epochs", epochs, 1)] where value < least {
      throw ValidationError("--\(name) wants \(least) or more, got \(value)")
    }
  }

  func run() throws {
    let parts = Digits().split()
    print("\(parts.train.count) digits to learn from, \(parts.validation.count) to watch, \(parts.test.count) held out")
    let epochs = quick ? min(self.epochs, 4) : self.epochs
    var mean = RunningMean()
    for seed in seed..<seed + seeds {
      manualSeed(seed)
      let model = makeModel()
      if seed == self.seed { print(model) }
      print("\nseed \(seed)")
      train(model, on: parts.train, validation: parts.validation, epochs: epochs)
      let accuracy = evaluate(model, on: parts.test)
      mean.add(accuracy)
      if seed == self.seed { show(model, on: parts.test) }
      try checkSaved(model, on: parts.test, accuracy: accuracy)
    }
    print("\ntest accuracy: \(percent(mean.mean))")
    if quick, mean.mean < 0.9 { throw ExitCode.failure }
  }

  /// Saves the weights, loads them into a fresh model and checks that it reads the test digits just as well.
  private func checkSaved(_ model: Sequential, on test: Pairs, accuracy: Double) throws {
    let path = output ?? "/tmp/digits-\(getpid()).safetensors"
    defer { if output == nil { unlink(path) } }
    try Safetensors.save(model.stateDict(), to: path)
    let copy = makeModel()
    try copy.loadStateDict(Safetensors.load(path))
    let again = evaluate(copy, on: test)
    guard again == accuracy else {
      throw Unequal(description: "loaded weights read \(percent(again)), those saved \(percent(accuracy))")
    }
    let place = output.map { " to \($0)" } ?? ""
    print("\nweights saved\(place) and loaded back: \(percent(again)) of the held-out digits read, as before")
  }

  private struct Unequal: Error, CustomStringConvertible { let description: String }
}

Program.main()
