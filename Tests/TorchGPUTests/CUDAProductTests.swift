import Testing
import TorchNN

/// Products of matrices by cuBLAS, or its fake, against the processor.
@Suite(
  .serialized, .enabled(if: FakeDevice.hasBLAS || FakeDevice.isThere == false && CUDA.isAvailable, "cuBLAS is not here")
)
struct CUDAProductTests {
  private func alike(_ what: String, _ inputs: [Tensor], _ rtol: Double, _ op: ([Tensor]) -> Tensor) {
    let before = FakeDevice.productsByBLAS
    CUDATests.expectAlike(what, inputs, rtol: rtol, atol: rtol, op)
    if FakeDevice.hasBLAS { #expect(FakeDevice.productsByBLAS > before, "\(what) did not go by cuBLAS") }
  }

  @Test func allDTypesLayoutsAndBatches() {
    forkRNG {
      manualSeed(71)
      for (dtype, rtol) in CUDATests.floats {
        let rtol = rtol * 20
        let x = Tensor.randn(5, 7).to(dtype), y = Tensor.randn(7, 9).to(dtype), z = Tensor.randn(9, 7).to(dtype)
        let bias = Tensor.randn(9).to(dtype), column = Tensor.randn(7, 1).to(dtype)
        alike("x y", [x, y], rtol) { $0[0].matmul($0[1]) }
        alike("x z'", [x, z], rtol) { $0[0].matmul($0[1].mT) }
        alike("z x'", [z, x], rtol) { $0[0].matmul($0[1].mT) }
        alike("y' x'", [x, y], rtol) { $0[1].mT.matmul($0[0].mT) }
        alike("column", [x, column], rtol) { $0[0].matmul($0[1]) }
        alike("row", [x, y], rtol) { $0[0][0..<1].matmul($0[1]) }
        alike("bias", [bias, x, y], rtol) { $0[0].addmm($0[1], $0[2]) }
        alike("scaled", [bias, x, y], rtol) { $0[0].addmm($0[1], $0[2], beta: 0.5, alpha: 2) }
        alike("slices", [x, y], rtol) { $0[0][0..., 1..<5].matmul($0[1][1..<5, .slice(0, 9, step: 2)]) }
        let many = Tensor.randn(3, 2, 5, 7).to(dtype), others = Tensor.randn(2, 7, 4).to(dtype)
        alike("batches", [many, Tensor.randn(3, 2, 7, 4).to(dtype)], rtol) { $0[0].matmul($0[1]) }
        alike("turned batches", [many, many], rtol) { $0[0].mT.matmul($0[1]) }
        alike("bmm", [many[0], others], rtol) { $0[0].bmm($0[1]) }
        alike("a repeated factor", [others, x[0..<4, 0..<4].expand(2, 4, 4)], rtol) { $0[0].matmul($0[1]) }
        alike("baddbmm", [Tensor.randn(2, 5, 4).to(dtype), many[0], others], rtol) { $0[0].baddbmm($0[1], $0[2]) }
      }
      CUDATests.expectAlike("whole numbers", [Tensor.arange(0, 12).view(3, 4), Tensor.arange(0, 8).view(4, 2)]) {
        $0[0].matmul($0[1])
      }
    }
  }

  @Test func gradientsAndNoNumbers() {
    forkRNG {
      manualSeed(72)
      func slopes(_ device: Device, _ x: Tensor, _ w: Tensor) -> [Tensor] {
        let x = x.detach().to(device).requiresGrad_(), w = w.detach().to(device).requiresGrad_()
        F.linear(x, w).square().sum().backward()
        return [x.grad!.cpu(), w.grad!.cpu()]
      }
      let x = Tensor.randn(4, 6), w = Tensor.randn(3, 6)
      for (here, there) in zip(slopes(.cpu, x, w), slopes(CUDATests.device, x, w)) {
        #expect(there.allclose(here, rtol: 1e-4, atol: 1e-4))
      }
      let odd = Tensor([[Double.nan, 1], [Double.infinity, 0]]).float()
      alike("no numbers", [odd, Tensor.ones(2, 3)], 1e-5) { $0[0].matmul($0[1]) }
    }
  }

  @Test(.enabled(if: FakeDevice.hasBLAS)) func kernelsMultiplyWhereLibrariesAreOff() async {
    await #expect(processExitsWith: .success) {
      backends.gpu.usesLibraries = false
      let x = Tensor.arange(0, 12).float().view(3, 4), before = FakeDevice.productsByBLAS
      #expect(x.cuda().matmul(x.cuda().mT).cpu().equal(x.matmul(x.mT)))
      #expect(FakeDevice.productsByBLAS == before)
    }
  }
}
