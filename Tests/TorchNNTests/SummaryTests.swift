// The table of a model, ensembles, and gradients summed over batches.

import Testing
import TorchNN
import TorchOptim
import TorchUtils

private final class Tied: Module, Layer {
  let first = Linear(4, 4), second = Linear(4, 4), spare = Linear(4, 2)
  @Buffer var calls: Tensor = .zeros(1)
  let drop = Dropout(0.5)

  override init() {
    super.init()
    second.weight = first.weight
    second.bias!.requiresGrad = false
  }

  func forward(_ x: Tensor) -> Tensor {
    noGrad { calls.add_(1) }
    return drop(second(first(first(x))))
  }
}

private final class Both: Module, Layer2 {
  let layer = Linear(3, 2)
  func forward(_ a: Tensor, _ b: (Tensor, Tensor)) -> (Tensor, [Tensor]) { (layer(a), [b.0 + b.1]) }
}

@Suite struct SummaryTests {
  @Test func printsATable() {
    let model = Sequential {
      Conv2d(3, 8, kernelSize: 3, padding: 1)
      ReLU()
      Flatten()
      Linear(8 * 16 * 16, 10)
    }
    let found = summary(model, inputSize: [2, 3, 16, 16])
    #expect(
      "\(found)" == """
        layer          output shape    parameters     bytes
        ---------------------------------------------------
        Sequential     [2, 10]                  -         -
          0 (Conv2d)   [2, 8, 16, 16]         224  16.0 KiB
          1 (ReLU)     [2, 8, 16, 16]           -  16.0 KiB
          2 (Flatten)  [2, 2048]                -         -
          3 (Linear)   [2, 10]             20,490      80 B
        ---------------------------------------------------
        parameters: 20,714, trainable 20,714, frozen 0
        memory: inputs 6.0 KiB, parameters 80.9 KiB, buffers 0 B, outputs 32.1 KiB
        """)
    #expect(found.outputBytes == 2 * 4 * (2 * 8 * 16 * 16) + 80)
  }

  @Test func countsSharedFrozenAndIdleOnce() {
    let model = Tied()
    let found = summary(model, inputSize: [5, 4])
    #expect(found.rows.map(\.name) == ["", "first", "second", "spare", "drop"])
    #expect(found.rows.map(\.calls) == [1, 2, 1, 0, 1])
    #expect(found.rows.map(\.parameters) == [0, 20, 4, 10, 0])
    #expect(found.rows[3].outputShapes.isEmpty)
    #expect(found.parameters == model.parameters().reduce(0) { $0 + $1.numel() })
    #expect(found.trainableParameters == 30)
    // Dropout does nothing in evaluation: its output is its input.
    #expect(found.outputBytes == 3 * 5 * 4 * 4)
    #expect(found.bufferBytes == 4)
    #expect("\(found)".contains("[5, 4] x2"))
    #expect("\(found)".contains("not called"))
  }

  @Test func leavesNoTrace() {
    let model = Tied()
    model.drop.eval()
    // Other tests draw beside this one.
    forkRNG {
      manualSeed(3)
      let state = getRNGState().array(UInt8.self)
      _ = summary(model, inputSize: [1, 4])
      #expect(getRNGState().array(UInt8.self) == state)
    }
    #expect(model.training && model.first.training && !model.drop.training)
    #expect(model.calls.item() == 0.0)
    #expect(model.parameters().allSatisfy { $0.grad == nil })
    var runs = 0
    model.first.registerForwardHook { (_: Module, _: Tensor, _: Tensor) -> Void in runs += 1 }
    _ = summary(model, inputSize: [1, 4])
    _ = model(Tensor.ones(1, 4))
    #expect(runs == 4)
  }

  @Test func takesSeveralInputsAndDtypes() {
    let found = summary(Both(), Tensor.ones(4, 3), (Tensor.ones(2), Tensor.ones(2)))
    #expect(found.rows[0].outputShapes == [[4, 2], [2]])
    #expect(found.inputBytes == 4 * (12 + 4))
    #expect(summary(Linear(3, 2).to(.float64), inputSize: [1, 3]).rows[0].outputBytes == 16)
    #expect(summary(Embedding(10, 4), inputSize: [2, 3], dtype: .int64).rows[0].outputShapes == [[2, 3, 4]])
  }
}

@Suite struct EnsembleTests {
  /// Answers with the same scores for every row.
  private final class Fixed: Module, Layer {
    let scores: Tensor
    init(_ scores: [Double]) { self.scores = Tensor(scores, dtype: .float64) }
    override func copied(_ copy: ModuleCopier) -> Module { Fixed(scores.array(Double.self)) }
    func forward(_ x: Tensor) -> Tensor { scores.unsqueeze(0).expand(x.size(0), -1) }
  }

