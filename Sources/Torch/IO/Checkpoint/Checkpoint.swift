/// What a file of `torch.save` holds, or a part of it: a tensor, a number, a text, a list or dictionary of such.
///
/// ```swift
/// let checkpoint = try load("checkpoint.pth")
/// let epoch = try checkpoint["epoch"].int
/// try model.loadStateDict(checkpoint["model_state_dict"])
/// ```
///
/// Every question about its content throws a ``CheckpointError`` that names the place, since files hold what they hold.
public struct Checkpoint: Sendable {
  let content: CheckpointContent
  let node: Int
  let trail: CheckpointTrail

  /// What kind of value this is.
  public enum Kind: String, Sendable, Hashable {
    case none, bool, int, double, complex, string, bytes, list, tuple, set, dictionary, tensor, size, device, dtype
    /// A class or function by its name, never looked up.
    case global
    /// An instance of a class that is not known here, as data.
    case object
    /// Bare memory without a tensor.
    case storage
  }
}

/// A file's graph with its tensors, shared by every part.
final class CheckpointContent: Sendable {
  let graph: PickleGraph
  let tensors: [Int: Tensor]

  init(graph: PickleGraph, tensors: [Int: Tensor]) { (self.graph, self.tensors) = (graph, tensors) }
}

/// Reads a file of `torch.save`, as `torch.load`: the zip format of torch 1.6 and later, and the one before it.
///
/// A safetensors file is read too, as a dictionary of its tensors.
///
/// Nothing in the file is run. Tensors come to the processor's memory whatever device they were on, unless `mapLocation` says
/// otherwise; those that shared memory share it again. Sizes, offsets and checksums are checked before they are used.
/// - Parameters:
///   - path: the file.
///   - mapLocation: where the tensors shall live, a ``MapLocation`` or a `Device`; torch's default is ``MapLocation/saved``.
///   - weightsOnly: whether a class beyond those of plain weights is an error, as torch's `weights_only`. With false
///     a file of a whole model is read too, its classes as data: ``Checkpoint/stateDict()`` gives its weights. So are
///     values of NumPy, whose classes torch allows no more by itself.
/// - Throws: ``CheckpointError`` for a file that is missing, damaged, hostile or of another format, and for a device that is not
///   there.
public func load(
  _ path: String, mapLocation: MapLocation = .cpu, weightsOnly: Bool = true
) throws(CheckpointError) -> Checkpoint {
  do {
    return try read(RandomAccessBytes(path: path), mapLocation, weightsOnly: weightsOnly)
  } catch {
    throw CheckpointError(error.kind, path, error.reason)
  }
}

/// Reads the bytes of a file of `torch.save`, as ``load(_:mapLocation:weightsOnly:)-(_,MapLocation,_)``.
/// - Throws: ``CheckpointError`` for bytes that are damaged, hostile or of another format, and for a device that is not there.
public func load(
  bytes: [UInt8], mapLocation: MapLocation = .cpu, weightsOnly: Bool = true
) throws(CheckpointError) -> Checkpoint {
  do {
    return try read(.memory(bytes), mapLocation, weightsOnly: weightsOnly)
  } catch {
    throw CheckpointError(error.kind, "checkpoint of \(bytes.count) bytes", error.reason)
  }
}

private func read(
  _ source: RandomAccessBytes, _ mapLocation: MapLocation, weightsOnly: Bool
) throws(FormatError) -> Checkpoint {
  let content = try CheckpointFile(source).read(weightsOnly: weightsOnly).placed(mapLocation)
  return Checkpoint(content: content, node: content.graph.root, trail: .root)
}

extension Checkpoint {
  var value: PickleValue { content.graph.nodes[node] }

  /// Where in the file this is, such as `checkpoint["epoch"]`.
  var place: String { trail.text(in: content) }

  func part(_ node: Int, _ step: CheckpointTrail.Step) -> Checkpoint {
    Checkpoint(content: content, node: node, trail: trail.appending(step))
  }

  func isNo(_ wanted: String) -> CheckpointError {
    CheckpointError(.wrongType, place, "is \(content.describe(node)), not \(wanted)")
  }

  /// What kind of value this is.
  public var kind: Kind {
    switch value {
    case .none: .none
    case .bool: .bool
    case .int, .bigInt: .int
    case .double: .double
    case .complex: .complex
    case .string: .string
    case .bytes: .bytes
    case .list: .list
    case .tuple: .tuple
    case .set: .set
    case .dict: .dictionary
    case .global: .global
    case .object: .object
    case .storage: .storage
    case .tensor, .parameter: .tensor
    case .size: .size
    case .device: .device
    case .dtype, .numpy(.dtype): .dtype
    case .numpy(.array), .numpy(.emptyArray): .tensor
    case .numpy(.scalar): numpyScalar?.kind ?? .object
    }
  }

  /// Whether this is Python's None.
  public var isNone: Bool { if case .none = value { true } else { false } }

  /// - Throws: where it is no bool.
  public var bool: Bool {
    get throws(CheckpointError) {
      if case .bool(let value) = value { return value }
      if case .bool(let value) = numpyScalar { return value }
      throw isNo("a bool")
    }
  }

