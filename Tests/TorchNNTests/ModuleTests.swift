// Modules: members, keys, state, conversion, containers, printing.

import Foundation
import Testing
import TorchNN

private final class Branch: Module, Layer {
  let conv1 = Conv2d(1, 2, kernelSize: 3)
  @Parameter var layerScale: Tensor = .ones(2)
  @Buffer var runningMean: Tensor = .zeros(2)
  @Buffer(persistent: false) var cache: Tensor = .zeros(1)
  @Parameter(key: "weight_hh_l0") var recurrent: Tensor = .ones(3)
  @Parameter var absent: Tensor? = nil
  func forward(_ x: Tensor) -> Tensor { conv1(x) }
}

private class Base: Module {
  let first = Linear(2, 2, bias: false)
}

private final class Derived: Base {
  let AuxLogits = Linear(2, 1, bias: false)
  var maybe: Linear?
  let blocks: [Module] = [ReLU(), Linear(1, 1, bias: false)]
  let odd = Linear(1, 1, bias: false)
  let numbers = [1.0, 2.0]
  override class var keys: [String: String] { ["odd": "0_odd"] }
}

private final class Tied: Module, Layer {
  let encoder = Linear(3, 3, bias: false)
  var decoder = Linear(3, 3, bias: false)
  override init() {
    decoder.weight = encoder.weight
    super.init()
  }
  func forward(_ x: Tensor) -> Tensor { decoder(encoder(x)) }
}

private final class Extra: Module {
  let fc = Linear(2, 2)
  override var extraRepr: String { "alpha=0.5\nbeta=2" }
}

private final class ExtraOnly: Module { override var extraRepr: String { "alpha=0.5" } }
private final class TwoLines: Module { override var extraRepr: String { "alpha=0.5\nbeta=2" } }
private final class Empty: Module {}

