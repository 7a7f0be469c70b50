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
}
