import Testing
import Torch
import TorchNN
import TorchOptim

/// Modules that are made without drawing their first values.
@Suite struct SkipInitTests {
  private func network() -> Sequential {
    Sequential(Conv2d(3, 4, kernelSize: 3), BatchNorm2d(4), Flatten(), Linear(4 * 4 * 4, 5))
  }

  @Test func nothingIsDrawn() {
    forkRNG {
      manualSeed(3)
      let first = Tensor.rand(4)
      manualSeed(3)
      let net = Utils.skipInit { network() }
      #expect(Tensor.rand(4).equal(first), "the generator stands where it stood")
      // What is set and not drawn is there.
      let norm = net[1] as! BatchNorm2d
      #expect(norm.weight!.equal(Tensor.ones(4)) && norm.runningVar!.equal(Tensor.ones(4)))
      // Afterwards modules are drawn as ever.
      manualSeed(3)
      let drawn = Linear(2, 3)
      manualSeed(3)
      #expect(drawn.weight.equal(Linear(2, 3).weight) && drawn.weight.abs().sum().item() > 0.0)
    }
  }

  @Test func structuredValuesAreLeftToo() {
    forkRNG {
      let x = Tensor.full([4, 4], 7)
      Utils.skipInit {
        Init.truncNormal_(x)
        Init.orthogonal_(x)
        Init.sparse_(x, sparsity: 0.5)
        Init.kaimingNormal_(x)
        Init.xavierUniform_(x)
      }
      #expect(x.equal(Tensor.full([4, 4], 7)))
      Utils.skipInit { _ = Init.constant_(x, 1) }
      #expect(x.equal(Tensor.full([4, 4], 1)))
    }
  }

  @Test func loadedItIsTheSame() throws {
    let drawn = forkRNG {
      manualSeed(1)
      return network().eval()
    }
    let loaded = Utils.skipInit { network().eval() }
    try loaded.loadStateDict(drawn.stateDict())
    let x = Tensor.ones(2, 3, 6, 6)
    #expect(loaded(x).equal(drawn(x)))
  }

  private struct Failed: Error {}

  @Test func anErrorEndsIt() {
    forkRNG {
      #expect(throws: Failed.self) { try Utils.skipInit { () throws in throw Failed() } }
      manualSeed(0)
      let before = Tensor.rand(1)
      manualSeed(0)
      _ = Linear(1, 1)
      #expect(!Tensor.rand(1).equal(before))
    }
  }
}

/// A state whose memory becomes the model's.
@Suite struct AssignStateTests {
  private func copy(of state: StateDict, _ dtype: DType) -> StateDict {
    StateDict(state.map { ($0.key, $0.value.detach().to(dtype, copy: true)) })
  }

  @Test func parametersStayAndTheirMemoryIsTheStates() throws {
    // What is loaded over needs no draws.
    let model = Utils.skipInit { Sequential(Linear(2, 2), BatchNorm1d(2)) }, weight = (model[0] as! Linear).weight
    let optimizer = SGD(model.parameters(), lr: 0.5)
    var state = copy(of: model.stateDict(), .float32)
    state["0.weight"] = Tensor([[1.0, 2.0], [3.0, 4.0]])
    try model.loadStateDict(state, assign: true)
    #expect((model[0] as! Linear).weight === weight && weight.requiresGrad && weight.isLeaf)
    #expect(weight.storage === state["0.weight"]!.storage)
    weight.sum().backward()
    optimizer.step()
    #expect(weight.array() == [0.5, 1.5, 2.5, 3.5])
    #expect(state["0.weight"]!.array() == [0.5, 1.5, 2.5, 3.5], "the memory is shared")
    // Without the word it is copied.
    try model.loadStateDict(state)
    #expect(weight.storage === state["0.weight"]!.storage)
    let other = Utils.skipInit { Sequential(Linear(2, 2), BatchNorm1d(2)) }
    try other.loadStateDict(state)
    #expect((other[0] as! Linear).weight.storage !== state["0.weight"]!.storage)
  }

  @Test func dtypesAreTheStates() throws {
    let layer = Utils.skipInit { Linear(2, 1) }, norm = BatchNorm1d(2)
    try layer.loadStateDict(copy(of: layer.stateDict(), .float64), assign: true)
    #expect(layer.weight.dtype == .float64)
    // A count of batches stays a whole number.
    try norm.loadStateDict(copy(of: norm.stateDict(), .float64), assign: true)
    #expect(norm.numBatchesTracked!.dtype == .int64 && norm.weight!.dtype == .float64)
    #expect(throws: StateDictError.self) {
      try layer.loadStateDict(Utils.skipInit { Linear(3, 1) }.stateDict(), assign: true)
    }
  }
}
