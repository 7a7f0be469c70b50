// Layers that give a signal, image or volume more room at its edges.

/// What the padding layers share: an amount for each edge and what stands there.
open class PaddingLayer: Module, Layer {
  /// Two amounts for each dimension, the last dimension first.
  public let padding: [Int]
  let mode: PadMode
  let value: any TensorScalar

  init(_ count: Int, _ padding: any SpatialSize, _ mode: PadMode, _ value: any TensorScalar, _ name: String) {
    let sizes = padding.sizes
    guard sizes.count == 1 || sizes.count == 2 * count else {
      fault(name, "padding wants one number or \(2 * count), got \(padding.sizeText)")
    }
    self.padding = sizes.count == 1 ? [Int](repeating: sizes[0], count: 2 * count) : sizes
    self.mode = mode
    self.value = value
  }

  open func forward(_ x: Tensor) -> Tensor {
    F.pad(x, pad: padding, mode: mode, value: mode == .constant ? value : nil)
  }
  open override var extraRepr: String { pythonTuple(padding) }
}

/// Zeros around a signal, as `torch.nn.ZeroPad1d`.
open class ZeroPad1d: PaddingLayer {
  /// - Parameter padding: one amount for all edges, or 2: two for each dimension, the last one first.
  public init(_ padding: some SpatialSize) { super.init(1, padding, .constant, 0, "ZeroPad1d") }
  open override func copied(_ copy: ModuleCopier) -> Module { ZeroPad1d(padding) }
}

/// Zeros around an image, as `torch.nn.ZeroPad2d`.
open class ZeroPad2d: PaddingLayer {
  /// - Parameter padding: one amount for all edges, or 4: two for each dimension, the last one first.
  public init(_ padding: some SpatialSize) { super.init(2, padding, .constant, 0, "ZeroPad2d") }
  open override func copied(_ copy: ModuleCopier) -> Module { ZeroPad2d(padding) }
}

/// Zeros around a volume, as `torch.nn.ZeroPad3d`.
open class ZeroPad3d: PaddingLayer {
  /// - Parameter padding: one amount for all edges, or 6: two for each dimension, the last one first.
  public init(_ padding: some SpatialSize) { super.init(3, padding, .constant, 0, "ZeroPad3d") }
  open override func copied(_ copy: ModuleCopier) -> Module { ZeroPad3d(padding) }
}

/// Mirrored elements around a signal, as `torch.nn.ReflectionPad1d`.
open class ReflectionPad1d: PaddingLayer {
  /// - Parameter padding: one amount for all edges, or 2: two for each dimension, the last one first.
  public init(_ padding: some SpatialSize) { super.init(1, padding, .reflect, 0, "ReflectionPad1d") }
  open override func copied(_ copy: ModuleCopier) -> Module { ReflectionPad1d(padding) }
}

/// Mirrored elements around an image, as `torch.nn.ReflectionPad2d`.
open class ReflectionPad2d: PaddingLayer {
  /// - Parameter padding: one amount for all edges, or 4: two for each dimension, the last one first.
  public init(_ padding: some SpatialSize) { super.init(2, padding, .reflect, 0, "ReflectionPad2d") }
  open override func copied(_ copy: ModuleCopier) -> Module { ReflectionPad2d(padding) }
}

/// Mirrored elements around a volume, as `torch.nn.ReflectionPad3d`.
open class ReflectionPad3d: PaddingLayer {
  /// - Parameter padding: one amount for all edges, or 6: two for each dimension, the last one first.
  public init(_ padding: some SpatialSize) { super.init(3, padding, .reflect, 0, "ReflectionPad3d") }
  open override func copied(_ copy: ModuleCopier) -> Module { ReflectionPad3d(padding) }
}

/// The elements at the edges around a signal, as `torch.nn.ReplicationPad1d`.
open class ReplicationPad1d: PaddingLayer {
  /// - Parameter padding: one amount for all edges, or 2: two for each dimension, the last one first.
  public init(_ padding: some SpatialSize) { super.init(1, padding, .replicate, 0, "ReplicationPad1d") }
  open override func copied(_ copy: ModuleCopier) -> Module { ReplicationPad1d(padding) }
}

