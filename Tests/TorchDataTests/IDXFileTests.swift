// IDX files: every element type, raw and packed, and every way in which a file can be wrong.

import CDigitsData
import CTorchZlib
import Testing
import TorchBackend
import TorchData

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A folder that goes away with the object.
private final class TemporaryFolder {
  let path: String

  init() {
    var name = Array("/tmp/swift-torch-idx-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&name)!)
  }

  deinit {
    for name in names { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  private var names: Set<String> = []

  /// Writes a file and gives its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) -> String {
    names.insert(name)
    let file = fopen("\(path)/\(name)", "wb")!
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    return "\(path)/\(name)"
  }
}

/// `bytes` as one gzip member.
private func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  guard torch_deflate_init(&stream, 6, 15 + 16) == Z_OK else { fatalError("deflateInit") }
  var input = bytes
  let capacity = Int(deflateBound(&stream, UInt(bytes.count))) + 64
  let packed = [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
    input.withUnsafeMutableBufferPointer { source in
      stream.next_in = source.baseAddress
      stream.avail_in = UInt32(source.count)
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(capacity)
      _ = deflate(&stream, Z_FINISH)
    }
    count = capacity - Int(stream.avail_out)
  }
  deflateEnd(&stream)
  return packed
}

private func header(_ code: UInt8, _ sizes: [UInt32]) -> [UInt8] {
  [0, 0, code, UInt8(sizes.count)]
    + sizes.flatMap { size in (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) } }
}

private func bigEndian<T: FixedWidthInteger>(_ values: [T]) -> [UInt8] {
  values.flatMap { value in withUnsafeBytes(of: value.bigEndian, Array.init) }
}

private func values<T>(_ file: IDXFile, as type: T.Type) -> [T] {
  file.bytes.withUnsafeBytes { raw in
    (0..<file.count).map { raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: T.self) }
  }
}

@Suite struct IDXFileTests {
  private let folder = TemporaryFolder()

  /// The error that reading these bytes gives.
  private func failure(_ bytes: [UInt8], _ name: String = "file") -> IDXError? {
    #expect(throws: IDXError.self) { try IDXFile(folder.write(name, bytes)) }
  }

  @Test func readsBytesRawAndPacked() throws {
    let content = header(8, [2, 3, 1]) + [1, 2, 3, 4, 5, 255]
    for (name, bytes) in [("raw", content), ("packed.gz", gzip(content)), ("packed-without-suffix", gzip(content))] {
      let file = try IDXFile(folder.write(name, bytes))
      #expect(file.shape == [2, 3, 1])
      #expect(file.dtype == .uint8)
      #expect(file.count == 6)
      #expect(file.bytes == [1, 2, 3, 4, 5, 255])
      #expect(file.path.hasSuffix(name))
    }
  }

  @Test func readsEveryType() throws {
    let small = try IDXFile(folder.write("int8", header(9, [2]) + [0x80, 0x7f]))
    #expect(small.dtype == .int8 && values(small, as: Int8.self) == [-128, 127])

    let short = try IDXFile(folder.write("int16", header(0x0b, [3]) + bigEndian([Int16.min, -2, 258])))
    #expect(short.dtype == .int16 && values(short, as: Int16.self) == [.min, -2, 258])

    let int = try IDXFile(folder.write("int32", header(0x0c, [1, 2]) + bigEndian([Int32.max, -70000])))
    #expect(int.dtype == .int32 && values(int, as: Int32.self) == [.max, -70000])

    let floats: [Float] = [0.5, -.infinity, .leastNonzeroMagnitude]
    let float = try IDXFile(folder.write("float32", header(0x0d, [3]) + bigEndian(floats.map(\.bitPattern))))
    #expect(float.dtype == .float32 && values(float, as: Float.self) == floats)

    let doubles: [Double] = [.pi, -0.0, 1e300]
    let double = try IDXFile(folder.write("float64.gz", gzip(header(0x0e, [3]) + bigEndian(doubles.map(\.bitPattern)))))
    #expect(double.dtype == .float64 && values(double, as: Double.self) == doubles)
  }

