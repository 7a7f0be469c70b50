import Testing
import TorchNN

/// Products of matrices and convolutions on a device, in both ways of tiles.
@Suite(.serialized, .enabled(if: OpenCL.isAvailable, "OpenCL has no device here"))
struct ProductTests {
  static let floats: [DType] = [.float32, .float64, .float16, .bfloat16]

  /// Lets products go by shared tiles, or not, while `body` runs.
  private func inBothWays(_ body: (String) -> Void) {
    for shares in [false, true] {
      backends.gpu.sharesTiles = shares
      body(shares ? "together" : "alone")
    }
    backends.gpu.sharesTiles = nil
  }

  @Test(arguments: floats) func matricesOfAllSizes(_ dtype: DType) {
    forkRNG {
      manualSeed(11)
      for (m, k, n) in [(1, 1, 1), (3, 5, 2), (65, 33, 17), (70, 7, 130), (1, 300, 40), (40, 300, 1), (9, 2000, 8)] {
        let x = Tensor.randn(m, k).to(dtype) * 0.2, y = Tensor.randn(k, n).to(dtype), b = Tensor.randn(n).to(dtype)
        inBothWays { way in
          agrees("\(m) x \(k) x \(n) \(way)", [x, y, b]) { [$0[0].matmul($0[1]), $0[2].addmm($0[0], $0[1])] }
        }
      }
    }
  }

  @Test func layoutsAndBatches() {
    forkRNG {
      manualSeed(12)
      let x = Tensor.randn(2, 3, 20, 18), y = Tensor.randn(3, 18, 24), z = Tensor.randn(24, 18)
      inBothWays { way in
        agrees("batches that repeat \(way)", [x, y]) { [$0[0].matmul($0[1])] }
        agrees("transposed \(way)", [x, z]) { [$0[0].matmul($0[1].mT), $0[1].matmul($0[0].mT)] }
        agrees("slices \(way)", [x, z]) { t in
          [
            t[0][0..., 1, 2..., 1...].matmul(t[1][1..<20, 0..<17].mT),
            t[0].permute(3, 1, 0, 2).matmul(t[0].permute(3, 1, 2, 0)),
          ]
        }
        agrees("many dimensions \(way)", [Tensor.randn([2, 1, 2, 1, 2, 1, 2, 1, 2, 9, 8])], gradients: false) { t in
          let y = t[0].transpose(0, 2).transpose(4, 6).transpose(6, 8)
          return [y.matmul(y.mT)]
        }
      }
    }
  }

  @Test(arguments: [DType.uint8, .int8, .int32, .int64]) func wholeNumbersWrapAround(_ dtype: DType) {
    let x = Tensor.arange(0, 9 * 700).view(9, 700).to(dtype)
    let y = Tensor.arange(-300, 700 * 11 - 300).view(700, 11).to(dtype)
    inBothWays { way in agrees("whole \(way)", [x, y]) { [$0[0].matmul($0[1])] } }
  }

  @Test func nothingToAdd() {
    inBothWays { way in
      agrees("empty \(way)", [.ones(3, 0), .ones(0, 4), .ones(4)]) {
        [$0[0].matmul($0[1]), $0[2].addmm($0[0], $0[1]), $0[0][0..<0].matmul($0[1])]
      }
      let x = Tensor([[Double.nan, 1], [Double.infinity, 0]]).float()
      agrees("no numbers \(way)", [x, .ones(2, 3)], gradients: false) { [$0[0].matmul($0[1])] }
    }
  }

  @Test(arguments: floats) func convolutionsOfImages(_ dtype: DType) {
    forkRNG {
      manualSeed(13)
      let x = Tensor.randn(2, 8, 9, 11).to(dtype)
      for (groups, size, stride, padding, dilation) in [
        (1, 3, 1, 1, 1), (1, 3, 2, 1, 1), (2, 3, 1, 0, 2), (8, 3, 2, 2, 1), (4, 1, 3, 0, 1), (1, 2, 3, 2, 3),
      ] {
        let weight = (Tensor.randn(16, 8 / groups, size, size) * 0.2).to(dtype), bias = Tensor.randn(16).to(dtype)
        inBothWays { way in
          agrees("conv2d \(groups), \(size), \(stride), \(padding), \(dilation) \(way)", [x, weight, bias]) {
            [F.conv2d($0[0], $0[1], $0[2], stride: stride, padding: padding, dilation: dilation, groups: groups)]
          }
        }
      }
    }
  }

  @Test func linesVolumesAndUnevenPadding() {
    forkRNG {
      manualSeed(14)
      let line = Tensor.randn(3, 4, 50, dtype: .float64), volume = Tensor.randn(1, 4, 5, 6, 7, dtype: .float64)
      let along = Tensor.randn(6, 2, 4, dtype: .float64), cube = Tensor.randn(9, 4, 2, 3, 2, dtype: .float64)
      let back = Tensor.randn(4, 3, 3, 3, dtype: .float64), image = Tensor.randn(2, 4, 5, 6, dtype: .float64)
      inBothWays { way in
        agrees("conv1d \(way)", [line, along]) { [F.conv1d($0[0], $0[1], stride: 2, padding: 3, groups: 2)] }
        agrees("same \(way)", [line, along]) { [F.conv1d($0[0], $0[1], padding: .same, groups: 2)] }
        agrees("conv3d \(way)", [volume, cube]) {
          [F.conv3d($0[0], $0[1], stride: [1, 2, 1], padding: [1, 0, 2], dilation: [1, 2, 3])]
        }
        agrees("transposed \(way)", [image, back]) {
          [F.convTranspose2d($0[0], $0[1], stride: 2, padding: 1, outputPadding: 1)]
        }
      }
    }
  }

  @Test func convolutionsOfChannelsThatComeLast() {
    forkRNG {
      manualSeed(15)
      let x = Tensor.randn(2, 8, 9, 10), weight = Tensor.randn(12, 8, 3, 3) * 0.2
      inBothWays { way in
        agrees("channels last \(way)", [x, weight]) { t in
          let y = F.conv2d(t[0].contiguous(memoryFormat: .channelsLast), t[1], padding: 1)
          #expect(y.isContiguous(memoryFormat: .channelsLast))
          return [y]
        }
      }
    }
  }

  /// Sums over many places are cut into parts; they come out alike each time.
  @Test func longSumsAreDeterministic() {
    forkRNG {
      manualSeed(16)
      let x = Tensor.randn(4, 3, 40, 40), weight = Tensor.randn(5, 3, 3, 3)
      inBothWays { way in
        agrees("long sums \(way)", [x, weight * 0.1]) { [F.conv2d($0[0], $0[1], padding: 1) * 0.05] }
        func slope() -> Tensor {
          let leaf = weight.to(Device(.opencl)).requiresGrad_()
          F.conv2d(x.to(Device(.opencl)), leaf).sum().backward()
          return leaf.grad!.cpu()
        }
        #expect(slope().equal(slope()), "\(way)")
      }
    }
  }

  @Test func secondDerivatives() {
    forkRNG {
      manualSeed(17)
      let x = Tensor.randn(2, 2, 6, 6, dtype: .float64), weight = Tensor.randn(3, 2, 3, 3, dtype: .float64)
      agrees("second derivatives", [x, weight]) { t in
        let y = F.conv2d(t[0], t[1], padding: 1)
        return grad(outputs: [(y * y).sum()], inputs: [t[0], t[1]], createGraph: true).compactMap { $0 }
      }
    }
  }
}
