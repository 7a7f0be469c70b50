// Other sizes in place.

extension Tensor {
  /// Takes other sizes, row-major over its memory, as `torch.Tensor.resize_`; where the sizes stay nothing changes.
  ///
  /// What memory it has is kept in its order, elements beyond are undefined. Unlike in PyTorch, memory that other tensors
  /// show as well does not grow.
  /// - Precondition: no size is negative; the tensor takes no part in recording; what needs more memory shares none.
  @discardableResult
  public func resize_(size sizes: [Int]) -> Tensor {
    inOp("resize_") {
      guard !requiresGrad else { fault("resize_", "a tensor that requires gradients keeps its sizes; use detach()") }
      let wanted = Shape(sizes)
      guard !wanted.contains(where: { $0 < 0 }), wanted.count <= Shape.maximumCount else {
        fault(
          "resize_", "wants at most \(Shape.maximumCount) sizes and none negative, got \(wanted.brackets)")
      }
      if wanted == shape { return self }
      guard wanted.checkedElementCount(itemSize: dtype.itemSize) != nil else {
        fault("resize_", "\(wanted.brackets) has more elements than any memory holds")
      }
      let layout = Layout(
        shape: wanted, strides: Layout.contiguousStrides(wanted), offset: strided.layout.offset)
      if layout.fits(bytes: storage.byteCount, itemSize: dtype.itemSize) {
        strided = strided.with(layout)
        return self
      }
      guard storage.byteCount == 0 || isKnownUniquelyReferenced(&strided.storage) else {
        fault(
          "resize_",
          "the memory is shared with other tensors and cannot grow from \(signature) to \(wanted.brackets); use clone() first"
        )
      }
      guard device == .cpu else { fault("resize_", "memory on \(device) does not grow; use newEmpty") }
      let old = storage
      let more = backend.allocate(byteCount: (layout.offset + layout.count) * dtype.itemSize)
      more.base.copyMemory(from: old.base, byteCount: old.byteCount)
      strided = Strided(storage: more, layout: layout, dtype: dtype)
      return self
    }
  }
  /// As ``resize_(size:)-([Int])``.
  @discardableResult
  public func resize_(size: Int...) -> Tensor { resize_(size: size) }
}
