import Testing
import Torch
import TorchNN

/// Margins, likelihoods, distances and pools: gradients of both orders against central differences.
@Suite struct MoreFunctionalTests {
  private static let signs = Tensor([1.0, -1, -1]), classes = Tensor([2, 0, 3])

  static let cases: [GradientCase] = [
    .init(
      "marginRanking", [3, 4], { F.marginRankingLoss($0, $0.flip(dims: [0]) * 3, signs.unsqueeze(1), margin: 0.31) }),
    .init("softMargin", [3, 4], { F.softMarginLoss($0, signs.unsqueeze(1)) }),
    .init("hingeEmbedding", [3, 4], { F.hingeEmbeddingLoss($0, signs.unsqueeze(1), margin: 0.41) }),
    .init("cosineEmbedding", [3, 4], { F.cosineEmbeddingLoss($0, $0.flip(dims: [0]).exp(), signs, margin: -0.4) }),
    .init("tripletMargin", [3, 4], { F.tripletMarginLoss($0, $0.exp(), $0.flip(dims: [1]) * 2, swap: true) }),
    .init(
      "multiMargin", [3, 4],
      { F.multiMarginLoss($0, classes, p: 2, margin: 0.81, weight: Tensor([1.0, 2, 0.5, 3], dtype: .float64)) }),
    .init("multilabelMargin", [2, 4], { F.multilabelMarginLoss($0, Tensor([[2, 0, -1, 1], [3, -1, 0, 0]])) }),
    .init(
      "multilabelSoftMargin", [3, 4],
      { F.multilabelSoftMarginLoss($0, $0.flip(dims: [0]).sigmoid(), weight: $0[0].exp()) }),
    .init("poisson", [3, 4], { F.poissonNllLoss($0, $0.flip(dims: [0]).exp() * 2, full: true) }),
    .init("poissonRate", [3, 4], { F.poissonNllLoss($0.exp(), $0, logInput: false, reduction: .sum) }),
    .init("gaussian", [3, 4], { F.gaussianNllLoss($0, $0.flip(dims: [0]) * 2, $0[0..., 0..<1].exp(), full: true) }),
    .init("pdist", [4, 3], { F.pdist($0) }), .init("pdist1.5", [4, 3], { F.pdist($0, p: 1.5) }),
    .init("pdistInf", [4, 3], { F.pdist($0, p: .infinity) }),
    .init("cdist", [4, 3], { Tensor.cdist($0, $0[0..<2] * 0.5 + 2) }),
    .init("cdistProduct", [4, 3], { Tensor.cdist($0, $0[0..<2] * 0.5 + 2, computeMode: .useMmForEuclidDist) }),
    .init("cdist3", [4, 3], { Tensor.cdist($0, $0[0..<2] * 0.5 + 2, p: 3) }),
    .init("localResponse", [2, 4, 3], { F.localResponseNorm($0, size: 3, alpha: 0.5) }),
    .init("bilinear", [3, 4], { F.bilinear($0, $0[0..., 0..<2], $0[0..<2, 0..<4].reshape(1, 4, 2)) }),
    .init("maxUnpool", [1, 2, 3], { F.maxUnpool1d($0, Tensor([[[1, 2, 5], [0, 3, 4]]]), kernelSize: 2) }),
    .init("lpPool", [1, 2, 6], { F.lpPool1d($0.exp(), normType: 3, kernelSize: 2) }),
    .init("fold", [1, 8, 4], { F.fold($0, outputSize: 3, kernelSize: 2) }),
    .init("bagMean", [4, 3], { F.embeddingBag(Tensor([0, 2, 2, 3]), $0, offsets: Tensor([0, 3])) }),
    .init("bagMax", [4, 3], { F.embeddingBag(Tensor([0, 2, 2, 3]), $0, offsets: Tensor([0, 3]), mode: .max) }),
    .init("affineGrid", [1, 2, 3], { F.affineGrid($0, size: [1, 1, 2, 3]) }),
    .init("gridInput", [1, 1, 3, 4], { F.gridSample($0, $0[0..., 0, 0..., 0..<2].unsqueeze(1).tanh()) }),
    .init(
      "gridCubic", [1, 1, 4, 2],
      { F.gridSample($0, $0[0..., 0, 1..<3].unsqueeze(1).tanh(), mode: .bicubic, paddingMode: .reflection) }),
    .init("layerNormNative", [3, 4], { F.nativeLayerNorm($0, normalizedShape: [4], nil, $0[0], eps: 1e-5).output }),
    .init(
      "groupNormNative", [2, 4, 2],
      { x in
        let all = F.nativeGroupNorm(x, nil, nil, N: 2, C: 4, HxW: 2, group: 2, eps: 1e-5)
        return all.output.sum() + all.mean.exp().sum() + all.scale.square().sum()
      }),
    .init(
      "batchNormNative", [3, 4],
      { F.nativeBatchNorm($0, $0[0].exp(), nil, nil, nil, training: true, momentum: 0.1, eps: 1e-5).output }),
  ]

