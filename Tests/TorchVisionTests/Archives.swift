// Archives for tests of what is downloaded, some of them hostile.

import Foundation
import TorchHub

/// Runs a body with a folder that is gone afterwards.
func withFolder<R>(_ body: (String) throws -> R) throws -> R {
  let path = NSTemporaryDirectory() + "datasets-\(getpid())-\(UInt32.random(in: 0 ... .max))"
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

/// Writes a file and makes the folders above it.
func writeFile(_ bytes: [UInt8], _ path: String) throws {
  let url = URL(filePath: path)
  try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
  try Data(bytes).write(to: url)
}

func content(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map { [UInt8]($0) } }

/// All files below a folder, by their paths in it.
func files(below folder: String) -> [String] {
  let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
  return paths.filter { path in
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isFolder) && !isFolder.boolValue
  }.sorted()
}

func md5(_ bytes: [UInt8]) -> String {
  var sum = MD5()
  bytes.withUnsafeBytes { sum.update($0) }
  return sum.digest()
}

/// A gzip file of stored blocks.
func gzipped(_ bytes: [UInt8]) -> [UInt8] {
  func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
  var file: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
  for start in stride(from: 0, through: bytes.count, by: 65535) {
    let part = bytes[start..<min(start + 65535, bytes.count)]
    file += [start + 65535 > bytes.count ? 1 : 0] + little(part.count, 2) + little(~part.count, 2) + part
  }
  let sum = bytes.reduce(UInt32.max) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
  }
  return file + little(Int(~sum), 4) + little(bytes.count, 4)
}

/// An entry of a tar archive, true or not.
struct TarEntry {
  var name: String
  var body: [UInt8] = []
  var kind: Character = "0"
  var link = ""
  /// What the header says of the size, in octal digits; the body's own where nil.
  var size: String?
  var magic = "ustar\0"

  var bytes: [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, _ at: Int) { for (i, byte) in text.utf8.enumerated() { header[at + i] = byte } }
    func octal(_ value: Int, _ digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: digits - text.count) + text
    }
    put(name, 0)
    put(octal(0o644, 7), 100)
    put(size ?? octal(body.count, 11), 124)
    put(octal(0, 11), 136)
    put("        " + String(kind), 148)
    put(link, 157)
    put(magic, 257)
    put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\0 ", 148)
    return header + body + [UInt8](repeating: 0, count: (512 - body.count % 512) % 512)
  }
}

func tar(_ entries: [TarEntry]) -> [UInt8] { entries.flatMap(\.bytes) + [UInt8](repeating: 0, count: 1024) }
