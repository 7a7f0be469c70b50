import CTorchGPU
import Synchronization
import TorchBackend

/// A device of CUDA: its primary context, which other libraries of the process share, and streams in it.
///
/// The current context belongs to a thread of the system, and Swift's tasks move between those: every call sets it first.
///
/// `@unchecked Sendable`: the driver may be called from any thread; the context is made once, under the lock.
final class CUDADevice: GPUDevice, @unchecked Sendable {
  let facts: GPUFacts
  let cuda: CUDACalls
  private let compiler: CUDACompiler
  private let id: cu_device
  /// As 90 for 9.0.
  let capability: Int
  private let mostGroups: Grid

  private struct Opened: @unchecked Sendable { let context: cu_object }

  /// Made at the first use: a context takes hundreds of megabytes on its device.
  private let opened = Mutex<Opened?>(nil)
  /// Whether the driver refused code of the compiler's: then it gets PTX.
  private let wantsPTX = Atomic<Bool>(false)

  init(_ cuda: CUDACalls, _ compiler: CUDACompiler, index: Int32) throws(GPUError) {
    self.cuda = cuda
    self.compiler = compiler
    var device: cu_device = 0
    try cuda.check(cuda.calls.cuDeviceGet(&device, index), "device \(index) of CUDA")
    id = device
    func number(_ what: Int) -> Int {
      var value: Int32 = 0
      return cuda.calls.cuDeviceGetAttribute(&value, Int32(what), device) == 0 ? Int(value) : 0
    }
    var name = [CChar](repeating: 0, count: 256), bytes = 0, version: Int32 = 0
    try cuda.check(cuda.calls.cuDeviceGetName(&name, 255, device), "the name of device \(index)")
    try cuda.check(cuda.calls.cuDeviceTotalMem_v2(&bytes, device), "the memory of device \(index)")
    _ = cuda.calls.cuDriverGetVersion(&version)
    let major = number(TG_CU_COMPUTE_CAPABILITY_MAJOR), minor = number(TG_CU_COMPUTE_CAPABILITY_MINOR)
    capability = major * 10 + minor
    mostGroups = Grid(number(TG_CU_MAX_GRID_DIM_X), number(TG_CU_MAX_GRID_DIM_Y), number(TG_CU_MAX_GRID_DIM_Z))
    var facts = GPUFacts()
    facts.name = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    facts.vendor = "NVIDIA Corporation"
    facts.version =
      "compute capability \(major).\(minor), CUDA driver \(version / 1000).\(version % 1000 / 10), \(compiler.name)"
    facts.totalBytes = bytes
    facts.largestBlockBytes = bytes
    facts.computeUnits = max(number(TG_CU_MULTIPROCESSOR_COUNT), 1)
    facts.mostLanes = number(TG_CU_MAX_THREADS_PER_BLOCK)
    facts.localBytes = number(TG_CU_MAX_SHARED_MEMORY_PER_BLOCK)
    self.facts = facts
  }

  func check(_ code: cu_result, _ doing: @autoclosure () -> String) throws(GPUError) {
    try cuda.check(code, "\(doing()) on \(facts.name)")
  }

  /// Makes the context the thread's own.
  func enter() throws(GPUError) {
    let opened = try opened.withLock { opened throws(GPUError) -> Opened in
      if let opened { return opened }
      var context: cu_object?
      try check(cuda.calls.cuDevicePrimaryCtxRetain(&context, id), "a context")
      guard let context else { throw GPUError("CUDA gave no context on \(facts.name)") }
      let made = Opened(context: context)
      opened = made
      return made
    }
    try check(cuda.calls.cuCtxSetCurrent(opened.context), "the context")
  }

  func allocate(byteCount: Int) throws(GPUError) -> UnsafeMutableRawPointer {
    try enter()
    var address: cu_address = 0
    try check(cuda.calls.cuMemAlloc_v2(&address, byteCount), "\(byteCount) bytes")
    guard let block = UnsafeMutableRawPointer(bitPattern: UInt(address)) else {
      throw GPUError(.outOfMemory, "\(byteCount) bytes on \(facts.name): CUDA gave none")
    }
    return block
  }

  func free(_ block: UnsafeMutableRawPointer) {
    guard (try? enter()) != nil else { return }
    _ = cuda.calls.cuMemFree_v2(address(block))
  }

  func address(_ block: UnsafeMutableRawPointer, at offset: Int = 0) -> cu_address {
    cu_address(UInt(bitPattern: block)) + cu_address(offset)
  }

  func synchronize() throws(GPUError) {
    try enter()
    try check(cuda.calls.cuCtxSynchronize(), "waiting")
  }
}

// MARK: programs

extension CUDADevice {
  func build(_ text: String) throws(GPUError) -> any GPUProgram {
    try enter()
    // A device that is newer than the compiler gets the newest PTX that the compiler knows.
    if !wantsPTX.load(ordering: .relaxed), compiler.capabilities.contains(capability) {
      let image = try compiler.compile(text, for: .code(capability))
      var refusal: GPUError?
      if let program = try loaded(image, &refusal) { return program }
      wantsPTX.store(true, ordering: .relaxed)
    }
    let known = compiler.capabilities.last { $0 <= capability } ?? capability
    let image = try compiler.compile(text, for: .ptx(known))
    var refusal: GPUError?
    if let program = try loaded(image, &refusal) { return program }
    throw refusal ?? GPUError("a program on \(facts.name) was refused")
  }

