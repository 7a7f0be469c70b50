/// A file that `load` reads: of torch.save, in either of its formats, or safetensors.
enum CheckpointFile {
  case zip(ZipCheckpoint)
  case legacy(LegacyCheckpoint)
  case safetensors(RandomAccessBytes)

  /// How many bytes storages may take: more than the file has, but not without end. Only packed files need it.
  static func unpackedLimit(_ source: RandomAccessBytes) -> Int { 256 << 20 + 16 * source.count }

  /// Looks at a file's first bytes, and says what it is where it is no file of torch.save.
  init(_ source: RandomAccessBytes) throws(FormatError) {
    if try source.bytes(min(source.count, 2), at: 0).bytes.starts(with: Array("PK".utf8)) {
      self = .zip(try ZipCheckpoint(source))
    } else if let legacy = LegacyCheckpoint(source) {
      self = .legacy(legacy)
    } else {
      let format = try FileFormat(source)
      guard format == .safetensors else { throw format.refusal }
      self = .safetensors(source)
    }
  }

  /// Everything that the file holds.
  func read(weightsOnly: Bool) throws(FormatError) -> CheckpointContent {
    switch self {
    case .zip(let file): try file.read(weightsOnly: weightsOnly)
    case .legacy(let file): try file.read(weightsOnly: weightsOnly)
    case .safetensors(let source): try Self.content(ofSafetensors: source)
    }
  }

  /// As torch.load with such a file: its tensors, which lie in the file's own pages.
  private static func content(ofSafetensors source: RandomAccessBytes) throws(FormatError) -> CheckpointContent {
    do {
      return CheckpointContent(try SafetensorsFile(source, named: "", mapped: true).stateDict())
    } catch {
      throw FormatError(error.kind.amongCheckpoints, error.reason)
    }
  }
}

extension SafetensorsError.Kind {
  /// What `load` calls such trouble.
  fileprivate var amongCheckpoints: CheckpointError.Kind {
    switch self {
    case .system: .system
    case .truncated, .badHeader, .badIndex: .damagedArchive
    case .headerTooLarge: .limit
    case .badDType: .unsupported
    case .badShape, .badOffsets: .badTensor
    case .noSuchTensor: .noSuchKey
    }
  }
}

extension CheckpointContent {
  /// A dictionary of tensors that no pickle describes.
  convenience init(_ state: StateDict) {
    var graph = PickleGraph(), tensors: [Int: Tensor] = [:], pairs: [(key: Int, value: Int)] = []
    func add(_ value: PickleValue) -> Int {
      graph.nodes.append(value)
      return graph.nodes.count - 1
    }
    for (name, tensor) in state {
      let count = tensor.numel(), dtype = tensor.dtype.name
      let storage = add(.storage(.init(dtype: dtype, key: name, location: "cpu", count: count)))
      let node = add(
        .tensor(
          .init(
            storage: storage, dtype: dtype, offset: 0, shape: tensor.shape.map { $0 },
            strides: tensor.stride().map { $0 }, requiresGrad: false)))
      tensors[node] = tensor
      pairs.append((add(.string(name)), node))
    }
    graph.root = add(.dict(.init(pairs: pairs)))
    self.init(graph: graph, tensors: tensors)
  }
}
