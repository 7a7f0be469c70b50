import Testing
import TorchNN

/// Pools of half types, which go by float32: the greatest number of a window is the same there, to the bit.
@Suite struct HalfPoolTests {
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
}
