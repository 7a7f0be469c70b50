import CTorchRuntime

// Copies, casts and moves between devices.

/// Another dtype, device or memory order.
struct Convert: StructureOp {
  let dtype: DType
  let device: Device
  let name: StaticString
  /// Whether a copy between devices may still be on its way when the op is done.
  var inBackground = false
  /// Whose pinned memory on the processor the result shall lie in.
  var pinnedBy: (any Accelerator)?

  func run(_ x: Tensor, into layout: Layout) -> Tensor {
    inOp(name, on: [x.shape]) {
      let out = allocated(x, layout)
      if x.device == device {
        out.backend.copy(x.strided, into: out.strided)
      } else {
        copyBetweenDevices(x.strided, into: out.strided, inBackground: inBackground)
      }
      if x.isRecording && dtype.isFloatingPoint {
        out.setHistory(StructureNode(self, of: x.strided.shared, edge: x.gradEdge))
      }
      return out
    }
  }

  /// As in PyTorch, a copy that comes from a device in the background comes into pinned memory.
  private func allocated(_ x: Tensor, _ layout: Layout) -> Tensor {
    var pinnedBy = pinnedBy
    if inBackground && device.kind == .cpu && x.device.kind != .cpu { pinnedBy = accelerator(x.device) }
    guard let pinnedBy else { return Tensor(Backends.opened(device).allocate(layout, dtype: dtype)) }
    let storage = pinnedBy.pinned(byteCount: layout.storageExtent * dtype.itemSize)
    return Tensor(Strided(storage: storage, layout: layout, dtype: dtype))
  }

  // The engine casts to the input's dtype.
  func backward(_ gradient: Tensor, input: Layout) -> Tensor { gradient }
}

final class CopyNode: Node, @unchecked Sendable {
  init(target: Edge?, source: Edge?) { super.init(op: "copy_backwards.", edges: EdgeList(target, source)) }

  override func backward(_ gradients: [Tensor?]) -> [Tensor?] {
    guard let gradient = gradients[0] else { return [] }
    return [edges[0] != nil ? Tensor.zeros(like: gradient) : nil, gradient]
  }
}

extension Tensor {
  /// A copy of the elements, as `torch.clone`; recorded.
  /// - Parameter memoryFormat: how the copy is ordered; by default as this tensor where it is dense.
  public func clone(memoryFormat: MemoryFormat = .preserveFormat) -> Tensor {
    Convert(dtype: dtype, device: device, name: "clone").run(self, into: layout(memoryFormat, op: "clone"))
  }

  /// This tensor where its elements lie in the order, else a copy, as `torch.Tensor.contiguous`.
  public func contiguous(memoryFormat: MemoryFormat = .contiguousFormat) -> Tensor {
    isContiguous(memoryFormat: memoryFormat) ? self : clone(memoryFormat: memoryFormat)
  }

  /// This tensor where it has the dtype, else a converted copy, as `torch.Tensor.to`.
  /// - Parameters:
  ///   - nonBlocking: whether a copy between pinned memory (``pinMemory()``) and a device may go on in the background. What
  ///     comes to the processor is there when its stream was waited for (`CUDA.synchronize()`), and not before.
  ///   - memoryFormat: how the result is ordered; by default as this tensor where it is dense.
  public func to(
    _ dtype: DType, nonBlocking: Bool = false, copy: Bool = false,
    memoryFormat: MemoryFormat = .preserveFormat
  ) -> Tensor {
    if dtype == self.dtype && !copy && memoryFormat == .preserveFormat { return self }
    return converted(device, dtype, copy, memoryFormat, false)
  }

  /// This tensor where it lives on the device, else a copy there, as `torch.Tensor.to`.
  /// - Precondition: the device is available; the fault tells why it is not.
  public func to(
    _ device: Device, nonBlocking: Bool = false, copy: Bool = false,
    memoryFormat: MemoryFormat = .preserveFormat
  ) -> Tensor {
    converted(device, dtype, copy, memoryFormat, nonBlocking)
  }

  /// As ``to(_:nonBlocking:copy:memoryFormat:)-(Device,_,_,_)`` and ``to(_:nonBlocking:copy:memoryFormat:)-(DType,_,_,_)``
  /// in one.
  public func to(
    _ device: Device, _ dtype: DType, nonBlocking: Bool = false, copy: Bool = false,
    memoryFormat: MemoryFormat = .preserveFormat
  ) -> Tensor { converted(device, dtype, copy, memoryFormat, nonBlocking) }

  private func converted(
    _ device: Device, _ dtype: DType, _ copy: Bool, _ format: MemoryFormat, _ inBackground: Bool
  ) -> Tensor {
    let isOrdered = format == .preserveFormat || isContiguous(memoryFormat: format)
    if device == self.device && dtype == self.dtype && !copy && isOrdered { return self }
    return Convert(dtype: dtype, device: device, name: "to_copy", inBackground: inBackground)
      .run(self, into: layout(format, op: "to"))
  }

  /// With the dtype and device of another tensor, as `torch.Tensor.to(other)`.
  public func to(
    _ other: Tensor, nonBlocking: Bool = false, copy: Bool = false,
    memoryFormat: MemoryFormat = .preserveFormat
  ) -> Tensor {
    converted(other.device, other.dtype, copy, memoryFormat, nonBlocking)
  }

  /// This tensor in another memory order, as `torch.Tensor.to(memory_format=)`.
  public func to(memoryFormat: MemoryFormat) -> Tensor { contiguous(memoryFormat: memoryFormat) }

