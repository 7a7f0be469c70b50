// What HOUSE-style modules promise, with nested models beside PyTorch's.

import Testing
import TorchNN
import TorchOptim

private final class Block: Module, Layer {
  let conv1: Conv2d, relu = ReLU(inplace: true), downsample: Module? = nil
  init(_ channels: Int) { conv1 = Conv2d(channels, channels, kernelSize: 3, padding: 1, bias: false) }
  func forward(_ x: Tensor) -> Tensor { relu(conv1(x)) }
}

private class Backbone: Module {
  let stem = Conv2d(3, 8, kernelSize: 7, stride: 2, padding: 3)
  let layers = Sequential(Block(8), Block(8))
  let heads = ModuleDict<any Layer>(["class": Linear(8, 10), "box": Sequential(Linear(8, 4), Sigmoid())])
  let extra = ModuleList<any Layer>([Identity(), Identity(), Dropout(0.1)])
  @Parameter var scale: Tensor = .ones(3)
  @Buffer var mean: Tensor = .zeros(3)
  @Buffer(persistent: false) var cache: Tensor = .zeros(3)
}

private final class Wrapper: Backbone {
  let AuxLogits = Linear(8, 2)
  let ln_1: Linear
  let relu3_1 = ReLU()
  let tied: Linear
  override init() {
    ln_1 = Linear(2, 2)
    tied = ln_1
    super.init()
  }
  override var extraRepr: String { "depth=2" }
}

private final class Shared: Module {
  let a: Linear, b: Linear
  let list: ModuleList<Module>
  override init() {
    a = Linear(1, 1)
    b = a
    list = ModuleList<Module>([a, ReLU()])
  }
}

private final class Lazy: Module, Layer {
  lazy var headLayer = Linear(2, 3)
  var maybe: (any Layer)?
  let anyLayer: any Layer = Tanh()
  let plain: Module = Sigmoid()
  let blocks = [Linear(1, 1), Linear(1, 2)]
  let layers: [any Layer] = [ReLU(), Linear(2, 2, bias: false)]
  let nothing: [Module] = []
  let sizes = [1, 2, 3], names = ["a": 1]
  @Parameter(key: "0_gain") var gain: Tensor? = nil
  @Buffer(key: "STEP", persistent: true) var step: Tensor? = nil
  func forward(_ x: Tensor) -> Tensor { headLayer(x) }
}

/// Names that are known at run time only.
private final class Dynamic: Module {
  private var weights: [Tensor]
  init(layers: Int) { weights = (0..<layers).map { _ in Tensor.ones(2).requiresGrad_() } }
  override func namedMembers() -> [NamedMember] {
    super.namedMembers() + weights.enumerated().map { NamedMember("weight_ih_l\($0)", .parameter($1)) }
  }
}

private final class Renamed: Module {
  let conv = Linear(1, 1, bias: false)
  @Parameter var bias2D: Tensor = .ones(1)
  override class var keys: [String: String] { ["conv": "0_conv", "bias2D": "bias2D"] }
}

