import TorchBackend
import TorchGPU

/// What `torch.cuda` offers, for one kind of devices: ``CUDA`` and ``OpenCL`` are two of these.
///
/// Nothing here fails where there is no such device: the questions are answered with no and 0, and only what needs a device is a
/// fault, which says why there is none.
public protocol GPUModule {
  /// The kind of the devices.
  static var kind: Device.Kind { get }
}

extension GPUModule {
  /// Whether there is a device that can be used, as `torch.cuda.is_available`.
  public static var isAvailable: Bool { deviceCount > 0 }

  /// Why no device can be used; nil where one can.
  public static var unavailableReason: String? { GPUDevices.unavailableReason(Device(kind)) }

  /// How many devices there are, as `torch.cuda.device_count`.
  public static var deviceCount: Int { GPUDevices.backends(kind).count }

  /// The device that the kind's name without a number stands for, as `torch.cuda.current_device`.
  /// - Precondition: ``isAvailable``.
  public static var currentDevice: Int {
    _ = opened(0, "currentDevice")
    return 0
  }

  /// What a device's maker calls it, as `torch.cuda.get_device_name`.
  /// - Precondition: the device is there.
  public static func getDeviceName(_ index: Int = 0) -> String { opened(index, "getDeviceName").deviceName }

  /// What a device says of itself, as `torch.cuda.get_device_properties`.
  /// - Precondition: the device is there.
  public static func getDeviceProperties(_ index: Int = 0) -> GPUFacts { opened(index, "getDeviceProperties").facts }

  /// Waits until a device has done everything that was asked of it, as `torch.cuda.synchronize`.
  /// - Precondition: the device is there.
  public static func synchronize(_ index: Int = 0) { opened(index, "synchronize").synchronize() }

  /// Bytes that live tensors take on a device, as `torch.cuda.memory_allocated`; 0 where there is no device.
  public static func memoryAllocated(_ index: Int = 0) -> Int { stats(index).allocatedBytes }

  /// The most bytes that live tensors took so far, as `torch.cuda.max_memory_allocated`; 0 where there is no device.
  public static func maxMemoryAllocated(_ index: Int = 0) -> Int { stats(index).peakAllocatedBytes }

  /// Bytes held from a device, in use or kept for reuse, as `torch.cuda.memory_reserved`; 0 where there is no device.
  public static func memoryReserved(_ index: Int = 0) -> Int { stats(index).reservedBytes }

  /// The most bytes held so far, as `torch.cuda.max_memory_reserved`; 0 where there is no device.
  public static func maxMemoryReserved(_ index: Int = 0) -> Int { stats(index).peakReservedBytes }

  /// Lets ``maxMemoryAllocated(_:)`` and ``maxMemoryReserved(_:)`` start anew, as `torch.cuda.reset_peak_memory_stats`.
  public static func resetPeakMemoryStats(_ index: Int = 0) { backend(index)?.resetPeakMemory() }

  /// Gives memory that is kept for later back to the devices, as `torch.cuda.empty_cache`; nothing where there are none.
  public static func emptyCache() {
    for backend in GPUDevices.backends(kind) { backend.releaseCachedMemory() }
  }

  private static func backend(_ index: Int) -> GPUBackend? { GPUDevices.backend(Device(kind, index: index)) }

  private static func stats(_ index: Int) -> GPUMemoryStats { backend(index)?.memoryStats ?? GPUMemoryStats() }

  private static func opened(_ index: Int, _ op: String) -> GPUBackend {
    if let backend = backend(index) { return backend }
    let device = Device(kind, index: index)
    let reason = GPUDevices.unavailableReason(device) ?? "it is not there"
    fault(
      OpError(
        op: "\(kind.rawValue).\(op)", "\(device) is not available: \(reason); ask \(Self.self).isAvailable first"
      ))
  }
}