@Suite struct ModuleTests {
  @Test(arguments: [
    ("fc1", "fc1"), ("layerScale", "layer_scale"), ("runningMean", "running_mean"), ("ln_1", "ln_1"),
    ("relu3_1", "relu3_1"), ("AuxLogits", "AuxLogits"), ("outputURL", "output_url"), ("conv2D", "conv2_d"),
    ("myURLPath", "my_urlpath"), ("layer1Norm", "layer1_norm"), ("a_Bc", "a_bc"), ("x", "x"),
  ])
  func keyRule(_ name: String, _ key: String) { #expect(stateKey(name) == key) }

  @Test func stateFollowsTorchsOrder() {
    #expect(
      Branch().stateDict().keys == ["layer_scale", "weight_hh_l0", "running_mean", "conv1.weight", "conv1.bias"])
    #expect(
      Derived().stateDict().keys == ["first.weight", "AuxLogits.weight", "blocks.1.weight", "0_odd.weight"])
    #expect(Branch().namedBuffers().map(\.name) == ["running_mean", "cache"])
    #expect(
      Branch().namedParameters().map(\.name) == ["layer_scale", "weight_hh_l0", "conv1.weight", "conv1.bias"])
  }

  @Test func parametersAskForGradients() {
    let branch = Branch()
    #expect(branch.layerScale.requiresGrad && !branch.runningMean.requiresGrad)
    branch.layerScale = branch.layerScale * 2
    #expect(branch.layerScale.isLeaf && branch.layerScale.requiresGrad)
    let state = branch.stateDict().values
    #expect(state.map(\.requiresGrad) == Array(repeating: false, count: 5))
    branch.absent = .zeros(4)
    #expect(branch.stateDict()["absent"]?.shape == [4])
    branch.requiresGrad_(false)
    #expect(Set(branch.parameters().map(\.requiresGrad)) == [false])
  }

  @Test func reassignedLayersAreSeen() {
    let model = Derived()
    #expect(model.stateDict()["maybe.weight"] == nil)
    model.maybe = Linear(4, 5)
    #expect(model.stateDict()["maybe.weight"]?.shape == [5, 4])
    #expect(model.submodule("maybe") === model.maybe)
    #expect(model.submodule("blocks.0") is ReLU)
    model.maybe = Linear(1, 2)
    #expect(model.stateDict()["maybe.weight"]?.shape == [2, 1])
  }

  @Test func tiedWeightsStayTied() {
    let model = Tied()
    #expect(model.parameters().count == 1)
    #expect(model.stateDict().keys == ["encoder.weight", "decoder.weight"])
    let weight = model.encoder.weight
    model.double()
    #expect(model.encoder.weight === weight && model.decoder.weight === weight)
    #expect(weight.dtype == .float64 && weight.requiresGrad)
    let shared = Linear(1, 1)
    #expect(Sequential(shared, shared).parameters().count == 2)
    #expect(Sequential(shared, shared).stateDict().count == 4)
  }

  @Test func conversionKeepsGradientsAndWholeNumbers() {
    final class Counter: Module, Layer {
      let fc = Linear(2, 1)
      @Buffer var count: Tensor = Tensor(3)
      func forward(_ x: Tensor) -> Tensor { fc(x) }
    }
    let model = Counter()
    model(.ones(1, 2)).sum().backward()
    model.double()
    #expect(model.fc.weight.grad?.dtype == .float64)
    #expect(model.count.dtype == .int64)
    model(.ones(1, 2, dtype: .float64)).sum().backward()
    #expect(model.fc.weight.grad?.array(Double.self) == [2, 2])
    model.zeroGrad()
    #expect(model.fc.weight.grad == nil)
  }

  @Test func trainReachesAll() {
    let model = Sequential(Dropout(0.5), Sequential(Dropout(0.5)))
    model.eval()
    #expect(Set(model.modules().map(\.training)) == [false])
    #expect(model(.ones(100)).array(Float.self) == Array(repeating: 1, count: 100))
    #expect(Set(model.train().modules().map(\.training)) == [true])
    let values = forkRNG {
      manualSeed(1)
      return Set(Dropout(0.5)(.ones(1000)).array(Float.self))
    }
    #expect(values == [0, 2])
  }

  @Test func everyFormOfSequential() {
    let deep = true, kind = 2
    let off = !deep
    let model = Sequential {
      Linear(2, 2)
      if deep { ReLU() }
      if off { Tanh() }
      if off { Tanh() } else { Sigmoid() }
      for _ in 0..<2 { Identity() }
      switch kind {
      case 1: Tanh()
      default: Flatten()
      }
    }
    #expect(
      model.layers.map(\.typeName) == ["Linear", "ReLU", "Sigmoid", "Identity", "Identity", "Flatten"])
    model[1] = Tanh()
    #expect(model[1] is Tanh && model[-1] is Flatten && model["0"] is Linear)
    #expect(model[0..<2].count == 2)
    model.append(Linear(2, 1))
    #expect(model.stateDict().keys == ["0.weight", "0.bias", "6.weight", "6.bias"])
    let named = Sequential(named: ["hidden": Linear(2, 3), "act": ReLU(), "out": Linear(3, 1)])
    #expect(named.stateDict().keys == ["hidden.weight", "hidden.bias", "out.weight", "out.bias"])
    #expect(named(.ones(4, 2)).shape == [4, 1])
    named["out"] = Linear(3, 7)
    #expect(named(.ones(4, 2)).shape == [4, 7])
    #expect(Sequential().count == 0)
    #expect(Sequential([ReLU(), Tanh()] as [any Layer]).count == 2)
  }

  @Test func containers() {
    let list = ModuleList([Linear(1, 2), Linear(2, 3)])
    #expect(list[-1].outFeatures == 3 && list.count == 2)
    #expect(list.stateDict().keys == ["0.weight", "0.bias", "1.weight", "1.bias"])
    var x = Tensor.ones(1)
    for layer in list { x = layer(x) }
    #expect(x.shape == [3])
    let dict = ModuleDict<any Layer>(["conv": Conv2d(1, 2, kernelSize: 3), "pool": MaxPool2d(2)])
    dict["act"] = ReLU()
    #expect(dict.keys == ["conv", "pool", "act"])
    #expect(dict["pool"] is MaxPool2d)
  }

  @Test func strictLoadingTellsEverythingAndChangesNothing() throws {
    let model = Sequential(Linear(2, 3), Linear(3, 1))
    let before = model[0].parameters()[0].array(Float.self)
    let state: StateDict = [
      "0.weight": .zeros(3, 2), "0.bias": .zeros(4), "head.weight": .zeros(1), "1.bias": .zeros(1),
    ]
    let error = #expect(throws: StateDictError.self) { try model.loadStateDict(state) }
    #expect(
      error?.description == """
        load_state_dict: the state does not fit Sequential; the model is unchanged
          missing from the state: 1.weight
          unknown to the model: head.weight
          size differs: 0.bias is [3] in the model, [4] in the state
        """)
    #expect(model[0].parameters()[0].array(Float.self) == before)
    #expect(throws: StateDictError.self) { try model.loadStateDict(state, strict: false) }

    let weight = model[0].parameters()[0]
    let keys = try model.loadStateDict(["0.weight": .ones(3, 2, dtype: .float64), "other": .ones(1)], strict: false)
    #expect(keys.missing == ["0.bias", "1.weight", "1.bias"] && keys.unexpected == ["other"])
    #expect(weight.array(Float.self) == [1, 1, 1, 1, 1, 1] && weight.dtype == .float32 && weight.requiresGrad)
    try model.loadStateDict(Sequential(Linear(2, 3), Linear(3, 1)).stateDict())
    #expect(model[0].parameters()[0] === weight)
  }

  @Test func hooksSeeAndReplace() {
    let layer = Identity()
    var seen: [Shape] = []
    let watch = layer.registerForwardHook { (_, x, _) -> Void in seen.append(x.shape) }
    let replace = layer.registerForwardHook { (_, _, y) -> Tensor? in y * 2 }
    let before = layer.registerForwardPreHook { (_, x) -> Tensor? in x + 1 }
    #expect(layer(.ones(2)).array(Float.self) == [4, 4])
    replace.remove()
    #expect(layer(.ones(2)).array(Float.self) == [2, 2])
    before.remove()
    watch.remove()
    #expect(layer(.ones(2)).array(Float.self) == [1, 1])
    #expect(seen == [[2], [2]])
  }

  @Test func pathsForFaults() {
    let model = Sequential(named: ["features": Sequential(ReLU(), Conv2d(1, 1, kernelSize: 1)), "head": Linear(1, 1)])
    let conv = model.submodule("features.1")!
    #expect(model.scopeDescription(of: conv) == "features.1 (Conv2d)")
    #expect(model.scopeDescription(of: model) == "Sequential")
  }

  @Test func printsAsTorch() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/spine.json")
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as! [String: Any]
    let goldens = json["reprs"] as! [String: String]
    let models: [(String, Module)] = [
      (
        "nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))",
        Sequential(Linear(784, 128), ReLU(), Linear(128, 10))
      ),
      ("nn.Sequential()", Sequential()),
      ("named_sequential()", Sequential(named: ["first": Linear(2, 3), "act": Tanh(), "last": Linear(3, 1)])),
      (
        "nn.Sequential(nn.Sequential(nn.Linear(1, 2)), nn.Sequential(nn.Linear(1, 2)))",
        Sequential(Sequential(Linear(1, 2)), Sequential(Linear(1, 2)))
      ),
      ("Empty()", Empty()), ("Extra()", Extra()), ("ExtraOnly()", ExtraOnly()), ("TwoLines()", TwoLines()),
      ("nn.Linear(3, 4, bias=False)", Linear(3, 4, bias: false)), ("nn.Identity()", Identity()),
      ("nn.Conv1d(1, 2, 3)", Conv1d(1, 2, kernelSize: 3)), ("nn.Conv3d(1, 2, 3)", Conv3d(1, 2, kernelSize: 3)),
      ("nn.Conv2d(1, 8, 3)", Conv2d(1, 8, kernelSize: 3)),
      ("nn.Conv2d(1, 8, 3, padding=1)", Conv2d(1, 8, kernelSize: 3, padding: 1)),
      ("nn.Conv2d(1, 8, (3, 5), stride=(1, 2))", Conv2d(1, 8, kernelSize: [3, 5], stride: [1, 2])),
      ("nn.Conv2d(1, 8, 3, padding='same')", Conv2d(1, 8, kernelSize: 3, padding: .same)),
      ("nn.Conv2d(1, 8, 3, padding='valid')", Conv2d(1, 8, kernelSize: 3, padding: .valid)),
      ("nn.Conv2d(1, 8, 3, dilation=2)", Conv2d(1, 8, kernelSize: 3, dilation: 2)),
      ("nn.Conv2d(4, 8, 3, groups=2)", Conv2d(4, 8, kernelSize: 3, groups: 2)),
      ("nn.Conv2d(1, 8, 3, bias=False)", Conv2d(1, 8, kernelSize: 3, bias: false)),
      ("nn.MaxPool1d(2)", MaxPool1d(2)), ("nn.MaxPool2d(2)", MaxPool2d(2)),
      ("nn.MaxPool2d(3, stride=2, padding=1)", MaxPool2d(3, stride: 2, padding: 1)),
      ("nn.MaxPool2d((2, 3))", MaxPool2d([2, 3])), ("nn.MaxPool2d(2, ceil_mode=True)", MaxPool2d(2, ceilMode: true)),
      ("nn.Dropout()", Dropout()), ("nn.Dropout(0.25)", Dropout(0.25)),
      ("nn.Dropout(0.1, inplace=True)", Dropout(0.1, inplace: true)),
      ("nn.Flatten()", Flatten()), ("nn.Flatten(0, 1)", Flatten(0, 1)), ("nn.ReLU(inplace=True)", ReLU(inplace: true)),
      ("nn.Sigmoid()", Sigmoid()), ("nn.Softmax(dim=1)", Softmax(dim: 1)),
      ("nn.LogSoftmax(dim=-1)", LogSoftmax(dim: -1)),
      ("nn.CrossEntropyLoss()", CrossEntropyLoss()), ("nn.NLLLoss()", NLLLoss()), ("nn.MSELoss()", MSELoss()),
      ("nn.L1Loss()", L1Loss()), ("nn.ModuleList()", ModuleList<Module>()), ("nn.ModuleDict()", ModuleDict<Module>()),
      ("nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])", ModuleList((0..<3).map { _ in Linear(2, 2) })),
      (
        "nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 3), nn.ReLU(), nn.ReLU()])",
        ModuleList<Module>([Linear(2, 2), Linear(2, 2), Linear(2, 3), ReLU(), ReLU()])
      ),
      (
        "nn.ModuleList([nn.Sequential(nn.Linear(1, 1), nn.ReLU()) for _ in range(2)])",
        ModuleList((0..<2).map { _ in Sequential(Linear(1, 1), ReLU()) })
      ),
      (
        "nn.ModuleDict({'conv': nn.Conv2d(1, 2, 3), 'pool': nn.MaxPool2d(2)})",
        ModuleDict<Module>(["conv": Conv2d(1, 2, kernelSize: 3), "pool": MaxPool2d(2)])
      ),
    ]
    for (python, model) in models {
      let golden = try #require(goldens[python], "no golden for \(python)")
      #expect(model.description == golden)
    }
  }

  @Test func convolutionAndPoolDifferentiate() throws {
    let (x, conv) = forkRNG {
      manualSeed(3)
      let x = Tensor.randn(2, 4, 6, 5, dtype: .float64, requiresGrad: true)
      return (x, Conv2d(4, 6, kernelSize: 3, stride: [2, 1], padding: .valid, groups: 2).double())
    }
    let inputs = [x, conv.weight, conv.bias!]
    func loss() -> Tensor { F.maxPool2d(conv(x), kernelSize: 2, stride: 1).tanh().sum() }
    loss().backward()
    // Against central differences.
    for input in inputs {
      let wanted = input.grad!.reshape(-1).array(Double.self)
      for i in stride(from: 0, to: input.numel(), by: 7) {
        let flat = input.detach().view(-1), old: Double = flat[i].item(), step = 1e-6
        flat[i] = Tensor(old + step, dtype: .float64)
        let up: Double = noGrad { loss().item() }
        flat[i] = Tensor(old - step, dtype: .float64)
        let down: Double = noGrad { loss().item() }
        flat[i] = Tensor(old, dtype: .float64)
        #expect(abs((up - down) / (2 * step) - wanted[i]) < 1e-6)
      }
    }
    let passes = try gradgradcheck(
      { x in F.maxPool2d(F.conv2d(x[0], x[1], x[2], stride: 2, padding: 1, groups: 2).tanh(), kernelSize: 2, stride: 1)
      },
      [
        Tensor.randn(1, 2, 5, 4, dtype: .float64, requiresGrad: true),
        Tensor.randn(2, 1, 2, 2, dtype: .float64, requiresGrad: true),
        Tensor.randn(2, dtype: .float64, requiresGrad: true),
      ])
    #expect(passes)
    #expect(Conv2d(1, 2, kernelSize: [2, 3], padding: .same)(.ones(1, 1, 7, 8)).shape == [1, 2, 7, 8])
    #expect(Conv1d(1, 2, kernelSize: 3)(.ones(1, 9)).shape == [2, 7])
  }

  @Test func crossEntropyAsTorch() {
    let scores = Tensor([[1.0, 2, 3], [1, 0, -1], [0.5, 0.5, 0.5]]), labels = Tensor([2, 0, 1])
    func near(_ x: Tensor, _ value: Double) -> Bool { abs(x.item() - value) < 1e-5 }
    // -log softmax at the labels: 0.407606, 0.407606, 1.098612.
    #expect(near(F.crossEntropy(scores, labels), 0.637941))
    #expect(near(F.crossEntropy(scores, labels, reduction: .sum), 1.913824))
    #expect(F.crossEntropy(scores, labels, reduction: .none).shape == [3])
    #expect(near(F.crossEntropy(scores, labels, ignoreIndex: 1), 0.407606))
    #expect(near(F.crossEntropy(scores, labels, weight: Tensor([1.0, 2, 3])), (0.407606 * 4 + 1.098612 * 2) / 6))
    let sure = Tensor([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
    #expect(near(F.crossEntropy(scores, sure), 0.637941))
    let smooth: Double = F.crossEntropy(scores, labels, labelSmoothing: 0.1).item()
    #expect(near(F.crossEntropy(scores, sure, labelSmoothing: 0.1), smooth))
    #expect(near(F.nllLoss(scores.logSoftmax(dim: 1), labels), 0.637941))
    #expect(F.crossEntropy(scores, Tensor([1, 1, 1]), ignoreIndex: 1).isnan().item() as Bool)
  }
}
