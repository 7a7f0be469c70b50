// Moving and converting a model. The tensors keep their identity, so optimizers and tied weights stay valid.

extension Module {
  /// Moves parameters, buffers and gradients to a device, as `torch.nn.Module.to`.
  @discardableResult
  public func to(_ device: Device) -> Self { converted { $0.to(device) } }

  /// Converts floating point parameters, buffers and gradients, as `torch.nn.Module.to`; whole numbers stay.
  /// - Precondition: `dtype` is floating point.
  @discardableResult
  public func to(_ dtype: DType) -> Self {
    requireFloatingPoint(dtype)
    return converted { $0.isFloatingPoint() ? $0.to(dtype) : $0 }
  }

  /// Moves to a device and converts what is floating point, as `torch.nn.Module.to`.
  /// - Precondition: `dtype` is floating point.
  @discardableResult
  public func to(_ device: Device, _ dtype: DType) -> Self {
    requireFloatingPoint(dtype)
    return converted { $0.isFloatingPoint() ? $0.to(device, dtype) : $0.to(device) }
  }

  /// Lays parameters and buffers of four dimensions out anew, as `torch.nn.Module.to(memory_format=)`; values stay.
  ///
  /// A network of convolutions whose weights lie channels last gives results that do.
  @discardableResult
  public func to(memoryFormat: MemoryFormat) -> Self {
    let dimensions = memoryFormat == .channelsLast3d ? 5 : 4
    return converted {
      $0.ndim == dimensions || memoryFormat == .contiguousFormat ? $0.contiguous(memoryFormat: memoryFormat) : $0
    }
  }

  /// Converts to float32, as `torch.nn.Module.float`.
  @discardableResult
  public func float() -> Self { to(.float32) }
  /// Converts to float64, as `torch.nn.Module.double`.
  @discardableResult
  public func double() -> Self { to(.float64) }
  /// Converts to float16, as `torch.nn.Module.half`.
  @discardableResult
  public func half() -> Self { to(.float16) }
  /// Converts to bfloat16, as `torch.nn.Module.bfloat16`.
  @discardableResult
  public func bfloat16() -> Self { to(.bfloat16) }
  /// Moves to main memory, as `torch.nn.Module.cpu`.
  @discardableResult
  public func cpu() -> Self { to(.cpu) }
  /// Moves to a CUDA device, as `torch.nn.Module.cuda`.
  @discardableResult
  public func cuda(_ index: Int? = nil) -> Self { to(Device(.cuda, index: index)) }

  private func requireFloatingPoint(_ dtype: DType) {
    guard dtype.isFloatingPoint else {
      fault("to", "a module converts to floating point dtypes only, not to \(dtype.name)")
    }
  }

  private func converted(_ convert: (Tensor) -> Tensor) -> Self {
    requireThawed("to")
    noGrad {
      for tensor in parameters() + buffers() {
        let grad = tensor.grad
        let body = tensor.detach()
        let result = convert(body)
        guard result !== body else { continue }
        if grad != nil { tensor.grad = nil }
        tensor.setData_(result)
        if let grad { tensor.grad = convert(grad.detach()) }
      }
    }
    return self
  }
}
