import CTorchZlib
import Testing

/// The folded CRC-32 against zlib's own.
@Suite struct ChecksumTests {
  @Test func everyLengthAndPlaceIsAsZlibs() {
    var state: UInt64 = 1
    let bytes = (0..<5000).map { _ -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1
      return UInt8(truncatingIfNeeded: state >> 40)
    }
    bytes.withUnsafeBytes { buffer in
      for start in 0..<20 {
        for count in Array(0..<300) + [1023, 1024, 1025, 4095, 4096, 4900] {
          let part = buffer.baseAddress! + start
          let begun = torch_crc32(0, part, count)
          #expect(UInt(begun) == crc32_z(0, part.assumingMemoryBound(to: UInt8.self), count))
          // Going on from a checksum, and joining two, are both the checksum of the whole.
          let rest = torch_crc32(0, part + count, 80)
          #expect(torch_crc32_joined(begun, rest, 80) == torch_crc32(0, part, count + 80))
          #expect(torch_crc32(begun, part + count, 80) == torch_crc32(0, part, count + 80))
        }
      }
    }
  }
}
