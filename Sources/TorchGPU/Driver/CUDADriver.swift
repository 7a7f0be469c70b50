import CTorchGPU
import TorchBackend

/// Devices reached by CUDA's driver, which is looked for at run time.
struct CUDADriver: GPUDriver {
  func devices() throws(GPUError) -> [any GPUDevice] {
    var missing: UnsafePointer<CChar>?
    guard let library = tg_cuda_load(&missing) else {
      let what = missing.map { String(cString: $0) } ?? "CUDA"
      throw GPUError(.unavailable, "\(what) was not found; install NVIDIA's driver for this machine's GPU")
    }
    let cuda = CUDACalls(library: library)
    let started = cuda.calls.cuInit(0)
    // A driver without a device says so here or by a count of zero.
    if started != 0 && started != cu_result(TG_CU_NO_DEVICE) { throw cuda.error(started, "starting CUDA") }
    var count: Int32 = 0
    if started == 0 { try cuda.check(cuda.calls.cuDeviceGetCount(&count), "counting CUDA's devices") }
    if count == 0 {
      throw GPUError(
        .unavailable, "CUDA's driver is there and sees no device; look at nvidia-smi and CUDA_VISIBLE_DEVICES")
    }
    let compiler = try CUDACompiler.found()
    var found: [any GPUDevice] = []
    for index in 0..<count { found.append(try CUDADevice(cuda, compiler, index: index)) }
    return found
  }
}

/// The functions of the library, with Swift's words for what they give.
///
/// `@unchecked Sendable`: the table never changes once it is filled.
struct CUDACalls: @unchecked Sendable {
  private let library: UnsafePointer<tg_cuda>

  init(library: UnsafePointer<tg_cuda>) { self.library = library }

  var calls: tg_cuda { library.pointee }

  func check(_ code: cu_result, _ doing: @autoclosure () -> String) throws(GPUError) {
    if code != 0 { throw error(code, doing()) }
  }

  /// The library's number as words.
  func error(_ code: cu_result, _ doing: String) -> GPUError {
    var name: UnsafePointer<CChar>?, words: UnsafePointer<CChar>?
    _ = calls.cuGetErrorName(code, &name)
    _ = calls.cuGetErrorString(code, &words)
    let told = [name, words].compactMap { $0.map { String(cString: $0) } }.joined(separator: ", ")
    return GPUError(
      code == cu_result(TG_CU_OUT_OF_MEMORY) ? .outOfMemory : .failed,
      "\(doing): CUDA error \(code)\(told.isEmpty ? "" : " (\(told))")")
  }
}
