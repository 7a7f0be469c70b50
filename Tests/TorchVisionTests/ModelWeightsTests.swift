import Foundation
import Testing
import Torch
import TorchHub
import TorchNN
import TorchVision

/// Official weights: what is known of them, and files of older layouts. One after the other, since each builds whole networks.
@Suite(.serialized) struct ModelWeightsTests {
  /// A cache of torch.hub's for one test, gone afterwards.
  private static func withCache(_ body: (_ checkpoints: String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "swift-torch-\(UUID().uuidString)")
    let checkpoints = folder.appending(path: "hub/checkpoints")
    try FileManager.default.createDirectory(at: checkpoints, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Environment.$standIn.withValue(["TORCH_HOME": folder.path()]) { try body(checkpoints.path()) }
  }

  private static func equal(_ a: Module, _ b: Module) -> Bool {
    let (a, b) = (a.stateDict(), b.stateDict())
    return a.keys == b.keys && zip(a.values, b.values).allSatisfy { $0.eq($1).all().item() }
  }

  @Test func factsAreTorchvisions() {
    #expect(ImageNet.categories.count == 1000)
    #expect(ImageNet.categories[0] == "tench" && ImageNet.categories[999] == "toilet tissue")
    #expect(ImageNet.categories[243] == "bull mastiff")

    let resnet = ResNet50Weights.default
    #expect(resnet == .imagenet1kV2 && resnet.rawValue == "IMAGENET1K_V2")
    #expect(resnet.url == "https://download.pytorch.org/models/resnet50-11ad3fa6.pth")
    #expect(resnet.meta.numParams == 25_557_032 && resnet.meta.acc1 == 80.858 && resnet.meta.acc5 == 95.434)
    #expect(resnet.transforms().resizeSize == 232 && resnet.transforms().cropSize == 224)
    #expect(resnet.meta.categories == ImageNet.categories)

    let efficient = EfficientNetB1Weights.imagenet1kV1.transforms()
    #expect(efficient.interpolation == .bicubic && efficient.resizeSize == 256 && efficient.cropSize == 240)
    #expect(
      efficient.description == """
        ImageClassification(
            crop_size=[240]
            resize_size=[256]
            mean=[0.485, 0.456, 0.406]
            std=[0.229, 0.224, 0.225]
            interpolation=InterpolationMode.BICUBIC
        )
        """)
    #expect(ViTH14Weights.default.rawValue == "IMAGENET1K_SWAG_E2E_V1")
    #expect(ViTH14Weights.default.meta.minSize == ViTH14Weights.default.meta.minSize)
    #expect(ViTH14Weights.default.meta.minSize?.height == 518)
    let features = VGG16Weights.imagenet1kFeatures
    #expect(features.meta.categories == nil && features.meta.acc1 == nil)
    #expect(features.transforms().std == [Double](repeating: 1 / 255.0, count: 3))
  }

  @Test func countsOfParametersAreTheNetworks() throws {
    func count(_ model: Module) -> Int { model.parameters().reduce(0) { $0 + $1.numel() } }
    #expect(try count(Models.mobilenetV2()) == MobileNetV2Weights.default.meta.numParams)
    #expect(try count(Models.squeezenet1_0()) == SqueezeNet1_0Weights.default.meta.numParams)
    #expect(try count(Models.efficientnetB0()) == EfficientNetB0Weights.default.meta.numParams)
    #expect(try count(Models.googlenet(auxLogits: false)) == GoogLeNetWeights.default.meta.numParams)
  }

  @Test func weightsComeFromTheCache() throws {
    try Self.withCache { checkpoints in
      let trained = try Models.squeezenet1_1()
      try save(trained.stateDict(), checkpoints + "/squeezenet1_1-b8a52dc0.pth")
      let model = try Models.squeezenet1_1(weights: .imagenet1kV1)
      let byName = try Models.getModel("SqueezeNet1_1", weights: "SqueezeNet1_1_Weights.DEFAULT")
      #expect(Self.equal(model, trained) && Self.equal(byName, trained))
    }
  }

  @Test func whatIsNotThereIsToldWithItsURL() throws {
    #expect(throws: ModelError.self) { try Models.getModel("resnet17") }
    #expect(throws: ModelError.self) { try Models.getModel("resnet18", weights: "IMAGENET1K_V7") }
  }

