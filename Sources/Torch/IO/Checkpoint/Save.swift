/// Writes a file as `torch.save` does, in torch's zip format; PyTorch reads it with its default `weights_only=True`.
///
/// ```swift
/// try save(model.stateDict(), "model.pth")
/// try save(
///   ["epoch": epoch, "model_state_dict": model.stateDict(), "optimizer_state_dict": optimizer.stateDict(), "loss": loss],
///   "checkpoint.pth")
/// ```
///
/// A dictionary literal keeps its order. A file of that name is replaced in one step, when the new one is complete and
/// on the disk: whenever the program or the machine stops, either the old or the new file is there, and whole.
/// - Parameters:
///   - value: what to write.
///   - path: the file; of a symbolic link, what it points to.
/// - Throws: ``CheckpointError`` where a value cannot be saved, with its place, or the system refuses to write.
public func save(_ value: SavedValue, _ path: String) throws(CheckpointError) {
  let writer = try CheckpointWriter(value)
  do {
    try writeAtomically(to: path) { file in
      try writer.writeArchive(to: file, folder: CheckpointWriter.folder(for: path))
    }
  } catch {
    throw CheckpointError(.system, path, "cannot be written: \(error.systemMessage)")
  }
}

/// Writes any ``Savable`` value, as ``save(_:_:)-(SavedValue,_)``.
/// - Throws: ``CheckpointError`` where a value cannot be saved, with its place, or the system refuses to write.
@_disfavoredOverload
public func save(_ value: any Savable, _ path: String) throws(CheckpointError) { try save(value.savedValue, path) }

/// The bytes of the file that ``save(_:_:)-(SavedValue,_)`` would write, for ``load(bytes:mapLocation:weightsOnly:)-(_,MapLocation,_)``.
/// - Throws: ``CheckpointError`` where a value cannot be saved, with its place.
public func saveToBytes(_ value: SavedValue) throws(CheckpointError) -> [UInt8] {
  let writer = try CheckpointWriter(value), sink = MemorySink()
  do {
    try writer.writeArchive(to: sink, folder: "archive")
  } catch {
    throw CheckpointError(.system, "checkpoint", "cannot be written: \(error.systemMessage)")
  }
  return sink.bytes
}

/// The bytes of the file of any ``Savable`` value, as ``saveToBytes(_:)-(SavedValue)``.
/// - Throws: ``CheckpointError`` where a value cannot be saved, with its place.
@_disfavoredOverload
public func saveToBytes(_ value: any Savable) throws(CheckpointError) -> [UInt8] {
  try saveToBytes(value.savedValue)
}
