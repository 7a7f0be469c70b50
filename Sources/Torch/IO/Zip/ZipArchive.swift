/// The directory of a zip file, checked: each entry lies in the file, no two share a byte or a name.
///
/// Read are stored and deflated entries and zip64; encryption, several disks and other packings are refused.
struct ZipArchive {
  struct Entry {
    var name: String
    var isPacked: Bool
    var checksum: UInt32
    /// Bytes in the file, from the local header to the end of the content.
    var extent: Range<Int>
    /// Bytes of the content as it stands in the file.
    var content: Range<Int>
    /// Bytes of the content when unpacked.
    var size: Int
  }

  /// The largest directory that is read, in bytes.
  static let directoryLimit = 256 << 20
  /// Deflate cannot do better than this, so a larger promise is a lie.
  static let packingLimit = 1032

  let source: RandomAccessBytes
  private(set) var entries: [Entry] = []
  private var places: [[UInt8]: Int] = [:]

  init(_ source: RandomAccessBytes) throws(FormatError) {
    self.source = source
    let end = try Self.findEnd(source)
    try readDirectory(end)
    try checkOverlaps()
  }

  /// The entry of a name.
  subscript(name: String) -> Entry? { places[Array(name.utf8)].map { entries[$0] } }

  private static func damaged(_ reason: String) -> FormatError { FormatError(.damagedArchive, reason) }
}

extension ZipArchive {
  /// Where the directory lies.
  private struct End {
    var entryCount: Int
    var directory: Range<Int>
  }

  private static let endSize = 22, locatorSize = 20, end64Size = 56

  private static func findEnd(_ source: RandomAccessBytes) throws(FormatError) -> End {
    // The record is last, but a comment of up to 65535 bytes may follow it.
    let length = min(source.count, endSize + 0xffff)
    let base = source.count - length
    let tail = try source.bytes(length, at: base)
    var position = length - endSize
    while position >= 0 {
      if tail.u32(position) == 0x0605_4b50, position + endSize + tail.u16(position + 20) == length { break }
      position -= 1
    }
    guard position >= 0 else { throw damaged("is no complete zip file: it has no end record") }
    let start = base + position
    let disks = [tail.u16(position + 4), tail.u16(position + 6)]
    let counts = [tail.u16(position + 8), tail.u16(position + 10)]
    let size = tail.u32(position + 12), offset = tail.u32(position + 16)
    guard start >= locatorSize, try source.bytes(4, at: start - locatorSize).u32(0) == 0x0706_4b50 else {
      guard disks == [0, 0], counts[0] == counts[1] else {
        throw damaged("is one of several zip files that belong together")
      }
      return try checkedEnd(counts[0], offset, size, before: start)
    }

    // zip64: numbers of the old record are either equal or say that they do not fit.
    let locator = try source.bytes(locatorSize, at: start - locatorSize)
    guard let place = locator.u64(8), locator.u32(4) == 0, locator.u32(16) <= 1,
      place <= start - locatorSize - end64Size
    else { throw damaged("has a zip64 locator that points nowhere") }
    let record = try source.bytes(end64Size, at: place)
    guard record.u32(0) == 0x0606_4b50, let length64 = record.u64(4), length64 == start - locatorSize - place - 12,
      record.u32(16) == 0, record.u32(20) == 0, let count = record.u64(24), record.u64(32) == count,
      let size64 = record.u64(40), let offset64 = record.u64(48)
    else { throw damaged("has a damaged zip64 end record") }
    func agree(_ old: Int, _ new: Int, _ full: Int) -> Bool { old == new || old == full }
    guard counts.allSatisfy({ agree($0, count, 0xffff) }), agree(size, size64, 0xffff_ffff),
      agree(offset, offset64, 0xffff_ffff), disks.allSatisfy({ agree($0, 0, 0xffff) })
    else { throw damaged("has two end records that contradict each other") }
    return try checkedEnd(count, offset64, size64, before: place)
  }

