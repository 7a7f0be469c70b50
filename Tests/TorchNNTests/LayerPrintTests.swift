import Testing
import TorchNN

/// What the layers, pools and losses print, beside what PyTorch's print.
@Suite struct LayerPrintTests {
  private static func activations() -> [(String, Module)] {
    [
      ("ELU()", ELU()), ("ELU(0.5, inplace=True)", ELU(alpha: 0.5, inplace: true)), ("CELU()", CELU()),
      ("CELU(2.5, inplace=True)", CELU(alpha: 2.5, inplace: true)), ("SELU()", SELU()),
      ("SELU(inplace=True)", SELU(inplace: true)), ("GELU()", GELU()), ("GELU('tanh')", GELU(approximate: .tanh)),
      ("GLU()", GLU()), ("GLU(1)", GLU(dim: 1)), ("Hardshrink()", Hardshrink()),
      ("Hardshrink(0.25)", Hardshrink(lambd: 0.25)), ("Hardsigmoid()", Hardsigmoid()),
      ("Hardsigmoid(inplace=True)", Hardsigmoid(inplace: true)), ("Hardswish()", Hardswish()),
      ("Hardswish(True)", Hardswish(inplace: true)), ("Hardtanh()", Hardtanh()),
      ("Hardtanh(-2.0, 0.5, inplace=True)", Hardtanh(minVal: -2, maxVal: 0.5, inplace: true)),
      ("LeakyReLU()", LeakyReLU()), ("LeakyReLU(0.2, inplace=True)", LeakyReLU(negativeSlope: 0.2, inplace: true)),
      ("LogSigmoid()", LogSigmoid()), ("Mish()", Mish()), ("Mish(inplace=True)", Mish(inplace: true)),
      ("PReLU()", PReLU()), ("PReLU(3, init=0.5)", PReLU(numParameters: 3, init: 0.5)), ("ReLU6()", ReLU6()),
      ("ReLU6(inplace=True)", ReLU6(inplace: true)), ("RReLU()", RReLU()),
      ("RReLU(0.1, 0.3, inplace=True)", RReLU(lower: 0.1, upper: 0.3, inplace: true)), ("SiLU()", SiLU()),
      ("SiLU(inplace=True)", SiLU(inplace: true)), ("Softmax2d()", Softmax2d()), ("Softmin(dim=1)", Softmin(dim: 1)),
      ("Softplus()", Softplus()), ("Softplus(2.0, 10.0)", Softplus(beta: 2, threshold: 10)),
      ("Softshrink()", Softshrink()), ("Softshrink(0.25)", Softshrink(lambd: 0.25)), ("Softsign()", Softsign()),
      ("Tanhshrink()", Tanhshrink()), ("Threshold(0.1, 20.0)", Threshold(0.1, 20)),
      ("Threshold(0.5, 1.5, inplace=True)", Threshold(0.5, 1.5, inplace: true)),
      ("Dropout1d()", Dropout1d()), ("Dropout2d(0.25, inplace=True)", Dropout2d(0.25, inplace: true)),
      ("Dropout3d(0.1)", Dropout3d(0.1)), ("AlphaDropout(0.3)", AlphaDropout(0.3)),
      ("FeatureAlphaDropout(inplace=True)", FeatureAlphaDropout(inplace: true)),
    ]
  }

  private static func losses() -> [(String, Module)] {
    [
      ("BCELoss()", BCELoss()), ("BCEWithLogitsLoss()", BCEWithLogitsLoss()),
      ("CosineEmbeddingLoss()", CosineEmbeddingLoss()), ("CTCLoss()", CTCLoss()),
      ("GaussianNLLLoss()", GaussianNLLLoss()), ("HingeEmbeddingLoss()", HingeEmbeddingLoss()),
      ("HuberLoss()", HuberLoss()), ("KLDivLoss()", KLDivLoss()), ("MarginRankingLoss()", MarginRankingLoss()),
      ("MultiLabelMarginLoss()", MultiLabelMarginLoss()),
      ("MultiLabelSoftMarginLoss()", MultiLabelSoftMarginLoss(weight: .ones(2))),
      ("MultiMarginLoss()", MultiMarginLoss()), ("PoissonNLLLoss()", PoissonNLLLoss()),
      ("SmoothL1Loss()", SmoothL1Loss()), ("SoftMarginLoss()", SoftMarginLoss()),
      ("TripletMarginLoss()", TripletMarginLoss()),
      ("TripletMarginWithDistanceLoss()", TripletMarginWithDistanceLoss()),
      (
        "TripletMarginWithDistanceLoss(distance_function=nn.CosineSimilarity(dim=0))",
        TripletMarginWithDistanceLoss(distanceFunction: CosineSimilarity(dim: 0))
      ),
      (
        "TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(1))",
        TripletMarginWithDistanceLoss(distanceFunction: { ($0 - $1).abs().sum(dim: 1) })
      ),
      ("LinearCrossEntropyLoss(5, 4)", LinearCrossEntropyLoss(5, 4)),
      (
        "LinearCrossEntropyLoss(5, 4, out_features=(3, 2), bias=True, reduction='sum', ignore_index=1, label_smoothing=0.1)",
        LinearCrossEntropyLoss(
          5, 4, outFeatures: [3, 2], bias: true, reduction: .sum, ignoreIndex: 1, labelSmoothing: 0.1)
      ),
      ("AdaptiveLogSoftmaxWithLoss(8, 20, [4, 10])", AdaptiveLogSoftmaxWithLoss(8, 20, [4, 10])),
      (
        "AdaptiveLogSoftmaxWithLoss(8, 20, [4], div_value=2.0, head_bias=True)",
        AdaptiveLogSoftmaxWithLoss(8, 20, [4], divValue: 2, headBias: true)
      ),
    ]
  }

