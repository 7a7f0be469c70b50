import Torch
import TorchNN
import TorchOptim

/// Whole steps of training.
enum Training {
  static var all: [Workload] { [mlp] }

  /// The tutorial's 784-128-10 network, batch 64, Adam.
  static var mlp: Workload {
    Workload("mlp_step_784_128_10_b64_adam") {
      manualSeed(0)
      let model = Sequential(Linear(784, 128), ReLU(), Linear(128, 10))
      let optimizer = Adam(model.parameters(), lr: 0.001)
      let criterion = CrossEntropyLoss()
      let batches = (0..<Workload.batchCount).map { _ in (Tensor.randn(64, 784), Tensor.randint(0, 10, [64])) }
      func step(_ batch: Int) -> Tensor {
        let (x, y) = batches[batch]
        optimizer.zeroGrad()
        let loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss
      }
      return Workload.Run(
        step: { _ = step($0) }, checksum: { (0..<Workload.batchCount).reduce(0.0) { $0 + step($1).item() } })
    }
  }
}

extension Workload {
  init(_ name: String, _ prepare: @escaping () -> Run) {
    self.name = name
    self.prepare = prepare
  }
}