  private static func checkedEnd(
    _ count: Int, _ offset: Int, _ size: Int, before start: Int
  ) throws(FormatError) -> End {
    guard size <= start, offset == start - size else {
      throw damaged("has a directory of \(size) bytes at \(offset) that should end at \(start)")
    }
    guard size <= directoryLimit else {
      throw FormatError(.limit, "has a directory of \(size) bytes; the limit is \(directoryLimit)")
    }
    guard count <= size / 46 else { throw damaged("promises \(count) entries in a directory of \(size) bytes") }
    return End(entryCount: count, directory: offset..<offset + size)
  }
}

extension ZipArchive {
  private mutating func readDirectory(_ end: End) throws(FormatError) {
    let directory = try source.bytes(end.directory.count, at: end.directory.lowerBound)
    var position = 0
    entries.reserveCapacity(end.entryCount)
    for _ in 0..<end.entryCount {
      guard position <= directory.count - 46, directory.u32(position) == 0x0201_4b50 else {
        throw Self.damaged("has a damaged directory at byte \(end.directory.lowerBound + position)")
      }
      let lengths = (directory.u16(position + 28), directory.u16(position + 30), directory.u16(position + 32))
      let next = position + 46 + lengths.0 + lengths.1 + lengths.2
      guard next <= directory.count else { throw Self.damaged("has a directory entry that passes its end") }
      let nameStart = position + 46
      let name = Array(directory.bytes[nameStart..<nameStart + lengths.0])
      let label = try Self.checkedName(name)
      guard places[name] == nil else { throw Self.damaged("has two entries of the name \(JSON.quoted(label))") }
      var entry = try entry(
        directory, at: position, label, extra: nameStart + lengths.0..<nameStart + lengths.0 + lengths.1)
      try readLocalHeader(&entry, name, directory, at: position, before: end.directory.lowerBound)
      places[name] = entries.count
      entries.append(entry)
      position = next
    }
    guard position == directory.count else { throw Self.damaged("has a directory with more than its entries") }
  }

  /// A name that stays below the archive's own folder.
  static func checkedName(_ bytes: [UInt8]) throws(FormatError) -> String {
    guard !bytes.isEmpty, let name = String(validating: bytes, as: UTF8.self),
      !bytes.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\\") })
    else { throw damaged("has an entry whose name is empty, no UTF-8 or no name of a file") }
    var parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    // A folder's own entry ends in a slash.
    if parts.count > 1, parts.last!.isEmpty { parts.removeLast() }
    let dot = UInt8(ascii: ".")
    guard parts.allSatisfy({ !$0.isEmpty && !$0.elementsEqual([dot]) && !$0.elementsEqual([dot, dot]) }) else {
      throw FormatError(.refused, "has an entry that leads out of its folder: \(JSON.quoted(name))")
    }
    return name
  }

