import Testing
import Torch

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What is said where CUDA, or a part of it, is not there; each in a process of its own, since the driver is looked for once.
@Suite struct CUDAReasonTests {
  @Test func missingDriver() async {
    await #expect(processExitsWith: .success) {
      setenv("TORCH_CUDA_LIBRARY", "libcuda-that-is-not-here.so", 1)
      let reason = CUDA.unavailableReason ?? ""
      if CUDA.isAvailable || CUDA.deviceCount != 0 || !reason.contains("libcuda-that-is-not-here.so was not found") {
        exit(1)
      }
    }
  }

  @Test(.enabled(if: FakeDevice.isThere))
  func missingDevice() async {
    await #expect(processExitsWith: .success) {
      setenv("FAKE_CUDA_DEVICES", "0", 1)
      if CUDA.isAvailable || CUDA.unavailableReason?.contains("sees no device") != true { exit(1) }
    }
  }

  @Test(.enabled(if: FakeDevice.isThere))
  func missingCompiler() async {
    await #expect(processExitsWith: .success) {
      setenv("TORCH_NVRTC_LIBRARY", "libnvrtc-that-is-not-here.so", 1)
      if CUDA.isAvailable || CUDA.unavailableReason?.contains("libnvrtc-that-is-not-here.so was not found") != true {
        exit(1)
      }
    }
  }
}

/// Faults of a device of CUDA, and what they say.
@Suite(.enabled(if: FakeDevice.isThere, "the fake of CUDA's driver is not there; ./check builds it"))
struct CUDAFaultTests {
  private func expect(_ words: String, in result: ExitTest.Result?) {
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(words), "\(text.suffix(400))")
  }

  @Test func driverOlderThanTheCompiler() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      setenv("FAKE_CUDA_TAKES_NO_PTX", "1", 1)
      _ = Tensor.ones(2, device: .cuda(0))
    }
    expect("update NVIDIA's driver or take an older NVRTC", in: result)
  }

  @Test func outOfMemory() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      setenv("FAKE_CUDA_MIB", "64", 1)
      _ = Tensor.ones(100 << 20, dtype: .uint8, device: .cuda(0))
    }
    expect("out of memory on cuda:0 (Fake CUDA 0)", in: result)
  }

  /// The driver may refuse what it seemed to have: what is kept goes back, and then there is room.
  @Test func keptMemoryGoesBack() async {
    await #expect(processExitsWith: .success) {
      setenv("FAKE_CUDA_MIB", "64", 1)
      for megabytes in [40, 50, 45] {
        let x = Tensor.empty(megabytes << 20, dtype: .uint8, device: .cuda(0))
        if x.numel() != megabytes << 20 || CUDA.memoryReserved() > 64 << 20 { exit(1) }
      }
    }
  }

  @Test func noSuchDevice() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, device: .cuda(99))
    }
    expect("cuda:99 is not available: there are cuda:0 to cuda:7", in: result)
  }

  @Test func divisionByZeroIsSaidAtTheNextWait() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor([1, 2, 3]).to(.cuda(0)), zeros = Tensor([1, 0, 1]).to(.cuda(0))
      _ = x.floorDivide(zeros).cpu()
    }
    expect("integer division by zero", in: result)
  }
}
