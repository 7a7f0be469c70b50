import Foundation
import Testing
import Torch
import TorchNN
import TorchVision

/// The networks beside torchvision's: keys, first weights to the bit, logits, a step of training, the printed text.
///
/// Each runs in a child process, where nobody else draws from the global generator. The others wait for
/// `TORCH_ALL_MODELS=1`, which takes some minutes and 8 GB of memory.
@Suite(.serialized) struct ModelTests {
  static let usual = [
    "alexnet", "densenet121", "efficientnet_b0", "googlenet", "mobilenet_v2", "mobilenet_v3_large",
    "mobilenet_v3_small", "resnet18", "resnext50_32x4d", "squeezenet1_1", "vgg11_bn",
  ]
  static let others = Models.listModels().filter { !usual.contains($0) }
  static let variants = ModelGolden.all.keys.filter { $0.contains("-") }.sorted()

  @Test(arguments: usual) func isTorchvisions(_ name: String) async {
    await #expect(processExitsWith: .success) { [name = name as String] in
      try ModelGolden.check(name) { try Models.getModel(name) }
    }
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["TORCH_ALL_MODELS"] == "1"), arguments: others)
  func isTorchvisionsToo(_ name: String) async {
    await #expect(processExitsWith: .success) { [name = name as String] in
      try ModelGolden.check(name) { try Models.getModel(name) }
    }
  }

  @Test(arguments: variants) func otherArgumentsAreTorchvisions(_ name: String) async {
    await #expect(processExitsWith: .success) { [name = name as String] in
      try ModelGolden.check(name) { try modelVariant(name) }
    }
  }

  @Test func everyNetworkIsRecorded() {
    #expect(Models.listModels().count == 46)
    #expect(Models.listModels().allSatisfy { ModelGolden.all[$0] != nil })
    #expect(Self.variants.count == 12)
  }

  @Test(arguments: variants) func copiesComputeTheSame(_ name: String) throws {
    let model = try modelVariant(name)
    model.eval()
    let copy = model.copy()
    let x = Tensor.randn(1, 3, 96, 96, generator: Generator(seed: 3))
    let input = name.hasPrefix("vit") ? x[0..., 0..., 0..<32, 0..<32] : x
    #expect(copy.description == model.description)
    let difference: Double = noGrad { model(input) - copy(input) }.abs().max().item()
    #expect(difference == 0)
    func addresses(_ state: StateDict) -> Set<UnsafeRawPointer?> {
      Set(state.values.map { $0.withUnsafeBytes { $0.baseAddress } })
    }
    let shared = addresses(model.stateDict()).intersection(addresses(copy.stateDict()))
    #expect(shared.isEmpty)
  }

  @Test func headsCanBeReplaced() throws {
    let resnet = ResNet(ResNet.BasicBlock.self, [1, 1, 1, 1])
    for parameter in resnet.parameters() { parameter.requiresGrad = false }
    resnet.fc = Linear(resnet.fc.inFeatures, 10)
    let logits = resnet(.randn(2, 3, 64, 64))
    #expect(logits.shape == [2, 10])
    logits.sum().backward()
    #expect(resnet.parameters().filter { $0.grad != nil }.count == 2)

    let mobilenet = try Models.mobilenetV2(widthMult: 0.25)
    mobilenet.classifier[1] = Linear(mobilenet.lastChannel, 5)
    #expect(mobilenet(.randn(2, 3, 64, 64)).shape == [2, 5])
    #expect(mobilenet.stateDict()["classifier.1.weight"]?.shape == [5, 1280])
  }

  @Test func frozenNetworksRunOnManyThreads() async throws {
    let model = try Models.mobilenetV2(numClasses: 3, widthMult: 0.25)
    model.eval()
    let x = Tensor.randn(1, 3, 32, 32)
    let wanted: [Float] = noGrad { model(x) }.array()
    let classify = model.frozen()
    await withTaskGroup(of: [Float].self) { group in
      for _ in 0..<8 { group.addTask { classify(x).array() } }
      for await got in group { #expect(got == wanted) }
    }
  }

  @Test func stochasticDepthKeepsOrDropsRows() {
    let layer = StochasticDepth(0.5, .row)
    let x = Tensor.ones(64, 2, 3, 3)
    let rows: [Float] = layer(x).sum(dim: [1, 2, 3]).array()
    #expect(Set(rows) == [0, 36])
    layer.eval()
    #expect(layer(x) === x)
    #expect(StochasticDepth(1, .batch)(x).abs().sum().item() == 0.0)
    #expect(StochasticDepth(0.2, .row).description == "StochasticDepth(p=0.2, mode=row)")
  }

  @Test func wrongUseIsAFaultInWords() async {
    await #expect(processExitsWith: .failure) { _ = try Models.resnet18(weights: .default, numClasses: 10) }
    await #expect(processExitsWith: .failure) { _ = try Models.vitB16()(.zeros(1, 3, 96, 96)) }
    await #expect(processExitsWith: .failure) { _ = ResNet(ResNet.BasicBlock.self, [1, 1, 1, 1], groups: 2) }
  }
}
