import Foundation
import TorchVision

/// The files of `Tools/goldens/images.py`.
enum ImageFixtures {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/images")

  static func path(_ name: String) -> String { folder.appending(path: name).path }

  static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: name))) }

  /// The lines of a list, cut at blanks.
  static func lines(_ name: String) throws -> [[String]] {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
  }

  /// FNV-1a of 64 bits, as the script has it.
  static func hash(_ bytes: UnsafeRawBufferPointer) -> String {
    let value = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }

  static func hash(_ image: Image) -> String { image.pixels.withUnsafeBytes { hash($0) } }
}

/// Runs a body with the path of a folder, which goes away after it.
func withFolder(_ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "swift-torch-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try body(folder.path)
}