@Suite struct ContractTests {
  @Test func nestedModelsPrintAsTorch() throws {
    let reprs = try golden("modules")["reprs"] as! [String: String]
    let models: [(String, Module)] = [
      ("Backbone()", Backbone()), ("Wrapper()", Wrapper()), ("Shared()", Shared()), ("nn.MaxPool3d(2)", MaxPool3d(2)),
      (
        "nn.MaxPool3d((1, 2, 2), stride=2, padding=(0, 1, 1))",
        MaxPool3d([1, 2, 2], stride: 2, padding: [0, 1, 1])
      ),
      (
        "nn.Sequential(nn.ModuleList([nn.ModuleList([nn.ReLU()]), nn.ModuleDict({'a': nn.Tanh()})]))",
        OneChild(ModuleList<Module>([ModuleList([ReLU()]), ModuleDict(["a": Tanh()])]))
      ),
      (
        "nn.Sequential(OrderedDict([('block', nn.Sequential(nn.Sequential(nn.Sequential(nn.Linear(1, 1)))))]))",
        Sequential(named: ["block": Sequential(Sequential(Sequential(Linear(1, 1))))])
      ),
      (
        "nn.ModuleList([nn.ModuleList([nn.ReLU(), nn.ReLU()]), nn.ModuleList([nn.ReLU(), nn.ReLU()]), nn.ModuleList()])",
        ModuleList([ModuleList([ReLU(), ReLU()]), ModuleList([ReLU(), ReLU()]), ModuleList()])
      ),
      (
        "nn.Conv1d(2, 4, 3, padding=1, padding_mode='replicate')",
        Conv1d(2, 4, kernelSize: 3, padding: 1, paddingMode: .replicate)
      ),
      (
        "nn.Conv2d(1, 8, 3, padding='same', padding_mode='circular')",
        Conv2d(1, 8, kernelSize: 3, padding: .same, paddingMode: .circular)
      ),
      (
        "nn.Conv3d(2, 4, (1, 2, 3), stride=(1, 2, 1), padding=(0, 1, 1), dilation=(1, 2, 1), groups=2, bias=False)",
        Conv3d(
          2, 4, kernelSize: [1, 2, 3], stride: [1, 2, 1], padding: [0, 1, 1], dilation: [1, 2, 1], groups: 2,
          bias: false)
      ),
      (
        "nn.Conv2d(1, 8, 3, padding=1, padding_mode='reflect', bias=False)",
        Conv2d(1, 8, kernelSize: 3, padding: 1, bias: false, paddingMode: .reflect)
      ),
      ("nn.Softmax(dim=-1)", Softmax(dim: -1)), ("nn.Flatten(2, 3)", Flatten(2, 3)),
      (
        "nn.Sequential(nn.CrossEntropyLoss(weight=torch.ones(3)), nn.NLLLoss(), nn.L1Loss(reduction='sum'), nn.MSELoss())",
        Listed([CrossEntropyLoss(weight: .ones(3)), NLLLoss(), L1Loss(reduction: .sum), MSELoss()])
      ),
    ]
    #expect(Set(models.map(\.0)) == Set(reprs.keys))
    for (python, model) in models { #expect("\(model)" == reprs[python], "\(python)") }
  }

  /// Prints as a sequence of modules that are no layers, which torch's takes and ours does not.
  private class Listed: Module {
    private let children: [Module]
    init(_ children: [Module]) { self.children = children }
    override var typeName: String { "Sequential" }
    override func namedMembers() -> [NamedMember] {
      children.enumerated().map { NamedMember(String($0), .module($1)) }
    }
  }

  private final class OneChild: Listed {
    init(_ child: Module) { super.init([child]) }
  }

  @Test func namesAndOrderAreTorchs() throws {
    let all = try golden("modules"), model = Wrapper(), shared = Shared()
    func expect(_ key: String, _ got: [String]) { #expect(got == all[key] as! [String], "\(key)") }
    expect("stateKeys", model.stateDict().keys)
    expect("parameters", model.namedParameters().map(\.name))
    expect("buffers", model.namedBuffers().map(\.name))
    expect("modules", model.namedModules().map(\.name))
    expect("children", model.namedChildren().map(\.name))
    expect("sharedModules", shared.namedModules().map(\.name))
    expect("sharedKeys", shared.stateDict().keys)
    #expect(shared.parameters().count == 2)
  }

  @Test func everyKindOfProperty() {
    let model = Lazy()
    let before = [
      "blocks.0.weight", "blocks.0.bias", "blocks.1.weight", "blocks.1.bias", "layers.1.weight",
    ]
    // A lazy layer exists from its first use.
    #expect(model.stateDict().keys == before)
    #expect(model.namedChildren().map(\.name) == ["any_layer", "plain", "blocks", "layers", "nothing"])
    _ = model(.ones(1, 2))
    #expect(model.stateDict().keys == ["head_layer.weight", "head_layer.bias"] + before)
    model.maybe = Linear(3, 1, bias: false)
    model.gain = .ones(1)
    model.step = Tensor(3)
    #expect(Array(model.stateDict().keys.prefix(2)) == ["0_gain", "STEP"])
    #expect(model.stateDict()["maybe.weight"]?.shape == [1, 3])
    #expect(model.gain!.requiresGrad && !model.step!.requiresGrad)
    model.maybe = nil
    model.gain = nil
    #expect(model.stateDict()["maybe.weight"] == nil && model.stateDict()["0_gain"] == nil)
    model.eval()
    #expect(model.blocks.allSatisfy { !$0.training } && !model.anyLayer.training && !model.plain.training)
  }

  @Test func namesKnownAtRunTime() throws {
    let model = Dynamic(layers: 2)
    #expect(model.stateDict().keys == ["weight_ih_l0", "weight_ih_l1"] && model.parameters().count == 2)
    try model.loadStateDict(["weight_ih_l0": Tensor([1.0, 2]), "weight_ih_l1": Tensor([3.0, 4])])
    #expect(model.parameters()[1].array(Float.self) == [3, 4])
    model.double()
    #expect(model.parameters().allSatisfy { $0.dtype == .float64 })
    #expect(Renamed().stateDict().keys == ["bias2D", "0_conv.weight"])
  }

  @Test func aWholeModelLoadsIntoAnother() throws {
    let trained = Wrapper(), fresh = Wrapper()
    noGrad { for parameter in trained.parameters() { _ = parameter.add_(1) } }
    trained.mean.fill_(7)
    trained.cache.fill_(7)
    try fresh.loadStateDict(trained.stateDict())
    for (own, other) in zip(fresh.parameters(), trained.parameters()) {
      #expect(own !== other && own.array(Float.self) == other.array(Float.self))
    }
    #expect(fresh.mean.array(Float.self) == [7, 7, 7] && fresh.cache.array(Float.self) == [0, 0, 0])
    #expect(fresh.tied.weight === fresh.ln_1.weight)
  }

  @Test func tiedWeightsTrainAsOne() {
    let first = Linear(2, 2, bias: false), second = Linear(2, 2, bias: false)
    second.weight = first.weight
    let model = Sequential(first, second)
    let optimizer = SGD(model.parameters(), lr: 0.1)
    model.double()
    model(.ones(1, 2, dtype: .float64)).sum().backward()
    optimizer.step()
    #expect(first.weight === second.weight && first.weight.dtype == .float64)
    #expect(model.parameters().count == 1 && model.stateDict().keys == ["0.weight", "1.weight"])
    model.float()
    #expect(first.weight === second.weight && second.weight.dtype == .float32)
  }

  @Test func aReassignedLayerIsPrintedSavedAndTrained() {
    let model = Lazy()
    model.maybe = ReLU()
    #expect(model.description.contains("(maybe): ReLU()"))
    model.maybe = Linear(4, 2)
    #expect(model.description.contains("(maybe): Linear(in_features=4, out_features=2, bias=True)"))
    #expect(model.parameters().contains { $0 === (model.maybe as! Linear).weight })
  }

  @Test func moreFormsOfTheBuilder() {
    #expect(Sequential {}.count == 0)
    let some: [any Layer] = [ReLU(), Tanh()]
    let model = Sequential {
      let width = some.count + 2
      Linear(2, width)
      some
      if #available(macOS 26, *) { Sigmoid() }
      for i in 0..<4 where i % 2 == 1 { Linear(width, i) }
      for _ in 0..<2 {
        if width > 3 {
          Identity()
          Flatten()
        } else {
          Tanh()
        }
      }
      Sequential { ReLU() }
      Block(1)
    }
    let names = [
      "Linear", "ReLU", "Tanh", "Sigmoid", "Linear", "Linear", "Identity", "Flatten", "Identity", "Flatten",
      "Sequential", "Block",
    ]
    #expect(model.layers.map(\.typeName) == names)
    let part = model[4..<6]
    #expect(part.stateDict().keys == ["4.weight", "4.bias", "5.weight", "5.bias"] && part[0] === model[4])
    #expect(model[10..<40].count == 2)
    model["head"] = Linear(1, 1)
    #expect(model.count == 13 && model[-1] === model["head"])
    model["head"] = nil
    #expect(model.count == 12 && model["nothing"] == nil)
  }

  @Test func listsChange() {
    let list = ModuleList<any Layer>([ReLU()])
    list.append(Tanh()).extend([Sigmoid(), Identity()])
    list.insert(1, Flatten())
    list.insert(-1, Softmax(dim: 1))
    list.insert(99, Dropout())
    #expect(
      list.map(\.typeName) == ["ReLU", "Flatten", "Tanh", "Sigmoid", "Softmax", "Identity", "Dropout"])
    list[-1] = ReLU()
    #expect(list[6] is ReLU && list.namedChildren().map(\.name) == (0..<7).map(String.init))
  }

  @Test func applyVisitsChildrenFirst() {
    var seen: [String] = []
    Sequential(ReLU(), Sequential(Tanh())).apply { seen.append($0.typeName) }
    #expect(seen == ["ReLU", "Tanh", "Sequential", "Sequential"])
  }

  @Test func gradientsAreZeroedOrDropped() {
    let model = Sequential(Linear(2, 1))
    model(.ones(1, 2)).sum().backward()
    model.zeroGrad(setToNone: false)
    #expect(model.parameters().allSatisfy { $0.grad?.array(Float.self).allSatisfy { $0 == 0 } == true })
    model.zeroGrad()
    #expect(model.parameters().allSatisfy { $0.grad == nil })
  }
}
