// Deep copies of modules.

import Testing
import TorchNN
import TorchOptim

private final class Copied: Module, Layer {
  let body: Sequential
  @Parameter var scale: Tensor
  @Buffer var mean: Tensor
  init(body: Sequential, scale: Tensor, mean: Tensor) {
    self.body = body
    self.scale = scale
    self.mean = mean
  }
  override func copied(_ copy: ModuleCopier) -> Module {
    Copied(body: copy(body), scale: copy(scale), mean: copy(mean))
  }
  func forward(_ x: Tensor) -> Tensor { body(x) * scale + mean }
}

private final class Scaled: Linear {
  @Parameter var gain: Tensor = .ones(1)
  override init(copying other: Linear, _ copy: ModuleCopier) {
    super.init(copying: other, copy)
    gain = copy((other as! Scaled).gain)
  }
  override init(_ inFeatures: Int, _ outFeatures: Int, bias: Bool, dtype: DType, device: Device) {
    super.init(inFeatures, outFeatures, bias: bias, dtype: dtype, device: device)
  }
  override func copied(_ copy: ModuleCopier) -> Module { Scaled(copying: self, copy) }
}

@Suite struct CopyTests {
  private static func builtIn() -> [Module] {
    [
      Linear(3, 2), Linear(3, 2, bias: false, dtype: .float64), Identity(), ReLU(inplace: true), Sigmoid(), Tanh(),
      Softmax(dim: 1), LogSoftmax(dim: -1), Dropout(0.3, inplace: true), Flatten(0, 2),
      Conv1d(2, 4, kernelSize: 3, padding: .same, paddingMode: .circular),
      Conv2d(2, 4, kernelSize: [3, 2], stride: [1, 2], padding: 1, dilation: 2, groups: 2, bias: false),
      Conv3d(1, 2, kernelSize: 2, paddingMode: .reflect),
      MaxPool1d(2), MaxPool2d(3, stride: 2, padding: 1, ceilMode: true), MaxPool3d([1, 2, 2]),
      CrossEntropyLoss(weight: .ones(3), ignoreIndex: 1, reduction: .sum, labelSmoothing: 0.1),
      NLLLoss(weight: .ones(3), ignoreIndex: 2, reduction: .none), MSELoss(reduction: .sum), L1Loss(reduction: .none),
      Sequential(Linear(2, 3), Sequential(ReLU(), Dropout(0.1))), Sequential(named: ["a": Linear(1, 1), "b": Tanh()]),
      ModuleList([Linear(1, 2), Linear(2, 1)]), ModuleDict<any Layer>(["x": Conv1d(1, 1, kernelSize: 1), "y": ReLU()]),
    ]
  }

  @Test func everyBuiltInModule() {
    for module in Self.builtIn() {
      let copy = module.copy()
      #expect(type(of: copy) == type(of: module) && copy !== module)
      #expect(copy.description == module.description)
      let state = module.stateDict(), other = copy.stateDict()
      #expect(other.keys == state.keys, "\(module)")
      for (key, tensor) in state {
        let twin = other[key]!
        #expect(twin.dtype == tensor.dtype && twin.shape == tensor.shape)
        #expect(twin.array(Double.self) == tensor.array(Double.self), "\(module) \(key)")
        #expect(twin.storage !== tensor.storage)
      }
      for (own, twin) in zip(module.modules(), copy.modules()) {
        #expect(own !== twin && type(of: own) == type(of: twin))
      }
    }
  }

  @Test func theRestOfTheOptions() {
    let loss = CrossEntropyLoss(ignoreIndex: 1, reduction: .sum, labelSmoothing: 0.1).copy()
    #expect(loss.ignoreIndex == 1 && loss.reduction == .sum && loss.labelSmoothing == 0.1 && loss.weight == nil)
    let conv = Conv2d(2, 4, kernelSize: 3, padding: 1, groups: 2, paddingMode: .replicate).copy()
    #expect(conv.groups == 2 && conv.paddingMode == .replicate && conv.bias != nil)
    #expect(conv(.ones(1, 2, 4, 4)).shape == [1, 4, 4, 4])
  }

  @Test func modeAndGradientSwitchesAreKept() {
    let model = Sequential(Linear(2, 2), Dropout(0.5), Linear(2, 1))
    model[1].eval()
    model[0].requiresGrad_(false)
    model(.ones(1, 2)).sum().backward()
    let copy = model.copy()
    #expect(copy.modules().map(\.training) == model.modules().map(\.training))
    #expect(copy.parameters().map(\.requiresGrad) == [false, false, true, true])
    #expect(copy.parameters().allSatisfy { $0.grad == nil && $0.isLeaf })
    #expect(model.double().copy().parameters().allSatisfy { $0.dtype == .float64 })
  }

  @Test func copiesTrainApart() {
    let model = Sequential(Linear(2, 1)), copy = model.copy()
    let before = model.parameters()[0].array(Float.self)
    let optimizer = SGD(copy.parameters(), lr: 1)
    copy(.ones(1, 2)).sum().backward()
    optimizer.step()
    #expect(model.parameters()[0].array(Float.self) == before)
    #expect(copy.parameters()[0].array(Float.self) == before.map { $0 - 1 })
  }

  @Test func whatWasTiedIsTied() {
    let first = Linear(3, 3), second = Linear(3, 3), shared = ReLU()
    second.weight = first.weight
    let copy = Sequential(first, shared, second, shared).copy()
    #expect((copy[0] as! Linear).weight === (copy[2] as! Linear).weight)
    #expect((copy[0] as! Linear).weight !== first.weight)
    #expect(copy[1] === copy[3] && copy[1] !== shared)
    #expect(copy.parameters().count == 3 && copy.stateDict().count == 4)
  }

  @Test func modulesOfOnesOwn() {
    let model = Copied(
      body: Sequential(Linear(2, 2), Scaled(2, 2, bias: true, dtype: .float32, device: .cpu)), scale: .ones(2),
      mean: .zeros(2))
    (model.body[1] as! Scaled).gain = Tensor([7.0])
    let copy = model.copy()
    #expect(copy.stateDict().keys == model.stateDict().keys)
    #expect((copy.body[1] as! Scaled).gain.item() == 7.0)
    #expect(copy(.ones(1, 2)).array(Float.self) == model(.ones(1, 2)).array(Float.self))
    #expect(copy.scale !== model.scale && copy.mean !== model.mean && !copy.mean.requiresGrad)
  }

  @Test func hooksAreCopiedWithHandlesOfTheirOwn() {
    let layer = Identity()
    let handle = layer.registerForwardHook { (_, _, y) -> Tensor? in y * 2 }
    let copy = layer.copy()
    handle.remove()
    #expect(layer(.ones(1)).item() == 1.0 && copy(.ones(1)).item() == 2.0)
  }
}
