import TorchBackend
import TorchGPU

/// What `torch.cuda` offers, for one kind of devices: ``CUDA`` and ``OpenCL`` are two of these. Where a device may be named it is the
/// calling thread's current one by default.
///
/// Nothing here fails where there is no such device: the questions are answered with no and 0, and only what needs a device is a
/// fault, which says why there is none.
public protocol GPUModule: Sendable {
  /// The kind of the devices.
  static var kind: Device.Kind { get }
}

extension GPUModule {
  /// Whether there is a device that can be used, as `torch.cuda.is_available`.
  public static var isAvailable: Bool { deviceCount > 0 }

  /// Why no device can be used; nil where one can.
  public static var unavailableReason: String? { GPUDevices.unavailableReason(Device(kind, index: 0)) }

  /// How many devices there are, as `torch.cuda.device_count`.
  public static var deviceCount: Int { GPUDevices.backends(kind).count }

  /// The device that the kind's name without a number stands for on the calling thread, as `torch.cuda.current_device`; 0 at first.
  /// - Precondition: ``isAvailable``.
  public static var currentDevice: Int {
    let index = Device.currentIndex(kind)
    _ = opened(index, "currentDevice")
    return index
  }

  /// Lets the kind's name without a number stand for another device from now on, on the calling thread, as
  /// `torch.cuda.set_device`. ``device(_:_:)`` does so for a while.
  /// - Precondition: the device is there.
  public static func setDevice(_ index: Int) {
    _ = opened(index, "setDevice")
    Device.setCurrentIndex(kind, index)
  }

  /// Runs `body` with another current device on the calling thread, as `with torch.cuda.device(index):`.
  /// - Returns: what `body` returns.
  /// - Precondition: the device is there.
  public static func device<R, E>(_ index: Int, _ body: () throws(E) -> R) throws(E) -> R {
    _ = opened(index, "device")
    let before = Device.currentIndex(kind)
    Device.setCurrentIndex(kind, index)
    defer { Device.setCurrentIndex(kind, before) }
    return try body()
  }

  /// What a device's maker calls it, as `torch.cuda.get_device_name`.
  /// - Precondition: the device is there.
  public static func getDeviceName(_ index: Int? = nil) -> String { opened(index, "getDeviceName").deviceName }

  /// The same, in a word less.
  /// - Precondition: the device is there.
  public static func deviceName(_ index: Int? = nil) -> String { opened(index, "deviceName").deviceName }

  /// What a device says of itself, as `torch.cuda.get_device_properties`.
  /// - Precondition: the device is there.
  public static func getDeviceProperties(_ index: Int? = nil) -> GPUFacts { opened(index, "getDeviceProperties").facts }

  /// The same, in a word less.
  /// - Precondition: the device is there.
  public static func deviceProperties(_ index: Int? = nil) -> GPUFacts { opened(index, "deviceProperties").facts }

  /// Waits until a device has done everything that was asked of it, on all streams, as `torch.cuda.synchronize`.
  /// - Precondition: the device is there.
  public static func synchronize(_ index: Int? = nil) { opened(index, "synchronize").synchronize() }

  /// Bytes that live tensors take on a device, as `torch.cuda.memory_allocated`; 0 where there is no device.
  public static func memoryAllocated(_ index: Int? = nil) -> Int { stats(index).allocatedBytes }

  /// The most bytes that live tensors took so far, as `torch.cuda.max_memory_allocated`; 0 where there is no device.
  public static func maxMemoryAllocated(_ index: Int? = nil) -> Int { stats(index).peakAllocatedBytes }

  /// Bytes held from a device, in use or kept for reuse, as `torch.cuda.memory_reserved`; 0 where there is no device.
  public static func memoryReserved(_ index: Int? = nil) -> Int { stats(index).reservedBytes }

  /// The most bytes held so far, as `torch.cuda.max_memory_reserved`; 0 where there is no device.
  public static func maxMemoryReserved(_ index: Int? = nil) -> Int { stats(index).peakReservedBytes }

  /// Lets ``maxMemoryAllocated(_:)`` and ``maxMemoryReserved(_:)`` start anew, as `torch.cuda.reset_peak_memory_stats`.
  public static func resetPeakMemoryStats(_ index: Int? = nil) { backend(index)?.resetPeakMemory() }

  /// Gives memory that is kept for later back to the devices, as `torch.cuda.empty_cache`, and pinned memory to the processor;
  /// nothing where there are no devices.
  public static func emptyCache() {
    for backend in GPUDevices.backends(kind) {
      backend.releaseCachedMemory()
      backend.releasePinnedMemory()
    }
  }

  private static func backend(_ index: Int?) -> GPUBackend? { GPUDevices.backend(Device(kind, index: index)) }

  private static func stats(_ index: Int?) -> GPUMemoryStats { backend(index)?.memoryStats ?? GPUMemoryStats() }

  /// The device that is meant, the current one by default; a fault where it is not there.
  static func opened(_ index: Int?, _ op: String) -> GPUBackend {
    if let backend = backend(index) { return backend }
    let device = Device(kind, index: index)
    let reason = GPUDevices.unavailableReason(device) ?? "it is not there"
    fault(
      OpError(
        op: "\(kind.rawValue).\(op)", "\(device) is not available: \(reason); ask \(Self.self).isAvailable first"
      ))
  }
}