  /// The program in the device's memory; nil and the reason where the driver does not take what the compiler made.
  private func loaded(_ image: [CChar], _ refusal: inout GPUError?) throws(GPUError) -> CUDAProgram? {
    var module: cu_object?
    var log = [CChar](repeating: 0, count: 8192)
    let code = log.withUnsafeMutableBufferPointer { log in
      let options = [Int32(TG_CU_JIT_ERROR_LOG_BUFFER), Int32(TG_CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES)]
      var values = [UnsafeMutableRawPointer(log.baseAddress), UnsafeMutableRawPointer(bitPattern: log.count)]
      return cuda.calls.cuModuleLoadDataEx(&module, image, 2, options, &values)
    }
    switch Int(code) {
    case TG_CU_SUCCESS:
      guard let module else { throw GPUError("CUDA gave no program on \(facts.name)") }
      return CUDAProgram(cuda, module)
    case TG_CU_INVALID_IMAGE, TG_CU_NO_BINARY_FOR_GPU, TG_CU_INVALID_PTX, TG_CU_UNSUPPORTED_PTX_VERSION:
      let words = String(decoding: log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let told = cuda.error(code, "a program of \(compiler.name) on \(facts.name)").description
      refusal = GPUError(
        "\(told); a driver does not take what a newer compiler makes: update NVIDIA's driver or take an older NVRTC"
          + (words.isEmpty ? "" : "\n\(words)"))
      return nil
    default:
      throw cuda.error(code, "a program on \(facts.name)")
    }
  }

  func launch(_ kernel: any GPUKernel, groups: Grid, lanes: Grid, _ arguments: GPUArguments, on queue: any GPUQueue)
    throws(GPUError)
  {
    let kernel = kernel as! CUDAKernel
    guard groups.x <= mostGroups.x, groups.y <= mostGroups.y, groups.z <= mostGroups.z, lanes.count <= facts.mostLanes
    else {
      throw GPUError(
        "the kernel \(kernel.name): \(groups.x) x \(groups.y) x \(groups.z) groups of \(lanes.count) threads are more than "
          + "\(facts.name) takes")
    }
    // Each argument at a place of its own that is aligned for every type.
    var words: [UInt64] = [], starts: [Int] = [], sizes: [Int] = []
    for argument in arguments.list {
      starts.append(words.count)
      switch argument {
      case .block(let block):
        words.append(UInt64(UInt(bitPattern: block)))
        sizes.append(MemoryLayout<cu_address>.size)
      case .bytes(let range):
        words.append(contentsOf: repeatElement(0, count: (range.count + 7) / 8))
        let start = starts[starts.count - 1]
        words.withUnsafeMutableBytes { $0[(start * 8)...].copyBytes(from: arguments.bytes[range]) }
        sizes.append(range.count)
      }
    }
    if let wanted = kernel.argumentSizes, wanted != sizes {
      throw GPUError("the kernel \(kernel.name) takes arguments of \(wanted) bytes and got \(sizes)")
    }
    let stream = try stream(queue)
    let code = words.withUnsafeMutableBytes { bytes in
      var pointers: [UnsafeMutableRawPointer?] = starts.map { start in bytes.baseAddress.map { $0 + start * 8 } }
      return cuda.calls.cuLaunchKernel(
        kernel.function, UInt32(groups.x), UInt32(groups.y), UInt32(groups.z), UInt32(lanes.x), UInt32(lanes.y),
        UInt32(lanes.z), 0, stream, &pointers, nil)
    }
    try check(code, "the kernel \(kernel.name)")
  }
}

/// `@unchecked Sendable`: the module is not changed once it is loaded.
final class CUDAProgram: GPUProgram, @unchecked Sendable {
  private let cuda: CUDACalls
  private let module: cu_object

  init(_ cuda: CUDACalls, _ module: cu_object) {
    self.cuda = cuda
    self.module = module
  }

  func kernel(_ name: String) throws(GPUError) -> any GPUKernel {
    var function: cu_object?
    try cuda.check(cuda.calls.cuModuleGetFunction(&function, module, name), "the kernel \(name)")
    guard let function else { throw GPUError("CUDA gave no kernel \(name)") }
    return CUDAKernel(cuda, name, function)
  }
}

/// `@unchecked Sendable`: a function of a program has no state.
final class CUDAKernel: GPUKernel, @unchecked Sendable {
  let name: String
  let function: cu_object
  /// How many bytes each argument has, where the driver tells: launches of the wrong ones are caught by that alone.
  let argumentSizes: [Int]?

  init(_ cuda: CUDACalls, _ name: String, _ function: cu_object) {
    self.name = name
    self.function = function
    guard let info = cuda.calls.cuFuncGetParamInfo else {
      argumentSizes = nil
      return
    }
    var sizes: [Int] = [], offset = 0, size = 0
    while info(function, sizes.count, &offset, &size) == 0 { sizes.append(size) }
    argumentSizes = sizes
  }
}
