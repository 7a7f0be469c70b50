import TorchBackend

/// A kind of devices and the library that reaches them: OpenCL or CUDA.
protocol GPUDriver: Sendable {
  /// The devices that the library knows, in the order of their numbers; an error says why there are none.
  func devices() throws(GPUError) -> [any GPUDevice]
}

/// One device: memory, copies, programs and launches, all on one queue in order.
///
/// Any thread may call; what takes several calls of the library is under a lock of the device's own.
protocol GPUDevice: AnyObject, Sendable {
  var facts: GPUFacts { get }

  /// Fresh memory; the address is a handle that only the device understands.
  func allocate(byteCount: Int) throws(GPUError) -> UnsafeMutableRawPointer
  func free(_ block: UnsafeMutableRawPointer)

  /// Copies from the processor's memory; returns when `source` may be written again.
  func write(_ source: UnsafeRawPointer, byteCount: Int, to block: UnsafeMutableRawPointer, at offset: Int)
    throws(GPUError)
  /// Copies into the processor's memory, after all that was queued before.
  func read(_ block: UnsafeMutableRawPointer, at offset: Int, byteCount: Int, into target: UnsafeMutableRawPointer)
    throws(GPUError)
  func copy(
    _ source: UnsafeMutableRawPointer, at sourceOffset: Int, to target: UnsafeMutableRawPointer, at targetOffset: Int,
    byteCount: Int) throws(GPUError)

  /// Builds a text of kernels; an error holds the compiler's words.
  func build(_ text: String) throws(GPUError) -> any GPUProgram

  /// Queues a kernel over `groups` groups of `lanes` threads each.
  func launch(_ kernel: any GPUKernel, groups: Grid, lanes: Grid, _ arguments: GPUArguments) throws(GPUError)

  /// Waits until everything that was queued is done.
  func synchronize() throws(GPUError)
}

/// What was built of one text.
protocol GPUProgram: AnyObject, Sendable {
  func kernel(_ name: String) throws(GPUError) -> any GPUKernel
}

/// A function of a program.
protocol GPUKernel: AnyObject, Sendable {}

/// Sizes of a launch in up to three dimensions.
struct Grid: Sendable {
  var x: Int, y = 1, z = 1

  init(_ x: Int, _ y: Int = 1, _ z: Int = 1) {
    self.x = x
    self.y = y
    self.z = z
  }

  var count: Int { x * y * z }
}

/// What a device says of itself.
public struct GPUFacts: Sendable {
  public var name = ""
  public var vendor = ""
  /// The versions of driver and language, as the library words them.
  public var version = ""
  public var totalBytes = 0
  /// The largest block that can be asked for.
  public var largestBlockBytes = 0
  /// How many processors there are that run groups.
  public var computeUnits = 1
  /// How many threads a group may have.
  public var mostLanes = 1
  /// Memory that the threads of a group share.
  public var localBytes = 0
  public var hasDouble = true
  /// Whether the device is a processor, whose threads share caches and no memory of their own.
  public var isCPU = false
}

/// Why a device did not do what it was asked.
struct GPUError: Error, CustomStringConvertible {
  enum Kind: Sendable { case outOfMemory, unavailable, failed }

  let kind: Kind
  let description: String

  init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  init(_ description: String) { self.init(.failed, description) }
}

/// A kernel's arguments, in order.
struct GPUArguments {
  enum Argument {
    case block(UnsafeMutableRawPointer?)
    /// So many of `bytes`, from there on.
    case bytes(Range<Int>)
  }

  private(set) var list: [Argument] = []
  private(set) var bytes: [UInt8] = []

  /// The operands' memory, so that it is nobody else's before the kernel is queued.
  private var owners: [Storage] = []

  /// A block of memory and where in it the operand begins.
  mutating func add(_ operand: Strided) {
    if let first = owners.first, first.device != operand.device { differentDevices(first.device, operand.device) }
    owners.append(operand.storage)
    list.append(.block(operand.storage.base))
    add(Int64(operand.layout.offset))
  }

  mutating func add(block: UnsafeMutableRawPointer?) { list.append(.block(block)) }

  mutating func add<T: BitwiseCopyable>(_ value: T) {
    let start = bytes.count
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    list.append(.bytes(start..<bytes.count))
  }

  mutating func add(_ words: [Int64]) {
    let start = bytes.count
    words.withUnsafeBytes { bytes.append(contentsOf: $0) }
    list.append(.bytes(start..<bytes.count))
  }
}
