/// CUDA devices, as `torch.cuda`.
public enum CUDA {
  /// Whether a CUDA device can be used, as `torch.cuda.is_available`.
  public static var isAvailable: Bool { Backends.isAvailable(.cuda) }

  /// Why no CUDA device can be used; nil where one can.
  public static var unavailableReason: String? { isAvailable ? nil : Backends.unavailableReason(.cuda) }

  /// How many CUDA devices there are, as `torch.cuda.device_count`.
  public static var deviceCount: Int { isAvailable ? 1 : 0 }

  /// The device that `.cuda` without a number stands for, as `torch.cuda.current_device`.
  /// - Precondition: ``isAvailable``.
  public static var currentDevice: Int {
    if let unavailableReason {
      fault("cuda.currentDevice", "no CUDA device is available: \(unavailableReason); ask CUDA.isAvailable first")
    }
    return 0
  }

  /// What a device's maker calls it, as `torch.cuda.get_device_name`.
  /// - Precondition: the device is there.
  public static func getDeviceName(_ index: Int = 0) -> String { Backends.of(.cuda(index)).deviceName }

  /// Gives memory that is kept for later back to the devices, as `torch.cuda.empty_cache`; nothing where there are none.
  public static func emptyCache() {
    if isAvailable { Backends.of(.cuda).releaseCachedMemory() }
  }
}
