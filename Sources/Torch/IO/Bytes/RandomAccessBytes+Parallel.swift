import CTorchZlib
import Synchronization
import TorchBackend

/// A stretch of a source and the memory that it goes to.
struct ByteRequest {
  let offset: Int
  let buffer: UnsafeMutableRawBufferPointer
}

extension RandomAccessBytes {
  /// Bytes that one thread takes at a time: a short wait at the end, few calls.
  private static let pieceSize = 1 << 20
  /// Bytes that are still in the cache when their checksum is taken.
  private static let sipSize = 128 << 10

  /// Fills buffers from their places, on all threads.
  ///
  /// Places outside of the source are an error, as of ``read(into:at:)``.
  func readAll(_ requests: [ByteRequest]) throws(FormatError) { _ = try readAll(requests, summed: false) }

  /// Fills buffers from their places, on all threads, and returns the CRC-32 of each.
  func readAllSummed(_ requests: [ByteRequest]) throws(FormatError) -> [UInt32] {
    try readAll(requests, summed: true)
  }

  private func readAll(_ requests: [ByteRequest], summed: Bool) throws(FormatError) -> [UInt32] {
    var pieces: [ByteRequest] = []
    var owners: [Int] = []
    for (owner, request) in requests.enumerated() {
      for start in stride(from: 0, to: request.buffer.count, by: Self.pieceSize) {
        let end = min(start + Self.pieceSize, request.buffer.count)
        pieces.append(
          ByteRequest(offset: request.offset + start, buffer: .init(rebasing: request.buffer[start..<end])))
        owners.append(owner)
      }
    }
    let sums = try fill(pieces, summed)
    guard summed else { return [] }
    var results = [UInt32](repeating: 0, count: requests.count)
    for (index, owner) in owners.enumerated() {
      results[owner] = torch_crc32_joined(results[owner], sums[index], pieces[index].buffer.count)
    }
    return results
  }

  /// The checksums of the pieces; zeros where they are not wanted.
  private func fill(_ pieces: [ByteRequest], _ summed: Bool) throws(FormatError) -> [UInt32] {
    var results = [Result<UInt32, FormatError>](repeating: .success(0), count: pieces.count)
    // Pieces differ in size, so threads take them one by one; each result has one writer.
    let next = Atomic(0)
    results.withUnsafeMutableBufferPointer { results in
      nonisolated(unsafe) let results = results
      parallelFor(min(numThreads(), pieces.count), grain: 1) { _ in
        while true {
          let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard index < pieces.count else { return }
          results[index] = Result { () throws(FormatError) in try fill(pieces[index], summed) }
        }
      }
    }
    var sums: [UInt32] = []
    for result in results { sums.append(try result.get()) }
    return sums
  }

  private func fill(_ piece: ByteRequest, _ summed: Bool) throws(FormatError) -> UInt32 {
    var sum: UInt32 = 0
    for start in stride(from: 0, to: piece.buffer.count, by: Self.sipSize) {
      let sip = UnsafeMutableRawBufferPointer(
        rebasing: piece.buffer[start..<min(start + Self.sipSize, piece.buffer.count)])
      try read(into: sip, at: piece.offset + start)
      if summed { sum = torch_crc32(sum, sip.baseAddress!, sip.count) }
    }
    return sum
  }
}
