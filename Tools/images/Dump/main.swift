// Reads pictures for `Tools/images/compare`, and tells how long that takes.

import Foundation
import TorchVision

// image-dump FOLDER FILE...     the pixels of the n-th file into FOLDER/n.raw, a line for each file
// image-dump --time N FILE...   reads all files N times and prints pictures a second, one thread
let arguments = CommandLine.arguments.dropFirst()
guard arguments.count > 1, let first = arguments.first else {
  print("usage: image-dump FOLDER FILE... | image-dump --time N FILE...")
  exit(2)
}

if first == "--time" {
  let rounds = Int(arguments.dropFirst().first ?? "") ?? 1
  let paths = arguments.dropFirst(2)
  for path in paths { _ = try Image(contentsOf: path) }
  let start = ContinuousClock.now
  for _ in 0..<rounds {
    for path in paths { _ = try Image(contentsOf: path).convert(.rgb) }
  }
  let seconds = (ContinuousClock.now - start) / .seconds(1)
  print("\(Double(rounds * paths.count) / seconds) pictures a second")
  exit(0)
}

for (index, path) in arguments.dropFirst().enumerated() {
  do {
    let image = try Image(contentsOf: path)
    let bytes = image.pixels.withUnsafeBytes { Data($0) }
    try bytes.write(to: URL(fileURLWithPath: "\(first)/\(index).raw"))
    print("\(image.mode.rawValue) \(image.width) \(image.height) \(image.orientation)")
  } catch let error as ImageError {
    print("error \(error.kind.rawValue) \(error.reason)")
  }
}