  private func rows(_ tensor: Tensor) -> [Double] { tensor[0].array(Double.self) }

  @Test func averagesAndVotes() {
    // As probabilities: [.5, .25, .25], [.25, .5, .25], [.1, .45, .45] up to a shift of the scores.
    let tables: [[Double]] = [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.1, 0.45, 0.45]]
    let models = tables.map { Fixed(Tensor($0, dtype: .float64).log().add(3).array(Double.self)) }
    let x = Tensor.zeros(2, 1)
    let soft = rows(Ensemble(models)(x))
    for (found, wanted) in zip(soft, [0.85 / 3, 1.2 / 3, 0.95 / 3]) { #expect(abs(found - wanted) < 1e-12) }
    let weighted = rows(Ensemble(models, weights: [2, 1, 1])(x))
    for (found, wanted) in zip(weighted, [1.35 / 4, 1.45 / 4, 1.2 / 4]) { #expect(abs(found - wanted) < 1e-12) }
    let hard = Ensemble(models, vote: .hard)(x)
    #expect(hard.shape == [2, 3])
    for (found, wanted) in zip(rows(hard), [1.0 / 3, 2.0 / 3, 0]) { #expect(abs(found - wanted) < 1e-12) }
  }

  @Test func isAModule() {
    let ensemble = Ensemble([Linear(2, 3), Linear(2, 3)])
    #expect(ensemble.parameters().count == 4)
    #expect(ensemble.namedParameters()[0].name == "models.0.weight")
    ensemble(Tensor.ones(1, 2))[0, 1].backward()
    #expect(ensemble.parameters().allSatisfy { $0.grad != nil })
    let copy = ensemble.eval().copy()
    #expect(!copy.models[0].training)
    #expect(rows(copy(Tensor.ones(1, 2))) == rows(ensemble(Tensor.ones(1, 2))))
  }

  @Test func refusesWhatDoesNotFit() async {
    let models = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Ensemble([Linear(2, 3), Linear(2, 4)])(Tensor.ones(1, 2))
    }
    says(models, "Ensemble", "[1, 3] and [1, 4]")
    let weights = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Ensemble([Linear(2, 3)], weights: [0])
    }
    says(weights, "Ensemble", "wants 1 weights")
  }
}

@Suite struct AccumulationTests {
  @Test func groups() {
    #expect(Array(accumulate(0..<7, steps: 3)) == [[0, 1, 2], [3, 4, 5], [6]])
    #expect(accumulate(0..<7, steps: 3).underestimatedCount == 3)
    #expect(Array(accumulate([Int](), steps: 3)).isEmpty)
    #expect(Array(accumulate(0..<4, steps: 2)) == [[0, 1], [2, 3]])
  }

  @Test func sumsToTheGradientOfTheBigBatch() {
    manualSeed(11)
    let model = Sequential {
      Linear(6, 5); Tanh(); Linear(5, 3)
    }.to(.float64)
    let criterion = CrossEntropyLoss()
    let (x, y) = (Tensor.randn(8, 6).to(.float64), Tensor.randint(0, 3, [8]))
    criterion(model(x), y).backward()
    let whole = model.parameters().map { $0.grad!.array(Double.self) }
    model.zeroGrad()
    let batches = [0, 2, 4, 6].map { (x[$0..<$0 + 2], y[$0..<$0 + 2]) }
    var steps = 0
    for group in accumulate(batches, steps: 4) {
      for (x, y) in group { (criterion(model(x), y) / Double(group.count)).backward() }
      steps += 1
    }
    #expect(steps == 1)
    for (parameter, wanted) in zip(model.parameters(), whole) {
      for (a, b) in zip(parameter.grad!.array(Double.self), wanted) { #expect(abs(a - b) < 1e-14) }
    }
  }
}

@Suite struct DeterminismTests {
  @Test func keepsTheSwitch() {
    // As PyTorch answers: warnOnly counts only while the switch is on.
    #expect(!areDeterministicAlgorithmsEnabled())
    useDeterministicAlgorithms(true, warnOnly: true)
    #expect(areDeterministicAlgorithmsEnabled() && isDeterministicAlgorithmsWarnOnlyEnabled())
    useDeterministicAlgorithms(true)
    #expect(areDeterministicAlgorithmsEnabled() && !isDeterministicAlgorithmsWarnOnlyEnabled())
    useDeterministicAlgorithms(false, warnOnly: true)
    #expect(!areDeterministicAlgorithmsEnabled() && !isDeterministicAlgorithmsWarnOnlyEnabled())
  }
}
