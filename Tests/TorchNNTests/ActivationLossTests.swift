import Testing
import Torch
import TorchNN

/// Activations and losses: gradients of both orders in float64, in-place forms, the edges of their rules.
@Suite struct ActivationLossTests {
  static let cases: [GradientCase] = [
    .init("leakyRelu", [3, 4], { F.leakyRelu($0, negativeSlope: 0.3) }),
    .init("elu", [3, 4], { F.elu($0, alpha: 0.7) }),
    .init("softplus", [3, 4], { F.softplus($0, beta: 2, threshold: 1.9) }),
    .init("logsigmoid", [3, 4], { F.logsigmoid($0) }),
    .init("hardtanh", [3, 4], { F.hardtanh($0, minVal: -0.95, maxVal: 0.45) }),
    .init("relu6", [3, 4], { F.relu6($0 * 6) }),
    .init("prelu", [3, 4], { F.prelu($0, $0[0]) }), .init("glu", [3, 4], { F.glu($0) }),
    .init("hardswish", [3, 4], { F.hardswish($0 * 4) }),
    .init("hardsigmoid", [3, 4], { F.hardsigmoid($0 * 4) }), .init("mish", [3, 4], { F.mish($0) }),
    .init("threshold", [3, 4], { F.threshold($0, threshold: 0.05, value: 2) }),
    .init("softsign", [3, 4], { F.softsign($0) }),
    .init("tanhshrink", [3, 4], { F.tanhshrink($0) }), .init("softmin", [3, 4], { F.softmin($0, dim: 1) }),
    .init("smoothL1", [3, 4], { F.smoothL1Loss($0, $0.flip(dims: [0]) * 3, beta: 0.5) }),
    .init("huber", [3, 4], { F.huberLoss($0, $0.flip(dims: [0]) * 3, reduction: .sum, delta: 0.4) }),
    .init("bce", [3, 4], { F.binaryCrossEntropy($0.sigmoid(), ($0 * 2).sigmoid(), weight: $0[0].exp()) }),
    .init("bceLogits", [3, 4], { F.binaryCrossEntropyWithLogits($0, ($0 * 2).sigmoid(), posWeight: $0[0].exp()) }),
    .init("selu", [3, 4], { F.selu($0) }), .init("celu", [3, 4], { F.celu($0, alpha: 0.6) }),
    .init("hardshrink", [3, 4], { F.hardshrink($0, lambd: 0.31) }),
    .init("softshrink", [3, 4], { F.softshrink($0, lambd: 0.31) }),
    .init("klDiv", [3, 4], { F.klDiv($0, $0.exp(), reduction: .batchmean) }),
    .init("klDivLog", [3, 4], { F.klDiv($0, $0 * 2, reduction: .none, logTarget: true) }),
  ]

  @Test(arguments: cases) func gradients(_ example: GradientCase) throws { try example.check(in: -1.2...1.2) }

  @Test func inPlaceFormsAreTheOthers() {
    let forms: [(Tensor, Bool) -> Tensor] = [
      { F.leakyRelu($0, inplace: $1) }, { F.elu($0, inplace: $1) }, { F.hardtanh($0, inplace: $1) },
      { F.relu6($0, inplace: $1) }, { F.hardswish($0, inplace: $1) }, { F.hardsigmoid($0, inplace: $1) },
      { F.mish($0, inplace: $1) }, { F.selu($0, inplace: $1) }, { F.celu($0, alpha: 0.4, inplace: $1) },
      { F.rrelu($0, inplace: $1) }, { F.threshold($0, threshold: 0.1, value: 1, inplace: $1) },
    ]
    manualSeed(1)
    for form in forms {
      let x = Tensor.randn(3, 5), wanted = form(x, false), y = x.clone()
      let result = form(y, true)
      #expect(result.equal(wanted) && y.equal(wanted))
    }
  }

  @Test func certainProbabilitiesLoseAtMostAHundred() {
    let loss = F.binaryCrossEntropy(Tensor([0.0, 1.0, 1.0]), Tensor([1.0, 0.0, 1.0]), reduction: .none)
    #expect(loss.array() as [Float] == [100, 100, 0])
  }

  /// Recorded from PyTorch 2.15, the same on its three instruction sets: vector loops cut the slope at NaN, the rest passes it.
  @Test func slopesAtNaNAreThoseOfPyTorchsLoops() {
    let curves: [(Tensor) -> Tensor] = [
      { F.softshrink($0) }, { F.hardshrink($0) }, { F.hardtanh($0) }, { F.relu6($0) },
    ]
    for curve in curves {
      for (dtype, count, cut) in [(DType.float64, 9, 8), (.float64, 7, 0), (.float32, 33, 32), (.bfloat16, 33, 32)] {
        let x = Tensor.full([count], Double.nan, dtype: dtype).requiresGrad_()
        let slope = grad(outputs: [curve(x)], inputs: [x], gradOutputs: [Tensor.ones([count], dtype: dtype)])[0]!
        #expect(slope.float().array() as [Float] == (0..<count).map { $0 < cut ? 0 : 1 })
      }
      // Operands that do not flow alike go through no vector loop.
      let x = Tensor.full([4, 6], Double.nan, dtype: .float64).requiresGrad_()
      let crossed = Tensor.ones(6, 4, dtype: .float64).t()
      let slope = grad(outputs: [curve(x)], inputs: [x], gradOutputs: [crossed])[0]!
      #expect(slope.equal(Tensor.ones(4, 6, dtype: .float64)))
    }
  }

  @Test func wrongUses() async {
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.binaryCrossEntropy(Tensor([1.5]), Tensor([1.0]))
      }, "input wants probabilities between 0 and 1; for scores use binaryCrossEntropyWithLogits")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.prelu(Tensor.ones(2, 3), Tensor.ones(2))
      }, "weight wants 1 number, or one for each of 3 channels")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = F.glu(Tensor.ones(2, 3)) },
      "the size of dim wants to be even, is 3")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.mseLoss(Tensor.ones(2), Tensor.ones(2), reduction: .batchmean)
      }, "the reduction batchmean is for klDiv alone")
  }
}
