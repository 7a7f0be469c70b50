import CTorchGPU
import Synchronization
import TorchBackend

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A device of OpenCL with queues that keep the order.
///
/// `@unchecked Sendable`: the objects of the library may be used from any thread; kernels, whose arguments are a state, have a
/// lock of their own.
final class OpenCLDevice: GPUDevice, @unchecked Sendable {
  let facts: GPUFacts
  let cl: OpenCL
  private let id: UnsafeMutableRawPointer
  let context: UnsafeMutableRawPointer
  /// All queues that were made, and the blocks behind pinned memory.
  let made = Mutex(Made())

  struct Made: Sendable {
    var queues: [OpenCLQueue] = []
    var pinned: [UInt: UInt] = [:]
  }

  init(_ cl: OpenCL, _ id: UnsafeMutableRawPointer) throws(GPUError) {
    self.cl = cl
    self.id = id
    var facts = GPUFacts()
    facts.name = cl.text(id, TG_CL_DEVICE_NAME)
    facts.vendor = cl.text(id, TG_CL_DEVICE_VENDOR)
    facts.version =
      cl.text(id, TG_CL_DEVICE_VERSION) + ", driver " + cl.text(id, TG_CL_DRIVER_VERSION)
    facts.totalBytes = cl.number(id, TG_CL_DEVICE_GLOBAL_MEM_SIZE, UInt64.self)
    facts.largestBlockBytes = cl.number(id, TG_CL_DEVICE_MAX_MEM_ALLOC_SIZE, UInt64.self)
    facts.computeUnits = cl.number(id, TG_CL_DEVICE_MAX_COMPUTE_UNITS, UInt32.self)
    facts.mostLanes = cl.number(id, TG_CL_DEVICE_MAX_WORK_GROUP_SIZE, Int.self)
    facts.localBytes = cl.number(id, TG_CL_DEVICE_LOCAL_MEM_SIZE, UInt64.self)
    facts.hasDouble = cl.text(id, TG_CL_DEVICE_EXTENSIONS).contains("cl_khr_fp64") && !Self.hidesDouble
    facts.isCPU = cl.number(id, TG_CL_DEVICE_TYPE, UInt64.self) & Int(TG_CL_DEVICE_TYPE_CPU) != 0
    self.facts = facts
    var error: cl_int = 0
    var device: UnsafeMutableRawPointer? = id
    guard let context = cl.calls.clCreateContext(nil, 1, &device, nil, nil, &error), error == 0 else {
      throw openCLError(error, "a context on \(facts.name)")
    }
    self.context = context
  }

  func check(_ code: cl_int, _ doing: @autoclosure () -> String) throws(GPUError) {
    if code != 0 { throw openCLError(code, doing()) }
  }

  func allocate(byteCount: Int) throws(GPUError) -> UnsafeMutableRawPointer {
    var error: cl_int = 0
    guard let block = cl.calls.clCreateBuffer(context, TG_CL_MEM_READ_WRITE, byteCount, nil, &error), error == 0 else {
      throw openCLError(error, "\(byteCount) bytes on \(facts.name)")
    }
    return block
  }

  func free(_ block: UnsafeMutableRawPointer) { _ = cl.calls.clReleaseMemObject(block) }

  func newQueue() throws(GPUError) -> UnsafeMutableRawPointer {
    var error: cl_int = 0
    guard let queue = cl.calls.clCreateCommandQueue(context, id, TG_CL_QUEUE_PROFILING_ENABLE, &error), error == 0
    else {
      throw openCLError(error, "a queue on \(facts.name)")
    }
    return queue
  }

  /// Whether devices are to do without float64, as many have none; `TORCH_OPENCL_WITHOUT_FLOAT64=1`.
  private static let hidesDouble = getenv("TORCH_OPENCL_WITHOUT_FLOAT64").map { String(cString: $0) == "1" } ?? false

