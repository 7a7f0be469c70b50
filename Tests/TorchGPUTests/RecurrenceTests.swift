import Testing
import TorchGPU
import TorchNN

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Recurrent layers as one op, which devices have kernels for; the processor's results are what is wanted.
@Suite(.needsOpenCL) struct DeviceRecurrenceTests {
  enum Kind: CaseIterable, Sendable {
    case tanh, relu, lstm, gru

    func layer(_ input: Int, _ hidden: Int, numLayers: Int, bias: Bool, bidirectional: Bool, _ dtype: DType) -> Module {
      switch self {
      case .lstm: LSTM(input, hidden, numLayers: numLayers, bias: bias, bidirectional: bidirectional, dtype: dtype)
      case .gru: GRU(input, hidden, numLayers: numLayers, bias: bias, bidirectional: bidirectional, dtype: dtype)
      case .tanh, .relu:
        RNN(
          input, hidden, numLayers: numLayers, nonlinearity: self == .tanh ? .tanh : .relu, bias: bias,
          bidirectional: bidirectional, dtype: dtype)
      }
    }
  }

  /// Outputs, last states and cells.
  private static func results(_ layer: Module, _ x: Tensor, _ lengths: [Int]?, _ state: [Tensor]) -> [Tensor] {
    let pack = lengths.map { Utils.packPaddedSequence(x, $0) }
    if let lstm = layer as? LSTM {
      let start = state.isEmpty ? nil : (state[0], state[1])
      if let pack {
        let (y, (h, c)) = lstm(pack, start)
        return [y.data, h, c]
      }
      let (y, (h, c)) = lstm(x, start)
      return [y, h, c]
    }
    let other = layer as! HiddenStateLayer
    if let pack {
      let (y, h) = other(pack, state.first)
      return [y.data, h]
    }
    let (y, h) = other(x, state.first)
    return [y, h]
  }

  private func compare(
    _ kind: Kind, hidden: Int = 9, batch: Int = 3, steps: Int = 5, numLayers: Int = 1, bias: Bool = true,
    bidirectional: Bool = false, hasState: Bool = false, lengths: [Int]? = nil, dtype: DType = .float32,
    uses: [Int]? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let (layer, x, state) = forkRNG { () -> (Module, Tensor, [Tensor]) in
      manualSeed(11)
      let layer = kind.layer(6, hidden, numLayers: numLayers, bias: bias, bidirectional: bidirectional, dtype)
      let shape = [numLayers * (bidirectional ? 2 : 1), batch, hidden]
      let states = (0..<(!hasState ? 0 : kind == .lstm ? 2 : 1)).map { _ in Tensor.randn(shape).to(dtype) }
      return (layer, Tensor.randn(steps, batch, 6).to(dtype), states)
    }
    func run(_ device: Device) -> [Tensor] {
      layer.to(device)
      layer.zeroGrad()
      let leaves = ([x] + state).map { $0.to(device).clone().requiresGrad_() }
      let results = Self.results(layer, leaves[0], lengths, Array(leaves.dropFirst()))
      var loss = Tensor.zeros([], dtype: dtype, device: device)
      for (index, result) in results.enumerated() where uses?.contains(index) ?? true {
        let weights = Tensor.arange(0, result.numel()).view(result.shape).sin().to(dtype).to(device)
        loss = loss + (result * weights).sum()
      }
      loss.backward()
      return (results + leaves.map { $0.grad ?? .zeros(like: $0) } + layer.parameters().map { $0.grad! })
        .map { $0.detach().cpu() }
    }
    let wanted = run(.cpu), got = run(.opencl)
    layer.to(.cpu)
    let tolerance = Tolerance(dtype)
    for (index, (theirs, ours)) in zip(wanted, got).enumerated() {
      let scale = max(theirs.to(.float64).abs().max().item() as Double, 1)
      let apart: Double = (ours.to(.float64) - theirs.to(.float64)).abs().max().item()
      #expect(
        ours.shape == theirs.shape && apart <= scale * tolerance.relative,
        "\(kind) of \(dtype), result \(index), apart \(apart) of \(scale)", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: Kind.allCases) func layers(_ kind: Kind) {
    for dtype in [DType.float32, .float64] {
      compare(kind, dtype: dtype)
      compare(kind, bias: false, dtype: dtype)
      compare(kind, hasState: true, dtype: dtype)
      compare(kind, numLayers: 2, bidirectional: true, hasState: true, dtype: dtype)
    }
    compare(kind, batch: 20, steps: 3, hasState: true)
    compare(kind, hidden: 1, batch: 1, steps: 1)
  }

  @Test(arguments: Kind.allCases) func halves(_ kind: Kind) {
    compare(kind, bidirectional: true, hasState: true, dtype: .float16)
    compare(kind, bidirectional: true, hasState: true, dtype: .bfloat16)
  }

  @Test(arguments: Kind.allCases) func packedSequences(_ kind: Kind) {
    for hasState in [false, true] {
      compare(
        kind, batch: 4, steps: 6, numLayers: 2, bidirectional: true, hasState: hasState, lengths: [6, 4, 4, 1],
        dtype: .float64)
    }
  }

  @Test(arguments: Kind.allCases) func partsOfTheResults(_ kind: Kind) {
    for use in 0..<(kind == .lstm ? 3 : 2) {
      compare(kind, bidirectional: true, hasState: true, lengths: [5, 3, 2], dtype: .float64, uses: [use])
    }
  }

  @Test(arguments: Kind.allCases) func secondDerivatives(_ kind: Kind) {
    let layer = forkRNG { () -> Module in
      manualSeed(2)
      return kind.layer(3, 4, numLayers: 1, bias: true, bidirectional: true, .float64)
    }
    func run(_ device: Device) -> Tensor {
      layer.to(device)
      let x = (Tensor.arange(0, 24).to(.float64) * 0.37).sin().view(4, 2, 3).to(device).requiresGrad_()
      let y = Self.results(layer, x, nil, [])[0].square().sum()
      let slope = grad(y, x, createGraph: true)
      return grad(slope.square().sum(), x).cpu()
    }
    let wanted = run(.cpu)
    #expect(run(.opencl).allclose(wanted, rtol: 1e-9, atol: 1e-10))
  }

  /// The count is of the whole process: in one of its own.
  @Test func twoLaunchesAStep() async {
    await #expect(processExitsWith: .success) {
      let device = GPUDevices.backend(.opencl)!
      for (layer, isLSTM) in [(LSTM(8, 16), true), (GRU(8, 16), false)] as [(Module, Bool)] {
        layer.to(.opencl)
        func launches(_ steps: Int) -> (forward: Int, backward: Int) {
          // Where gradients are there, others are added to them.
          layer.zeroGrad()
          let x = Tensor.ones(steps, 2, 8, device: .opencl).requiresGrad_()
          let before = device.launchCount
          let y = isLSTM ? (layer as! LSTM)(x).0 : (layer as! GRU)(x).0
          let forward = device.launchCount - before, loss = y.sum(), middle = device.launchCount
          loss.backward()
          return (forward, device.launchCount - middle)
        }
        let short = launches(10), long = launches(30)
        if long.forward - short.forward != 20 * 2 || long.backward - short.backward != 20 * 2 { exit(1) }
      }
    }
  }
}
