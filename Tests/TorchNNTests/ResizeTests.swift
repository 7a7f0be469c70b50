import Testing
import Torch
import TorchNN

/// Gradients of what pads, resizes, mixes and looks up, and what wrong uses say.
@Suite struct ResizeTests {
  static let cases: [(name: String, shape: [Int], f: @Sendable (Tensor) -> Tensor)] = [
    ("nearest", [1, 2, 5], { F.interpolate($0, size: 8) }),
    ("bilinear", [1, 2, 3, 4], { F.interpolate($0, size: [5, 3], mode: .bilinear) }),
    ("bilinearCorners", [1, 1, 3, 4], { F.interpolate($0, scaleFactor: 1.7, mode: .bilinear, alignCorners: true) }),
    ("bicubic", [1, 1, 3, 4], { F.interpolate($0, scaleFactor: [1.5, 0.6], mode: .bicubic) }),
    ("antialias", [1, 1, 6, 5], { F.interpolate($0, size: [3, 2], mode: .bilinear, antialias: true) }),
    ("area", [1, 2, 5], { F.interpolate($0, size: 3, mode: .area) }),
    ("normalize", [3, 4], { F.normalize($0, dim: -1) }),
    ("cosine", [3, 4], { F.cosineSimilarity($0, $0.flip(dims: [0]) * $0, dim: 1) }),
    ("pairwise", [3, 4], { F.pairwiseDistance($0, $0.flip(dims: [0])) }),
    ("attention", [2, 3, 4], { F.scaledDotProductAttention($0, $0 * 2, $0.flip(dims: [0]), isCausal: true) }),
    (
      "sharedHeads", [4, 3, 2],
      {
        F.scaledDotProductAttention($0, $0[..<2], $0[2...], scale: 0.3, enableGqa: true)
      }
    ),
    (
      "maskedRow", [3, 4],
      {
        let mask = Tensor([[true, false, true], [false, false, false], [true, true, true]])
        return F.scaledDotProductAttention($0, $0 * 2, $0, attnMask: mask)
      }
    ),
    ("pixelShuffle", [1, 4, 2, 3], { F.pixelShuffle($0, upscaleFactor: 2) * $0.sum() }),
    ("unfold", [1, 2, 4, 5], { F.unfold($0, kernelSize: [2, 3], dilation: [2, 1], padding: 1, stride: 2) * 3 }),
  ]

  @Test(arguments: cases.indices) func gradients(_ i: Int) throws {
    let test = Self.cases[i]
    let x = (Tensor.rand(test.shape, generator: Generator(seed: 9), dtype: .float64) + 0.2).detach().requiresGrad_()
    do {
      try gradcheck({ test.f($0[0]) }, [x])
      try gradgradcheck({ test.f($0[0]) }, [x], atol: 1e-4)
    } catch { Issue.record("\(test.name): \(error)") }
  }

  @Test func queryThatSeesNothing() {
    let x = Tensor.ones(1, 2), key = Tensor.ones(3, 2)
    let out = F.scaledDotProductAttention(x, key, key, attnMask: Tensor.full([1, 3], -Double.infinity))
    #expect(out.equal(Tensor.zeros(1, 2)))
  }

  /// What scaleGradByFreq and paddingIdx give is no derivative, so central differences do not tell.
  @Test func gradientsOfRows() {
    let weight = Tensor.ones(4, 2).requiresGrad_(), index = Tensor([0, 2, 2, 3, 2])
    let scaled = F.embedding(index, weight, paddingIdx: -1, scaleGradByFreq: true) * 3
    scaled.sum().backward()
    #expect(weight.grad!.allclose(Tensor([[3.0, 3.0], [0.0, 0.0], [3.0, 3.0], [0.0, 0.0]])))
    weight.grad = nil
    F.embedding(index, weight, paddingIdx: 0).sum().backward()
    #expect(weight.grad!.equal(Tensor([[0.0, 0.0], [0.0, 0.0], [3.0, 3.0], [1.0, 1.0]])))
  }

  @Test func layersPrintAsTorch() {
    let layers: [(Module, String)] = [
      (
        Embedding(5, 3, paddingIdx: -1, normType: 1, scaleGradByFreq: true),
        "Embedding(5, 3, padding_idx=4, norm_type=1.0, scale_grad_by_freq=True)"
      ),
      (ZeroPad2d([1, 2, 3, 4]), "ZeroPad2d((1, 2, 3, 4))"),
      (ConstantPad1d(2, 3.5), "ConstantPad1d(padding=(2, 2), value=3.5)"),
      (ReplicationPad3d(1), "ReplicationPad3d((1, 1, 1, 1, 1, 1))"), (CosineSimilarity(), "CosineSimilarity()"),
      (Upsample(scaleFactor: 2), "Upsample(scale_factor=2.0, mode='nearest')"),
      (Upsample(size: [2, 3], mode: .bilinear), "Upsample(size=(2, 3), mode='bilinear')"),
      (PixelShuffle(2), "PixelShuffle(upscale_factor=2)"), (ChannelShuffle(2), "ChannelShuffle(groups=2)"),
    ]
    for (layer, text) in layers {
      #expect(layer.description == text)
      #expect(layer.copy().description == text)
    }
  }

  @Test func rowsAreShortened() {
    let weight = Tensor([[3.0, 4.0], [30.0, 40.0], [0.3, 0.4]])
    let read = F.embedding(Tensor([0, 2, 0]), weight, maxNorm: 1)
    #expect(read.allclose(Tensor([[0.6, 0.8], [0.3, 0.4], [0.6, 0.8]])))
    #expect(weight[1].equal(Tensor([30.0, 40.0])))
  }

  @Test func wrongUsesSaySo() async {
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.pad(Tensor.ones(1, 2, 3), pad: [3, 0], mode: .reflect)
      }, "pad: mode .reflect extends the size 3 of dim 2 by at most 2; got input [1, 2, 3] float32, pad [3, 0]")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.embedding(Tensor([0, -1]), Tensor.ones(3, 2))
      }, "embedding: index -1 is out of bounds for dim 0 with size 3")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.interpolate(Tensor.ones(1, 2, 3), size: 4, mode: .bilinear)
      }, "interpolate: this mode wants 4 dimensions, input has 3")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.oneHot(Tensor([0, 5]), numClasses: 3)
      }, "one_hot: numClasses must be larger than the largest class, 5")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let x = Tensor.ones(2, 2)
        _ = F.scaledDotProductAttention(x, x, x, attnMask: x, isCausal: true)
      }, "scaled_dot_product_attention: give a mask or isCausal, not both")
  }
}
