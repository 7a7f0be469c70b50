/// Reads a file of `torch.save` that may have been packed into a zip file of its own, as torch.hub does.
///
/// Before torch 1.6 large files were published so. A zip file of one entry is no checkpoint by itself.
/// - Throws: as ``load(_:mapLocation:weightsOnly:)-(_,MapLocation,_)``.
package func loadUnwrapping(
  _ path: String, mapLocation: MapLocation, weightsOnly: Bool
) throws(CheckpointError) -> Checkpoint {
  do {
    guard let inner = try contentOfOnlyEntry(path) else {
      return try load(path, mapLocation: mapLocation, weightsOnly: weightsOnly)
    }
    return try load(bytes: inner, mapLocation: mapLocation, weightsOnly: weightsOnly)
  } catch let error as FormatError {
    throw CheckpointError(error.kind, path, error.reason)
  } catch let error as CheckpointError {
    throw CheckpointError(error.kind, path, error.reason)
  } catch {
    throw CheckpointError(.system, path, "\(error)")
  }
}

/// The content of a zip file with one entry; nil for other files.
private func contentOfOnlyEntry(_ path: String) throws(FormatError) -> [UInt8]? {
  let source = try RandomAccessBytes(path: path)
  guard source.count >= 4, try source.bytes(4, at: 0).u32(0) == 0x0403_4b50, let archive = try? ZipArchive(source),
    archive.entries.count == 1, let entry = archive.entries.first, !entry.name.hasSuffix("/")
  else { return nil }
  // As much as the storages of a checkpoint may take.
  return try archive.bytes(of: entry, limit: CheckpointFile.unpackedLimit(source))
}
