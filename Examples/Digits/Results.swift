import Foundation
import Torch
import TorchNN
import TorchOptim
import TorchUtils

/// What a training leaves in a folder: a checkpoint to go on from, the numbers of each epoch, and their curves.
struct Results {
  /// Nil for a training that leaves nothing.
  let folder: String?
  let log: TrainingLog
  private let goesOn: Bool

  /// - Parameters:
  ///   - folder: made where it is missing; nil for none.
  ///   - goesOn: whether the training goes on from the folder's checkpoint; else what is there gets overwritten.
  init(_ folder: String?, goesOn: Bool) throws {
    if let folder, !goesOn {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    self.folder = folder
    self.goesOn = goesOn
    log = try TrainingLog(csv: folder.map { "\($0)/log.csv" })
  }

  var checkpoint: String? { folder.map { "\($0)/checkpoint.pth" } }

  /// Puts model, optimizer and random numbers where the checkpoint has them, and says how many epochs it has behind it.
  func resume(_ model: Module, _ optimizer: Optimizer) throws -> Int {
    guard goesOn, let checkpoint else {
      try log.removeAll { _ in true }
      return 0
    }
    let saved = try load(checkpoint)
    try model.loadStateDict(saved["model_state_dict"])
    try optimizer.loadStateDict(saved["optimizer_state_dict"])
    try setRNGState(saved["rng"].tensor)
    let epoch = try saved["epoch"].int
    try log.removeAll { $0["epoch"]! > Double(epoch) }
    return epoch
  }

  /// Writes the checkpoint and the curves anew.
  func keep(_ model: Module, _ optimizer: Optimizer, epoch: Int, loss: Double) throws {
    guard let folder, let checkpoint else { return }
    try save(
      [
        "epoch": epoch, "model_state_dict": model.stateDict(), "optimizer_state_dict": optimizer.stateDict(),
        "loss": loss, "rng": getRNGState(),
      ], checkpoint)
    let curves = log.curves("train loss", "validation loss", x: "epoch", title: "Loss", isLog: true)
    try curves.write(to: "\(folder)/curves.png")
  }
}
