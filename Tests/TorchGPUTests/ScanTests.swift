import Testing
import TorchNN

/// Running results: short rows, long ones that a group walks, and lines that groups share.
@Suite(.enabled(if: OpenCL.isAvailable, "OpenCL has no device here"))
struct ScanTests {
  @Test(arguments: OrderTests.dtypes) func sums(_ dtype: DType) {
    forkRNG {
      manualSeed(51)
      for shape in [[], [1], [0, 3], [7], [4, 9, 3], [2, 1500], [9000, 2], [20_001]] {
        // Whole numbers add up exactly in any order.
        let x = Tensor.randint(-2, 3, shape).to(dtype)
        for dim in 0..<max(shape.count, 1) {
          agrees("cumsum of \(shape) along \(dim)", [x], gradients: false) { [$0[0].cumsum(dim: dim)] }
        }
      }
    }
  }

  @Test(arguments: OrderTests.kinds) func products(_ dtype: DType) {
    forkRNG {
      manualSeed(52)
      for shape in [[], [8], [3, 700], [10_001]] {
        let x = Tensor.randint(0, 2, shape).mul(2).sub(1).to(dtype)
        for dim in 0..<max(shape.count, 1) {
          agrees("cumprod of \(shape) along \(dim)", [x], gradients: false) { [$0[0].cumprod(dim: dim)] }
        }
      }
    }
  }

  @Test(arguments: OrderTests.kinds) func extremes(_ dtype: DType) {
    forkRNG {
      manualSeed(53)
      for shape in [[], [1], [6], [4, 9, 3], [2, 1500], [9000, 2], [20_001]] {
        for x in [OrderTests.mixed(shape, dtype), OrderTests.mixed(shape, dtype).to(.float64).nanToNum().to(dtype)] {
          for dim in 0..<max(shape.count, 1) {
            agrees("cummax and cummin of \(shape) along \(dim)", [x], gradients: false) {
              let (high, highAt) = $0[0].cummax(dim: dim), (low, lowAt) = $0[0].cummin(dim: dim)
              return [high, highAt, low, lowAt]
            }
          }
        }
      }
    }
  }

  @Test(arguments: [DType.float32, .float64]) func logarithmsAndGradients(_ dtype: DType) {
    forkRNG {
      manualSeed(54)
      for shape in [[5], [4, 30], [2, 1000], [9000]] {
        let x = Tensor.randn(shape, dtype: dtype)
        agrees("logcumsumexp of \(shape)", [x]) { [$0[0].logcumsumexp(dim: -1)] }
        agrees("cumsum and cummax of \(shape)", [x / 100]) { [$0[0].cumsum(dim: 0), $0[0].cummax(dim: -1).values] }
      }
      let least = -Double.infinity
      agrees("nothing yet", [Tensor([least, least, 1, Double.infinity, 2, Double.nan, 0]).to(dtype)], gradients: false)
      {
        [$0[0].logcumsumexp(dim: 0)]
      }
      agrees("products", [Tensor.randn([3, 6], dtype: dtype)]) { [$0[0].cumprod(dim: 1), $0[0].t().cumprod(dim: 1)] }
    }
  }

  /// A sum begins at 0, which takes the sign from -0.
  @Test func signOfZero() {
    for count in [3, 600, 9000] {
      let sums = (-Tensor.zeros([count])).to(.opencl(0)).cumsum(dim: 0)
      #expect(!sums.signbit().any().cpu().item(Bool.self))
    }
  }
}
