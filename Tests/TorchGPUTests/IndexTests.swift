import Testing
import TorchNN

/// Reads and writes by index, in every mode, with indices that repeat.
@Suite(.enabled(if: OpenCL.isAvailable, "OpenCL has no device here"))
struct IndexTests {
  @Test(arguments: OrderTests.kinds) func gather(_ dtype: DType) {
    forkRNG {
      manualSeed(61)
      let x = OrderTests.mixed([7, 30, 5], dtype)
      for dim in 0..<3 {
        let index = Tensor.randint(0, x.size(dim), [6, 12, 4])
        agrees("gather along \(dim)", [x, index], gradients: false) {
          [
            $0[0].gather(dim: dim, index: $0[1]),
            $0[0].flip(dims: [1]).gather(dim: dim, index: $0[1][1..., .slice(0, 12, step: 5)]),
          ]
        }
      }
      agrees("a scalar", [x[0, 0, 0], Tensor([0, 0, 0]), Tensor(0)], gradients: false) {
        [$0[0].gather(dim: 0, index: $0[1]), $0[0].gather(dim: 0, index: $0[2])]
      }
    }
  }

  /// Long lines go by order, short ones line by line.
  @Test(arguments: OrderTests.kinds) func scatter(_ dtype: DType) {
    forkRNG {
      manualSeed(62)
      for (shape, written, dim) in [
        ([5, 8], [4, 6], 0), ([5, 8], [5, 30], 1), ([50], [3000], 0), ([2, 9, 1], [2, 700, 1], 1),
      ] {
        let x = Tensor.randint(0, 3, shape).to(dtype), source = Tensor.randint(0, 3, written).to(dtype)
        let index = Tensor.randint(0, shape[dim], written)
        agrees("scatter of \(written) along \(dim)", [x, index, source], gradients: false) {
          [
            $0[0].scatter(dim: dim, index: $0[1], src: $0[2]), $0[0].scatterAdd(dim: dim, index: $0[1], src: $0[2]),
            $0[0].scatter(dim: dim, index: $0[1], src: $0[2], reduce: .multiply),
            $0[0].scatterReduce(dim: dim, index: $0[1], src: $0[2], reduce: .amax),
            $0[0].scatterReduce(dim: dim, index: $0[1], src: $0[2], reduce: .amin),
            $0[0].transpose(0, -1).contiguous().transpose(0, -1).scatterAdd(dim: dim, index: $0[1], src: $0[2]),
          ]
        }
      }
    }
  }

