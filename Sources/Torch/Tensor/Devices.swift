import TorchBackend
import TorchGPU

extension Backends {
  /// The backend of a device that elements shall live on, which is opened at its first use; a fault with the reason where it
  /// is not available.
  @inline(__always)
  static func opened(_ device: Device) -> any Backend {
    device.kind == .cpu ? CPUBackend.shared : openedAccelerator(device)
  }

  @inline(never)
  private static func openedAccelerator(_ device: Device) -> any Backend {
    if let backend = registered(device) { return backend }
    if let backend = GPUDevices.backend(device) {
      register(backend, for: device)
      return backend
    }
    let reason = GPUDevices.unavailableReason(device) ?? "it is not there"
    fault("device", "\(device) is not available: \(reason); use Device.cpu")
  }

  static func isAvailable(_ device: Device) -> Bool {
    device.kind == .cpu || registered(device) != nil || GPUDevices.backend(device) != nil
  }
}

/// Copies between the processor and a device, or from device to device by way of the processor; casts, and fits any strides.
func copyBetweenDevices(_ x: Strided, into out: Strided) {
  if out.count == 0 { return }
  if x.device.kind == .cpu {
    let cpu = CPUBackend.shared
    accelerator(out.device).upload(cpu.contiguous(cpu.cast(x, to: out.dtype)), into: out)
    return
  }
  let source = accelerator(x.device)
  let there = source.cast(x, to: out.dtype)
  let here = CPUBackend.shared.allocate(Layout(contiguous: x.shape), dtype: out.dtype)
  source.download(there, into: here)
  if out.device.kind == .cpu {
    CPUBackend.shared.copy(here, into: out)
  } else {
    accelerator(out.device).upload(here, into: out)
  }
}

private func accelerator(_ device: Device) -> any Accelerator {
  guard let accelerator = Backends.opened(device) as? any Accelerator else {
    fault("to", "copies to and from \(device) are not available")
  }
  return accelerator
}
