import Testing
import Torch
import TorchNN

/// Activations and losses: gradients of both orders in float64, in-place forms, the edges of their rules.
@Suite struct ActivationLossTests {
  typealias Case = (name: String, f: @Sendable (Tensor) -> Tensor)

  /// Of numbers between -1.2 and 1.2 that keep away from the corners.
  static let cases: [Case] = [
    ("leakyRelu", { F.leakyRelu($0, negativeSlope: 0.3) }), ("elu", { F.elu($0, alpha: 0.7) }),
    ("softplus", { F.softplus($0, beta: 2, threshold: 1.9) }), ("logsigmoid", { F.logsigmoid($0) }),
    ("hardtanh", { F.hardtanh($0, minVal: -0.95, maxVal: 0.45) }), ("relu6", { F.relu6($0 * 6) }),
    ("prelu", { F.prelu($0, $0[0]) }), ("glu", { F.glu($0) }), ("hardswish", { F.hardswish($0 * 4) }),
    ("hardsigmoid", { F.hardsigmoid($0 * 4) }), ("mish", { F.mish($0) }),
    ("threshold", { F.threshold($0, threshold: 0.05, value: 2) }), ("softsign", { F.softsign($0) }),
    ("tanhshrink", { F.tanhshrink($0) }), ("softmin", { F.softmin($0, dim: 1) }),
    ("smoothL1", { F.smoothL1Loss($0, $0.flip(dims: [0]) * 3, beta: 0.5) }),
    ("huber", { F.huberLoss($0, $0.flip(dims: [0]) * 3, reduction: .sum, delta: 0.4) }),
    ("bce", { F.binaryCrossEntropy($0.sigmoid(), ($0 * 2).sigmoid(), weight: $0[0].exp()) }),
    ("bceLogits", { F.binaryCrossEntropyWithLogits($0, ($0 * 2).sigmoid(), posWeight: $0[0].exp()) }),
    ("klDiv", { F.klDiv($0, $0.exp(), reduction: .batchmean) }),
    ("klDivLog", { F.klDiv($0, $0 * 2, reduction: .none, logTarget: true) }),
  ]

  @Test(arguments: cases.map(\.name)) func gradients(_ name: String) throws {
    let entry = Self.cases.first { $0.name == name }!
    let numbers = [0.31, -0.62, 1.13, -1.04, 0.57, -0.21, 0.83, -0.74, -0.35, 1.06, -0.52, 0.68]
    let x = Tensor(numbers).double().view(3, 4).requiresGrad_()
    #expect(try gradcheck({ entry.f($0[0]) }, [x]))
    #expect(try gradgradcheck({ entry.f($0[0]) }, [x]))
  }

  @Test func inPlaceFormsAreTheOthers() {
    let forms: [(Tensor, Bool) -> Tensor] = [
      { F.leakyRelu($0, inplace: $1) }, { F.elu($0, inplace: $1) }, { F.hardtanh($0, inplace: $1) },
      { F.relu6($0, inplace: $1) }, { F.hardswish($0, inplace: $1) }, { F.hardsigmoid($0, inplace: $1) },
      { F.mish($0, inplace: $1) }, { F.threshold($0, threshold: 0.1, value: 1, inplace: $1) },
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

  @Test func wrongUses() async {
    func says(_ end: ExitTest.Result?, _ words: String, sourceLocation: SourceLocation = #_sourceLocation) {
      let text = String(decoding: end?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.contains(words), "\(text)", sourceLocation: sourceLocation)
    }
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