/// The elements at the edges around an image, as `torch.nn.ReplicationPad2d`.
open class ReplicationPad2d: PaddingLayer {
  /// - Parameter padding: one amount for all edges, or 4: two for each dimension, the last one first.
  public init(_ padding: some SpatialSize) { super.init(2, padding, .replicate, 0, "ReplicationPad2d") }
  open override func copied(_ copy: ModuleCopier) -> Module { ReplicationPad2d(padding) }
}

/// The elements at the edges around a volume, as `torch.nn.ReplicationPad3d`.
open class ReplicationPad3d: PaddingLayer {
  /// - Parameter padding: one amount for all edges, or 6: two for each dimension, the last one first.
  public init(_ padding: some SpatialSize) { super.init(3, padding, .replicate, 0, "ReplicationPad3d") }
  open override func copied(_ copy: ModuleCopier) -> Module { ReplicationPad3d(padding) }
}

/// The elements from the opposite edges around a signal, as `torch.nn.CircularPad1d`.
open class CircularPad1d: PaddingLayer {
  /// - Parameter padding: one amount for all edges, or 2: two for each dimension, the last one first.
  public init(_ padding: some SpatialSize) { super.init(1, padding, .circular, 0, "CircularPad1d") }
  open override func copied(_ copy: ModuleCopier) -> Module { CircularPad1d(padding) }
}

/// The elements from the opposite edges around an image, as `torch.nn.CircularPad2d`.
open class CircularPad2d: PaddingLayer {
  /// - Parameter padding: one amount for all edges, or 4: two for each dimension, the last one first.
  public init(_ padding: some SpatialSize) { super.init(2, padding, .circular, 0, "CircularPad2d") }
  open override func copied(_ copy: ModuleCopier) -> Module { CircularPad2d(padding) }
}

/// The elements from the opposite edges around a volume, as `torch.nn.CircularPad3d`.
open class CircularPad3d: PaddingLayer {
  /// - Parameter padding: one amount for all edges, or 6: two for each dimension, the last one first.
  public init(_ padding: some SpatialSize) { super.init(3, padding, .circular, 0, "CircularPad3d") }
  open override func copied(_ copy: ModuleCopier) -> Module { CircularPad3d(padding) }
}

/// A number around a signal, as `torch.nn.ConstantPad1d`.
open class ConstantPad1d: PaddingLayer {
  /// - Parameter padding: one amount for all edges, or 2: two for each dimension, the last one first.
  public init(_ padding: some SpatialSize, _ value: some TensorScalar) {
    super.init(1, padding, .constant, value, "ConstantPad1d")
  }
  open override func copied(_ copy: ModuleCopier) -> Module {
    func like(_ value: some TensorScalar) -> Module { ConstantPad1d(padding, value) }
    return like(value)
  }
  open override var extraRepr: String { "padding=\(pythonTuple(padding)), value=\(pythonNumber(value))" }
}

/// A number around an image, as `torch.nn.ConstantPad2d`.
open class ConstantPad2d: PaddingLayer {
  /// - Parameter padding: one amount for all edges, or 4: two for each dimension, the last one first.
  public init(_ padding: some SpatialSize, _ value: some TensorScalar) {
    super.init(2, padding, .constant, value, "ConstantPad2d")
  }
  open override func copied(_ copy: ModuleCopier) -> Module {
    func like(_ value: some TensorScalar) -> Module { ConstantPad2d(padding, value) }
    return like(value)
  }
  open override var extraRepr: String { "padding=\(pythonTuple(padding)), value=\(pythonNumber(value))" }
}

/// A number around a volume, as `torch.nn.ConstantPad3d`.
open class ConstantPad3d: PaddingLayer {
  /// - Parameter padding: one amount for all edges, or 6: two for each dimension, the last one first.
  public init(_ padding: some SpatialSize, _ value: some TensorScalar) {
    super.init(3, padding, .constant, value, "ConstantPad3d")
  }
  open override func copied(_ copy: ModuleCopier) -> Module {
    func like(_ value: some TensorScalar) -> Module { ConstantPad3d(padding, value) }
    return like(value)
  }
  open override var extraRepr: String { "padding=\(pythonTuple(padding)), value=\(pythonNumber(value))" }
}

private func pythonNumber(_ value: any TensorScalar) -> String {
  switch value.scalar {
  case .bool(let value): pythonBool(value)
  case .int(let value): String(value)
  case .double(let value): pythonRepr(value)
  }
}
