import CTorchGPU
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A device of the fake of CUDA's driver, by the driver's own functions: what no op of the library would do can be asked of it.
struct FakeDevice {
  /// Why the compiler or the driver did not take something.
  struct Refused: Error { let words: String }

  static var isThere: Bool {
    guard let name = getenv("TORCH_CUDA_LIBRARY"), String(cString: name).contains("fakecuda") else { return false }
    var missing: UnsafePointer<CChar>?
    return tg_cuda_load(&missing) != nil && tg_nvrtc_load(&missing) != nil
  }

  /// Whether the fake of cuBLAS is there, too.
  static var hasBLAS: Bool {
    var missing: UnsafePointer<CChar>?
    return isThere && tg_cublas_load(&missing) != nil
  }

  /// How many products the fake of cuBLAS was asked for.
  static var productsByBLAS: Int {
    guard let name = getenv("TORCH_CUBLAS_LIBRARY"), let library = dlopen(name, RTLD_NOW),
      let count = dlsym(library, "fake_cublas_products")
    else { return 0 }
    return Int(count.load(as: Int32.self))
  }

  let cuda: tg_cuda
  private let nvrtc: tg_nvrtc
  private let context: cu_object
  let stream: cu_object

  init(_ index: Int32) throws {
    var missing: UnsafePointer<CChar>?, device: cu_device = 0, context: cu_object?, stream: cu_object?
    cuda = try #require(tg_cuda_load(&missing)).pointee
    nvrtc = try #require(tg_nvrtc_load(&missing)).pointee
    #expect(cuda.cuInit(0) == 0)
    #expect(cuda.cuDeviceGet(&device, index) == 0, "FAKE_CUDA_DEVICES must be 8")
    #expect(cuda.cuDevicePrimaryCtxRetain(&context, device) == 0)
    self.context = try #require(context)
    #expect(cuda.cuCtxSetCurrent(context) == 0)
    #expect(cuda.cuStreamCreate(&stream, 0) == 0)
    self.stream = try #require(stream)
  }

  /// What the driver says of an error.
  func words(_ code: cu_result) -> String {
    var words: UnsafePointer<CChar>?
    _ = cuda.cuGetErrorString(code, &words)
    return words.map { String(cString: $0) } ?? "error \(code)"
  }

  /// A program's text, as the backend gives it to the compiler.
  static func text(_ file: String, _ macros: [(String, String)]) -> String {
    var parts: [String: String] = [:]
    for index in 0..<tg_text_count() {
      let entry = tg_text_at(index)
      parts[String(cString: entry.name)] = entry.text.withMemoryRebound(to: UInt8.self, capacity: entry.size) {
        String(decoding: UnsafeBufferPointer(start: $0, count: entry.size), as: UTF8.self)
      }
    }
    let lines = (macros + [("GROUP_LANES", "256")]).map { "#define \($0.0) \($0.1)" }
    return (lines + ["prelude", "elements", "views", file].map { parts[$0] ?? "" }).joined(separator: "\n")
  }

  func block(count: Int) throws -> cu_address { try block([Float](repeating: 0, count: count)) }

  func block(_ numbers: [Float]) throws -> cu_address {
    var block: cu_address = 0
    #expect(cuda.cuMemAlloc_v2(&block, numbers.count * 4) == 0)
    #expect(cuda.cuMemcpyHtoDAsync_v2(block, numbers, numbers.count * 4, stream) == 0)
    #expect(wait() == 0)
    return block
  }

  func free(_ block: cu_address) { #expect(cuda.cuMemFree_v2(block) == 0) }

  func read(_ block: cu_address, _ count: Int) throws -> [Float] {
    try reading(block, count) {
      #expect(wait() == 0)
      return Array($0)
    }
  }

  /// Asks for numbers, which are not there before somebody waits.
  func reading<R>(_ block: cu_address, _ count: Int, _ body: (UnsafeMutableBufferPointer<Float>) throws -> R) throws
    -> R
  {
    let numbers = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
    numbers.initialize(repeating: 0)
    defer { numbers.deallocate() }
    #expect(cuda.cuMemcpyDtoHAsync_v2(numbers.baseAddress, block, count * 4, stream) == 0)
    return try body(numbers)
  }

  func wait() -> cu_result { cuda.cuStreamSynchronize(stream) }

  /// Builds a text and queues one group of a kernel of it; each argument is so many words.
  @discardableResult
  func launch(_ text: String, _ kernel: String, _ arguments: [[Int64]], on other: cu_object? = nil) throws -> cu_result
  {
    var module: cu_object?, function: cu_object?
    let loaded = cuda.cuModuleLoadDataEx(&module, try ptx(text), 0, nil, nil)
    guard loaded == 0 else { throw Refused(words: words(loaded)) }
    guard cuda.cuModuleGetFunction(&function, module, kernel) == 0 else { throw Refused(words: "no kernel \(kernel)") }
    var all = arguments.flatMap { $0 }
    return all.withUnsafeMutableBytes { bytes in
      var at = 0, pointers: [UnsafeMutableRawPointer?] = []
      for argument in arguments {
        pointers.append(bytes.baseAddress! + at)
        at += argument.count * 8
      }
      return cuda.cuLaunchKernel(function, 1, 1, 1, 256, 1, 1, 0, other ?? stream, &pointers, nil)
    }
  }

  /// Another stream of the device.
  func newStream() throws -> cu_object {
    var stream: cu_object?
    #expect(cuda.cuStreamCreate(&stream, 1) == 0)
    return try #require(stream)
  }

  /// Lets a stream wait for what is in another one.
  func wait(_ stream: cu_object, for other: cu_object) {
    var event: cu_object?
    #expect(cuda.cuEventCreate(&event, 2) == 0)
    #expect(cuda.cuEventRecord(event, other) == 0)
    #expect(cuda.cuStreamWaitEvent(stream, event, 0) == 0)
    #expect(cuda.cuEventDestroy_v2(event) == 0)
  }

  /// Waits for all streams.
  func waitForAll() -> cu_result { cuda.cuCtxSynchronize() }

  private func ptx(_ text: String) throws -> [CChar] {
    var program: nvrtc_program?, size = 0
    #expect(nvrtc.nvrtcCreateProgram(&program, text, "test.cu", 0, nil, nil) == 0)
    defer { _ = nvrtc.nvrtcDestroyProgram(&program) }
    let code = "--gpu-architecture=compute_80".withCString { option in
      var options: UnsafePointer<CChar>? = option
      return nvrtc.nvrtcCompileProgram(program, 1, &options)
    }
    if code != 0 { throw Refused(words: "NVRTC error \(code)") }
    #expect(nvrtc.nvrtcGetPTXSize(program, &size) == 0)
    var image = [CChar](repeating: 0, count: size)
    #expect(nvrtc.nvrtcGetPTX(program, &image) == 0)
    return image
  }
}
