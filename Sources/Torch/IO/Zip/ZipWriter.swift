import CTorchZlib

/// Where a writer puts its bytes, one piece after another.
package protocol ByteSink: AnyObject {
  func write(_ bytes: UnsafeRawBufferPointer) throws
}

extension OutputFile: ByteSink {}

/// Bytes that stay in memory.
package final class MemorySink: ByteSink {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package func write(_ bytes: UnsafeRawBufferPointer) { self.bytes.append(contentsOf: bytes) }
}

/// Writes a zip file, one entry after another: `add` each, then `finish` once.
///
/// Content goes from the caller's memory to the sink without a copy between, packed content excepted. Everything that a
/// header says is known before it is written, so that no sink needs to go back.
package struct ZipWriter {
  /// From which size, place or count on the numbers of zip64 are used.
  package struct Limits: Sendable {
    package var bytes = 0xffff_ffff
    package var entries = 0xffff

    package init() {}
  }

  private let sink: any ByteSink
  private let alignment: Int
  private let limits: Limits
  private let describesBehind: Bool
  private var position = 0
  private var directory: [UInt8] = []
  private var count = 0
  /// The sum of all content, in its order.
  private(set) var checksum: UInt32 = 0

  /// A file without entries.
  /// - Parameters:
  ///   - sink: takes the bytes, from the first one of the file on.
  ///   - alignment: content begins at a multiple of this many bytes, as torch has it for maps of memory; 1 for no such care.
  ///   - describesBehind: whether size and sum follow the content, as torch has it: its way to compute where storages lie
  ///     counts on these bytes.
  ///   - limits: for tests of zip64, which else begins at 4 GiB.
  package init(
    to sink: any ByteSink, alignment: Int = 64, describesBehind: Bool = false, limits: Limits = Limits()
  ) {
    (self.sink, self.alignment, self.limits) = (sink, alignment, limits)
    self.describesBehind = describesBehind
  }

  /// Adds an entry whose content is some bytes.
  package mutating func add(_ name: String, _ content: [UInt8], packed: Bool = false) throws {
    try content.withUnsafeBytes { try add(name, [$0], packed: packed) }
  }

  /// Adds an entry whose content is these pieces, one behind the other.
  /// - Parameters:
  ///   - name: the path in the archive; no other entry may have it, and it has less than 64 KiB.
  ///   - packed: whether the content is deflated.
  package mutating func add(_ name: String, _ content: [UnsafeRawBufferPointer], packed: Bool = false) throws {
    let size = content.reduce(0) { $0 + $1.count }, start = position
    let sum = content.reduce(UInt32(0)) { torch_crc32($0, $1.baseAddress, $1.count) }
    checksum = torch_crc32_joined(checksum, sum, size)
    if packed {
      let bytes = try Self.deflated(content)
      try writeHeader(name, size: size, packedSize: bytes.count, sum: sum, isPacked: true)
      try bytes.withUnsafeBytes { try put($0) }
    } else {
      try writeHeader(name, size: size, packedSize: size, sum: sum, isPacked: false)
      for part in content where !part.isEmpty { try put(part) }
      if describesBehind, size > 0 { try writeDescriptor(size: size, sum: sum, start: start) }
    }
    count += 1
  }

  private mutating func put(_ bytes: UnsafeRawBufferPointer) throws {
    try sink.write(bytes)
    position += bytes.count
  }

  private mutating func put(_ bytes: ZipBytes) throws { try bytes.bytes.withUnsafeBytes { try put($0) } }
}

extension ZipWriter {
  private static let padding = UInt8(ascii: "Z")

