import Foundation
import Testing
import Torch
import TorchNN
import TorchOptim

/// Trainings that go on from files: ours from torch's, ours from ours. `Tools/checkpoints/resume.py` records torch's file
/// and lets torch go on from ours.
@Suite struct ResumeTests {
  private static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Goldens/resume/\(name).pt").path
  }

  /// The differences that the probe found, by case.
  private func differences(_ path: String) throws -> [String: Double] {
    let (lines, status, _) = try Probe.run("checkpoint-probe", ["resume", path])
    #expect(status == 0, "\(lines)")
    let pairs = lines.map { $0.split(separator: " ") }
    return Dictionary(uniqueKeysWithValues: pairs.map { (String($0[0]), Double($0[1]) ?? .infinity) })
  }

  @Test func weGoOnWhereTorchStopped() throws {
    let found = try differences(Self.path("torch"))
    #expect(found.count == 16)
    for (name, difference) in found { #expect(difference < 2e-6, "\(name)") }
  }

  @Test func weGoOnWhereWeStopped() throws {
    let folder = try TemporaryFolder(), file = folder.file("swift.pt")
    #expect(try Probe.run("checkpoint-probe", ["train", file]).status == 0)
    let found = try differences(file)
    #expect(found.count == 16)
    for (name, difference) in found { #expect(difference == 0, "\(name)") }
    // What PyTorch was shown to go on from is what is written still, but for the last digits of other processors.
    try compare(try load(file), try load(Self.path("swift")))
  }

  private func compare(_ found: Checkpoint, _ wanted: Checkpoint) throws {
    try #require(found.kind == wanted.kind, "\(found) for \(wanted)")
    switch wanted.kind {
    case .dictionary:
      let (items, others) = (try found.items, try wanted.items)
      try #require(items.map { "\($0.key)" } == others.map { "\($0.key)" })
      for (item, other) in zip(items, others) { try compare(item.value, other.value) }
      if let attributes = wanted.state { try compare(try #require(found.state), attributes) }
    case .list, .tuple:
      let (items, others) = (try found.list, try wanted.list)
      try #require(items.count == others.count)
      for (item, other) in zip(items, others) { try compare(item, other) }
    case .tensor:
      let (tensor, other) = (try found.tensor, try wanted.tensor)
      #expect(tensor.shape == other.shape && tensor.dtype == other.dtype && tensor.stride() == other.stride())
      #expect(tensor.allclose(other, rtol: 1e-4, atol: 1e-6))
    case .double:
      let (number, other) = (try found.double, try wanted.double)
      #expect(number == other || abs(number - other) <= 1e-4 * abs(other) + 1e-6)
    default: #expect("\(found)" == "\(wanted)")
    }
  }

  /// A state as a file has it, and back.
  private func saved(_ value: any Savable) throws -> Checkpoint { try load(bytes: saveToBytes(value)) }

  @Test func statesHaveTorchsLayout() throws {
    let model = Linear(2, 1), optimizer = AdamW(model.parameters(), betas: (0.8, 0.9))
    let scheduler = MultiStepLR(optimizer, milestones: [3, 3, 5])
    model(Tensor.ones(1, 2)).sum().backward()
    optimizer.step()
    let checkpoint = try saved(
      ["optimizer": optimizer.stateDict(), "scheduler": scheduler.stateDict(), "model": model.stateDict()] as SavedValue
    )
    let group = try checkpoint["optimizer"]["param_groups"][0]
    #expect(
      try group.keys == [
        "lr", "betas", "eps", "weight_decay", "amsgrad", "maximize", "foreach", "capturable", "differentiable", "fused",
        "decoupled_weight_decay", "initial_lr", "params",
      ])
    #expect(try group["betas"].kind == .tuple && group["betas"][0].double == 0.8)
    #expect(try group["fused"].isNone && group["params"].list.map { try $0.int } == [0, 1])
    let state = try checkpoint["optimizer"]["state"][1]
    #expect(try state.keys == ["step", "exp_avg", "exp_avg_sq"])
    #expect(try state["step"].tensor.dtype == .float32 && state["step"].tensor.shape == [])
    #expect(try "\(checkpoint["scheduler"]["milestones"])" == "Counter of 2")
    #expect(try checkpoint["model"].state?["_metadata"][""]["version"].int == 1)
    #expect(try BatchNorm1d(2).stateDict().savedVersion == 2)
  }

  @Test func allThatIsMissingOrWrongIsOneError() throws {
    let model = Linear(2, 1), optimizer = Adam(model.parameters())
    model(Tensor.ones(1, 2)).sum().backward()
    optimizer.step()
    var state = optimizer.stateDict()
    state.state[0]?["exp_avg"] = nil
    state.state[1]?["exp_avg_sq"] = .string("x")
    state.paramGroups[0].options["lr"] = StateValue.none
    let before = optimizer.paramGroups[0].lr
    let error = #expect(throws: OptimizerStateError.self) { try optimizer.loadStateDict(state) }
    #expect(
      error?.description
        == "Adam: group 0: lr is of another kind; parameter 0 lacks exp_avg; exp_avg_sq of parameter 1 is no tensor")
    #expect(optimizer.paramGroups[0].lr == before)
    let scheduler = StepLR(optimizer, stepSize: 2)
    let wrong = try saved(["step_size": "two", "gamma": 0.1, "extra": Shape([2])] as SavedValue)
    let found = #expect(throws: SchedulerStateError.self) { try scheduler.loadStateDict(wrong) }
    #expect(found?.description.contains("lacks base_lrs") == true)
    #expect(found?.description.contains("of another kind: step_size") == true)
    #expect(throws: CheckpointError.self) { try optimizer.loadStateDict(wrong) }
  }

  /// What a state has beyond this library's kinds is saved again as it was.
  @Test func otherKindsPassThrough() throws {
    let file = try saved(["size": Shape([2, 3]), "complex": SavedValue.complex(1, 2)] as SavedValue)
    let again = try saved(SchedulerState(file))
    #expect(try again["size"].kind == .size && again["size"].shape == [2, 3])
    #expect(try again["complex"].complex.imaginary == 2)
  }
}

extension StateDict {
  /// The version of the first module, as a file has it.
  fileprivate var savedVersion: Int {
    get throws { try load(bytes: saveToBytes(self)).state?["_metadata"][""]["version"].int ?? 0 }
  }
}
