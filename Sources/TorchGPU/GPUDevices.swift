import Synchronization
import TorchBackend

/// The GPUs of this machine, found at the first question for one.
package enum GPUDevices {
  private struct Found: Sendable {
    var backends: [GPUBackend] = []
    /// Why there are none.
    var reason: String?
  }

  private static let openCL = look(OpenCLDriver(), .opencl)
  private static let cuda = look(CUDADriver(), .cuda)

  private static func look(_ driver: any GPUDriver, _ kind: Device.Kind) -> Found {
    do {
      let devices = try driver.devices()
      return Found(backends: devices.enumerated().map { GPUBackend(Device(kind, index: $0), $1) })
    } catch {
      return Found(reason: error.description)
    }
  }

  private static func found(_ kind: Device.Kind) -> Found {
    switch kind {
    case .opencl: openCL
    case .cuda: cuda
    case .cpu: Found(reason: "the processor is no GPU")
    }
  }

  package static func backends(_ kind: Device.Kind) -> [GPUBackend] { found(kind).backends }

  /// Why a device cannot be used; nil where it can.
  package static func unavailableReason(_ device: Device) -> String? {
    let found = found(device.kind)
    if let reason = found.reason { return reason }
    if found.backends.indices.contains(device.index) { return nil }
    let last = found.backends.count - 1
    return
      "there \(last == 0 ? "is only \(device.kind.rawValue):0" : "are \(device.kind.rawValue):0 to \(device.kind.rawValue):\(last)")"
  }

  /// The backend of a device; nil where it cannot be used.
  package static func backend(_ device: Device) -> GPUBackend? {
    let backends = found(device.kind).backends
    return backends.indices.contains(device.index) ? backends[device.index] : nil
  }
}
