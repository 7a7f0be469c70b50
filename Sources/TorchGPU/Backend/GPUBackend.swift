import Synchronization
import TorchBackend

/// Computes on one GPU, by a driver's device: kernels that the device's compiler builds when they are first wanted.
package final class GPUBackend: Backend {
  let name: Device
  let device: any GPUDevice
  package let streams: GPUStreams
  let allocator: GPUAllocator
  let pinnedMemory: PinnedBlocks
  let programs: ProgramLibrary
  private let launched = Atomic<Int>(0)

  init(_ name: Device, _ device: any GPUDevice) {
    self.name = name
    self.device = device
    streams = GPUStreams(name, device)
    allocator = GPUAllocator(device, name: name)
    pinnedMemory = PinnedBlocks(device, name.kind)
    programs = ProgramLibrary(device)
  }

  package var deviceName: String { device.facts.name }

  package func allocate(byteCount: Int) -> Storage {
    Storage(
      base: allocator.allocate(byteCount: byteCount), byteCount: byteCount, device: name,
      release: .allocator(allocator))
  }

  package func releaseCachedMemory() { allocator.releaseCached() }

  /// Gives the processor's pinned memory that is kept for later back.
  package func releasePinnedMemory() { pinnedMemory.releaseCached() }

  /// Where the kernels that the calling thread queues say what only the numbers can tell.
  var trouble: Trouble { streams.current.trouble }

  /// Waits for all streams.
  package func synchronize() {
    done { () throws(GPUError) in try device.synchronize() }
    for stream in streams.all { stream.trouble.check() }
  }

  /// Notes that work of a stream, queued by now, uses the memory of a tensor that another stream made.
  package func record(_ storage: Storage, on stream: GPUStream) {
    if storage.allocator === allocator { allocator.note(storage.base, stream) }
  }
}

// MARK: launches

extension GPUBackend {
  /// Threads of a group; the compilers get it as GROUP_LANES.
  static let lanes = 256
  /// More groups than this go round for the rest.
  static let mostGroups = 4096

  /// Queues a kernel with a thread for each of `count` elements, or one that goes round.
  func run(_ kernel: String, of program: ProgramKey, count: Int, _ arguments: GPUArguments) {
    run(kernel, of: program, groups: Grid(min((count + Self.lanes - 1) / Self.lanes, Self.mostGroups)), arguments)
  }

  /// Queues a kernel over groups of the usual size.
  func run(_ kernel: String, of program: ProgramKey, groups: Grid, _ arguments: GPUArguments) {
    launch(programs.kernel(kernel, of: program), groups: groups, lanes: Grid(Self.lanes), arguments)
  }

  /// Builds a kernel before it is wanted; a fault with the compiler's words where it does not build.
  package func prepare(_ kernel: String, of program: ProgramKey) { _ = programs.kernel(kernel, of: program) }

  /// What the device's compiler says of a text that it does not take; nil where it takes it.
  package func refusal(of text: String) -> String? {
    do {
      _ = try device.build(text)
      return nil
    } catch {
      return error.description
    }
  }

  /// Queues a kernel on the calling thread's stream.
  func launch(_ kernel: any GPUKernel, groups: Grid, lanes: Grid, _ arguments: GPUArguments) {
    launched.add(1, ordering: .relaxed)
    let queue = streams.current.queue
    done { () throws(GPUError) in
      try device.launch(kernel, groups: groups, lanes: lanes, arguments, on: queue)
    }
  }

  /// How many kernels were queued so far.
  package var launchCount: Int { launched.load(ordering: .relaxed) }

  /// A program for an op, and the dtypes of its operands.
  func program(_ file: String, _ macros: [(String, String)] = [], x: DType, out: DType? = nil) -> ProgramKey {
    if !computes(x) || !computes(out ?? x) {
      fault(
        "gpu", "\(name) (\(device.facts.name)) has no float64; convert to float32 before, or compute on the processor")
    }
    return ProgramKey(
      file,
      macros + [
        ("GROUP_LANES", "\(Self.lanes)"), ("X", x.inKernels), ("O", (out ?? x).inKernels),
      ])
  }
}

extension DType {
  /// The dtype's name in the texts of kernels.
  var inKernels: String {
    switch self {
    case .uint8: "u8"
    case .int8: "i8"
    case .int16: "i16"
    case .int32: "i32"
    case .int64: "i64"
    case .float16: "f16"
    case .bfloat16: "bf16"
    case .float32: "f32"
    case .float64: "f64"
    case .bool: "b8"
    }
  }
}

/// Where kernels report what only the numbers can tell: a fault when the host next waits for their stream.
final class Trouble: Sendable {
  /// Kind, and three numbers.
  private typealias Report = (Int64, Int64, Int64, Int64)

  private let device: any GPUDevice
  private let queue: any GPUQueue
  private let block = Mutex<UInt>(0)

  init(_ device: any GPUDevice, _ queue: any GPUQueue) {
    self.device = device
    self.queue = queue
  }

  /// The block that kernels report to; made and cleared at first use.
  func address() -> UnsafeMutableRawPointer {
    let address = block.withLock { block in
      if block == 0 { block = made() }
      return block
    }
    guard let pointer = UnsafeMutableRawPointer(bitPattern: address) else {
      fault("gpu", "there is no memory on \(device.facts.name) for reports")
    }
    return pointer
  }

  private func made() -> UInt {
    guard let block = try? device.allocate(byteCount: MemoryLayout<Report>.size) else { return 0 }
    clear(block)
    return UInt(bitPattern: block)
  }

  private func clear(_ block: UnsafeMutableRawPointer) {
    var nothing: Report = (0, 0, 0, 0)
    try? device.write(&nothing, byteCount: MemoryLayout<Report>.size, to: block, at: 0, on: queue, waits: true)
  }

  /// A fault where something was reported since the last look.
  func check() {
    guard let pointer = UnsafeMutableRawPointer(bitPattern: block.withLock { $0 }) else { return }
    var report: Report = (0, 0, 0, 0)
    try? device.read(pointer, at: 0, byteCount: MemoryLayout<Report>.size, into: &report, on: queue, waits: true)
    if report.0 == 0 { return }
    clear(pointer)
    switch report.0 & 0xffff_ffff {
    case 1: faultForDivisionByZero()
    default:
      fault(
        "index",
        "index \(report.1) is out of bounds for dimension \(report.3) with size \(report.2), in an op that was queued earlier: devices "
          + "tell when somebody waits")
    }
  }
}

extension GPUBackend {
  package var facts: GPUFacts { device.facts }
  package var hasFloat64: Bool { device.facts.hasDouble }
  package var memoryStats: GPUMemoryStats { allocator.stats }
  package func resetPeakMemory() { allocator.resetPeaks() }
}
