// Undefined content in any strides, and copies filled with one number.

extension Tensor {
  /// Undefined content under these strides, in elements, as `torch.empty_strided`.
  /// - Precondition: as many strides as sizes, none negative.
  public static func emptyStrided(
    _ size: [Int], _ stride: [Int], dtype: DType = .float32, device: Device = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    inOp("empty_strided") {
      guard size.count == stride.count else {
        fault("empty_strided", "wants as many strides as sizes; got \(size) and \(stride)")
      }
      guard size.allSatisfy({ $0 >= 0 }), stride.allSatisfy({ $0 >= 0 }) else {
        fault("empty_strided", "sizes and strides cannot be negative; got \(size) and \(stride)")
      }
      guard size.count <= Shape.maximumCount else {
        fault("empty_strided", "\(size.count) dimensions are too many; the limit is \(Shape.maximumCount)")
      }
      let layout = Layout(shape: Shape(size), strides: Shape(stride))
      guard layout.fits(bytes: 1 << 47, itemSize: dtype.itemSize),
        layout.shape.checkedElementCount(itemSize: dtype.itemSize) != nil
      else {
        fault("empty_strided", "sizes \(size) with strides \(stride) reach further than any memory")
      }
      let backend = Backends.opened(device)
      let storage = backend.allocate(byteCount: layout.storageExtent * dtype.itemSize)
      let result = Tensor(Strided(storage: storage, layout: layout, dtype: dtype))
      if requiresGrad { result.requiresGrad = true }
      return result
    }
  }

  /// Undefined content under these strides with this tensor's dtype and device, as `torch.Tensor.new_empty_strided`.
  /// - Precondition: as many strides as sizes, none negative.
  public func newEmptyStrided(
    _ size: [Int], _ stride: [Int], dtype: DType? = nil, device: Device? = nil, requiresGrad: Bool = false
  ) -> Tensor {
    .emptyStrided(
      size, stride, dtype: dtype ?? self.dtype, device: device ?? self.device, requiresGrad: requiresGrad)
  }

  /// A tensor of this shape and dtype with one number everywhere, as `torch.fill`.
  /// - Precondition: the number fits the dtype.
  public func fill(_ value: some TensorScalar) -> Tensor { inOp("fill") { clone().fill_(value) } }
  /// As ``fill(_:)-(TensorScalar)``, with a 0-dim tensor.
  public func fill(_ value: Tensor) -> Tensor { inOp("fill") { clone().fill_(value) } }

  /// Overwrites every element with that of a 0-dim tensor, as `torch.Tensor.fill_`.
  @discardableResult
  public func fill_(_ value: Tensor) -> Tensor {
    inOp("fill_") {
      guard value.ndim == 0 else { fault("fill_", "the value must be 0-dim, got shape \(value.shape.brackets)") }
      return copy_(value).namedWrite("fill.3")
    }
  }

  /// As uint8, as `torch.Tensor.byte`.
  public func byte(memoryFormat: MemoryFormat = .preserveFormat) -> Tensor { to(.uint8, memoryFormat: memoryFormat) }
  /// As int8, as `torch.Tensor.char`.
  public func char(memoryFormat: MemoryFormat = .preserveFormat) -> Tensor { to(.int8, memoryFormat: memoryFormat) }
  /// As int16, as `torch.Tensor.short`.
  public func short(memoryFormat: MemoryFormat = .preserveFormat) -> Tensor { to(.int16, memoryFormat: memoryFormat) }
}
