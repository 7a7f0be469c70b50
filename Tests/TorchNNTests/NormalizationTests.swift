import Testing
import Torch
import TorchNN

/// Normalisation and attention: gradients of both orders, running statistics, wrong uses.
@Suite struct NormalizationTests {
  static let cases: [GradientCase] = [
    .init(
      "batchNorm", [3, 2, 2],
      { F.batchNorm($0, nil, nil, weight: $0[0, 0..., 0], bias: $0[1, 0..., 1], training: true) }
    ),
    .init("batchNormEval", [3, 2], { F.batchNorm($0, Tensor([0.5, -1.0]).double(), Tensor([0.5, 2.0]).double()) }),
    .init("groupNorm", [2, 4, 3], { F.groupNorm($0, numGroups: 2, weight: $0[0, 0..., 0], bias: $0[1, 0..., 1]) }),
    .init("instanceNorm", [2, 2, 3], { F.instanceNorm($0, weight: $0[0, 0..., 0]) }),
    .init("rmsNorm", [3, 4], { F.rmsNorm($0, normalizedShape: [4], weight: $0[1]) }),
    .init("normalize", [3, 4], { F.normalize($0, p: 3) }),
    .init("cosineSimilarity", [3, 4], { F.cosineSimilarity($0, $0.flip(dims: [0]) * 2 + 1) }),
    .init("norm1", [3, 4], { $0.norm(p: 1, dim: 1) }), .init("norm2", [3, 4], { $0.norm() }),
    .init("norm3", [3, 4], { $0.norm(p: 3, dim: 0, keepdim: true) }),
    .init("normHalf", [3, 4], { $0.norm(p: 0.5, dim: 1) }),
    .init("normMax", [3, 4], { $0.norm(p: .infinity, dim: 1) }),
    .init("varMean", [3, 4], { $0.varMean(dim: 0).variance }),
    .init("attention", [2, 4, 3], { F.scaledDotProductAttention($0, $0 * 2, $0 + 1, isCausal: true) }),
    .init("attentionGqa", [4, 2, 3], { F.scaledDotProductAttention($0, $0[0..<2], $0[2...], enableGqa: true) }),
  ]

  @Test(arguments: cases) func gradients(_ example: GradientCase) throws { try example.check(in: 0.3...1.3) }

  @Test func runningStatistics() {
    let x = Tensor([1.0, 2.0, 3.0, 6.0]).view(4, 1)
    let mean = Tensor([1.0]), variance = Tensor([1.0])
    _ = F.batchNorm(x, mean, variance, training: true, momentum: 0.5)
    // The batch has mean 3 and, by one less than its count, variance 14/3.
    #expect(mean.allclose(Tensor([2.0])))
    #expect(variance.allclose(Tensor([0.5 + 7.0 / 3])))
    _ = F.batchNorm(x, mean, variance)
    #expect(mean.allclose(Tensor([2.0])))
  }

  @Test func aTargetThatSeesNothing() {
    let x = Tensor.randn(1, 3, 4).requiresGrad_()
    let mask = Tensor([[true, false, true], [false, false, false], [true, true, true]])
    let out = F.scaledDotProductAttention(x, x, x, attnMask: mask)
    #expect(out[0, 1].eq(0).all().item() as Bool)
    out.sum().backward()
    #expect(x.grad!.isfinite().all().item() as Bool)
  }

  @Test func wrongUses() async {
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.batchNorm(Tensor.ones(1, 3), nil, nil, training: true)
      }, "training wants more than 1 value per channel")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.batchNorm(Tensor.ones(2, 3), nil, nil)
      }, "evaluation wants runningMean and runningVar")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.batchNorm(Tensor.ones(2, 3), nil, nil, weight: Tensor.ones(2), training: true)
      }, "weight wants one number for each of 3 channels")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.groupNorm(Tensor.ones(2, 4), numGroups: 3)
      }, "numGroups wants to divide the 4 channels")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.rmsNorm(Tensor.ones(2, 4), normalizedShape: [3])
      }, "the input's last sizes want to be normalizedShape")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.oneHot(Tensor([1, 3]), numClasses: 3)
      }, "numClasses must be larger than the largest class, 3")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.scaledDotProductAttention(Tensor.ones(2, 3), Tensor.ones(2, 4), Tensor.ones(2, 4))
      }, "query and key differ in their last size")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor([1, 2]).norm()
      }, "takes floating point, not int64")
  }
}
