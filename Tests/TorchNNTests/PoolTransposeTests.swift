import Testing
import Torch
import TorchNN

/// Average and adaptive pools and transposed convolutions: gradients of both orders, sizes, wrong uses.
@Suite struct PoolTransposeTests {
  static let cases: [GradientCase] = [
    .init("avgPool1d", [1, 2, 7], { F.avgPool1d($0, kernelSize: 3, stride: 2, padding: 1, countIncludePad: false) }),
    .init("avgPool2d", [1, 1, 5, 4], { F.avgPool2d($0, kernelSize: [3, 2], stride: 2, padding: 1, ceilMode: true) }),
    .init("avgPool2dDivisor", [1, 4, 4], { F.avgPool2d($0, kernelSize: 2, divisorOverride: 3) }),
    .init("adaptiveAvgPool2d", [1, 1, 5, 4], { F.adaptiveAvgPool2d($0, outputSize: [3, nil]) }),
    .init("adaptiveMaxPool2d", [1, 1, 5, 4], { F.adaptiveMaxPool2d($0, outputSize: 2) }),
    .init(
      "convTranspose1d", [1, 2, 3], { F.convTranspose1d($0, $0.mT.flip(dims: [0])[0, 0..<2].unsqueeze(-1), stride: 2) }
    ),
    .init(
      "convTranspose2d", [1, 2, 3, 3],
      { F.convTranspose2d($0, $0.view(2, 1, 3, 3), $0[0, 0, 0, 0..<1], stride: 2, padding: 1, outputPadding: 1) }
    ),
  ]

  @Test(arguments: cases) func gradients(_ example: GradientCase) throws { try example.check(in: -1...1) }

  /// A transposed convolution is the adjoint of the convolution: the inner products agree.
  @Test func theTransposeIsTheAdjoint() {
    manualSeed(6)
    for (stride, padding, dilation, groups) in [(1, 0, 1, 1), (2, 1, 1, 2), (3, 2, 2, 1)] {
      let x = Tensor.randn([2, 4, 13, 11], dtype: .float64)
      let weight = Tensor.randn([6, 4 / groups, 3, 3], dtype: .float64)
      let y = F.conv2d(x, weight, stride: stride, padding: padding, dilation: dilation, groups: groups)
      let z = Tensor.randn(Array(y.shape), dtype: .float64)
      let rest = (0..<2).map { (x.shape[$0 + 2] + 2 * padding - 2 * dilation - 1) % stride }
      let back = F.convTranspose2d(
        z, weight, stride: stride, padding: padding, outputPadding: rest, groups: groups, dilation: dilation)
      #expect(back.shape == x.shape)
      #expect((y * z).sum().allclose((x * back).sum()))
    }
  }

  @Test func positionsOfAdaptiveMaxima() {
    let x = Tensor.arange(24).float().view(1, 4, 6).neg()
    let (values, indices) = F.adaptiveMaxPool2dWithIndices(x, outputSize: [2, 3])
    #expect(indices.equal(Tensor([[[0, 2, 4], [12, 14, 16]]])))
    #expect(values.equal(x.flatten().indexSelect(dim: 0, index: indices.flatten()).view(1, 2, 3)))
  }

  /// As in PyTorch 2.15: -inf at a place that lies outside; no gradient reaches anything.
  @Test func aWindowThatMeetsNoInput() {
    let x = Tensor.ones(1, 1, 1).requiresGrad_()
    let (output, indices) = F.maxPool1dWithIndices(x, kernelSize: 2, stride: 1, padding: 1, dilation: 2)
    #expect(output.flatten().array() as [Float] == [-.infinity])
    #expect(indices.flatten().array() as [Int] == [1])
    let weight = Tensor.ones(1, 1, 1).requiresGrad_()
    let slope = grad(output, x, gradOutput: weight, createGraph: true)
    #expect(slope.flatten().array() as [Float] == [0])
    slope.sum().backward()
    #expect(weight.grad!.flatten().array() as [Float] == [0])
  }

  /// As in PyTorch 2.15: where padding cuts off all that was computed, output padding is zeros.
  @Test func aTransposeThatIsAllOutputPadding() {
    let x = Tensor.ones(1, 1, 1).requiresGrad_(), weight = Tensor.ones(1, 1, 1).requiresGrad_()
    let y = F.convTranspose1d(x, weight, stride: 6, padding: 2, outputPadding: 5)
    #expect(y.shape == [1, 1, 2] && y.eq(0).all().item() as Bool)
    y.sum().backward()
    #expect(x.grad!.flatten().array() as [Float] == [0])
    #expect(weight.grad!.flatten().array() as [Float] == [0])
  }

  @Test func wrongUses() async {
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.avgPool2d(Tensor.ones(1, 4, 4), kernelSize: 2, padding: 2)
      }, "padding is at most half of the kernel, 1 here; it is 2")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.convTranspose2d(Tensor.ones(1, 3, 4, 4), Tensor.ones(2, 3, 2, 2))
      }, "weight wants 2 input channels, input has 3")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.convTranspose1d(Tensor.ones(1, 2, 4), Tensor.ones(2, 3, 2), outputPadding: 1)
      }, "outputPadding wants to be below stride or dilation")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.adaptiveAvgPool2d(Tensor.ones(1, 4, 4), outputSize: [2, 2, 2])
      }, "outputSize wants one number or 2")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.maxPool2d(Tensor.ones(1, 1, 0, 4), kernelSize: 2, padding: 1)
      }, "the sizes but the batch want to be above 0")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.avgPool1d(Tensor.ones(1, 1, 0), kernelSize: 2, padding: 1, countIncludePad: false)
      }, "the sizes but the batch want to be above 0")
  }
}
