import CTorchGPU
import TorchBackend

/// Devices reached by OpenCL, which is looked for at run time.
struct OpenCLDriver: GPUDriver {
  func devices() throws(GPUError) -> [any GPUDevice] {
    var missing: UnsafePointer<CChar>?
    guard let library = tg_opencl_load(&missing) else {
      let what = missing.map { String(cString: $0) } ?? "OpenCL"
      throw GPUError(
        .unavailable,
        "\(what) was not found; install an OpenCL loader and a driver (Debian: ocl-icd-libopencl1 and pocl-opencl-icd)")
    }
    let cl = OpenCL(library: library)
    var found: [any GPUDevice] = []
    for platform in cl.platforms() {
      for device in cl.devices(of: platform) { found.append(try OpenCLDevice(cl, device)) }
    }
    if found.isEmpty {
      throw GPUError(
        .unavailable, "OpenCL has no device; install a driver (Debian: pocl-opencl-icd runs on any processor)")
    }
    return found
  }
}

/// The functions of the library, with Swift's words for what they give.
///
/// `@unchecked Sendable`: the table never changes once it is filled.
struct OpenCL: @unchecked Sendable {
  private let library: UnsafePointer<tg_opencl>

  init(library: UnsafePointer<tg_opencl>) { self.library = library }

  var calls: tg_opencl { library.pointee }

  func platforms() -> [UnsafeMutableRawPointer] {
    var count: cl_uint = 0
    guard calls.clGetPlatformIDs(0, nil, &count) == cl_int(TG_CL_SUCCESS), count > 0 else { return [] }
    var all = [UnsafeMutableRawPointer?](repeating: nil, count: Int(count))
    _ = calls.clGetPlatformIDs(count, &all, nil)
    return all.compactMap { $0 }
  }

  func devices(of platform: UnsafeMutableRawPointer) -> [UnsafeMutableRawPointer] {
    var count: cl_uint = 0
    guard calls.clGetDeviceIDs(platform, TG_CL_DEVICE_TYPE_ALL, 0, nil, &count) == cl_int(TG_CL_SUCCESS), count > 0
    else { return [] }
    var all = [UnsafeMutableRawPointer?](repeating: nil, count: Int(count))
    _ = calls.clGetDeviceIDs(platform, TG_CL_DEVICE_TYPE_ALL, count, &all, nil)
    return all.compactMap { $0 }
  }

  func text(_ device: UnsafeMutableRawPointer, _ what: Int) -> String {
    var size = 0
    guard calls.clGetDeviceInfo(device, cl_uint(what), 0, nil, &size) == cl_int(TG_CL_SUCCESS), size > 0 else {
      return ""
    }
    var bytes = [UInt8](repeating: 0, count: size)
    _ = calls.clGetDeviceInfo(device, cl_uint(what), size, &bytes, nil)
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  func number<T: FixedWidthInteger>(_ device: UnsafeMutableRawPointer, _ what: Int, _ type: T.Type) -> Int {
    var value: T = 0
    _ = calls.clGetDeviceInfo(device, cl_uint(what), MemoryLayout<T>.size, &value, nil)
    return Int(clamping: value)
  }
}

/// The library's number as words.
func openCLError(_ code: cl_int, _ doing: String) -> GPUError {
  switch code {
  case -4, -6: GPUError(.outOfMemory, "\(doing): out of memory (OpenCL error \(code))")
  case -5: GPUError("\(doing): the device has no resources left for it (OpenCL error -5)")
  case -61: GPUError(.outOfMemory, "\(doing): the block is larger than the device allows (OpenCL error -61)")
  default: GPUError("\(doing): OpenCL error \(code)")
  }
}