  private static func pools() -> [(String, Module)] {
    [
      ("AdaptiveAvgPool1d(3)", AdaptiveAvgPool1d(3)), ("AdaptiveAvgPool2d((3, None))", AdaptiveAvgPool2d([3, nil])),
      ("AdaptiveAvgPool3d((2, 3, 4))", AdaptiveAvgPool3d([2, 3, 4])),
      ("AdaptiveAvgPool1d((3,))", AdaptiveAvgPool1d([3])), ("AdaptiveMaxPool1d(3)", AdaptiveMaxPool1d(3)),
      ("AdaptiveMaxPool2d((3, None))", AdaptiveMaxPool2d([3, nil])), ("AdaptiveMaxPool3d(2)", AdaptiveMaxPool3d(2)),
      ("AvgPool1d(2)", AvgPool1d(2)),
      (
        "AvgPool1d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False)",
        AvgPool1d(3, stride: 2, padding: 1, ceilMode: true, countIncludePad: false)
      ),
      ("AvgPool2d(2)", AvgPool2d(2)),
      (
        "AvgPool2d((2, 3), stride=(1, 2), padding=1, ceil_mode=True, count_include_pad=False, divisor_override=3)",
        AvgPool2d([2, 3], stride: [1, 2], padding: 1, ceilMode: true, countIncludePad: false, divisorOverride: 3)
      ),
      ("AvgPool3d(2)", AvgPool3d(2)),
      (
        "AvgPool3d((1, 2, 2), stride=2, padding=(0, 1, 1), divisor_override=2)",
        AvgPool3d([1, 2, 2], stride: 2, padding: [0, 1, 1], divisorOverride: 2)
      ),
      ("LPPool1d(2.0, 3)", LPPool1d(2, 3)),
      ("LPPool1d(1.5, 3, stride=2, ceil_mode=True)", LPPool1d(1.5, 3, stride: 2, ceilMode: true)),
      ("LPPool2d(2.0, (2, 3))", LPPool2d(2, [2, 3])),
      ("LPPool3d(3.0, 2, stride=(1, 2, 1))", LPPool3d(3, 2, stride: [1, 2, 1])),
      ("MaxPool1d(2, return_indices=True)", MaxPool1d(2)),
      ("MaxPool1d(3, stride=1, ceil_mode=True)", MaxPool1d(3, stride: 1, ceilMode: true)),
      ("MaxUnpool1d(2)", MaxUnpool1d(2)),
      ("MaxUnpool1d(3, stride=2, padding=1)", MaxUnpool1d(3, stride: 2, padding: 1)),
      ("MaxUnpool2d((2, 3))", MaxUnpool2d([2, 3])),
      ("MaxUnpool2d(3, stride=2, padding=1)", MaxUnpool2d(3, stride: 2, padding: 1)),
      ("FractionalMaxPool2d(2, output_size=3)", FractionalMaxPool2d(2, outputSize: 3)),
      (
        "FractionalMaxPool3d((1, 2, 2), output_ratio=0.5)",
        FractionalMaxPool3d([1, 2, 2], outputRatio: 0.5, randomSamples: .rand(1, 1, 3))
      ),
      ("MaxUnpool3d(2)", MaxUnpool3d(2)), ("Unflatten(1, (2, 3))", Unflatten(1, [2, 3])),
      ("Unflatten(-1, (2, -1))", Unflatten(-1, [2, -1])), ("Fold((4, 5), (2, 2))", Fold([4, 5], [2, 2])),
      (
        "Fold(4, 2, dilation=2, padding=1, stride=(2, 1))", Fold(4, 2, dilation: 2, padding: 1, stride: [2, 1])
      ),
      ("Unfold((2, 3))", Unfold([2, 3])),
      ("Unfold(2, dilation=2, padding=(1, 0), stride=3)", Unfold(2, dilation: 2, padding: [1, 0], stride: 3)),
    ]
  }

