/// All a kernel sees of a tensor: the memory, where the elements lie in it, and what they are.
package struct Strided: Sendable {
  package var storage: Storage
  package var layout: Layout
  package var dtype: DType

  @inline(__always)
  package init(storage: Storage, layout: Layout, dtype: DType) {
    self.storage = storage
    self.layout = layout
    self.dtype = dtype
  }

  /// The address of the first element.
  @inline(__always)
  package var pointer: UnsafeMutableRawPointer { storage.base + layout.offset &* dtype.itemSize }

  package var shape: Shape { layout.shape }
  package var count: Int { layout.count }
  package var device: Device { storage.device }

  /// The same elements stretched to a shape they broadcast to.
  package func broadcast(to shape: Shape) -> Strided {
    if layout.shape == shape { return self }
    return with(Layout(shape: shape, strides: layout.stridesBroadcast(to: shape), offset: layout.offset))
  }

  /// The same memory seen through another layout.
  @inline(__always)
  package func with(_ layout: Layout) -> Strided {
    Strided(storage: storage, layout: layout, dtype: dtype)
  }
}