  /// A whole number, of NumPy too; also a tensor of one whole number.
  /// - Throws: where it is no int of 64 bits.
  public var int: Int {
    get throws(CheckpointError) {
      switch value {
      case .int(let value): return value
      case .tensor, .parameter:
        let tensor = try tensor
        guard tensor.numel() == 1, tensor.dtype.isInteger else { throw isNo("one int") }
        return tensor.reshape([1]).array(Int.self)[0]
      default:
        if case .int(let value) = numpyScalar { return value }
        throw isNo("an int")
      }
    }
  }

  /// A number, whole or not; also a tensor of one number.
  /// - Throws: where it is no number.
  public var double: Double {
    get throws(CheckpointError) {
      switch value {
      case .double(let value): return value
      case .int(let value): return Double(value)
      case .tensor, .parameter:
        let tensor = try tensor
        guard tensor.numel() == 1 else { throw isNo("one number") }
        return tensor.detach().reshape([1]).array(Double.self)[0]
      default:
        switch numpyScalar {
        case .double(let value): return value
        case .int(let value): return Double(value)
        case .uint(let value): return Double(value)
        default: throw isNo("a number")
        }
      }
    }
  }

  /// - Throws: where it is no str.
  public var string: String {
    get throws(CheckpointError) {
      if case .string(let value) = value { return value }
      if case .string(let value) = numpyScalar { return value }
      throw isNo("a str")
    }
  }

  /// The content of bytes or of a bytearray; for an int of more than 64 bits, its two's complement, lowest byte first.
  /// - Throws: where it is neither.
  public var bytes: [UInt8] {
    get throws(CheckpointError) {
      switch value {
      case .bytes(let value), .bigInt(let value): return value
      default:
        switch numpyScalar {
        case .bytes(let value): return value
        case .uint(let value): return (0..<9).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        default: throw isNo("bytes")
        }
      }
    }
  }

  /// The two parts of a complex number.
  /// - Throws: where it is none.
  public var complex: (real: Double, imaginary: Double) {
    get throws(CheckpointError) {
      if case .complex(let real, let imaginary) = value { return (real, imaginary) }
      if case .complex(let real, let imaginary) = numpyScalar { return (real, imaginary) }
      throw isNo("a complex number")
    }
  }

  /// The sizes of a `torch.Size`; also of a list or tuple of ints.
  /// - Throws: where it is none of them.
  public var shape: [Int] {
    get throws(CheckpointError) {
      if case .size(let sizes) = value { return sizes }
      var sizes: [Int] = []
      for item in try list { sizes.append(try item.int) }
      return sizes
    }
  }

  /// - Throws: where it is no `torch.device`, or one that is not known here.
  public var device: Device {
    get throws(CheckpointError) {
      guard case .device(let text) = value else { throw isNo("a torch.device") }
      guard let device = Device(parsing: text) else {
        throw CheckpointError(.unsupported, place, "is the device \(JSON.quoted(text)), which is not known here")
      }
      return device
    }
  }

  /// A dtype of torch or NumPy.
  /// - Throws: where it is no `torch.dtype` and no `numpy.dtype`, or one that is not known here.
  public var dtype: DType {
    get throws(CheckpointError) {
      if case .numpy(.dtype(let dtype)) = value {
        guard let known = dtype.dtype else {
          throw CheckpointError(.unsupported, place, "is the NumPy dtype \(dtype.name), which is not known here")
        }
        return known
      }
      guard case .dtype(let name) = value else { throw isNo("a torch.dtype") }
      guard let dtype = DType(exactName: name) else {
        throw CheckpointError(.unsupported, place, "is the dtype torch.\(name), which is not known here")
      }
      return dtype
    }
  }

  /// A tensor, a parameter or an array of NumPy; the same object each time, sharing memory with the views that the file has of it.
  /// - Throws: where it is none, or of a dtype that is not known here.
  public var tensor: Tensor {
    get throws(CheckpointError) {
      if let tensor = content.tensors[node] { return tensor }
      var node = node
      if case .parameter(let data, _) = value { node = data }
      if case .numpy(.array(let array, _)) = content.graph.nodes[node] {
        throw CheckpointError(.unsupported, place, "is a NumPy array that \(array.dtype.whyNoTensor)")
      }
      guard case .tensor(let reference) = content.graph.nodes[node] else { throw isNo("a tensor") }
      throw CheckpointError(.unsupported, place, "is a tensor of torch.\(reference.dtype), which is not known here")
    }
  }
}

extension CheckpointContent {
  /// A node in words, with the class of an object.
  func describe(_ node: Int) -> String {
    if let name = className(node) { return "an object of \(name)" }
    return graph.nodes[node].kindName
  }

  /// The class or function that would have made an object.
  func className(_ node: Int) -> String? {
    guard case .object(let object) = graph.nodes[node] else { return nil }
    var maker = object.maker
    // copyreg._reconstructor(class, base, state), as protocol 2 and below write plain classes.
    if case .global("copyreg", "_reconstructor") = graph.nodes[maker],
      case .tuple(let given) = graph.nodes[object.arguments], let first = given.first
    {
      maker = first
    }
    guard case .global(let module, let name) = graph.nodes[maker] else { return nil }
    return "\(module).\(name)"
  }
}