  private static func tables() -> [(String, Module)] {
    [
      ("EmbeddingBag(6, 3)", EmbeddingBag(6, 3)),
      (
        "EmbeddingBag(6, 3, max_norm=1.0, norm_type=1.5, scale_grad_by_freq=True, mode='sum')",
        EmbeddingBag(6, 3, maxNorm: 1, normType: 1.5, scaleGradByFreq: true, mode: .sum)
      ),
      (
        "EmbeddingBag(6, 3, mode='max', include_last_offset=True, padding_idx=-2)",
        EmbeddingBag(numEmbeddings: 6, embeddingDim: 3, mode: .max, includeLastOffset: true, paddingIdx: -2)
      ),
      ("Embedding.from_pretrained(torch.ones(4, 2))", Embedding.fromPretrained(.ones(4, 2))),
      (
        "Embedding.from_pretrained(torch.ones(4, 2), padding_idx=-1, max_norm=2.0)",
        Embedding.fromPretrained(.ones(4, 2), paddingIdx: -1, maxNorm: 2)
      ),
      (
        "EmbeddingBag.from_pretrained(torch.ones(4, 2), mode='sum')",
        EmbeddingBag.fromPretrained(.ones(4, 2), mode: .sum)
      ),
      (
        "ParameterList([torch.ones(3), torch.ones(2, 2, dtype=torch.float64)])",
        ParameterList([.ones(3), .ones(2, 2, dtype: .float64)])
      ),
      ("ParameterList()", ParameterList()),
      (
        "ParameterDict({'left': torch.ones(3), 'right': torch.ones(1)})",
        ParameterDict(["left": .ones(3), "right": .ones(1)])
      ),
      ("ParameterDict()", ParameterDict()),
      ("Sequential(nn.ParameterList([torch.ones(3)]), nn.ReLU())", Pair(ParameterList([.ones(3)]), ReLU())),
    ]
  }

  /// Prints as a sequence of modules that are no layers, which torch's takes and ours does not.
  private final class Pair: Module {
    private let parts: [Module]
    init(_ parts: Module...) { self.parts = parts }
    override var typeName: String { "Sequential" }
    override func namedMembers() -> [NamedMember] {
      parts.enumerated().map { NamedMember(String($0), .module($1)) }
    }
    override func copied(_ copy: ModuleCopier) -> Module { Pair(copy(parts[0]), copy(parts[1])) }
  }

  static func all() -> [(String, Module)] { activations() + losses() + pools() + tables() }

  @Test func everyLayerPrintsAsTorch() throws {
    let reprs = try golden("layers")["reprs"] as! [String: String]
    let models = Self.all()
    #expect(Set(models.map(\.0)) == Set(reprs.keys))
    for (python, model) in models { #expect("\(model)" == reprs[python], "\(python)") }
  }

  /// A copy prints alike, holds equal tensors of its own, and keeps every option that is a stored property.
  @Test func everyLayerCopies() {
    for (python, module) in Self.all() {
      let copy = module.eval().copy()
      #expect(type(of: copy) == type(of: module) && copy !== module && copy.description == module.description)
      #expect(!copy.training, "\(python)")
      let state = module.stateDict(), other = copy.stateDict()
      #expect(other.keys == state.keys, "\(python)")
      for (key, tensor) in state {
        #expect(other[key]!.equal(tensor) && other[key]!.storage !== tensor.storage, "\(python) \(key)")
      }
      #expect(copy.parameters().map(\.requiresGrad) == module.parameters().map(\.requiresGrad), "\(python)")
      #expect(Self.options(of: copy) == Self.options(of: module), "\(python)")
    }
  }

  /// The plain values that a module stores, by name.
  private static func options(of module: Module) -> [String: String] {
    var found: [String: String] = [:]
    var mirror: Mirror? = Mirror(reflecting: module)
    while let level = mirror {
      for (label, value) in level.children where !(value is Module) && !label!.hasPrefix("_") && label != "closure" {
        found[label!] = "\(value)"
      }
      mirror = level.superclassMirror
    }
    return found
  }
}
