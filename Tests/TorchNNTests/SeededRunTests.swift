// The same seed gives the same run as in PyTorch. Each test runs in a child process, where nobody else draws from the global
// generator.

import Testing
import TorchData
import TorchNN
import TorchOptim

/// What a child process runs.
private enum Seeded {
  struct Run: Sendable {
    var name: String, batchSize: Int
    var makeModel: @Sendable () -> Sequential
    var makeData: @Sendable () -> (Tensor, Tensor)
  }

  private static func rows() -> (Tensor, Tensor) { (.randn(320, 784), .randint(0, 10, [320])) }
  private static func images() -> (Tensor, Tensor) { (.randn(64, 1, 8, 8), .randint(0, 10, [64])) }

  private static let runs = [
    Run(
      name: "mlp", batchSize: 64, makeModel: { Sequential(Linear(784, 128), ReLU(), Linear(128, 10)) },
      makeData: rows),
    Run(
      name: "mlpDropout", batchSize: 64,
      makeModel: { Sequential(Linear(784, 128), ReLU(), Dropout(0.5), Linear(128, 10)) }, makeData: rows),
    Run(
      name: "cnn", batchSize: 16,
      makeModel: {
        Sequential {
          Conv2d(1, 8, kernelSize: 3, padding: 1)
          ReLU()
          MaxPool2d(2)
          Flatten()
          Linear(8 * 4 * 4, 10)
        }
      }, makeData: images),
  ]

  private static let optimizers: [(String, @Sendable ([Tensor]) -> Optimizer)] = [
    ("sgd", { SGD($0, lr: 0.1, momentum: 0.9) }),
    ("sgdNesterov", { SGD($0, lr: 0.05, momentum: 0.9, weightDecay: 1e-3, nesterov: true) }),
    ("adam", { Adam($0, lr: 1e-3) }),
    ("adamw", { AdamW($0, lr: 2e-3, weightDecay: 0.05) }),
  ]

  /// Whether a tensor is the recorded one, bit by bit.
  private static func isSame(_ tensor: Tensor, _ record: [String: Any]) -> Bool {
    Array(tensor.shape) == record["shape"] as! [Int] && fnv(tensor) == record["fnv"] as! String
  }

  static func losses(_ model: String, _ kind: String) throws {
    let goldens = (try golden("spine")["runs"] as! [String: Any])[model] as! [String: Any]
    let run = try #require(Self.runs.first { $0.name == model })
    let makeOptimizer = try #require(Self.optimizers.first { $0.0 == kind }?.1)

    manualSeed(0)
    let model = run.makeModel()
    let weights = goldens["weights"] as! [String: [String: Any]]
    for (name, parameter) in model.namedParameters() {
      #expect(isSame(parameter, try #require(weights[name])), "the first \(name)")
    }
    let (x, y) = run.makeData()
    let data = goldens["data"] as! [String: Any]
    #expect(isSame(x, data["x"] as! [String: Any]))
    #expect(Array(y.array(Int.self).prefix(16)) == data["y"] as! [Int] && y.sum().item() == data["ySum"] as! Int)

    let optimizer = makeOptimizer(model.parameters())
    let loader = DataLoader(TensorDataset(x, y), batchSize: run.batchSize, shuffle: true)
    let criterion = CrossEntropyLoss()
    var losses: [Double] = []
    while losses.count < 20 {
      for (x, y) in loader where losses.count < 20 {
        optimizer.zeroGrad()
        let loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
      }
    }
    let wanted = goldens[kind] as! [String: Any]
    #expect(distance(losses, wanted["losses"]) < 1e-5)
    let after = wanted["after"] as! [String: [String: Any]]
    for (name, parameter) in model.namedParameters() {
      let first = (after[name]!["first"] as! [String]).map { Double(Float(bitPattern: UInt32($0, radix: 16)!)) }
      #expect(distance(Array(parameter.detach().array(Double.self).prefix(first.count)), first) < 1e-4, "\(name)")
    }
  }

  static func dropout() {
    manualSeed(1)
    #expect(Set(Dropout(0.5)(.ones(1000)).array(Float.self)) == [0, 2])
    #expect(Dropout(1)(.ones(3)).array(Float.self) == [0, 0, 0])
    #expect(Dropout(0)(.ones(3)).array(Float.self) == [1, 1, 1])
  }

  /// An epoch that was left early leaves its own generator as in torch.
  static func epochsLeftEarly() throws {
    let order = try golden("spine")["order"] as! [String: Any]
    for entry in order["leftEarly"] as! [[String: Any]] {
      let data = TensorDataset(Tensor.arange(10))
      let loader = DataLoader(
        data, batchSize: entry["batchSize"] as! Int, shuffle: true, generator: Generator(seed: 7))
      let iterator = loader.makeIterator()
      var left = iterator
      for _ in 0..<(entry["taken"] as! Int) { _ = left.next() }
      #expect(loader.map { $0.array(Int.self) } == entry["next"] as! [[Int]], "\(entry)")
    }
  }

  /// A subclass of a model draws before the model it extends; layers draw in the order of their properties.
  static func subclasses() {
    class Base: Module { let first = Linear(2, 2, bias: false) }
    final class Derived: Base { let second = Linear(2, 2, bias: false) }
    manualSeed(3)
    let drawn = Derived()
    manualSeed(3)
    let second = Linear(2, 2, bias: false), first = Linear(2, 2, bias: false)
    #expect(drawn.second.weight.array(Float.self) == second.weight.array(Float.self))
    #expect(drawn.first.weight.array(Float.self) == first.weight.array(Float.self))
    #expect(drawn.stateDict().keys == ["first.weight", "second.weight"])
  }

  /// A copy draws nothing.
  static func copies() {
    manualSeed(5)
    let model = Sequential(Linear(3, 4), Conv2d(1, 2, kernelSize: 3))
    let before = getRNGState().array(Int.self)
    _ = model.copy()
    #expect(getRNGState().array(Int.self) == before)
  }
}

@Suite struct SeededRunTests {
  @Test(arguments: ["mlp", "mlpDropout", "cnn"], ["sgd", "sgdNesterov", "adam", "adamw"])
  func lossesAreTorchs(_ model: String, _ kind: String) async {
    await #expect(processExitsWith: .success) { [model = model as String, kind = kind as String] in
      try Seeded.losses(model, kind)
    }
  }

  @Test func dropoutDropsAtItsRate() async {
    await #expect(processExitsWith: .success) { Seeded.dropout() }
  }

  @Test func anEpochLeftEarlyLeavesTheGeneratorAsInTorch() async {
    await #expect(processExitsWith: .success) { try Seeded.epochsLeftEarly() }
  }

  @Test func subclassesDrawFirst() async {
    await #expect(processExitsWith: .success) { Seeded.subclasses() }
  }

  @Test func copiesDoNotDraw() async {
    await #expect(processExitsWith: .success) { Seeded.copies() }
  }
}
