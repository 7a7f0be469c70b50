import Testing
import TorchNN

/// Softmax and norms, along short rows and long ones.
@Suite(.enabled(if: OpenCL.isAvailable, "OpenCL has no device here"))
struct RowTests {
  static let floats: [DType] = [.float32, .float64, .float16, .bfloat16]

  @Test(arguments: floats) func softmax(_ dtype: DType) {
    forkRNG {
      manualSeed(31)
      for shape in [[5, 7], [3, 4, 1], [2, 5000], [300, 33]] {
        let x = (Tensor.randn(shape) * 3).to(dtype)
        for dim in [0, -1] {
          agrees("softmax of \(shape) along \(dim)", [x]) { [$0[0].softmax(dim: dim), $0[0].logSoftmax(dim: dim)] }
        }
      }
      agrees("a scalar", [Tensor(2.0).to(dtype)]) { [$0[0].softmax(dim: 0)] }
    }
  }

  @Test func rowsWithoutNumbers() {
    let least = -Double.infinity
    let x = Tensor([[1, least, 2], [least, least, least], [Double.nan, 1, 2], [Double.infinity, 1, 2]])
    agrees("no numbers", [x, x.to(.float64)], gradients: false) { tensors in
      tensors.flatMap { [$0.softmax(dim: -1), $0.logSoftmax(dim: -1)] }
    }
    agrees("nothing", [.ones(0, 4), .ones(4, 0)]) { $0.map { $0.softmax(dim: -1) } }
  }

  @Test(arguments: floats) func layerNorm(_ dtype: DType) {
    forkRNG {
      manualSeed(32)
      for (rows, columns) in [(4, 10), (200, 40), (2, 5000), (0, 3)] {
        let x = (Tensor.randn(rows, columns) * 2 + 5).to(dtype)
        let weight = Tensor.randn(columns).to(dtype), bias = Tensor.randn(columns).to(dtype)
        agrees("\(rows) x \(columns)", [x, weight, bias]) {
          [F.layerNorm($0[0], normalizedShape: [columns], weight: $0[1], bias: $0[2])]
        }
        agrees("\(rows) x \(columns) alone", [x]) { [F.layerNorm($0[0], normalizedShape: [columns])] }
      }
    }
  }

  @Test(arguments: [DType.float32, .float64]) func normsOfChannels(_ dtype: DType) {
    forkRNG {
      manualSeed(33)
      for side in [4, 80] {
        let x = (Tensor.randn(3, 4, side, side) * 2 + 3).to(dtype)
        let weight = Tensor.randn(4).to(dtype), bias = Tensor.randn(4).to(dtype)
        agrees("group norm", [x, weight, bias]) { [F.groupNorm($0[0], numGroups: 2, weight: $0[1], bias: $0[2])] }
        agrees("batch norm", [x, weight, bias]) {
          [F.batchNorm($0[0], nil, nil, weight: $0[1], bias: $0[2], training: true)]
        }
      }
    }
  }
}
