import CTorchRuntime
@_exported import TorchBackend

/// A strided array of numbers that can remember how it was computed, as `torch.Tensor`.
///
/// A tensor is an identity with a body: the body (storage, layout, dtype, device) changes only through ``setData_(_:)``,
/// so that an optimizer made before `model.to(device)` still trains the same parameters.
///
/// Tensors may be read from any thread and written from one place at a time: `Sendable` does not make `add_` race-free.
public final class Tensor: Sendable {
  /// The body. Written by `setData_` only, exclusive by contract.
  @exclusivity(unchecked) package nonisolated(unsafe) var strided: Strided

  // Autograd. All of it is absent on a plain tensor, which carries and locks nothing.

  /// The node that computed this tensor, as recorded; use `gradNode`, which brings views up to date.
  @exclusivity(unchecked) nonisolated(unsafe) var recordedNode: Node?
  /// Which of the node's outputs this is.
  @exclusivity(unchecked) nonisolated(unsafe) var outputIndex: Int32 = 0
  @exclusivity(unchecked) nonisolated(unsafe) var flags: Flags = []
  /// How the view was made, which decides whether it may be written to.
  @exclusivity(unchecked) nonisolated(unsafe) var viewOrigin: ViewOrigin = .plain
  /// The storage version at which `recordedNode` described this view.
  @exclusivity(unchecked) nonisolated(unsafe) var viewVersion: UInt32 = 0
  /// The tensor that owns the memory a view shows.
  @exclusivity(unchecked) nonisolated(unsafe) var viewBase: Tensor?
  /// The gradient slot of a leaf, or of a tensor that retains its gradient.
  @exclusivity(unchecked) nonisolated(unsafe) var gradSlot: AccumulateGrad?
  /// A version counter of its own, for `.data`.
  @exclusivity(unchecked) nonisolated(unsafe) var ownVersion: VersionCounter?

  struct Flags: OptionSet {
    let rawValue: UInt8
    static let requiresGrad = Flags(rawValue: 1)
    /// Made in inference mode: may never take part in recording.
    static let inference = Flags(rawValue: 2)
    static let retainsGrad = Flags(rawValue: 4)
    /// A plain number wrapped: its dtype is weak in promotion.
    static let number = Flags(rawValue: 8)
  }

  @inline(__always)
  package init(_ strided: Strided) {
    self.strided = strided
    if ct_inference_mode() { flags = .inference }
  }

  /// A row-major tensor on the processor that shares a layout, with undefined content.
  @inline(__always)
  convenience init(plain layout: SharedLayout, dtype: DType) {
    self.init(Strided(storage: .cpu(byteCount: layout.count &* dtype.itemSize), shared: layout, dtype: dtype))
  }

  /// A row-major tensor with undefined content.
  @inline(__always)
  package convenience init(shape: Shape, dtype: DType, device: Device = .cpu) {
    self.init(Backends.opened(device).allocate(Layout(contiguous: shape), dtype: dtype))
  }

  /// Undefined content in a memory format.
  package convenience init(shape: Shape, dtype: DType, device: Device, format: MemoryFormat) {
    let isLast = format == .channelsLast || format == .channelsLast3d
    let layout = isLast ? Layout(shape: shape, strides: Layout.channelsLastStrides(shape)) : Layout(contiguous: shape)
    self.init(Backends.opened(device).allocate(layout, dtype: dtype))
  }
}

extension Tensor {
  /// The sizes, one per dimension, as `torch.Tensor.shape`.
  @inline(__always)
  public var shape: Shape { strided.layout.shape }

  /// The element type, as `torch.Tensor.dtype`.
  @inline(__always)
  public var dtype: DType { strided.dtype }

  /// Where the elements live, as `torch.Tensor.device`.
  @inline(__always)
  public var device: Device { strided.storage.device }

  /// How many dimensions there are; 0 for a single number.
  public var ndim: Int { shape.count }
  /// As ``ndim``.
  public func dim() -> Int { ndim }

  /// How many elements there are.
  public func numel() -> Int { strided.count }

  /// The sizes, as ``shape``.
  public func size() -> Shape { shape }

  /// The size of one dimension; negative ones count from the end.
  /// - Precondition: `dim` is one of the tensor's dimensions.
  public func size(_ dim: Int) -> Int {
    if ndim == 0 { fault("size", "a 0-dim tensor has no dim \(dim)") }
    return shape[checked { () throws(OpError) in try strided.layout.wrap(dim, op: "size") }]
  }

  /// The steps between elements, in elements, one per dimension.
  public func stride() -> [Int] { Array(strided.layout.strides) }

  /// The step of one dimension, in elements.
  public func stride(_ dim: Int) -> Int {
    strided.layout.strides[checked { () throws(OpError) in try strided.layout.wrap(dim, op: "stride") }]
  }

  /// The index of the first element in the storage.
  public func storageOffset() -> Int { strided.layout.offset }

  /// Bytes per element.
  public func elementSize() -> Int { dtype.itemSize }

  /// Whether the elements follow one another in the order of a memory format.
  public func isContiguous(memoryFormat: MemoryFormat = .contiguousFormat) -> Bool {
    switch memoryFormat {
    case .contiguousFormat, .preserveFormat: strided.isContiguous
    case .channelsLast: ndim == 4 && strided.layout.isChannelsLast
    case .channelsLast3d: ndim == 5 && strided.layout.isChannelsLast
    }
  }

  /// The format that results of layers keep: channels last where the tensor lies so and not row-major.
  package var suggestedFormat: MemoryFormat {
    guard ndim == 4 || ndim == 5, !strided.isContiguous, strided.layout.isChannelsLast else { return .contiguousFormat }
    return ndim == 4 ? .channelsLast : .channelsLast3d
  }

  /// This tensor in the format of another of as many dimensions.
  package func inFormat(of other: Tensor) -> Tensor { contiguous(memoryFormat: other.suggestedFormat) }

  /// Whether the dtype is floating point.
  public func isFloatingPoint() -> Bool { dtype.isFloatingPoint }

  /// The memory that this tensor and its views share.
  public var storage: Storage { strided.storage }

  /// The backend that computes for this tensor's device.
  @inline(__always)
  package var backend: any Backend { Backends.of(device) }

  /// Replaces the body and keeps the identity: gradients, hooks and every reference to this tensor stay.
  ///
  /// What `Module.to`, assignment to ``data`` and loading use. Exclusive by contract: no other thread uses the tensor.
  public func setData_(_ source: Tensor) {
    strided = source.strided
    ownVersion = source.ownVersion
    gradSlot?.describe(self)
  }
}

/// How the elements of a batch of images are ordered, as `torch.memory_format`.
public enum MemoryFormat: Sendable {
  case contiguousFormat, preserveFormat, channelsLast, channelsLast3d
}
