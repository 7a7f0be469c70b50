import Foundation
import Testing
import Torch
import TorchNN

/// Models that take their state from files of torch.save.
@Suite struct CheckpointLoadTests {
  private func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../TorchTests/Goldens/checkpoints/\(name).pt").path
  }

  private func net() -> Sequential {
    Sequential(
      Linear(2, 3), BatchNorm1d(3), Sequential(PReLU(), Linear(3, 1, bias: false)))
  }

  @Test func modelsLoadStateDictsAndWholeModels() throws {
    let model = net()
    let training = try load(path("training"))["model_state_dict"]
    let result = try model.loadStateDict(training)
    #expect(result.missing.isEmpty && result.unexpected.isEmpty)
    for (key, tensor) in model.stateDict() {
      #expect(try tensor.array(Double.self) == training[key].tensor.array(Double.self), "\(key)")
    }
    #expect(try training["1.num_batches_tracked"].int == 2)
    let whole = try load(path("whole"), weightsOnly: false)
    try model.loadStateDict(whole)
    let state = try StateDict(whole)
    #expect(state.keys == model.stateDict().keys)
    for (key, tensor) in model.stateDict() { #expect(tensor.array(Double.self) == state[key]?.array(Double.self)) }
  }

  @Test func whatDoesNotFitIsAnErrorAndChangesNothing() throws {
    let model = Linear(2, 3)
    let before = model.weight.array(Double.self)
    #expect(throws: StateDictError.self) { try model.loadStateDict(load(path("whole"), weightsOnly: false)) }
    #expect(throws: CheckpointError.self) { try model.loadStateDict(load(path("training"))) }
    #expect(model.weight.array(Double.self) == before)
  }
}
