import Testing
import TorchNN

/// Sorts, selections, searches and positions of extremes.
@Suite(.enabled(if: OpenCL.isAvailable, "OpenCL has no device here"))
struct OrderTests {
  static let dtypes: [DType] = [
    .float32, .float64, .float16, .bfloat16, .int64, .int32, .int16, .int8, .uint8, .bool,
  ]
  static let numbers = dtypes.filter { $0 != .bool }
  /// One for each way of the kernels: a device builds programs for each dtype.
  static let kinds: [DType] = [.float32, .float64, .bfloat16, .int64, .uint8, .bool]

  /// Numbers of which many are equal, and of floating point some that are none.
  static func mixed(_ shape: [Int], _ dtype: DType, spread: Double = 20) -> Tensor {
    let x = Tensor.randn(shape) * spread
    guard dtype.isFloatingPoint else { return x.abs().to(dtype) }
    let which = Tensor.rand(shape)
    return x.round().where(which .> 0.1, 0.0).where(which .< 0.97, Double.nan).where(which .> 0.01, Double.infinity)
      .where(which .> 0.005, -Double.infinity).to(dtype)
  }

  @Test(arguments: dtypes) func sort(_ dtype: DType) {
    forkRNG {
      manualSeed(41)
      for shape in [[], [1], [0], [3, 0], [7], [33], [4, 31], [3, 100], [2, 5, 3], [2, 1025], [5000]] {
        let x = Self.mixed(shape, dtype)
        for dim in Set([0, shape.isEmpty ? 0 : shape.count - 1]) {
          for descending in [false, true] {
            agrees("sort of \(shape) along \(dim), descending \(descending)", [x], gradients: false) {
              let (values, indices) = $0[0].sort(dim: dim, descending: descending)
              return [values, indices]
            }
          }
        }
      }
    }
  }

  /// Whole numbers and bits that need all of a key.
  @Test func sortOfExtremes() {
    let whole = Tensor([Int64.max, .min, 0, -1, 1, .max, .min, Int64(1) << 40, -(Int64(1) << 40)])
    let real = Tensor([-0.0, 0, Double.leastNonzeroMagnitude, -Double.leastNonzeroMagnitude, -Double.infinity, 1, -1])
    for x in [whole, real, real.float(), whole.int()] {
      for descending in [false, true] {
        agrees("sort", [x], gradients: false) {
          let (values, indices) = $0[0].sort(dim: 0, descending: descending)
          return [values, indices]
        }
      }
    }
    let sorted = real.to(.opencl(0)).sort(dim: 0).values.cpu()
    #expect(sorted.signbit().equal(real.sort(dim: 0).values.signbit()))
  }

  @Test func sortOfViews() {
    forkRNG {
      manualSeed(42)
      let x = Tensor.randn(6, 70, 40), y = Tensor.randn(3, 50)
      agrees("views", [x, y]) { tensors in
        let (x, y) = (tensors[0], tensors[1])
        return [
          x.transpose(0, 2).sort(dim: 1).values, x[1..., .slice(3, 60, step: 2)].sort(dim: 1, descending: true).values,
          x.flip(dims: [1]).sort(dim: 0).values, y.unsqueeze(1).expand(3, 4, 50).sort(dim: -1).values,
          y.unsqueeze(1).expand(3, 40, 50).sort(dim: 1).indices,
        ]
      }
    }
  }

  /// As long that groups sort many blocks, and runs are merged whose number is no power of two.
  @Test func sortOfLongRows() {
    forkRNG {
      manualSeed(43)
      let rows = Tensor.randn(3, 13_000), line = Tensor.randint(0, 1000, [300_001])
      for descending in [false, true] {
        agrees("rows", [rows]) { [$0[0].sort(dim: 1, descending: descending).values] }
        agrees("a line with many equals", [line], gradients: false) {
          let (values, indices) = $0[0].sort(dim: 0, descending: descending)
          return [values, indices]
        }
      }
    }
  }

  @Test(arguments: numbers) func topk(_ dtype: DType) {
    forkRNG {
      manualSeed(44)
      for (shape, dim, counts) in [
        ([], 0, [1]), ([10], 0, [0, 1, 3, 10]), ([4, 200], 1, [1, 3, 17, 150, 200]), ([200, 3], 0, [2, 40]),
        ([2, 5000], 1, [5, 70, 1000, 4999]),
      ] {
        for spread in [2.0, 20] {
          let x = Self.mixed(shape, dtype, spread: spread)
          for k in counts {
            for largest in [false, true] {
              agrees("the first \(k) of \(shape), largest \(largest)", [x], gradients: false) {
                let (values, indices) = $0[0].topk(k: k, dim: dim, largest: largest)
                return [values, indices]
              }
            }
          }
        }
      }
      agrees("a gradient", [Tensor.randn(5, 90)]) { [$0[0].topk(k: 4, dim: 1).values] }
    }
  }

  @Test(arguments: numbers) func extremes(_ dtype: DType) {
    forkRNG {
      manualSeed(45)
      for shape in [[], [1], [9], [5, 7], [2, 5000], [700, 3], [3, 1, 600]] {
        for x in [Self.mixed(shape, dtype), Self.mixed(shape, dtype).nanToNum()] {
          for dim in 0..<max(shape.count, 1) {
            agrees("along \(dim) of \(shape)", [x], gradients: false) {
              [$0[0].argmax(dim: dim), $0[0].argmin(dim: dim, keepdim: true)]
            }
          }
          agrees("of all", [x], gradients: false) { [$0[0].argmax(), $0[0].argmin()] }
        }
      }
      let x = Tensor.randn(30, 40, 20)
      agrees("views", [x], gradients: false) { tensors in
        [tensors[0].transpose(0, 2).argmax(dim: 1), tensors[0][3..., .slice(1, 39, step: 3)].argmin(dim: 0)]
      }
      agrees("gradients", [x]) { [$0[0].max(dim: 1).values, $0[0].min(dim: 0).values, $0[0].median(dim: 2).values] }
    }
  }

  @Test(arguments: numbers) func search(_ dtype: DType) {
    forkRNG {
      manualSeed(46)
      let line = Self.mixed([500], dtype).sort(dim: 0).values, rows = Self.mixed([6, 40], dtype).sort(dim: 1).values
      let values = Self.mixed([6, 9], dtype), shuffled = Self.mixed([6, 40], dtype)
      for right in [false, true] {
        agrees("searchsorted, right \(right)", [line, rows, values, shuffled], gradients: false) {
          [
            .searchsorted($0[0], $0[2], right: right), .searchsorted($0[1], $0[2], right: right),
            .searchsorted($0[3], $0[2], right: right, sorter: $0[3].argsort(dim: 1)),
            .searchsorted($0[0][..<0], $0[2], right: right), .searchsorted($0[1], $0[2][0..., ..<0], right: right),
            $0[2].transpose(0, 1).bucketize($0[0], right: right),
          ]
        }
      }
    }
  }
}
