import Testing
import TorchNN

/// Maxima of windows: dtypes, memory formats and the way back.
@Suite struct MaxPoolTests {
  /// The greatest number of a half type is that of the same numbers in float32.
  @Test(arguments: [DType.bfloat16, .float16]) func greatestIsExact(_ dtype: DType) {
    forkRNG {
      manualSeed(3)
      let x = Tensor.randn(2, 5, 11, 40).to(dtype)
      x[0, 1, 2, 3] = Tensor(Double.nan)
      x[1, 2, 0...3] = Tensor(-Double.infinity)
      for format in [MemoryFormat.contiguousFormat, .channelsLast] {
        for pool in [MaxPool2d(2), MaxPool2d(3, stride: 2, padding: 1), MaxPool2d(3, stride: 1, dilation: 2)] {
          let half = pool.withIndices(x.contiguous(memoryFormat: format))
          let wide = pool.withIndices(x.to(.float32))
          #expect(half.output.dtype == dtype && half.output.isContiguous(memoryFormat: format))
          #expect(half.indices.equal(wide.indices))
          #expect(half.output.to(.float32).nanToNum().equal(wide.output.nanToNum()))
          #expect(half.output.isnan().equal(wide.output.isnan()))
        }
      }
    }
  }

  /// Results, places and gradients have the format of the input, as PyTorch's, and the numbers of row-major images.
  @Test(arguments: [DType.float32, .float64, .bfloat16, .float16]) func formatsAreKept(_ dtype: DType) {
    forkRNG {
      manualSeed(5)
      let x = Tensor.randn(2, 37, 11, 9).to(dtype)
      for pool in [
        MaxPool2d(2), MaxPool2d(3, stride: 2, padding: 1), MaxPool2d(3, stride: 1, padding: 1),
        MaxPool2d(3, stride: 1, dilation: 2), MaxPool2d(2, stride: 3, ceilMode: true),
        MaxPool2d(2, stride: 1, padding: 1, dilation: 10),  // whose first windows of rows have no element
      ] {
        func run(_ format: MemoryFormat) -> (output: Tensor, indices: Tensor, slope: Tensor) {
          let leaf = x.contiguous(memoryFormat: format).detach().requiresGrad_()
          let found = pool.withIndices(leaf)
          let factors = Tensor.arange(0, found.output.numel()).view(found.output.shape).sin().to(dtype)
          (found.output * factors).sum().backward()
          #expect(found.output.isContiguous(memoryFormat: format))
          #expect(found.indices.isContiguous(memoryFormat: format) && found.indices.dtype == .int64)
          #expect(leaf.grad!.isContiguous(memoryFormat: format))
          return (found.output, found.indices, leaf.grad!)
        }
        let rows = run(.contiguousFormat), last = run(.channelsLast)
        #expect(rows.output.equal(last.output) && rows.indices.equal(last.indices), "\(pool)")
        #expect(rows.slope.equal(last.slope), "\(pool)")
      }
    }
  }

  /// A gradient of row-major numbers for a pool of channels that come last, and the gradient of that gradient.
  @Test func gradientsOfGradientsFollow() {
    forkRNG {
      manualSeed(7)
      let x = Tensor.randn(1, 9, 6, 7, dtype: .float64)
      func slopes(_ format: MemoryFormat) -> Tensor {
        let leaf = x.contiguous(memoryFormat: format).detach().requiresGrad_()
        let out = F.maxPool2d(leaf, kernelSize: 3, stride: 1, padding: 1)
        let first = grad((out * out * out).contiguous().sum(), leaf, createGraph: true)
        (first * first).sum().backward()
        return leaf.grad!
      }
      #expect(slopes(.contiguousFormat).allclose(slopes(.channelsLast)))
    }
  }
}
