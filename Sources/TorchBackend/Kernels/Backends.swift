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
    if let backend = registered(device) { return backend }
    fault("device", "\(device) has not been opened")
  }

  /// The backend that was made known for a device.
  package static func registered(_ device: Device) -> (any Backend)? { others.withLock { $0[device] } }

  /// Makes a backend known; whoever opens a device calls this.
  package static func register(_ backend: any Backend, for device: Device) {
    others.withLock { $0[device] = backend }
  }
}
