import TorchBackend
import TorchGPU

/// Where the tensors of a checkpoint shall live, as torch's `map_location`.
///
/// ```swift
/// try load("checkpoint.pth", mapLocation: .cuda)                // all of them there
/// try load("checkpoint.pth", mapLocation: device)
/// try load("checkpoint.pth", mapLocation: ["cuda:1": "cuda:0"])  // those of one device; the others where they were
/// try load("checkpoint.pth", mapLocation: .saved)               // each where it was, as torch does by default
/// ```
public struct MapLocation: Sendable {
  /// Where a tensor that was saved on a device shall live.
  let target: @Sendable (Device) -> Device

  /// Asks for each device that tensors were saved on.
  public init(_ target: @escaping @Sendable (Device) -> Device) { self.target = target }

  /// All tensors to one device.
  public static func device(_ device: Device) -> MapLocation { MapLocation { _ in device } }

  /// The processor's memory.
  public static var cpu: MapLocation { .device(.cpu) }
  /// The current CUDA device.
  public static var cuda: MapLocation { .device(.cuda) }
  /// The current OpenCL device.
  public static var opencl: MapLocation { .device(.opencl) }
  /// The CUDA device of a number.
  public static func cuda(_ index: Int) -> MapLocation { .device(.cuda(index)) }
  /// The OpenCL device of a number.
  public static func opencl(_ index: Int) -> MapLocation { .device(.opencl(index)) }
  /// Each tensor to the device that it was saved on.
  public static var saved: MapLocation { MapLocation { $0 } }
}

extension MapLocation: ExpressibleByStringLiteral {
  /// - Precondition: the text names a device.
  public init(stringLiteral text: String) { self = .device(Device(text)) }
}

extension MapLocation: ExpressibleByDictionaryLiteral {
  /// What is not named stays on its device.
  public init(dictionaryLiteral pairs: (Device, Device)...) {
    let targets = Dictionary(pairs) { _, last in last }
    self.init { targets[$0] ?? $0 }
  }
}

/// Reads a file of `torch.save` with all tensors on one device, as `torch.load(path, map_location=device)`.
/// - Throws: as ``load(_:mapLocation:weightsOnly:)-(_,MapLocation,_)``.
@_disfavoredOverload
public func load(
  _ path: String, mapLocation device: Device, weightsOnly: Bool = true
) throws(CheckpointError) -> Checkpoint {
  try load(path, mapLocation: .device(device), weightsOnly: weightsOnly)
}

/// Reads the bytes of a file of `torch.save` with all tensors on one device.
/// - Throws: as ``load(bytes:mapLocation:weightsOnly:)-(_,MapLocation,_)``.
@_disfavoredOverload
public func load(
  bytes: [UInt8], mapLocation device: Device, weightsOnly: Bool = true
) throws(CheckpointError) -> Checkpoint {
  try load(bytes: bytes, mapLocation: .device(device), weightsOnly: weightsOnly)
}

extension CheckpointContent {
  /// The same with its tensors where they shall live; those that share memory share it there.
  func placed(_ map: MapLocation) throws(FormatError) -> CheckpointContent {
    var moved: [ObjectIdentifier: Storage] = [:], placed = tensors
    for (node, tensor) in tensors {
      let strided = tensor.strided, target = map.target(location(of: node))
      if target == strided.device { continue }
      let key = ObjectIdentifier(strided.storage)
      let there: Storage
      if let known = moved[key], known.device == target {
        there = known
      } else {
        there = try strided.storage.copied(to: target)
        moved[key] = there
      }
      let copy = Tensor(Strided(storage: there, shared: strided.shared, dtype: strided.dtype))
      if tensor.requiresGrad { copy.requiresGrad = true }
      placed[node] = copy
    }
    return CheckpointContent(graph: graph, tensors: placed)
  }

  /// The device that a tensor was saved on; the processor for devices of kinds that are not known here.
  private func location(of node: Int) -> Device {
    var node = node
    if case .parameter(let data, _) = graph.nodes[node] { node = data }
    guard case .tensor(let tensor) = graph.nodes[node], case .storage(let storage) = graph.nodes[tensor.storage] else {
      return .cpu
    }
    return Device(parsing: storage.location) ?? .cpu
  }
}

extension Storage {
  fileprivate func copied(to device: Device) throws(FormatError) -> Storage {
    if let reason = GPUDevices.unavailableReason(device) {
      throw FormatError(
        .unavailable,
        "has tensors that are to live on \(device), which is not available: \(reason); load it with mapLocation: .cpu")
    }
    let bytes = Strided(storage: self, layout: Layout(contiguous: [byteCount]), dtype: .uint8)
    return noGrad { Tensor(bytes).to(device).strided.storage }
  }
}
