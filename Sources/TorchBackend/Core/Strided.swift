/// All a kernel sees of a tensor: the memory, where the elements lie in it, and what they are.
@usableFromInline
package struct Strided: Sendable {
  @usableFromInline package var storage: Storage
  @usableFromInline package var shared: SharedLayout
  @usableFromInline package var dtype: DType

  @inline(__always)
  package init(storage: Storage, layout: Layout, dtype: DType) {
    self.init(
      storage: storage, shared: layout.rank == 0 && layout.offset == 0 ? .scalar : SharedLayout(layout), dtype: dtype)
  }

  @inlinable @inline(__always)
  package init(storage: Storage, shared: SharedLayout, dtype: DType) {
    self.storage = storage
    self.shared = shared
    self.dtype = dtype
  }

  package var layout: Layout {
    @inlinable @inline(__always) get { shared.layout }
    set { shared = SharedLayout(newValue) }
  }

  /// The address of the first element; a fault where the processor cannot follow it.
  @inlinable @inline(__always)
  package var pointer: UnsafeMutableRawPointer {
    if !storage.isOnCPU { differentDevices(.cpu, storage.device) }
    return storage.base + shared.layout.offset &* dtype.itemSize
  }

  @inlinable @inline(__always)
  package var shape: Shape { shared.layout.shape }
  @inlinable @inline(__always)
  package var count: Int { shared.count }
  @inlinable @inline(__always)
  package var isContiguous: Bool { shared.isContiguous }
  @inlinable @inline(__always)
  package var device: Device { storage.device }

  /// Whether the elements lie in the processor's memory as those of a fresh tensor do.
  @inlinable @inline(__always)
  package var isPlain: Bool { shared.isFresh && storage.isOnCPU }

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

/// Ends an op whose operands do not live together.
@usableFromInline @inline(never)
package func differentDevices(_ x: Device, _ y: Device) -> Never {
  fault("device", "operands live on different devices, \(x) and \(y); move one with to(_:)")
}
