import Testing
import Torch
import TorchNN

/// Softmax where the numbers lie, and the logarithm of a sum of exponentials in one pass, against the ways by turning and by ops.
@Suite struct FusedSoftmaxTests {
  static let shapes = [
    [1, 1], [2, 3], [3, 5, 7], [2, 10, 40, 33], [300, 17], [2, 3, 0], [1, 40000], [700, 129],
  ]

  static func work(_ shape: [Int], dtype: DType) -> FusedWork {
    FusedWork("\(shape), \(dtype)") {
      let x = Tensor.randn(shape, generator: Generator(seed: 1)).to(dtype) * 4
      let second = shape.reduce(1, *) < 2000
      return (0..<shape.count).flatMap { dim in
        valueAndGradients([x], second: second) { $0[0].softmax(dim: dim) }
          + valueAndGradients([x], second: second) { $0[0].logSoftmax(dim: dim) }
          + (shape.contains(0) ? [] : valueAndGradients([x], second: second) { $0[0].logsumexp(dim: dim) })
          + (shape.contains(0)
            ? [] : valueAndGradients([x], second: second) { $0[0].logsumexp(dim: dim, keepdim: true) })
      }
    }
  }

  @Test(arguments: shapes.indices) func onePassGivesWhatManyGive(_ index: Int) async {
    await #expect(processExitsWith: .success) { [index = index as Int] in
      for dtype in [DType.float32, .float64, .bfloat16] {
        Self.work(Self.shapes[index], dtype: dtype).check(dtype == .bfloat16 ? 0.02 : 2e-5)
      }
    }
  }

  /// What turning and ops give where numbers are infinite or none.
  @Test func numbersWithoutEndGiveWhatManyPassesGive() async {
    await #expect(processExitsWith: .success) {
      let inf = Double.infinity
      let x = Tensor([[1, inf, -inf, -inf], [2, 3, -inf, 0], [Double.nan, 1, -inf, 5]]).to(.float32)
      FusedWork("infinities") {
        [x, x.t()].flatMap { x in
          [x.softmax(dim: 0), x.logSoftmax(dim: 0), x.logsumexp(dim: 0), x.logsumexp(dim: 1), x.t().softmax(dim: 0)]
        }
      }.check()
    }
  }

  /// Memory that lies otherwise: transposed, every other, channels last.
  @Test func operandsMayLieAnywhere() async {
    await #expect(processExitsWith: .success) {
      FusedWork("layouts") {
        let x = Tensor.randn(4, 6, 8, 10, generator: Generator(seed: 3))
        let laid = [
          x, x.transpose(1, 3), x[..., .slice(nil, nil, step: 2)], x.contiguous(memoryFormat: .channelsLast),
          x.expand(4, 6, 8, 10),
        ]
        return laid.flatMap { x in
          (0..<4).flatMap { [x.softmax(dim: $0), x.logSoftmax(dim: $0), x.logsumexp(dim: $0)] }
        }
      }.check()
    }
  }
}
