import CTorchGPU
import TorchBackend

/// CUDA's compiler, NVRTC, which is looked for at run time and needs no GPU.
///
/// `@unchecked Sendable`: the table never changes once it is filled, and the library may be called from any thread.
package struct CUDACompiler: @unchecked Sendable {
  /// What a text is built for: code of one architecture, or PTX, which drivers turn into code.
  package enum Target: Sendable, Hashable {
    /// Code for a device of this compute capability, as 90 for 9.0.
    case code(Int)
    /// PTX for devices of this compute capability and above.
    case ptx(Int)

    var option: String {
      switch self {
      case .code(let capability): "--gpu-architecture=sm_\(capability)"
      case .ptx(let capability): "--gpu-architecture=compute_\(capability)"
      }
    }
  }

  private let library: UnsafePointer<tg_nvrtc>
  /// The compute capabilities that the compiler knows, lowest first.
  let capabilities: [Int]
  /// As in `NVRTC 13.0`.
  package let name: String

  /// Finds the library; an error names what is missing.
  static func found() throws(GPUError) -> CUDACompiler {
    var missing: UnsafePointer<CChar>?
    guard let library = tg_nvrtc_load(&missing) else {
      let what = missing.map { String(cString: $0) } ?? "NVRTC"
      throw GPUError(
        .unavailable,
        "\(what) was not found, the compiler of kernels; install it (CUDA toolkit, or pip install nvidia-cuda-nvrtc) and name its "
          + "place by LD_LIBRARY_PATH or TORCH_NVRTC_LIBRARY where the loader does not find it")
    }
    return CUDACompiler(library)
  }

  private init(_ library: UnsafePointer<tg_nvrtc>) {
    self.library = library
    let calls = library.pointee
    var count: Int32 = 0, major: Int32 = 0, minor: Int32 = 0
    _ = calls.nvrtcGetNumSupportedArchs(&count)
    var list = [Int32](repeating: 0, count: Int(count) + 1)
    _ = calls.nvrtcGetSupportedArchs(&list)
    capabilities = list.prefix(Int(count)).map(Int.init).sorted()
    _ = calls.nvrtcVersion(&major, &minor)
    name = "NVRTC \(major).\(minor)"
  }

  /// The program as the driver loads it: an ELF image, or PTX that ends in a zero; an error holds the compiler's words.
  func compile(_ text: String, for target: Target) throws(GPUError) -> [CChar] {
    let built = try built(text, for: target)
    return if case .code = target { built.code } else { built.ptx }
  }

  /// PTX, and code where the target is an architecture: one comes of the other.
  func built(_ text: String, for target: Target) throws(GPUError) -> (ptx: [CChar], code: [CChar]) {
    let calls = library.pointee
    var program: nvrtc_program?
    let made = calls.nvrtcCreateProgram(&program, text, "kernels.cu", 0, nil, nil)
    guard made == 0, program != nil else { throw error(made, "a program") }
    defer { _ = calls.nvrtcDestroyProgram(&program) }
    // Functions that a program does not use are no news: files of kernels share what they begin with.
    let options = [target.option, "--diag-suppress=177"]
    let result = withCStrings(options) { calls.nvrtcCompileProgram(program, Int32(options.count), $0) }
    if result != 0 {
      let log = bytes(program, calls.nvrtcGetProgramLogSize, calls.nvrtcGetProgramLog)
      throw GPUError(
        "\(error(result, "the kernels do not build by \(name) with \(target.option)").description):\n"
          + String(decoding: log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    let ptx = bytes(program, calls.nvrtcGetPTXSize, calls.nvrtcGetPTX)
    var code: [CChar] = []
    if case .code = target { code = bytes(program, calls.nvrtcGetCUBINSize, calls.nvrtcGetCUBIN) }
    if ptx.isEmpty { throw GPUError("\(name) gave no PTX for \(target.option)") }
    if case .code = target, code.isEmpty { throw GPUError("\(name) gave no code for \(target.option)") }
    return (ptx, code)
  }

  private func bytes(
    _ program: nvrtc_program?, _ size: (nvrtc_program?, UnsafeMutablePointer<Int>?) -> nvrtc_result,
    _ get: (nvrtc_program?, UnsafeMutablePointer<CChar>?) -> nvrtc_result
  ) -> [CChar] {
    var count = 0
    guard size(program, &count) == 0, count > 0 else { return [] }
    var all = [CChar](repeating: 0, count: count)
    return get(program, &all) == 0 ? all : []
  }

  private func error(_ code: nvrtc_result, _ doing: String) -> GPUError {
    let words = library.pointee.nvrtcGetErrorString(code).map { String(cString: $0) } ?? ""
    return GPUError("\(doing): NVRTC error \(code) \(words)")
  }
}

/// Strings as C takes a list of them.
private func withCStrings<R>(_ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R) -> R {
  let lists = strings.map { Array($0.utf8CString) }
  var starts: [Int] = [], all: [CChar] = []
  for list in lists {
    starts.append(all.count)
    all += list
  }
  return all.withUnsafeBufferPointer { chars in
    let pointers: [UnsafePointer<CChar>?] = starts.map { chars.baseAddress! + $0 }
    return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
