import Testing
import TorchNN

/// Recurrent layers as one op, float32, against the loop of tensor ops, which float64 takes.
@Suite struct RecurrentWholeTests {
  enum Kind: String, CaseIterable, Sendable {
    case lstm, gru, tanh, relu

    func layer(
      _ inputSize: Int, _ hiddenSize: Int, numLayers: Int, bias: Bool, batchFirst: Bool, bidirectional: Bool
    ) -> Module {
      switch self {
      case .lstm:
        LSTM(
          inputSize, hiddenSize, numLayers: numLayers, bias: bias, batchFirst: batchFirst, bidirectional: bidirectional)
      case .gru:
        GRU(
          inputSize, hiddenSize, numLayers: numLayers, bias: bias, batchFirst: batchFirst, bidirectional: bidirectional)
      case .tanh, .relu:
        RNN(
          inputSize, hiddenSize, numLayers: numLayers, nonlinearity: self == .tanh ? .tanh : .relu, bias: bias,
          batchFirst: batchFirst, bidirectional: bidirectional)
      }
    }
  }

  /// What of the results goes into the loss.
  enum Use: CaseIterable, Sendable { case all, outputs, lastStep, states, cells }

  /// A layer and its inputs, in float32 and in float64.
  struct Problem {
    let kind: Kind
    let layer: Module
    let x: Tensor
    let state: [Tensor]
    var lengths: [Int]?

    init(
      _ kind: Kind, inputSize: Int = 5, hidden: Int, batch: Int, steps: Int = 4, numLayers: Int = 1, bias: Bool = true,
      batchFirst: Bool = false, bidirectional: Bool = false, hasState: Bool = false, isPacked: Bool = false,
      seed: Int = 3
    ) {
      self.kind = kind
      (layer, x, state) = forkRNG {
        manualSeed(seed)
        let layer = kind.layer(
          inputSize, hidden, numLayers: numLayers, bias: bias, batchFirst: batchFirst, bidirectional: bidirectional)
        let states = [numLayers * (bidirectional ? 2 : 1), batch, hidden]
        let count = !hasState ? 0 : kind == .lstm ? 2 : 1
        return (
          layer, Tensor.randn(batchFirst ? [batch, steps, inputSize] : [steps, batch, inputSize]),
          (0..<count).map { _ in Tensor.randn(states) }
        )
      }
      if isPacked { lengths = (0..<batch).map { steps - $0 * steps / (batch + 1) } }
    }

    /// Outputs, last states and cells.
    func run(_ layer: Module, _ x: Tensor, _ state: [Tensor]) -> [Tensor] {
      if let lengths {
        let pack = Utils.packPaddedSequence(x, lengths)
        if let lstm = layer as? LSTM {
          let (outputs, (h, c)) = lstm(pack, state.isEmpty ? nil : (state[0], state[1]))
          return [outputs.data, h, c]
        }
        let (outputs, h) = (layer as! HiddenStateLayer)(pack, state.first)
        return [outputs.data, h]
      }
      if let lstm = layer as? LSTM {
        let (outputs, (h, c)) = lstm(x, state.isEmpty ? nil : (state[0], state[1]))
        return [outputs, h, c]
      }
      let (outputs, h) = (layer as! HiddenStateLayer)(x, state.first)
      return [outputs, h]
    }

    /// Results, then gradients of the input, the states and all weights; zeros where there is none.
    func everything(_ dtype: DType, _ use: Use) -> [Tensor] {
      let layer = layer.copy().to(dtype)
      func leaf(_ t: Tensor) -> Tensor { t.detach().to(dtype).clone().requiresGrad_() }
      let x = leaf(x), state = state.map(leaf), results = run(layer, x, state)
      let used: [Tensor] =
        switch use {
        case .all: results
        case .outputs: [results[0]]
        case .lastStep: [results[0][-1]]
        case .states: [results[1]]
        case .cells: [results[results.count - 1]]
        }
      let losses = used.map { t in (t * Self.weights(t.shape, dtype)).sum() }
      losses.dropFirst().reduce(losses[0], +).backward()
      return results.map { $0.detach() } + ([x] + state + layer.parameters()).map { $0.grad ?? .zeros(like: $0) }
    }