  func build(_ text: String) throws(GPUError) -> any GPUProgram {
    var error: cl_int = 0
    // Nothing may mention what is hidden.
    var text =
      (facts.hasDouble ? "" : "#define WITHOUT_DOUBLE\n") + (Self.hidesDouble ? "#define double NO_DOUBLE\n" : "")
      + text
    let made = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { chars in
        var start: UnsafePointer<CChar>? = chars.baseAddress
        var size = chars.count
        return cl.calls.clCreateProgramWithSource(context, 1, &start, &size, &error)
      }
    }
    guard let program = made, error == 0 else { throw openCLError(error, "a program") }
    var device: UnsafeMutableRawPointer? = id
    let built = cl.calls.clBuildProgram(program, 1, &device, "-cl-std=CL1.2", nil, nil)
    if built != 0 {
      let log = buildLog(program)
      _ = cl.calls.clReleaseProgram(program)
      throw GPUError("the kernels do not build on \(facts.name) (OpenCL error \(built)):\n\(log)")
    }
    return OpenCLProgram(cl, program)
  }

  private func buildLog(_ program: UnsafeMutableRawPointer) -> String {
    var size = 0
    let what = cl_uint(TG_CL_PROGRAM_BUILD_LOG)
    _ = cl.calls.clGetProgramBuildInfo(program, id, what, 0, nil, &size)
    var bytes = [UInt8](repeating: 0, count: max(size, 1))
    _ = cl.calls.clGetProgramBuildInfo(program, id, what, size, &bytes, nil)
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  func launch(_ kernel: any GPUKernel, groups: Grid, lanes: Grid, _ arguments: GPUArguments, on queue: any GPUQueue)
    throws(GPUError)
  {
    let kernel = kernel as! OpenCLKernel, queue = queue as! OpenCLQueue
    let code = kernel.lock.withLock { _ -> cl_int in
      for (index, argument) in arguments.list.enumerated() {
        let result: cl_int
        switch argument {
        case .block(var block):
          result = cl.calls.clSetKernelArg(kernel.object, cl_uint(index), MemoryLayout<Int>.size, &block)
        case .bytes(let range):
          result = arguments.bytes.withUnsafeBytes {
            cl.calls.clSetKernelArg(kernel.object, cl_uint(index), range.count, $0.baseAddress! + range.lowerBound)
          }
        }
        if result != 0 { return result }
      }
      let global = [groups.x * lanes.x, groups.y * lanes.y, groups.z * lanes.z], local = [lanes.x, lanes.y, lanes.z]
      return cl.calls.clEnqueueNDRangeKernel(queue.object, kernel.object, 3, nil, global, local, 0, nil, nil)
    }
    try check(code, "the kernel \(kernel.name) on \(facts.name)")
    queue.grew()
  }

  func synchronize() throws(GPUError) {
    for queue in made.withLock({ $0.queues }) { try queue.synchronize() }
  }
}

/// `@unchecked Sendable`: the program is not changed once it is built.
final class OpenCLProgram: GPUProgram, @unchecked Sendable {
  private let cl: OpenCL
  private let object: UnsafeMutableRawPointer

  init(_ cl: OpenCL, _ object: UnsafeMutableRawPointer) {
    self.cl = cl
    self.object = object
  }

  func kernel(_ name: String) throws(GPUError) -> any GPUKernel {
    var error: cl_int = 0
    guard let kernel = cl.calls.clCreateKernel(object, name, &error), error == 0 else {
      throw openCLError(error, "the kernel \(name)")
    }
    return OpenCLKernel(name, kernel)
  }
}

/// `@unchecked Sendable`: arguments are set and the launch is queued under the lock.
final class OpenCLKernel: GPUKernel, @unchecked Sendable {
  let name: String
  let object: UnsafeMutableRawPointer
  let lock = Mutex(())

  init(_ name: String, _ object: UnsafeMutableRawPointer) {
    self.name = name
    self.object = object
  }
}
