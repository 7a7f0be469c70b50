import Foundation
import Testing
import Torch
import TorchNN
import TorchOptim

@Suite struct MemoryTests {
  /// A process of its own, because the allocator's counts are those of the whole process. Without the cache, as under
  /// the address sanitizer, every block comes from the system.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["TORCH_ALLOCATOR"] != "nocache"))
  func trainingAsksTheSystemForNoMemoryOnceItRuns() async {
    await #expect(processExitsWith: .success) {
      let model = Sequential(Linear(784, 128), ReLU(), Linear(128, 10))
      let optimizer = Adam(model.parameters(), lr: 0.001)
      let x = Tensor.randn(64, 784), y = Tensor.randint(0, 10, [64])
      func step() {
        optimizer.zeroGrad()
        CrossEntropyLoss()(model(x), y).backward()
        optimizer.step()
      }
      for _ in 0..<10 { step() }
      let warm = memoryStats()
      for _ in 0..<100 { step() }
      let after = memoryStats()
      guard warm.misses > 0, after.hits > warm.hits else { fatalError("the steps never went through the allocator") }
      guard after.misses == warm.misses else { fatalError("\(after.misses - warm.misses) blocks came from the system") }
      guard after.allocatedBytes == warm.allocatedBytes else { fatalError("the steps leave memory behind") }
    }
  }

  /// The tutorial's kinds of models: no block from the system once they run, and no memory left behind.
  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["TORCH_ALLOCATOR"] != "nocache"),
    arguments: ["cnn", "lstm", "transformer"])
  func trainingTheTutorialsModelsLeavesNothingBehind(_ name: String) async {
    await #expect(processExitsWith: .success) { [name = name as String] in
      let model: any Layer
      let x: Tensor
      switch name {
      case "cnn": (model, x) = (TutorialCNN(widths: [4, 8, 8], classes: 5), .randn(4, 3, 16, 16))
      case "lstm": (model, x) = (LSTMModel(30, 8, 8, 5, numLayers: 2, dropout: 0.1), .randint(0, 30, [4, 9]))
      default: (model, x) = (Translator(), .randint(0, 30, [4, 9]))
      }
      let y = Tensor.randint(0, 5, [4]), optimizer = Adam(model.parameters(), lr: 0.001)
      func step() {
        optimizer.zeroGrad()
        F.crossEntropy(model(x), y).backward()
        optimizer.step()
      }
      for _ in 0..<10 { step() }
      let warm = memoryStats()
      let steps = ProcessInfo.processInfo.environment["TORCH_TEST_STEPS"].flatMap(Int.init) ?? 60
      for _ in 0..<steps { step() }
      let after = memoryStats()
      guard after.misses == warm.misses else { fatalError("\(after.misses - warm.misses) blocks came from the system") }
      guard after.allocatedBytes == warm.allocatedBytes else { fatalError("the steps leave memory behind") }
    }
  }
}
