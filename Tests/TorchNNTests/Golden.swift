import Foundation
import Torch

/// A file of numbers recorded from PyTorch.
func golden(_ name: String) throws -> [String: Any] {
  let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/\(name).json")
  return try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as! [String: Any]
}

/// The largest distance between numbers and those of a golden; infinite where their counts differ.
func distance(_ got: [Double], _ wanted: Any?) -> Double {
  guard let wanted = wanted as? [Double], got.count == wanted.count else { return .infinity }
  return zip(got, wanted).map { ($0 - $1).magnitude }.reduce(0, max)
}

/// FNV-1a over the bytes of a float32 tensor, as the scripts compute it.
func fnv(_ x: Tensor) -> String {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  x.detach().contiguous().withUnsafeBytes { bytes in
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }
  let text = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - text.count) + text
}
