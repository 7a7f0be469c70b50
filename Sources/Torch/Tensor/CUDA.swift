/// CUDA devices, as `torch.cuda`.
public enum CUDA {
  /// Whether a CUDA device can be used, as `torch.cuda.is_available`.
  public static var isAvailable: Bool { Backends.isAvailable(.cuda) }

  /// Why no CUDA device can be used; nil where one can.
  public static var unavailableReason: String? { isAvailable ? nil : Backends.unavailableReason(.cuda) }

  /// How many CUDA devices there are, as `torch.cuda.device_count`.
  public static var deviceCount: Int { isAvailable ? 1 : 0 }
}
