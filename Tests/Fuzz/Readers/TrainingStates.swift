import Torch
import TorchNN
import TorchOptim

/// A training that goes on from a file of unknown make.
enum TrainingStates {
  static func read(_ bytes: [UInt8]) {
    guard let checkpoint = try? load(bytes: bytes, weightsOnly: false) else { return }
    let parts = [checkpoint] + ["model", "optimizer", "scheduler"].compactMap { try? checkpoint.get($0) }
    for part in parts {
      let model = Sequential(Linear(2, 1), BatchNorm1d(1))
      _ = try? model.loadStateDict(part)
      for optimizer in optimizers(model.parameters()) {
        let scheduler = StepLR(optimizer, stepSize: 2)
        _ = try? scheduler.loadStateDict(part)
        guard (try? optimizer.loadStateDict(part)) != nil else { continue }
        // A state that was taken can be given again.
        if let saved = try? saveToBytes(["state": optimizer.stateDict()]) {
          precondition((try? load(bytes: saved)) != nil)
        }
      }
    }
    if let saved = try? saveToBytes(checkpoint) { precondition((try? load(bytes: saved, weightsOnly: false)) != nil) }
  }

  private static func optimizers(_ parameters: [Tensor]) -> [Optimizer] {
    [SGD(parameters, lr: 0.1, momentum: 0.9), Adam(parameters, amsgrad: true), Rprop(parameters), LBFGS(parameters)]
  }
}