  private func entry(
    _ directory: LittleEndianBytes, at position: Int, _ name: String, extra: Range<Int>
  ) throws(FormatError) -> Entry {
    let label = JSON.quoted(name)
    let flags = directory.u16(position + 8), method = directory.u16(position + 10)
    guard flags & 0x2041 == 0 else { throw FormatError(.unsupported, "has an encrypted entry: \(label)") }
    guard method == 0 || method == 8 else {
      throw FormatError(.unsupported, "has an entry packed by method \(method): \(label)")
    }
    var packed = directory.u32(position + 20), size = directory.u32(position + 24)
    var disk = directory.u16(position + 34), start = directory.u32(position + 42)
    if packed == 0xffff_ffff || size == 0xffff_ffff || start == 0xffff_ffff || disk == 0xffff {
      // The numbers that did not fit stand, in this order, in the extra field of tag 1.
      guard var field = try Self.extraField(1, directory, extra, label) else {
        throw Self.damaged("lacks the zip64 field of \(label)")
      }
      func take() throws(FormatError) -> Int {
        guard field.count >= 8, let value = directory.u64(field.lowerBound) else {
          throw Self.damaged("has a damaged zip64 field of \(label)")
        }
        field = field.lowerBound + 8..<field.upperBound
        return value
      }
      if size == 0xffff_ffff { size = try take() }
      if packed == 0xffff_ffff { packed = try take() }
      if start == 0xffff_ffff { start = try take() }
      if disk == 0xffff {
        guard field.count >= 4 else { throw Self.damaged("has a damaged zip64 field of \(label)") }
        disk = directory.u32(field.lowerBound)
      }
    }
    guard disk == 0 else { throw Self.damaged("keeps \(label) in another file") }
    guard packed <= source.count, start <= source.count else {
      throw Self.damaged("has \(label) of \(packed) bytes at \(start), the file has \(source.count)")
    }
    guard method == 8 || packed == size else { throw Self.damaged("has two sizes of \(label): \(packed) and \(size)") }
    guard size / Self.packingLimit <= packed + 1 else {
      throw FormatError(.limit, "promises \(size) bytes out of \(packed) for \(label), more than deflate can hold")
    }
    return Entry(
      name: name, isPacked: method == 8, checksum: UInt32(directory.u32(position + 16)), extent: start..<start,
      content: 0..<packed, size: size)
  }

  private static func extraField(
    _ tag: Int, _ directory: LittleEndianBytes, _ range: Range<Int>, _ label: String
  ) throws(FormatError) -> Range<Int>? {
    var position = range.lowerBound
    while position <= range.upperBound - 4 {
      let start = position + 4, end = start + directory.u16(position + 2)
      guard end <= range.upperBound else { throw damaged("has a damaged extra field of \(label)") }
      if directory.u16(position) == tag { return start..<end }
      position = end
    }
    return nil
  }

  /// Finds the content behind the local header, which must say what the directory says.
  private func readLocalHeader(
    _ entry: inout Entry, _ name: [UInt8], _ directory: LittleEndianBytes, at position: Int, before limit: Int
  ) throws(FormatError) {
    let start = entry.extent.lowerBound, label = JSON.quoted(entry.name)
    guard start <= limit - 30 - name.count, limit >= 30 + name.count else {
      throw Self.damaged("has the header of \(label) outside of the entries")
    }
    let header = try source.bytes(30 + name.count, at: start)
    guard header.u32(0) == 0x0403_4b50, header.u16(8) == directory.u16(position + 10), header.u16(26) == name.count,
      header.bytes[30...].elementsEqual(name), header.u16(6) & 0x2041 == 0
    else { throw Self.damaged("has a header of \(label) that contradicts the directory") }
    // Bit 3: checksum and sizes follow the content instead.
    if header.u16(6) & 8 == 0 {
      let sizes = [header.u32(18), header.u32(22)], known = [entry.content.count, entry.size]
      guard UInt32(header.u32(14)) == entry.checksum, zip(sizes, known).allSatisfy({ $0 == $1 || $0 == 0xffff_ffff })
      else { throw Self.damaged("has a header of \(label) that contradicts the directory") }
    }
    let content = start + 30 + name.count + header.u16(28)
    guard content <= limit, entry.content.count <= limit - content else {
      throw Self.damaged("has \(label) pass the end of the entries")
    }
    entry.content = content..<content + entry.content.count
    entry.extent = start..<entry.content.upperBound
  }

  private func checkOverlaps() throws(FormatError) {
    let ordered = entries.sorted { $0.extent.lowerBound < $1.extent.lowerBound }
    for (one, next) in zip(ordered, ordered.dropFirst()) where next.extent.lowerBound < one.extent.upperBound {
      throw Self.damaged("has entries that overlap: \(JSON.quoted(one.name)) and \(JSON.quoted(next.name))")
    }
  }
}
