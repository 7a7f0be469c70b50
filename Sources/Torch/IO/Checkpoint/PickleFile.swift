/// Reads a file that Python's `pickle.dump` wrote, arrays of NumPy included, as data.
///
/// Nothing in it is run; what `load` with `weightsOnly: false` holds true is held here.
/// - Throws: ``CheckpointError`` for a file that is missing, damaged or hostile.
package func loadPickle(_ path: String) throws(CheckpointError) -> Checkpoint {
  do {
    let content = try PickleFile(source: RandomAccessBytes(path: path)).content()
    return Checkpoint(content: content, node: content.graph.root, trail: .root)
  } catch {
    throw CheckpointError(error.kind, path, error.reason)
  }
}

/// A pickle with nothing beside it: its arrays lie in it.
private struct PickleFile: StorageSource {
  let source: RandomAccessBytes
  var isBigEndian: Bool { false }

  func content() throws(FormatError) -> CheckpointContent {
    let limits = PickleLimits()
    guard source.count <= limits.bytes else {
      throw FormatError(.limit, "has \(source.count) bytes; the limit of a pickle is \(limits.bytes)")
    }
    let graph = try PickleReader.read(
      try source.bytes(source.count, at: 0).bytes, anyClass: true, limits: limits)
    return try TensorBuilder.build(graph, over: self)
  }

  func size(of storage: PickleValue.StorageReference) throws(FormatError) -> Int? { nil }
  func read(
    _ wanted: [(storage: PickleValue.StorageReference, bytes: UnsafeMutableRawBufferPointer)]
  ) throws(FormatError) {}
}
