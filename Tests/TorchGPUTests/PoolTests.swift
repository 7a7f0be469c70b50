import Testing
import TorchNN

@Suite(.enabled(if: OpenCL.isAvailable, "OpenCL has no device here"))
struct PoolTests {
  @Test(arguments: [DType.float32, .float64, .float16, .bfloat16, .int32]) func maxima(_ dtype: DType) {
    forkRNG {
      manualSeed(21)
      let x = (Tensor.randn(2, 5, 11, 9) * 9).to(dtype)
      for pool in [
        MaxPool2d(2), MaxPool2d(3, stride: 2, padding: 1), MaxPool2d(3, stride: 1, padding: 1),
        MaxPool2d(3, stride: 1, dilation: 2), MaxPool2d(2, stride: 3, ceilMode: true),
        MaxPool2d(2, stride: 1, padding: 1, dilation: 10),  // whose first windows of rows have no element
      ] {
        for format in [MemoryFormat.contiguousFormat, .channelsLast] {
          agrees("\(pool)", [x]) { t in
            let (values, places) = pool.withIndices(t[0].contiguous(memoryFormat: format))
            return [values, places]
          }
        }
      }
    }
  }

  @Test func linesVolumesAndWhatIsNoNumber() {
    forkRNG {
      manualSeed(22)
      agrees("lines", [.randn(2, 3, 20)]) { [F.maxPool1d($0[0], kernelSize: 3, stride: 2, padding: 1)] }
      agrees("volumes", [.randn(1, 2, 6, 7, 8)]) { [F.maxPool3d($0[0], kernelSize: 2, stride: 2, padding: 1)] }
      let x = Tensor.randn(1, 1, 6, 6)
      x[0, 0, 2, 3] = Tensor(Double.nan)
      x[0, 0, 4, 0...] = Tensor(-Double.infinity)
      agrees("no numbers", [x]) { [F.maxPool2d($0[0], kernelSize: 3, stride: 1)] }
    }
  }
}
