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
}

/// Copies between the processor and a device, or from device to device by way of the processor; casts, and fits any strides.
/// - Parameter inBackground: whether to return before it is done, where the processor's memory is pinned.
func copyBetweenDevices(_ x: Strided, into out: Strided, inBackground: Bool = false) {
  if out.count == 0 { return }
  if x.device.kind == .cpu {
    let device = accelerator(out.device)
    if x.dtype == out.dtype, let (from, to) = asRows(x, out) {
      device.upload(from, into: to, inBackground: inBackground)
    } else {
      let cpu = CPUBackend.shared
      device.upload(cpu.contiguous(cpu.cast(x, to: out.dtype)), into: out)
    }
    return
  }
  let source = accelerator(x.device)
  let there = source.cast(x, to: out.dtype)
  if out.device.kind == .cpu, let (from, to) = asRows(there, out) {
    source.download(from, into: to, inBackground: inBackground)
    return
  }
  let here = CPUBackend.shared.allocate(Layout(contiguous: x.shape), dtype: out.dtype)
  source.download(there, into: here)
  if out.device.kind == .cpu {
    CPUBackend.shared.copy(here, into: out)
  } else {
    accelerator(out.device).upload(here, into: out)
  }
}

/// Two tensors as rows of their elements as they lie; nil where they lie differently, or not side by side.
private func asRows(_ x: Strided, _ y: Strided) -> (Strided, Strided)? {
  if x.isContiguous && y.isContiguous { return (x, y) }
  guard x.layout.strides == y.layout.strides, x.layout.isNonOverlappingAndDense else { return nil }
  func row(_ s: Strided) -> Strided {
    s.with(Layout(shape: [s.count], strides: [1], offset: s.layout.offset))
  }
  return (row(x), row(y))
}

func accelerator(_ device: Device) -> any Accelerator {
  guard let accelerator = Backends.opened(device) as? any Accelerator else {
    fault("to", "copies to and from \(device) are not available")
  }
  return accelerator
}
