import TorchBackend
import TorchGPU

extension Tensor {
  /// This tensor in pinned memory of the processor, a copy where it is not there yet, as `torch.Tensor.pin_memory`.
  ///
  /// A device copies from and to such memory by itself: with `nonBlocking: true`, ``to(_:nonBlocking:copy:memoryFormat:)-(Device,_,_,_)``
  /// does not wait. Until the copy is done nobody may write here, and memory that goes out of use meanwhile is kept.
  /// It is meant for CUDA's devices, or for OpenCL's where there are none; ``pinMemory(_:)`` says for which.
  /// - Precondition: the tensor lives on the processor, and there is a device.
  public func pinMemory() -> Tensor { pinMemory(CUDA.isAvailable || !OpenCL.isAvailable ? .cuda : .opencl) }

  /// This tensor in pinned memory for devices of a kind, as ``pinMemory()``.
  /// - Precondition: the tensor lives on the processor, and there is such a device.
  public func pinMemory(_ kind: Device.Kind) -> Tensor {
    guard device.kind == .cpu else {
      fault("pinMemory", "cannot pin a tensor on \(device); only the processor's memory can be pinned")
    }
    if isPinned { return self }
    guard let backend = GPUDevices.backend(Device(kind)) else {
      let reason = GPUDevices.unavailableReason(Device(kind)) ?? "it is not there"
      fault("pinMemory", "there is no device to pin memory for: \(reason)")
    }
    return Convert(dtype: dtype, device: .cpu, name: "pin_memory", pinnedBy: backend)
      .run(self, into: strided.layout.ofCopy)
  }

  /// Whether the elements lie in pinned memory of the processor, as `torch.Tensor.is_pinned`.
  public var isPinned: Bool { TorchGPU.isPinned(storage) }
}
