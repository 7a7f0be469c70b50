// What tools want to know of a checkpoint beyond its values.

extension Checkpoint {
  /// A number that equal parts of one checkpoint share: the file has one value there, named twice.
  package var identity: Int { node }

  /// The name of a dictionary's type: dict, OrderedDict or Counter.
  package var dictionaryName: String? {
    if case .dict(let dictionary) = value { return dictionary.type.rawValue }
    return nil
  }

  /// What the file says of a tensor, of dtypes too that tensors here cannot have.
  package struct TensorFacts: Sendable {
    package var dtype: String
    package var shape: [Int]
    package var strides: [Int]
    package var offset: Int
    /// The name of its memory in the file.
    package var storage: String
    package var requiresGrad: Bool
    package var isParameter: Bool
  }

  /// What the file says of a tensor or parameter; nil for other values.
  package var tensorFacts: TensorFacts? {
    var node = node, requiresGrad: Bool?
    if case .parameter(let data, let flag) = value { (node, requiresGrad) = (data, flag) }
    guard case .tensor(let tensor) = content.graph.nodes[node],
      case .storage(let storage) = content.graph.nodes[tensor.storage]
    else { return nil }
    return TensorFacts(
      dtype: tensor.dtype, shape: tensor.shape, strides: tensor.strides, offset: tensor.offset, storage: storage.key,
      requiresGrad: requiresGrad ?? tensor.requiresGrad, isParameter: requiresGrad != nil)
  }

  /// Classes and functions that the file names beyond those of plain weights, sorted.
  package var namedClasses: [String] {
    var names: Set<String> = []
    for case .global(let module, let name) in content.graph.nodes where !PickleReader.isPlain(module, name) {
      names.insert("\(module).\(name)")
    }
    return names.sorted()
  }
}