  /// As float32, as `torch.Tensor.float`.
  public func float(memoryFormat: MemoryFormat = .preserveFormat) -> Tensor {
    to(.float32, memoryFormat: memoryFormat)
  }
  /// As float64, as `torch.Tensor.double`.
  public func double(memoryFormat: MemoryFormat = .preserveFormat) -> Tensor {
    to(.float64, memoryFormat: memoryFormat)
  }
  /// As float16, as `torch.Tensor.half`.
  public func half(memoryFormat: MemoryFormat = .preserveFormat) -> Tensor {
    to(.float16, memoryFormat: memoryFormat)
  }
  /// As bfloat16, as `torch.Tensor.bfloat16`.
  public func bfloat16(memoryFormat: MemoryFormat = .preserveFormat) -> Tensor {
    to(.bfloat16, memoryFormat: memoryFormat)
  }
  /// As int64, as `torch.Tensor.long`.
  public func long(memoryFormat: MemoryFormat = .preserveFormat) -> Tensor {
    to(.int64, memoryFormat: memoryFormat)
  }
  /// As int32, as `torch.Tensor.int`.
  public func int(memoryFormat: MemoryFormat = .preserveFormat) -> Tensor {
    to(.int32, memoryFormat: memoryFormat)
  }
  /// As bool, as `torch.Tensor.bool`.
  public func bool(memoryFormat: MemoryFormat = .preserveFormat) -> Tensor {
    to(.bool, memoryFormat: memoryFormat)
  }

  /// On the CPU, as `torch.Tensor.cpu`.
  public func cpu() -> Tensor { to(.cpu) }
  /// On a CUDA device, as `torch.Tensor.cuda`.
  /// - Parameters:
  ///   - index: which one; by default the calling thread's current device.
  ///   - nonBlocking: as in ``to(_:nonBlocking:copy:memoryFormat:)-(Device,_,_,_)``.
  /// - Precondition: `CUDA.isAvailable`.
  public func cuda(_ index: Int? = nil, nonBlocking: Bool = false) -> Tensor {
    to(Device(.cuda, index: index), nonBlocking: nonBlocking)
  }

  /// Overwrites the elements with those of another tensor, which broadcasts and is cast, as `torch.Tensor.copy_`.
  /// - Parameter nonBlocking: as in ``to(_:nonBlocking:copy:memoryFormat:)-(Device,_,_,_)``.
  @discardableResult
  public func copy_(_ source: Tensor, nonBlocking: Bool = false) -> Tensor {
    inOp("copy_") {
      let recorded = ct_grad_enabled() && (requiresGrad || (source.requiresGrad && dtype.isFloatingPoint))
      checkInPlace("copy_", recorded: recorded)
      let shape = checked { () throws(OpError) in try Layout.broadcast(self.shape, source.shape, op: "copy_") }
      guard shape == self.shape else {
        fault("copy_", "source shape \(source.shape.brackets) does not broadcast to \(self.shape.brackets)")
      }
      let node = recorded ? CopyNode(target: gradEdge, source: source.gradEdge) : nil
      if source.device == device {
        var from = source.strided.broadcast(to: shape)
        if from.storage === storage && from.layout != strided.layout { from = copyOf(from, backend) }
        backend.copy(from, into: strided)
      } else {
        copyBetweenDevices(source.strided.broadcast(to: shape), into: strided, inBackground: nonBlocking)
      }
      bumpVersion()
      if let node { rebaseHistory(node) }
      return self
    }
  }

  /// Overwrites every element with a number, as `torch.Tensor.fill_`.
  @discardableResult
  public func fill_(_ value: some TensorScalar) -> Tensor { inOp("fill_") { filled(value.scalar, "fill.2") } }

  /// Overwrites every element with 0, as `torch.Tensor.zero_`.
  @discardableResult
  public func zero_() -> Tensor { inOp("zero_") { filled(.int(0), "zero") } }

  func filled(_ value: Scalar, _ node: StaticString) -> Tensor {
    value.checkFits(dtype, op: "fill_", strictly: numel() > 1)
    let recorded = isRecording
    checkInPlace("fill_", recorded: recorded, isUniform: true)
    let node = recorded ? FillNode(node, edge: gradEdge) : nil
    backend.fill(strided, with: value)
    bumpVersion()
    if let node { rebaseHistory(node) }
    return self
  }

  /// The elements in a fresh block of a given layout, cut from the recorded computation's saved tensors but recorded.
  func copied(inLayout layout: Layout) -> Tensor {
    let out = Tensor(
      Strided(
        storage: backend.allocate(
          byteCount: Layout(shape: layout.shape, strides: layout.strides).storageExtent * dtype.itemSize),
        layout: Layout(shape: layout.shape, strides: layout.strides), dtype: dtype))
    return out.copy_(self)
  }

  private func layout(_ format: MemoryFormat, op: String) -> Layout {
    switch format {
    case .preserveFormat: return strided.layout.ofCopy
    case .contiguousFormat: return Layout(contiguous: shape)
    case .channelsLast, .channelsLast3d:
      let wanted = format == .channelsLast ? 4 : 5
      guard ndim == wanted else {
        fault(op, "channels-last wants \(wanted) dimensions, got \(shape.brackets)")
      }
      return Layout(shape: shape, strides: Layout.channelsLastStrides(shape))
    }
  }
}

/// The step of a tensor that was overwritten with a number: no gradient passes.
final class FillNode: Node, @unchecked Sendable {
  init(_ op: StaticString, edge: Edge?) { super.init(op: op, edges: EdgeList(edge)) }

  override func backward(_ gradients: [Tensor?]) -> [Tensor?] { [gradients[0].map { Tensor.zeros(like: $0) }] }
}