  /// Sums of floats in the order of the indices: the same bits as the processor's, and in every run.
  @Test(arguments: [DType.float32, .float64, .float16, .bfloat16]) func sumsInOrder(_ dtype: DType) {
    forkRNG {
      manualSeed(63)
      let source = Tensor.randn([20_000]).to(dtype), index = Tensor.randint(0, 11, [20_000])
      let rows = Tensor.randn([3000, 8]).to(dtype), places = Tensor.randint(0, 5, [3000])
      func sums(_ device: Device) -> [Tensor] {
        [
          Tensor.zeros([11], dtype: dtype, device: device)
            .scatterAdd(dim: 0, index: index.to(device), src: source.to(device)).cpu(),
          Tensor.zeros([5, 8], dtype: dtype, device: device)
            .indexPut([places.to(device)], rows.to(device), accumulate: true).cpu(),
        ]
      }
      let wanted = sums(.cpu), got = sums(.opencl(0))
      for (theirs, ours) in zip(wanted, got) { #expect(ours.equal(theirs), "\(ours) \(theirs)") }
    }
  }

  @Test(arguments: OrderTests.dtypes) func entries(_ dtype: DType) {
    forkRNG {
      manualSeed(64)
      let x = OrderTests.mixed([6, 7, 5], dtype).nanToNum(), rows = Tensor.randint(-6, 6, [4, 3])
      let columns = Tensor.randint(-7, 7, [3])
      agrees("reads", [x, rows, columns], gradients: false) {
        let (x, rows, columns) = ($0[0], $0[1], $0[2])
        return [
          x[rows], x[rows, columns], x[0..., columns], x[rows, 0..., Tensor(0, device: x.device)],
          x.transpose(0, 2)[0..., columns], x.indexSelect(dim: 1, index: columns.abs()), x[rows[..<0]],
          x[x .> 3], x.take(Tensor.arange(0, 210, 11).to(x.device)),
        ]
      }
      agrees("writes", [x, rows, columns, Tensor.randint(0, 3, [4, 3, 7, 5]).to(dtype)], gradients: false) {
        let (x, rows, columns, values) = ($0[0], $0[1], $0[2], $0[3])
        return [
          x.indexPut([rows], values), x.indexPut([rows, columns], values[0..., 0..., 0]),
          x.indexPut([rows], values, accumulate: true),
          x.indexPut([rows, columns], values[0..., 0..., 1], accumulate: true),
          x.transpose(0, 2).indexPut(
            [Tensor([4, 4, -1]).to(x.device)], values[0, 0, 0..., 0].unsqueeze(-1), accumulate: true),
          x.indexCopy(dim: 1, index: Tensor([3, 0]).to(x.device), source: values[..<2].reshape(6, 7, 5)[0..., ..<2]),
          x.indexAdd(dim: 0, index: Tensor([3, 0, 3]).to(x.device), source: values[0]),
        ]
      }
    }
  }

  @Test func gradients() {
    forkRNG {
      manualSeed(65)
      let x = Tensor.randn(40, 16), index = Tensor.randint(0, 40, [700]), cells = Tensor.randint(0, 16, [40, 30])
      agrees("reads", [x, index, cells]) {
        [$0[0][$0[1]], $0[0].gather(dim: 1, index: $0[2]), $0[0].indexSelect(dim: 0, index: $0[1])]
      }
      agrees("an embedding", [x, index]) { [F.embedding($0[1], $0[0])] }
      agrees("writes", [x, index, Tensor.randn(700, 16), cells, Tensor.randn(40, 30)]) {
        [
          $0[0].indexPut([$0[1]], $0[2], accumulate: true), $0[0].indexAdd(dim: 0, index: $0[1], source: $0[2]),
          $0[0].scatterAdd(dim: 1, index: $0[3], src: $0[4]),
        ]
      }
    }
  }

  @Test(arguments: OrderTests.kinds) func nonzero(_ dtype: DType) {
    forkRNG {
      manualSeed(66)
      for shape in [[], [0], [4, 0], [1], [30], [5, 6, 7], [3, 5000], [40_000]] {
        let x = Tensor.randint(0, 2, shape).to(dtype)
        agrees("nonzero of \(shape)", [x], gradients: false) {
          [$0[0].nonzero(), ($0[0] * 0).nonzero()] + ($0[0].ndim > 1 ? [$0[0].transpose(0, 1).nonzero()] : [])
        }
      }
    }
  }

  /// More dimensions than kernels walk.
  @Test func manyDimensions() {
    forkRNG {
      manualSeed(67)
      let order = [9, 0, 7, 2, 5, 4, 3, 6, 1, 8]
      let x = Tensor.randn([Int](repeating: 2, count: 10)), index = Tensor.randint(0, 2, [Int](repeating: 2, count: 10))
      agrees("views of 10 dimensions", [x, index, Tensor([1, 0, 1])], gradients: false) {
        let (x, index) = ($0[0].permute(order), $0[1].permute(order.reversed()))
        return [
          x.argmax(dim: 4), x.cumsum(dim: 3), x.sort(dim: 5).values, x.sort(dim: 0).indices,
          x.topk(k: 1, dim: 2).values,
          x.cummax(dim: 1).indices, x.gather(dim: 0, index: index), x.scatterAdd(dim: 2, index: index, src: x),
          x[$0[2]],
          x.indexPut([$0[2]], x[$0[2]], accumulate: true), x.round().nonzero(),
        ]
      }
    }
  }

  @Test func outOfRange() async {
    let reads = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor.ones([3, 4], device: .opencl(0))
      print(x.gather(dim: 1, index: Tensor([[0, 7]]).to(.opencl(0))).cpu())
    }
    says(reads, "index 7 is out of bounds for dimension 1 with size 4")
    let writes = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor.ones([3, 4], device: .opencl(0))
      print(
        x.scatterAdd(dim: 0, index: Tensor([[0, -1]]).to(.opencl(0)), src: Tensor.ones([1, 2], device: .opencl(0)))
          .cpu())
    }
    says(writes, "index -1 is out of bounds for dimension 0 with size 3")
    let entries = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor.ones([3, 4], device: .opencl(0))
      print(x[0..., Tensor([-4, 3, -5]).to(.opencl(0))].cpu())
    }
    says(entries, "index -5 is out of bounds for dimension 1 with size 4")
  }

  /// Checks that what a process wrote before its end holds these words.
  private func says(_ end: ExitTest.Result?, _ words: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let text = String(decoding: end?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(words), "\(text)", sourceLocation: sourceLocation)
  }
}
