// Teaches a pretrained network the classes of a folder of photographs.

import ArgumentParser
import Foundation
import Torch
import TorchData
import TorchNN
import TorchUtils
import TorchVision

extension Network.Kind: ExpressibleByArgument {}

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finetune",
    abstract: "Teaches a pretrained network the classes of a folder of photographs.",
    discussion: """
      DIR holds a folder of pictures for each class, or two folders train and val of such. The last layer learns first, \
      then the whole network with smaller steps. The state with the least loss on held-out pictures is kept; it is judged \
      by pictures that it has not learnt from, but that chose the epoch. Written to --out: best.pth, log.csv, curves.png, \
      confusion.png.
      """)

  @Option(help: ArgumentHelp("The pictures; those of Tools/artefacts unless told.", valueName: "dir"))
  var data = ".cache/artefacts/pictures"
  @Option(help: "The network: mobilenet_v2 or resnet18.")
  var model = Network.Kind.mobilenet
  @Option(help: ArgumentHelp("A file of the official weights, or none; fetched unless told.", valueName: "file"))
  var weights: String?
  @Option(help: "Epochs for the last layer alone.")
  var frozen = 5
  @Option(help: "Epochs for the whole network, at most.")
  var epochs = 10
  @Option(help: "Epochs without a better loss before it ends.")
  var patience = 5
  @Option(help: "The first step's size; the whole network learns with a tenth.")
  var lr = 0.003
  @Option(help: "Pictures in a batch.")
  var batchSize = 16
  @Option(help: "Threads that read ahead.")
  var workers = 2
  @Option(help: "The share held out, where the folder is not parted already.")
  var holdOut = 0.2
  @Option(help: "The seed of split, weights and batches.")
  var seed = 0
  @Option(help: ArgumentHelp("Where results go, .cache/finetune unless told.", valueName: "dir"))
  var out: String?
  @Flag(
    help: "Learn to tell invented pictures apart with a network without weights, and fail where that does not work.")
  var quick = false

  func validate() throws {
    guard frozen >= 0, epochs >= 0, frozen + epochs > 0, patience >= 1, batchSize >= 1, workers >= 0, seed >= 0 else {
      throw ValidationError("counts want to be positive, and one of --frozen and --epochs above 0")
    }
    guard lr > 0, holdOut > 0, holdOut < 1 else { throw ValidationError("--lr wants more than 0, --hold-out a share") }
  }

  func run() throws {
    do {
      try finetune()
    } catch {
      Terminal.standardError.write("finetune: \(error)\n")
      throw ExitCode.failure
    }
  }

  private func finetune() throws {
    let out = out ?? (quick ? ".cache/quick/finetune" : ".cache/finetune")
    if quick { try inventPictures(in: "\(out)/pictures", size: 64) }
    let split = try Split(quick ? "\(out)/pictures" : data, holdOut: holdOut, size: quick ? 64 : 224, seed: seed)
    print(
      "\(split.train.count) pictures to learn from, \(split.held.count) held out, \(split.classes.count) classes: "
        + split.classes.joined(separator: ", "))
    manualSeed(seed)
    let network = try Network(
      quick ? .resnet18 : model, weights: quick ? "none" : weights, classes: split.classes.count)
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    // What an earlier run logged is not of this one.
    let log = try TrainingLog(csv: "\(out)/log.csv")
    try log.removeAll { _ in true }
    let training = Training(
      network: network, loader: split.train.loader(batchSize: batchSize, shuffle: true, workers: workers),
      judging: split.held.loader(batchSize: batchSize, shuffle: false, workers: workers), classes: split.classes.count,
      log: log, best: "\(out)/best.pth")
    try training.run(frozen: quick ? 2 : frozen, epochs: quick ? 3 : epochs, lr: lr, patience: patience)
    let result = training.judge()
    try training.log.curves("train loss", "held-out loss", x: "epoch", title: "Loss").write(to: "\(out)/curves.png")
    try HeatMap(result.matrix, names: split.classes, title: "Held-out pictures").write(to: "\(out)/confusion.png")
    print(result.matrix.report(names: split.classes))
    print("held-out accuracy: \(percent(result.matrix.accuracy)) of \(split.held.count) pictures; results in \(out)")
    if quick, result.matrix.accuracy < 0.8 { throw NotLearnt(description: "no better than guessing") }
  }
}

private struct NotLearnt: Error, CustomStringConvertible { let description: String }

extension Dataset where Sample == (Tensor, Int) {
  func loader(batchSize: Int, shuffle: Bool, workers: Int) -> DataLoader<(Tensor, Tensor)> {
    DataLoader(self, batchSize: batchSize, shuffle: shuffle, numWorkers: workers)
  }
}

Program.main()
