import Torch
import TorchNN
import TorchOptim
import TutorialNetworks

/// How much of what does not depend on the machine's speed a step of training costs: what Tests/SpeedGuardTests holds.
enum Counting {
  /// Small forms of the networks of the tutorial. Tensors are large enough for the allocator's kept blocks and the thread pool.
  static var all: [Workload] {
    [
      Networks.training("mlp", { Tensor.randn(64, 784) }, 10, { Sequential(Linear(784, 128), ReLU(), Linear(128, 10)) })
      {
        Adam($0, lr: 0.001)
      },
      Networks.training("cnn", { Tensor.randn(4, 3, 32, 32) }, 10, { PhotoClassifier(classes: 10) }) {
        SGD($0, lr: 0.01, momentum: 0.9)
      },
      Networks.training(
        "bilstm", { Tensor.randint(0, 500, [8, 12]) }, 2,
        { TextClassifier(words: 500, embedSize: 64, hiddenSize: 96, classes: 2) }
      ) { Adam($0, lr: 0.001) },
      Networks.training(
        "transformer", { Tensor.randn(4, 24, 128) }, 10,
        { SequenceClassifier(dModel: 128, heads: 4, feedForward: 256, layers: 2, classes: 10) }
      ) { Adam($0, lr: 0.0001) },
    ]
  }

  /// Counts the first batch's step, when all batches have been trained three times.
  static func count(_ workload: Workload) -> Profile.Counts {
    let run = workload.prepare()
    for i in 0..<3 * Workload.batchCount { run.step(i % Workload.batchCount) }
    return profile { run.step(0) }.counts
  }

  /// The table that Tests/SpeedGuardTests/counts.txt is: a line for each count.
  static var table: String {
    var lines = [
      "# What a step of training may cost, counted: Tests/SpeedGuardTests holds it, and it is written anew by",
      "#   OMP_NUM_THREADS=2 .build/release/torch-bench --counts > Tests/SpeedGuardTests/counts.txt",
      "# ops: calls of ops. nodes: nodes recorded for the backward pass. allocations: requests for the memory of tensors. misses:",
      "# those that no kept block served. kilobytes: what they asked for. regions: work offered to the thread pool.",
    ]
    for workload in all {
      let counts = count(workload)
      let entries: [(String, Int)] = [
        ("ops", counts.ops), ("nodes", counts.nodes), ("allocations", counts.allocations),
        ("misses", counts.allocatorMisses), ("kilobytes", counts.allocatedBytes / 1000),
        ("regions", counts.parallelRegions),
      ]
      lines += entries.map { "\(workload.name) \($0.0) \($0.1)" }
    }
    return lines.joined(separator: "\n")
  }
}
