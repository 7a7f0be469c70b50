import Synchronization

/// One open file whose header is known to be true.
final class SafetensorsShard: Sendable {
  let path: String
  let entries: [SafetensorsHeader.Entry]
  let metadata: [String: String]
  private let source: RandomAccessBytes
  private let mapping: FileMapping?
  /// Where the first tensor starts.
  private let dataStart: Int
  /// The memory of tensors that are in use, so that who asks twice sees one memory with one version.
  private let storages = Mutex<[Int: WeakStorage]>([:])

  private struct WeakStorage { weak var storage: Storage? }

  init(_ source: RandomAccessBytes, path: String, mapped: Bool) throws(SafetensorsError) {
    (self.source, self.path) = (source, path)
    let size = source.count
    guard size >= 8 else {
      throw SafetensorsError(.truncated, path, "is no safetensors file: it has \(size) bytes, a header's length 8")
    }
    let start = try Self.bytes(source, 8, at: 0, path)
    let length = start.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(Safetensors.headerLimit) else {
      throw SafetensorsError(
        .headerTooLarge, path, "asks for a header of \(length) bytes; the limit is \(Safetensors.headerLimit)")
    }
    guard Int(length) <= size - 8 else {
      throw SafetensorsError(.truncated, path, "is cut off: a header of \(length) bytes in a file of \(size)")
    }
    dataStart = 8 + Int(length)
    let header = try SafetensorsHeader(
      try Self.bytes(source, Int(length), at: 8, path), path: path, available: size - dataStart)
    (entries, metadata) = (header.entries, header.metadata)
    if mapped, case .file(let file) = source { mapping = file.map(count: size) } else { mapping = nil }
  }

  private static func bytes(
    _ source: RandomAccessBytes, _ count: Int, at offset: Int, _ path: String
  ) throws(SafetensorsError) -> [UInt8] {
    do {
      return try source.bytes(count, at: offset).bytes
    } catch {
      throw SafetensorsError(error, path)
    }
  }

  /// The tensor at a place in `entries`.
  func tensor(_ place: Int) throws(SafetensorsError) -> Tensor {
    let entry = entries[place]
    guard let dtype = entry.dtype else {
      throw SafetensorsError(
        .badDType, path, "has \(JSON.quoted(entry.name)) of dtype \(entry.dtypeName), which tensors here cannot have")
    }
    let storage = try storages.withLock { (known) throws(SafetensorsError) -> Storage in
      if let storage = known[place]?.storage { return storage }
      let storage = try self.storage(entry, dtype)
      known[place] = WeakStorage(storage: storage)
      return storage
    }
    return Tensor(Strided(storage: storage, layout: Layout(contiguous: entry.shape), dtype: dtype))
  }

  private func storage(_ entry: SafetensorsHeader.Entry, _ dtype: DType) throws(SafetensorsError) -> Storage {
    let start = dataStart + entry.bytes.lowerBound
    let storage: Storage
    // Every tensor has a storage of its own, for versions count by storage. Kernels read elements where they lie but want
    // them aligned to their size, which other programs' files need not do.
    if let mapping, start % dtype.itemSize == 0 {
      storage = Storage(
        base: mapping.base + start, byteCount: entry.bytes.count, device: .cpu,
        release: .owner { withExtendedLifetime(mapping) {} })
    } else {
      storage = .cpu(byteCount: entry.bytes.count)
      do {
        try source.read(into: UnsafeMutableRawBufferPointer(start: storage.base, count: storage.byteCount), at: start)
      } catch {
        throw SafetensorsError(error, path)
      }
    }
    if dtype == .bool {
      // A truth value is 0 or 1 to every kernel. Pages that are right are not written to.
      let bytes = UnsafeMutableRawBufferPointer(start: storage.base, count: storage.byteCount)
      for i in bytes.indices where bytes[i] > 1 { bytes[i] = 1 }
    }
    return storage
  }
}