  @Test func readsWhatIsEmptyOrLarge() throws {
    #expect(try IDXFile(folder.write("none", header(8, [0, 28, 28]))).shape == [0, 28, 28])
    // More than a chunk of input and several steps of growth, in two gzip members cut at an odd place.
    let elements = (0..<700_001).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
    let content = header(8, [700_001]) + elements
    let packed = gzip(Array(content[..<123_457])) + gzip(Array(content[123_457...]))
    #expect(try IDXFile(folder.write("members.gz", packed)).bytes == elements)
    #expect(try IDXFile(folder.write("large", content)).bytes == elements)
  }

  @Test func findsTheSpellings() throws {
    let content = header(8, [1]) + [7]
    folder.write("a-idx1-ubyte", content)
    folder.write("b-idx1-ubyte.gz", gzip(content))
    folder.write("c.idx1-ubyte", content)
    folder.write("d.idx1-ubyte.gz", gzip(content))
    for name in ["a", "b", "c", "d"] {
      #expect(try IDXFile(named: "\(name)-idx1-ubyte", in: folder.path).bytes == [7])
      #expect(try IDXFile(named: "\(name)-idx1-ubyte", in: folder.path + "/").bytes == [7])
    }
    let error = #expect(throws: IDXError.self) { try IDXFile(named: "e-idx1-ubyte", in: folder.path) }
    #expect(
      error?.description
        == "\(folder.path)/e-idx1-ubyte: missing: expected the file or one of e-idx1-ubyte.gz, e.idx1-ubyte, "
        + "e.idx1-ubyte.gz, found none of them in \(folder.path)")
    // A damaged file is reported, not skipped for another spelling.
    folder.write("f-idx1-ubyte", [0, 0])
    folder.write("f-idx1-ubyte.gz", gzip(content))
    #expect(throws: IDXError.self) { try IDXFile(named: "f-idx1-ubyte", in: folder.path) }
  }

  @Test func checksWhatTheCallerWants() throws {
    let file = try IDXFile(folder.write("images", header(8, [2, 1, 2]) + [1, 2, 3, 4]))
    try file.require(.uint8, shape: [nil, 1, 2])
    try file.require(.uint8, shape: [2, nil, nil])
    for shape in [[nil, 28, 28], [nil, 1], [3, 1, 2]] as [[Int?]] {
      let error = #expect(throws: IDXError.self) { try file.require(.uint8, shape: shape) }
      #expect(error?.kind == .unexpectedContent)
    }
    let error = #expect(throws: IDXError.self) { try file.require(.float32, shape: [nil, 1, 2]) }
    #expect(
      error?.description == "\(file.path): unexpected content: expected [any, 1, 2] float32, found [2, 1, 2] uint8")
  }

  @Test func namesWhatIsMissingOrUnreadable() {
    let missing = #expect(throws: IDXError.self) { try IDXFile("\(folder.path)/nothing") }
    #expect(missing?.description == "\(folder.path)/nothing: missing: expected an IDX file, found no such file")
    let behindFile = folder.write("plain", [1])
    #expect(throws: IDXError.self) { try IDXFile(behindFile + "/under") }
    let directory = #expect(throws: IDXError.self) { try IDXFile(folder.path) }
    #expect(directory?.kind == .unreadable)
    #expect(directory?.found == "Is a directory")
  }

  @Test func namesWhatIsTruncatedOrTooLong() {
    #expect(failure([])?.kind == .truncated)
    #expect(failure([0, 0, 8])?.found == "3")
    #expect(failure([0, 0, 8, 3, 0, 0])?.description.contains("expected 3 sizes of 4 bytes, found 2 bytes") == true)
    let short = failure(header(8, [2, 2]) + [1, 2, 3])
    #expect(short?.kind == .truncated)
    #expect(
      short?.description.hasSuffix("truncated: expected 4 bytes of elements for [2, 2] uint8, found 3") == true)
    #expect(failure(gzip(header(8, [2, 2]) + [1, 2, 3]))?.kind == .truncated)
    #expect(failure(header(8, [2, 2]) + [1, 2, 3, 4, 5])?.kind == .trailingBytes)
    #expect(failure(gzip(header(8, [2, 2]) + [1, 2, 3, 4, 5]))?.kind == .trailingBytes)
  }

  @Test func namesWhatIsNoIDX() {
    #expect(failure(Array("<!DOCTYPE html>".utf8))?.kind == .badMagic)
    #expect(failure([0, 0, 0x0a, 1, 0, 0, 0, 0])?.found == "0 0 10 1")
    #expect(failure([0, 0, 8, 0])?.kind == .badMagic)
    #expect(failure([0, 0, 8, 65] + [UInt8](repeating: 0, count: 260))?.kind == .badMagic)
  }

  @Test func disbelievesSizesThatLie() {
    let huge = UInt32.max
    #expect(failure(header(8, [huge, huge, huge]))?.kind == .badHeader)
    #expect(failure(header(0x0e, [huge, huge]) + [1])?.kind == .badHeader)
    #expect(failure(header(8, [0, huge, huge]))?.kind == .badHeader)
    #expect(failure(header(8, [huge, 1 << 20]) + [1, 2])?.kind == .truncated)
    #expect(failure(header(0x0d, [1 << 30]) + [1, 2])?.found == "2")
    // A packed file cannot hold more than 1032 times its size.
    let bomb = failure(gzip(header(8, [huge, 1 << 20])))
    #expect(bomb?.kind == .badHeader)
    #expect(bomb?.found == "a packed file too small for that")
  }

  @Test func namesDamagedPacking() {
    let packed = gzip(header(8, [1000]) + (0..<1000).map { UInt8(truncatingIfNeeded: $0 * $0) })
    #expect(failure(Array(packed.dropLast(20)))?.kind == .damagedGzip)
    #expect(failure(Array(packed.dropLast(1)))?.found == "the packed data breaks off")
    var checksum = packed
    checksum[packed.count - 6] ^= 1
    #expect(failure(checksum)?.found == "incorrect data check")
    #expect(failure([0x1f, 0x8b])?.kind == .damagedGzip)
    #expect(failure(packed + [1, 2, 3])?.kind == .damagedGzip)
  }

  /// Bytes changed, dropped and doubled at random: either the file reads and is consistent, or it gives an IDXError.
  @Test func survivesMutation() {
    let content = header(0x0c, [3, 4, 5]) + (0..<240).map { UInt8($0) }
    let seeds = [content, gzip(content), header(8, [300]) + [UInt8](repeating: 9, count: 300)]
    var state: UInt64 = 2026
    func random(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(bound))
    }
    var outcomes: [String: Int] = [:]
    for round in 0..<6000 {
      var bytes = seeds[round % seeds.count]
      for _ in 0...random(4) where !bytes.isEmpty {
        // Half of the changes hit the head, where the sizes are.
        let at = random(random(2) == 0 ? min(bytes.count, 20) : bytes.count)
        switch random(4) {
        case 0: bytes[at] ^= 1 << random(8)
        case 1: bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random(5)]
        case 2: bytes.removeSubrange(at..<min(bytes.count, at + 1 + random(8)))
        default: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 1 + random(8))], at: at)
        }
      }
      do {
        let file = try IDXFile(folder.write("mutant", bytes))
        #expect(file.bytes.count == file.shape.reduce(file.dtype.itemSize, *))
        outcomes["read", default: 0] += 1
      } catch {
        outcomes[error.kind.rawValue, default: 0] += 1
      }
    }
    // The loop is worth its time only if it reaches every kind of answer.
    for kind in ["read", "not an IDX file", "impossible header", "truncated", "too long", "damaged gzip"] {
      #expect(outcomes[kind, default: 0] > 5, "\(kind): \(outcomes)")
    }
  }
}

@Suite struct DigitsDataTests {
  @Test func isWholeInsideTheProgram() {
    let data = UnsafeBufferPointer(start: digits_data(), count: digits_size())
    #expect(data.count == 16 + 1797 * 65)
    #expect(Array(data[..<8]) == Array("digits01".utf8))
    #expect(Array(data[8..<16]) == [0x05, 0x07, 0, 0, 8, 8, 16, 10])
    var perClass = [Int](repeating: 0, count: 10)
    for record in 0..<1797 {
      let start = 16 + 65 * record
      perClass[Int(data[start + 64])] += 1
      #expect(data[start..<(start + 64)].allSatisfy { $0 <= 16 })
    }
    #expect(perClass == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
  }
}