  /// Writes the header before an entry's content, and notes the one for the directory.
  private mutating func writeHeader(
    _ name: String, size: Int, packedSize: Int, sum: UInt32, isPacked: Bool
  ) throws {
    let name = Array(name.utf8), start = position
    let isLarge = max(size, packedSize) >= limits.bytes, isFar = start >= limits.bytes
    let isBehind = describesBehind && !isPacked && size > 0
    func common(_ sum: UInt32, _ packedSize: Int, _ size: Int) -> ZipBytes {
      var fields = ZipBytes()
      fields.u16(isLarge || isFar ? 45 : 20)
      // Names are UTF-8; bit 3 says that a descriptor follows.
      fields.u16(isBehind ? 0x0808 : 0x0800)
      fields.u16(isPacked ? 8 : 0)
      // The first of January 1980, the earliest day there is: equal content gives equal files.
      fields.u16(0)
      fields.u16(0x21)
      fields.u32(Int(sum))
      fields.u32(packedSize)
      fields.u32(size)
      fields.u16(name.count)
      return fields
    }
    let shown = isLarge ? (0xffff_ffff, 0xffff_ffff) : (packedSize, size)

    func large(withPlace: Bool) -> ZipBytes {
      var field = ZipBytes()
      let sizes = isLarge ? [size, packedSize] : [], places = isFar && withPlace ? [start] : []
      if sizes.isEmpty && places.isEmpty { return field }
      field.u16(1)
      field.u16(8 * (sizes.count + places.count))
      for number in sizes + places { field.u64(number) }
      return field
    }
    // torch has the place here too, and computes where storages lie with it.
    let localField = large(withPlace: isBehind)
    var header = ZipBytes()
    header.u32(0x0403_4b50)
    header.append(isBehind ? common(0, 0, 0) : common(sum, shown.0, shown.1))
    var gap = 0
    if alignment > 1 {
      // A field of tag "FB" fills up to the content, as torch has it.
      let content = start + 30 + name.count + localField.bytes.count + 4
      gap = 4 + (alignment - content % alignment) % alignment
    }
    header.u16(localField.bytes.count + gap)
    header.bytes += name
    header.append(localField)
    if gap > 0 {
      header.u16(0x4246)
      header.u16(gap - 4)
      header.bytes += [UInt8](repeating: Self.padding, count: gap - 4)
    }
    try put(header)

    let extra = large(withPlace: true)
    var entry = ZipBytes()
    entry.u32(0x0201_4b50)
    entry.u16(isLarge || isFar ? 45 : 20)
    entry.append(common(sum, shown.0, shown.1))
    entry.u16(extra.bytes.count)
    // No comment, the first disk, no attributes.
    entry.bytes += [UInt8](repeating: 0, count: 10)
    entry.u32(isFar ? 0xffff_ffff : start)
    directory += entry.bytes + name + extra.bytes
  }

  /// Writes what an entry's header left open.
  private mutating func writeDescriptor(size: Int, sum: UInt32, start: Int) throws {
    var descriptor = ZipBytes()
    descriptor.u32(0x0807_4b50)
    descriptor.u32(Int(sum))
    for _ in 0..<2 {
      if size >= limits.bytes || start >= limits.bytes { descriptor.u64(size) } else { descriptor.u32(size) }
    }
    try put(descriptor)
  }

  /// Writes the directory, which ends the file.
  package mutating func finish() throws {
    let start = position, size = directory.count
    try directory.withUnsafeBytes { try put($0) }
    var end = ZipBytes()
    if max(start, size) >= limits.bytes || count >= limits.entries {
      let place = position
      end.u32(0x0606_4b50)
      end.u64(44)
      end.u16(45)
      end.u16(45)
      end.u32(0)
      end.u32(0)
      for number in [count, count, size, start] { end.u64(number) }
      end.u32(0x0706_4b50)
      end.u32(0)
      end.u64(place)
      end.u32(1)
    }
    end.u32(0x0605_4b50)
    end.u32(0)
    for _ in 0..<2 { end.u16(count >= limits.entries ? 0xffff : count) }
    for number in [size, start] { end.u32(number >= limits.bytes ? 0xffff_ffff : number) }
    end.u16(0)
    try put(end)
  }

  /// All pieces as one stream of deflate.
  private static func deflated(_ content: [UnsafeRawBufferPointer]) throws -> [UInt8] {
    var stream = z_stream()
    guard torch_deflate_init(&stream, Z_DEFAULT_COMPRESSION, -15) == Z_OK else {
      throw SystemError(.memory, "no memory to pack it")
    }
    defer { deflateEnd(&stream) }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    func run(_ flush: CInt) {
      repeat {
        let written = chunk.withUnsafeMutableBufferPointer { buffer in
          stream.next_out = buffer.baseAddress
          stream.avail_out = UInt32(buffer.count)
          _ = deflate(&stream, flush)
          return buffer.count - Int(stream.avail_out)
        }
        result += chunk[..<written]
      } while stream.avail_out == 0
    }
    for part in content {
      var rest = part
      while !rest.isEmpty {
        // zlib counts in 32 bits.
        let piece = min(rest.count, 1 << 30)
        stream.next_in = UnsafeMutablePointer(mutating: rest.baseAddress!.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(piece)
        run(Z_NO_FLUSH)
        rest = UnsafeRawBufferPointer(rebasing: rest[piece...])
      }
    }
    run(Z_FINISH)
    return result
  }
}

/// Numbers as zip files have them, lowest byte first.
private struct ZipBytes {
  var bytes: [UInt8] = []

  mutating func append(_ other: ZipBytes) { bytes += other.bytes }
  mutating func u16(_ value: Int) { number(value, 2) }
  mutating func u32(_ value: Int) { number(value, 4) }
  mutating func u64(_ value: Int) { number(value, 8) }

  private mutating func number(_ value: Int, _ size: Int) {
    for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }
}
