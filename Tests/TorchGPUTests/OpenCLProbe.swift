import CTorchGPU
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Oclgrind, which runs kernels one instruction after another and looks at each access: a driver of OpenCL like others.
enum Oclgrind {
  /// The driver's library; `./check` says where it lies.
  static var library: String? {
    getenv("TORCH_OCLGRIND_LIBRARY").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Makes it this process's only driver, before OpenCL is looked for.
  static func takeOver() {
    guard let library else { exit(9) }
    setenv("OCL_ICD_VENDORS", library, 1)
    setenv("OCL_ICD_FILENAMES", library, 1)
    setenv("OCLGRIND_DATA_RACES", "1", 1)
    // Optimised, choose_equals reads by vectors what other lanes write between.
    setenv("OCLGRIND_BUILD_OPTIONS", "-cl-opt-disable", 1)
  }
}

/// The first device of OpenCL, by the library's own functions: what no op would do can be asked of it.
struct OpenCLProbe {
  struct Refused: Error { let words: String }

  enum Argument {
    case block(UnsafeMutableRawPointer)
    case words([Int64])
    case float(Float)
  }

  private let cl: tg_opencl
  private let device: UnsafeMutableRawPointer, context: UnsafeMutableRawPointer, queue: UnsafeMutableRawPointer

  init() throws {
    var missing: UnsafePointer<CChar>?, platform: UnsafeMutableRawPointer?, device: UnsafeMutableRawPointer?
    guard let library = tg_opencl_load(&missing) else { throw Refused(words: "OpenCL is not there") }
    cl = library.pointee
    var error: cl_int = 0
    guard cl.clGetPlatformIDs(1, &platform, nil) == 0, let platform,
      cl.clGetDeviceIDs(platform, TG_CL_DEVICE_TYPE_ALL, 1, &device, nil) == 0, let found = device,
      let context = cl.clCreateContext(nil, 1, &device, nil, nil, &error),
      let queue = cl.clCreateCommandQueue(context, found, 0, &error)
    else { throw Refused(words: "OpenCL has no device") }
    (self.device, self.context, self.queue) = (found, context, queue)
  }

  func block(_ numbers: [Float]) throws -> Argument {
    var error: cl_int = 0
    let size = numbers.count * MemoryLayout<Float>.size
    guard let block = cl.clCreateBuffer(context, TG_CL_MEM_READ_WRITE, size, nil, &error),
      cl.clEnqueueWriteBuffer(queue, block, 1, 0, size, numbers, 0, nil, nil) == 0
    else { throw Refused(words: "no memory") }
    return .block(block)
  }

  func read(_ block: Argument, _ count: Int) throws -> [Float] {
    guard case .block(let block) = block else { throw Refused(words: "no block") }
    var numbers = [Float](repeating: 0, count: count)
    guard cl.clEnqueueReadBuffer(queue, block, 1, 0, count * MemoryLayout<Float>.size, &numbers, 0, nil, nil) == 0
    else { throw Refused(words: "no copy") }
    return numbers
  }

  /// Builds a text and runs one group of a kernel of it.
  func run(_ text: String, _ name: String, _ arguments: [Argument]) throws {
    var error: cl_int = 0, device: UnsafeMutableRawPointer? = device
    let program = text.withCString { chars in
      var start: UnsafePointer<CChar>? = chars
      return cl.clCreateProgramWithSource(context, 1, &start, nil, &error)
    }
    guard let program, cl.clBuildProgram(program, 1, &device, "-cl-std=CL1.2", nil, nil) == 0,
      let kernel = cl.clCreateKernel(program, name, &error)
    else { throw Refused(words: "\(name) does not build") }
    for (index, argument) in arguments.enumerated() {
      let code =
        switch argument {
        case .block(var block): cl.clSetKernelArg(kernel, cl_uint(index), MemoryLayout<Int>.size, &block)
        case .words(let words): cl.clSetKernelArg(kernel, cl_uint(index), words.count * 8, words)
        case .float(var number): cl.clSetKernelArg(kernel, cl_uint(index), 4, &number)
        }
      guard code == 0 else { throw Refused(words: "argument \(index) of \(name): OpenCL error \(code)") }
    }
    var lanes = [256]
    guard cl.clEnqueueNDRangeKernel(queue, kernel, 1, nil, &lanes, &lanes, 0, nil, nil) == 0, cl.clFinish(queue) == 0
    else { throw Refused(words: "\(name) does not run") }
  }
}
