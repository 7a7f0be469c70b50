import Synchronization

/// Finds the backend of a device.
package enum Backends {
  private static let others = Mutex<[Device: any Backend]>([:])

  /// The backend that serves a device; a fault with the reason where there is none.
  @inline(__always)
  package static func of(_ device: Device) -> any Backend {
    device.kind == .cpu ? CPUBackend.shared : other(device)
  }

  @inline(never)
  private static func other(_ device: Device) -> any Backend {
    if let backend = others.withLock({ $0[device] }) { return backend }
    fault("device", "\(device) is not available: \(unavailableReason(device)); use Device.cpu")
  }

  /// Makes a backend known; the GPU rooms call this when their driver is found.
  package static func register(_ backend: any Backend, for device: Device) {
    others.withLock { $0[device] = backend }
  }

  /// Whether a device can be used.
  package static func isAvailable(_ device: Device) -> Bool {
    device.kind == .cpu || others.withLock { $0[device] != nil }
  }

  /// Why a device cannot be used.
  package static func unavailableReason(_ device: Device) -> String {
    "this build has no \(device.kind == .cuda ? "CUDA" : "OpenCL") backend"
  }
}