    /// Numbers without a pattern that are the same in both types.
    static func weights(_ shape: Shape, _ dtype: DType) -> Tensor {
      Tensor.rand(shape.map { $0 }, generator: Generator(seed: 9), dtype: .float32).to(dtype) - 0.4
    }

    func agrees(_ use: Use = .all, _ tolerance: Double = 2e-5) {
      for (i, (whole, loop)) in zip(everything(.float32, use), everything(.float64, use)).enumerated() {
        #expect(whole.shape == loop.shape)
        #expect(
          whole.double().allclose(loop, rtol: tolerance, atol: tolerance),
          "\(kind) \(use), number \(i): \((whole.double() - loop).abs().max().item() as Double) apart")
      }
    }
  }

  @Test(arguments: Kind.allCases, [false, true])
  func valuesAndGradientsAreTheLoops(_ kind: Kind, _ bidirectional: Bool) {
    for (i, (hidden, batch)) in [(3, 2), (16, 1), (20, 9), (67, 35), (48, 5)].enumerated() {
      for hasState in [false, true] {
        Problem(
          kind, hidden: hidden, batch: batch, steps: 1 + i, numLayers: 1 + i % 2, bias: i != 2,
          batchFirst: i == 1, bidirectional: bidirectional, hasState: hasState
        ).agrees()
      }
    }
  }

  @Test(arguments: Kind.allCases, [false, true])
  func packedSequencesAreTheLoops(_ kind: Kind, _ bidirectional: Bool) {
    for hasState in [false, true] {
      Problem(
        kind, hidden: 19, batch: 7, steps: 9, numLayers: 2, bidirectional: bidirectional, hasState: hasState,
        isPacked: true
      ).agrees()
      Problem(
        kind, hidden: 9, batch: 36, steps: 5, bias: false, bidirectional: bidirectional, hasState: hasState,
        isPacked: true
      ).agrees()
      // Steps of many sequences, and then of few, that multiply on the matrix unit where there is one.
      Problem(
        kind, hidden: 70, batch: 40, steps: 5, bidirectional: bidirectional, hasState: hasState, isPacked: true
      ).agrees()
    }
  }

  /// Most gradients are zero then, and whole steps of them are passed over.
  @Test(arguments: Kind.allCases, Use.allCases)
  func onlySomeResultsAreUsed(_ kind: Kind, _ use: Use) {
    for bidirectional in [false, true] {
      for hasState in [false, true] {
        Problem(
          kind, hidden: 12, batch: 3, steps: 6, numLayers: 2, bidirectional: bidirectional, hasState: hasState
        ).agrees(use)
      }
    }
  }

  /// Zeros times what is not finite are no zeros: a step without a gradient still counts then.
  @Test(arguments: Kind.allCases)
  func stepsThatAreNotFinite(_ kind: Kind) {
    for value in [Double.infinity, .nan] {
      for (hidden, batch) in [(6, 2), (66, 14)] {
        let problem = Problem(kind, hidden: hidden, batch: batch, steps: 5, bidirectional: true)
        noGrad { _ = problem.x[1, 0, 2].fill_(value) }
        let whole = problem.everything(.float32, .lastStep), loop = problem.everything(.float64, .lastStep)
        for (a, b) in zip(whole, loop) { #expect(a.isnan().equal(b.isnan())) }
      }
    }
  }

  /// The matrix unit multiplies finite weights alone.
  @Test(arguments: Kind.allCases)
  func weightsThatAreNotFinite(_ kind: Kind) {
    let problem = Problem(kind, hidden: 64, batch: 13, steps: 3, hasState: true)
    let hidden = problem.layer.parameters()[1]
    noGrad { _ = hidden[5, 7].fill_(Double.infinity) }
    let whole = problem.run(problem.layer, problem.x, problem.state)
    let loop = problem.run(problem.layer.copy().to(.float64), problem.x.double(), problem.state.map { $0.double() })
    for (a, b) in zip(whole, loop) {
      #expect(a.isnan().equal(b.isnan()) && a.isinf().equal(b.isinf()))
      func finite(_ t: Tensor) -> Tensor { t.double().nanToNum(nan: 0, posinf: 1, neginf: -1) }
      #expect(finite(a).allclose(finite(b), rtol: 1e-4, atol: 1e-4))
    }
  }

  /// In a process of its own, since the number of threads is the process's.
  @Test func bitsDoNotDependOnThreads() async {
    await #expect(processExitsWith: .success) {
      for kind in Kind.allCases {
        // Directions, parts of a batch, and units that several threads share.
        let problems = [
          Problem(kind, hidden: 40, batch: 67, bidirectional: true, hasState: true),
          Problem(kind, hidden: 40, batch: 19),
          Problem(kind, hidden: 80, batch: 70),
          Problem(kind, hidden: kind == .lstm || kind == .gru ? 300 : 550, batch: 16),
          Problem(kind, hidden: kind == .lstm || kind == .gru ? 300 : 550, batch: 3),
        ]
        for problem in problems {
          setNumThreads(1)
          let alone = problem.everything(.float32, .all)
          for count in [2, 3, 7] {
            setNumThreads(count)
            let shared = problem.everything(.float32, .all)
            #expect(zip(alone, shared).allSatisfy { $0.equal($1) }, "\(kind), \(count) threads")
          }
        }
      }
    }
  }

  @Test(arguments: Kind.allCases)
  func secondDerivatives(_ kind: Kind) {
    func second(_ problem: Problem, _ dtype: DType) -> [Tensor] {
      let layer = problem.layer.copy().to(dtype)
      func leaf(_ t: Tensor) -> Tensor { t.detach().to(dtype).clone().requiresGrad_() }
      let leaves = [leaf(problem.x)] + problem.state.map(leaf)
      let results = problem.run(layer, leaves[0], Array(leaves.dropFirst()))
      let loss = results.map { ($0 * $0 * Problem.weights($0.shape, dtype)).sum() }.reduce(Tensor(0.0).to(dtype), +)
      let inputs = leaves + layer.parameters()
      let first = grad(outputs: [loss], inputs: inputs, createGraph: true)
      first.map { ($0! * $0!).sum() }.reduce(Tensor(0.0).to(dtype), +).backward()
      return inputs.map { $0.grad! }
    }
    for numLayers in [1, 2] {
      let problem = Problem(kind, hidden: 6, batch: 3, numLayers: numLayers, bidirectional: true, hasState: true)
      for (whole, loop) in zip(second(problem, .float32), second(problem, .float64)) {
        #expect(whole.double().allclose(loop, rtol: 1e-3, atol: 1e-3))
      }
    }
  }

  /// Without gradients nothing is kept, and the numbers are the same.
  @Test(arguments: Kind.allCases)
  func predictionsAreTheSame(_ kind: Kind) {
    let problem = Problem(kind, hidden: 33, batch: 18, numLayers: 2, bidirectional: true, hasState: true)
    let recorded = problem.run(problem.layer, problem.x, problem.state)
    let bare = noGrad { problem.run(problem.layer, problem.x, problem.state) }
    for (a, b) in zip(recorded, bare) { #expect(a.requiresGrad && !b.requiresGrad && a.equal(b)) }
  }

  @Test func aGraphIsWalkedTwice() {
    let lstm = forkRNG { LSTM(3, 4, bidirectional: true) }, x = Problem.weights([5, 2, 3], .float32)
    let loss = lstm(x).0.sum()
    loss.backward(retainGraph: true)
    let once = lstm.parameters().map { $0.grad!.clone() }
    loss.backward()
    for (parameter, gradient) in zip(lstm.parameters(), once) { #expect(parameter.grad!.equal(gradient * 2)) }
  }

  /// In a process of its own, since the switch is the process's.
  @Test func itCanBeSwitchedOff() async {
    await #expect(processExitsWith: .success) {
      let lstm = LSTM(3, 20, bidirectional: true), x = Problem.weights([5, 2, 3], .float32)
      let (whole, (h, _)) = lstm(x)
      #expect(h.gradFn?.name == "LstmBackward0")
      backends.cpu.fusedRecurrence = false
      let (loop, (last, _)) = lstm(x)
      #expect(last.gradFn?.name == "StackBackward0")
      #expect(whole.allclose(loop, rtol: 1e-5, atol: 1e-6) && h.allclose(last, rtol: 1e-5, atol: 1e-6))
    }
  }
}
