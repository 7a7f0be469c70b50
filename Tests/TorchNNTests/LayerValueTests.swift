import Testing
import TorchNN

/// What layers compute that PyTorch's test database leaves out or draws for; the goldens start from seed 7.
@Suite struct LayerValueTests {
  /// The numbers of the script's formula.
  private static func numbers(_ shape: Int...) -> Tensor {
    let n = shape.reduce(1, *)
    return Tensor((0..<n).map { Double($0 * 7 % 23 - 11) / 6 }, dtype: .float64).view(shape)
  }

  /// The output, then the gradients of the parameters of the sum of its square.
  private static func trained(_ module: Module, _ output: Tensor) -> [Tensor] {
    output.square().sum().backward()
    return [output] + module.parameters().map { $0.grad! }
  }

  private static let words = Tensor([1, 2, 4, 5, 4, 3, 2, 0]), starts = Tensor([0, 3, 3, 6])

  private static let cases: [String: @Sendable () -> [Tensor]] = [
    "prelu": {
      let layer = PReLU(numParameters: 3, dtype: .float64)
      return trained(layer, layer(numbers(2, 3, 2)))
    },
    "rrelu": { [RReLU()(numbers(3, 5)), RReLU(lower: 0.1, upper: 0.5).eval()(numbers(3, 5))] },
    "dropout1d": { [Dropout1d(0.4)(numbers(3, 5)), Dropout1d(0.4).eval()(numbers(3, 5))] },
    "dropout3d": { [Dropout3d(0.4)(numbers(2, 3, 1, 2, 2))] },
    "featureAlphaDropout": { [FeatureAlphaDropout(0.4, inplace: true)(numbers(2, 3, 4))] },
    "bag": {
      let bag = EmbeddingBag(6, 3, dtype: .float64)
      return trained(bag, bag(words.view(2, 4)))
    },
    "bagOffsets": {
      let bag = EmbeddingBag(6, 3, paddingIdx: 4, dtype: .float64)
      return trained(bag, bag(words, starts))
    },
    "bagLastOffset": {
      let bag = EmbeddingBag(6, 3, mode: .max, includeLastOffset: true, dtype: .float64)
      return trained(bag, bag(words, Tensor([0, 3, 3, 8])))
    },
    "bagWeights": {
      let bag = EmbeddingBag(6, 3, maxNorm: 1, mode: .sum, dtype: .float64)
      return trained(bag, bag(words, starts, numbers(8)))
    },
    "gaussian": { [GaussianNLLLoss(full: true)(numbers(3, 4), numbers(4, 3).t(), 0.5)] },
    "triplet": {
      let a = numbers(3, 4), p = numbers(4, 3).t(), n = numbers(3, 4) + 1
      let cosine = TripletMarginWithDistanceLoss(distanceFunction: CosineSimilarity(), swap: true)
      let taxi = TripletMarginWithDistanceLoss(
        distanceFunction: { ($0 - $1).abs().sum(dim: 1) }, margin: 3, reduction: .sum)
      return [cosine(a, p, n), taxi(a, p, n)]
    },
    "linearCrossEntropy": {
      let loss = LinearCrossEntropyLoss(
        5, 4, outFeatures: [2], bias: true, dtype: .float64, weight: Tensor([1, 2, 0.5, 3], dtype: .float64),
        ignoreIndex: 1, labelSmoothing: 0.1)
      return trained(loss, loss(numbers(3, 5), Tensor([[0, 1], [2, 3], [3, 3]])))
    },
    "linearProbabilities": {
      let loss = LinearCrossEntropyLoss(5, 4, dtype: .float64, reduction: .none)
      return trained(loss, loss(numbers(3, 5), numbers(3, 4).softmax(dim: 1)))
    },
    "fractional": {
      let image = FractionalMaxPool2d([2, 3], outputSize: [3, 4]).withIndices(numbers(2, 2, 7, 9))
      let volume = FractionalMaxPool3d(2, outputRatio: 0.5).withIndices(numbers(2, 5, 7, 9))
      let one = FractionalMaxPool2d(2, outputSize: 1).withIndices(numbers(1, 3, 3))
      return [image, volume, one].flatMap { [$0.output, $0.indices] }
    },
    "adaptive": {
      let layer = AdaptiveLogSoftmaxWithLoss(8, 20, [4, 10], divValue: 2, headBias: true, dtype: .float64)
      let x = numbers(6, 8).requiresGrad_(), labels = Tensor([0, 5, 9, 3, 19, 1])
      let (output, loss) = layer(x, labels)
      (loss + output[1]).backward()
      let (single, _) = layer(x[2], labels[2])
      return [output, loss, x.grad!] + layer.parameters().map { $0.grad! } + [
        layer.logProb(x), layer.predict(x), single,
      ]
    },
    "unpooled": {
      let pool = MaxPool2d(2, stride: 2), undo = MaxUnpool2d(2, stride: 2)
      let even = pool.withIndices(numbers(1, 2, 4, 6)), odd = pool.withIndices(numbers(1, 2, 5, 7))
      return [
        odd.output, odd.indices, undo(even.output, even.indices), undo(odd.output, odd.indices, outputSize: [5, 7]),
      ]
    },
    "adaptivePlaces": {
      let (values, places) = AdaptiveMaxPool2d([2, 3]).withIndices(numbers(1, 2, 5, 7))
      return [values, places]
    },
  ]