  /// The official files of DenseNets have the keys of their first version, and no counts of batches.
  @Test func olderDenseNetsLoad() throws {
    try Self.withCache { checkpoints in
      let trained = try Models.densenet121()
      var old = StateDict()
      for (key, value) in trained.stateDict() where !key.hasSuffix("num_batches_tracked") {
        var parts = key.split(separator: ".").map(String.init)
        if parts.count == 5, let last = parts[3].last, last.isNumber {
          parts[3] = "\(parts[3].dropLast()).\(last)"
        }
        old[parts.joined(separator: ".")] = value
      }
      #expect(old["features.denseblock1.denselayer1.norm.1.weight"] != nil)
      try save(old, checkpoints + "/densenet121-a639ec97.pth")
      let model = try Models.densenet121(weights: .imagenet1kV1)
      #expect(Self.equal(model, trained))
    }
  }

  /// The official transformers were saved when the two layers of a block were `linear_1` and `linear_2`.
  @Test func olderTransformersLoad() throws {
    func make() -> VisionTransformer {
      VisionTransformer(imageSize: 16, patchSize: 8, numLayers: 2, numHeads: 2, hiddenDim: 8, mlpDim: 12, numClasses: 3)
    }
    let trained = make(), model = make()
    var old = StateDict()
    for (key, value) in trained.stateDict() {
      old[key.replacing(".mlp.0.", with: ".mlp.linear_1.").replacing(".mlp.3.", with: ".mlp.linear_2.")] = value
    }
    #expect(old["encoder.layers.encoder_layer_1.mlp.linear_2.bias"] != nil)
    try model.loadStateDict(old)
    #expect(Self.equal(model, trained))
    // A state that says it is of today's layout has no such keys.
    var wrong = trained.stateDict()
    wrong["encoder.layers.encoder_layer_1.mlp.linear_2.bias"] = Tensor.zeros(8)
    #expect(throws: StateDictError.self) { try model.loadStateDict(wrong) }
  }

  @Test func headsThatAreNotWantedAreDropped() throws {
    try Self.withCache { checkpoints in
      let trained = GoogLeNet(initWeights: false)
      try save(trained.stateDict(), checkpoints + "/googlenet-1378be20.pth")
      let model = try Models.googlenet(weights: .default)
      #expect(model.aux1 == nil && model.transformInput)
      #expect(model.fc.weight.eq(trained.fc.weight).all().item())
      #expect(try Models.googlenet(weights: .default, auxLogits: true, transformInput: false).aux1 != nil)
    }
  }

  /// As torch, which keeps its own count where a state of an older or unknown version has none.
  @Test func olderBatchNormsLoad() throws {
    let model = BatchNorm2d(2)
    model.numBatchesTracked?.fill_(7)
    let plain = StateDict(model.stateDict().filter { $0.key != "num_batches_tracked" }.map { ($0.key, $0.value) })
    try model.loadStateDict(plain)
    #expect(model.numBatchesTracked?.item() == 7)
    var today = model.stateDict()
    today["num_batches_tracked"] = nil
    #expect(throws: StateDictError.self) { try model.loadStateDict(today) }
  }

  @Test func placesAreStretched() throws {
    var state = StateDict()
    state["encoder.pos_embedding"] = Tensor.arange(20, dtype: .float32).reshape(1, 5, 4)
    state["heads.head.weight"] = .zeros(2, 4)
    let wide = VisionTransformer.interpolateEmbeddings(imageSize: 24, patchSize: 8, modelState: state)
    #expect(wide["encoder.pos_embedding"]?.shape == [1, 10, 4])
    // Bicubic between corners that stay, as torchvision computed it: the first feature of each place, the others follow.
    let starts = Tensor([0, 4, 6, 8, 8, 10, 12, 12, 14, 16], dtype: .float32).view(1, 10, 1)
    let wanted = starts + Tensor.arange(4, dtype: .float32)
    #expect((wide["encoder.pos_embedding"]! - wanted).abs().max().item() < 1e-5)
    #expect(
      VisionTransformer.interpolateEmbeddings(imageSize: 24, patchSize: 8, modelState: state, resetHeads: true).count
        == 1)
    #expect(VisionTransformer.interpolateEmbeddings(imageSize: 16, patchSize: 8, modelState: state).count == 2)
  }
}
