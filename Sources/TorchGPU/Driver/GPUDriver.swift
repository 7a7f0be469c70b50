import TorchBackend

/// A kind of devices and the library that reaches them: OpenCL or CUDA.
protocol GPUDriver: Sendable {
  /// The devices that the library knows, in the order of their numbers; an error says why there are none.
  func devices() throws(GPUError) -> [any GPUDevice]
}

/// One device: memory, programs, and queues of work.
///
/// Any thread may call; what takes several calls of the library is under a lock of the device's own.
protocol GPUDevice: AnyObject, Sendable {
  var facts: GPUFacts { get }

  /// Fresh memory; the address is a handle that only the device understands.
  func allocate(byteCount: Int) throws(GPUError) -> UnsafeMutableRawPointer
  /// Gives memory back that no queue uses any more.
  func free(_ block: UnsafeMutableRawPointer)

  /// Fresh memory of the processor that stays where it is, so that the device copies from and to it by itself.
  func allocatePinned(byteCount: Int) throws(GPUError) -> UnsafeMutableRawPointer
  func freePinned(_ block: UnsafeMutableRawPointer)

  /// A new queue.
  /// - Parameter isUrgent: whether its work goes before that of other queues, where the device can tell them apart.
  func makeQueue(isUrgent: Bool) throws(GPUError) -> any GPUQueue

  /// Copies from the processor's memory, in order with the queue's other work.
  /// - Parameter waits: whether to return when `source` may be written again; only pinned memory does without.
  func write(
    _ source: UnsafeRawPointer, byteCount: Int, to block: UnsafeMutableRawPointer, at offset: Int,
    on queue: any GPUQueue,
    waits: Bool) throws(GPUError)
  /// Copies into the processor's memory, after all that was queued before.
  /// - Parameter waits: whether to return when `target` is written; only pinned memory does without.
  func read(
    _ block: UnsafeMutableRawPointer, at offset: Int, byteCount: Int, into target: UnsafeMutableRawPointer,
    on queue: any GPUQueue, waits: Bool) throws(GPUError)
  func copy(
    _ source: UnsafeMutableRawPointer, at sourceOffset: Int, to target: UnsafeMutableRawPointer, at targetOffset: Int,
    byteCount: Int, on queue: any GPUQueue) throws(GPUError)

  /// Builds a text of kernels; an error holds the compiler's words.
  func build(_ text: String) throws(GPUError) -> any GPUProgram

  /// Queues a kernel over `groups` groups of `lanes` threads each.
  func launch(_ kernel: any GPUKernel, groups: Grid, lanes: Grid, _ arguments: GPUArguments, on queue: any GPUQueue)
    throws(GPUError)

  /// Whether a library of the device's maker multiplies matrices.
  var multipliesByLibrary: Bool { get }
  /// Queues a product by that library.
  func multiply(_ product: LibraryProduct, on queue: any GPUQueue) throws(GPUError)

  /// Waits until all queues are done.
  func synchronize() throws(GPUError)
}

extension GPUDevice {
  var multipliesByLibrary: Bool { false }
  func multiply(_ product: LibraryProduct, on queue: any GPUQueue) throws(GPUError) {
    throw GPUError("\(facts.name) has no library for products of matrices")
  }
}

/// A product of matrices of floating point numbers as libraries take it: out = left * right, or out + left * right, once or for
/// several matrices.
struct LibraryProduct {
  /// Where a matrix lies: by rows, `leading` elements from one to the next, or, turned, by columns.
  struct Factor {
    let block: UnsafeMutableRawPointer
    /// In elements, as the following.
    let offset: Int
    let isTurned: Bool
    let leading: Int
    /// From one matrix to the next.
    let batchStride: Int
  }

  let dtype: DType
  /// [m, k] * [k, n]
  let m: Int, n: Int, k: Int
  let count: Int
  let left: Factor, right: Factor
  /// By rows.
  let out: Factor
  /// Whether the product is added to what is there.
  let adds: Bool
  /// Whether float32 may be multiplied with a shorter mantissa.
  let allowsTF32: Bool
}

/// A queue of a device: its work is done in order, and beside that of other queues unless they wait for each other.
protocol GPUQueue: AnyObject, Sendable {
  /// Marks the place behind what was queued so far.
  /// - Parameter isTimed: whether the device shall note when it gets there.
  func mark(isTimed: Bool) throws(GPUError) -> any GPUEvent
  /// Lets what is queued from now on wait for a place in another queue.
  func wait(for event: any GPUEvent) throws(GPUError)
  /// Whether everything is done.
  func isIdle() throws(GPUError) -> Bool
  /// Waits until everything is done.
  func synchronize() throws(GPUError)
}

/// A place in a queue's work.
protocol GPUEvent: AnyObject, Sendable {
  /// Whether the device got there.
  func isDone() throws(GPUError) -> Bool
  func synchronize() throws(GPUError)
  /// How much later the device got here than to another place; both timed, and done.
  func milliseconds(since earlier: any GPUEvent) throws(GPUError) -> Double
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
package struct GPUError: Error, CustomStringConvertible {
  enum Kind: Sendable { case outOfMemory, unavailable, failed }

  let kind: Kind
  package let description: String

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