  @Test func asPyTorch() throws {
    let goldens = try golden("layers")["values"] as! [String: [[String: Any]]]
    #expect(Set(goldens.keys) == Set(Self.cases.keys))
    for (name, run) in Self.cases {
      let got = forkRNG {
        manualSeed(7)
        return run()
      }
      let wanted = goldens[name]!
      #expect(got.count == wanted.count, "\(name)")
      for (i, (got, wanted)) in zip(got, wanted).enumerated() {
        #expect(Array(got.shape) == wanted["shape"] as? [Int], "\(name), \(i)")
        #expect(distance(got.detach().array(Double.self), wanted["values"]) < 1e-12, "\(name), \(i)")
      }
    }
  }

  @Test func slopesStartAtAQuarter() {
    let layer = PReLU(numParameters: 2)
    #expect(layer.weight.requiresGrad && layer.weight.array(Float.self) == [0.25, 0.25])
    noGrad { layer.weight.fill_(3) }
    layer.resetParameters()
    #expect(layer.weight.array(Float.self) == [0.25, 0.25])
    #expect(PReLU(init: 0.5).weight.array(Float.self) == [0.5])
  }

  @Test func knownRowsAreSharedAndFrozen() {
    let rows = Tensor([[1.0, 2], [3, 4]])
    let table = Embedding.fromPretrained(rows), bag = EmbeddingBag.fromPretrained(rows, freeze: false, mode: .sum)
    #expect(!table.weight.requiresGrad && bag.weight.requiresGrad && !rows.requiresGrad)
    rows[0, 0] = 7
    #expect(table(Tensor([0])).array(Float.self) == [7, 2] && bag(Tensor([[0, 1]])).array(Float.self) == [10, 6])
    #expect(!table.copy().weight.requiresGrad && bag.copy().weight.requiresGrad)
  }

  @Test func weightsOfLossesAreState() {
    let loss = BCEWithLogitsLoss(weight: .ones(3), posWeight: .full([3], 2.0))
    #expect(loss.stateDict().keys == ["weight", "pos_weight"] && loss.parameters().isEmpty)
    #expect(loss.double().posWeight?.dtype == .float64)
    #expect(LinearCrossEntropyLoss(2, 3, weight: .ones(3)).stateDict().keys == ["weight", "linear.weight"])
  }

  @Test func gradientsOfFractionalPools() throws {
    let samples = Tensor([[[0.3, 0.8], [0.1, 0.6]]], dtype: .float64)
    let example = GradientCase("fractional", [1, 2, 5, 6]) {
      F.fractionalMaxPool2d($0, kernelSize: 2, outputSize: [2, 3], randomSamples: samples)
    }
    try example.check(in: -1.2...1.2)
    #expect(FractionalMaxPool2d(2, outputSize: 2, randomSamples: samples).stateDict().keys == ["_random_samples"])
  }

  @Test func parametersInContainers() {
    let list = ParameterList([.ones(2)])
    list.append(.zeros(1)).extend([.ones(3)])
    list[-1] = .zeros(4)
    #expect(list.count == 3 && list.map(\.requiresGrad) == [true, true, true] && list[2].shape == [4])
    #expect(list.stateDict().keys == ["0", "1", "2"])
    let named = ParameterDict(["left": .ones(2)])
    named["right"] = .zeros(3)
    named["left"] = nil
    #expect(named.keys == ["right"] && named["left"] == nil && named.values[0].requiresGrad)
    #expect(named.namedParameters().map(\.name) == ["right"])
  }

  /// A call for indices runs hooks and names its place, as any other call.
  @Test func hooksSeeIndices() {
    let pool = MaxPool1d(2)
    var seen: [Int] = []
    pool.registerForwardHook(any: { _, _, output in
      let (_, indices) = output as! (Tensor, Tensor)
      seen = indices.array(Int.self)
    })
    _ = pool.withIndices(Tensor([[3.0, 1, 1, 2]]))
    #expect(seen == [0, 3])
  }

  @Test func layersOfSeveralInputsAreShared() async {
    let bag = EmbeddingBag.fromPretrained(Tensor([[1.0], [2], [3]]), mode: .sum).frozen()
    let loss = CTCLoss().frozen(), triplet = TripletMarginLoss().frozen()
    let sums = await Task.detached {
      bag(Tensor([0, 1, 2]), Tensor([0, 2]), Tensor([1.0, 1, 5])).array(Float.self)
    }.value
    #expect(sums == [3, 15] && bag(Tensor([[0, 2]])).array(Float.self) == [4])
    let near: Double = triplet(.zeros(1, 2), .zeros(1, 2), .ones(1, 2)).item()
    #expect(near == 0)
    let scores = Tensor.zeros(3, 1, 2).logSoftmax(dim: 2)
    let labels: Double = loss(scores, Tensor([[1]]), Tensor([3]), Tensor([1])).item()
    // Six of the eight paths say the label once.
    #expect(abs(labels + Double(6.0 / 8).logarithm) < 1e-6)
  }
}

extension Double {
  fileprivate var logarithm: Double { Tensor([self], dtype: .float64).log().item() }
}