  @Test(arguments: cases) func gradients(_ example: GradientCase) throws { try example.check(in: -1.1...1.2) }

  /// First gradients alone: PyTorch has no second ones either.
  @Test func gradientOfCTC() throws {
    manualSeed(2)
    let x = Tensor.randn(5, 2, 4, dtype: .float64).requiresGrad_()
    try gradcheck(
      {
        F.ctcLoss(
          $0[0].logSoftmax(dim: -1), Tensor([[1, 2], [3, 3]]), inputLengths: [5, 4], targetLengths: [2, 2],
          reduction: .sum)
      }, [x])
  }

  /// As in PyTorch: too short a time for the labels loses infinitely, or nothing where that is asked for.
  @Test func impossibleAlignments() {
    let x = Tensor.zeros(2, 1, 3).logSoftmax(dim: -1).detach().requiresGrad_()
    func loss(_ zeroInfinity: Bool) -> Tensor {
      F.ctcLoss(
        x, Tensor([[1, 1]]), inputLengths: [2], targetLengths: [2], reduction: .sum, zeroInfinity: zeroInfinity)
    }
    #expect(loss(false).item() == Double.infinity)
    let nothing = loss(true)
    #expect(nothing.item() == 0.0)
    nothing.backward()
    #expect(x.grad!.eq(0).all().item() as Bool)
  }

  @Test func inPlaceDropoutsAreTheOthers() {
    let forms: [(Tensor, Bool) -> Tensor] = [
      { F.dropout1d($0, inplace: $1) }, { F.dropout2d($0, p: 0.3, inplace: $1) }, { F.dropout3d($0, inplace: $1) },
      { F.alphaDropout($0, training: true, inplace: $1) }, { F.featureAlphaDropout($0, training: true, inplace: $1) },
      { F.rrelu($0, training: true, inplace: $1) }, { F.alphaDropout($0, p: 1, training: true, inplace: $1) },
    ]
    for form in forms {
      forkRNG {
        let x = Tensor.randn(3, 4, 5), y = x.clone()
        manualSeed(9)
        let wanted = form(x, false)
        manualSeed(9)
        let result = form(y, true)
        #expect(result.equal(wanted) && y.equal(wanted))
      }
    }
  }

  /// As in PyTorch: each of several largest differences gets the whole gradient, a count of differences zeros.
  @Test func distancesWithCorners() {
    let x = Tensor([[0.0, 0], [1, 1], [1, 1], [2, 0]], requiresGrad: true)
    F.pdist(x, p: .infinity).sum().backward()
    #expect(x.grad!.equal(Tensor([[-3.0, -2], [0, 2], [0, 2], [3, -2]])))
    x.grad = nil
    F.pdist(x, p: 0).sum().backward()
    #expect(x.grad!.equal(Tensor.zeros(4, 2)))
    #expect(F.pdist(x, p: 0).equal(Tensor([2.0, 2, 1, 0, 2, 2])))
  }

  @Test func emptyBatches() {
    #expect(F.multiMarginLoss(Tensor.zeros(0, 3), Tensor.zeros(0, dtype: .int64), reduction: .none).shape == [0])
    #expect(F.multilabelMarginLoss(Tensor.zeros(0, 3), Tensor.zeros(0, 3, dtype: .int64)).item() == 0.0)
    #expect(F.pdist(Tensor.zeros(1, 3)).shape == [0])
    #expect(Tensor.cdist(Tensor.zeros(2, 0), Tensor.zeros(3, 0)).shape == [2, 3])
    #expect(Tensor.cdist(Tensor.zeros(0, 3), Tensor.zeros(3, 3)).shape == [0, 3])
    #expect(F.fold(Tensor.zeros(0, 4, 4), outputSize: 3, kernelSize: 2).shape == [0, 1, 3, 3])
    #expect(
      F.maxUnpool1d(Tensor.zeros(0, 2, 2), Tensor.zeros(0, 2, 2, dtype: .int64), kernelSize: 2).shape == [0, 2, 4])
    #expect(F.gridSample(Tensor.zeros(0, 1, 2, 2), Tensor.zeros(0, 1, 1, 2)).shape == [0, 1, 1, 1])
    #expect(F.bilinear(Tensor.zeros(0, 3), Tensor.zeros(0, 4), Tensor.zeros(2, 3, 4)).shape == [0, 2])
    #expect(F.embeddingBag(Tensor.zeros(2, 0, dtype: .int64), Tensor.ones(4, 3)).equal(Tensor.zeros(2, 3)))
    #expect(F.dropout2d(Tensor.zeros(0, 3, 2)).shape == [0, 3, 2])
  }
}
