import CTorchZlib

extension ZipArchive {
  /// Fills buffers of the entries' sizes with their contents, and checks the contents' sums.
  func read(_ wanted: [(entry: Entry, buffer: UnsafeMutableRawBufferPointer)]) throws(FormatError) {
    let stored = wanted.filter { !$0.entry.isPacked }
    let sums = try source.readAllSummed(
      stored.map { ByteRequest(offset: $0.entry.content.lowerBound, buffer: $0.buffer) })
    for (sum, (entry, _)) in zip(sums, stored) { try check(sum, of: entry) }
    for (entry, buffer) in wanted where entry.isPacked {
      try inflate(entry, into: buffer)
      try check(buffer.baseAddress.map { torch_crc32(0, $0, buffer.count) } ?? 0, of: entry)
    }
  }

  private func check(_ sum: UInt32, of entry: Entry) throws(FormatError) {
    guard sum == entry.checksum else {
      throw FormatError(.damagedArchive, "has a wrong checksum of \(JSON.quoted(entry.name)): the file is damaged")
    }
  }

  /// The content of an entry no larger than a limit.
  func bytes(of entry: Entry, limit: Int) throws(FormatError) -> [UInt8] {
    guard entry.size <= limit else {
      throw FormatError(.limit, "has \(JSON.quoted(entry.name)) of \(entry.size) bytes; the limit is \(limit)")
    }
    var bytes = [UInt8](repeating: 0, count: entry.size)
    do {
      try bytes.withUnsafeMutableBytes { try read([(entry, $0)]) }
    } catch {
      throw error as? FormatError ?? FormatError(.system, "\(error)")
    }
    return bytes
  }

  private func inflate(_ entry: Entry, into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) {
    func damaged(_ reason: String) -> FormatError {
      FormatError(.damagedArchive, "has \(JSON.quoted(entry.name)) damaged: \(reason)")
    }
    var stream = z_stream()
    guard torch_inflate_init(&stream, -15) == Z_OK else { throw FormatError(.system, "no memory to unpack it") }
    defer { inflateEnd(&stream) }
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { chunk.deallocate() }
    // One byte past the buffer shows content that is longer than promised, and gives empty buffers an address.
    var spare: UInt8 = 0
    var pending = entry.content, done = 0
    while true {
      if stream.avail_in == 0 {
        guard !pending.isEmpty else { throw damaged("the packed data breaks off") }
        let part = UnsafeMutableRawBufferPointer(rebasing: chunk[..<min(chunk.count, pending.count)])
        try source.read(into: part, at: pending.lowerBound)
        pending = pending.lowerBound + part.count..<pending.upperBound
        stream.next_in = part.baseAddress!.assumingMemoryBound(to: UInt8.self)
        stream.avail_in = UInt32(part.count)
      }
      // zlib counts in 32 bits.
      let room = min(buffer.count - done, 1 << 30)
      let code = withUnsafeMutablePointer(to: &spare) { spare in
        stream.next_out = room > 0 ? (buffer.baseAddress! + done).assumingMemoryBound(to: UInt8.self) : spare
        stream.avail_out = UInt32(max(room, 1))
        return CTorchZlib.inflate(&stream, Z_NO_FLUSH)
      }
      let written = max(room, 1) - Int(stream.avail_out)
      guard written <= room else { throw damaged("it is longer than the directory says") }
      done += written
      switch code {
      case Z_OK, Z_BUF_ERROR: continue
      case Z_STREAM_END:
        guard done == buffer.count, pending.isEmpty, stream.avail_in == 0 else {
          throw damaged("its size is not what the directory says")
        }
        return
      default: throw damaged(stream.msg.map { String(cString: $0) } ?? "zlib error \(code)")
      }
    }
  }
}
