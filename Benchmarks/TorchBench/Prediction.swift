import Foundation
import Torch
import TorchNN
import TorchVision

/// The way from the start of a process to its first prediction; see Benchmarks/startup.
enum Prediction {
  private struct Answer: Encodable {
    let argmax: Int
    let digest: Double
    /// Milliseconds that each part took, in order.
    let milliseconds: [String: Double]
  }

  /// Loads MobileNetV2's weights, looks at one picture of noise and prints what it saw.
  static func run(_ path: String) throws {
    var parts: [String: Double] = [:]
    var last = ContinuousClock.now
    func passed(_ part: String) {
      let now = ContinuousClock.now
      parts[part] = (now - last) / .milliseconds(1)
      last = now
    }
    let model = try Utils.skipInit { try Models.mobilenetV2() }.eval()
    passed("model")
    let checkpoint = try load(path)
    passed("file")
    try model.loadStateDict(checkpoint, assign: true)
    passed("state")
    manualSeed(0)
    let x = Tensor.randn(1, 3, 224, 224)
    passed("input")
    let logits = noGrad { model(x) }
    passed("prediction")
    let answer = Answer(argmax: logits.argmax().item(), digest: digest(logits), milliseconds: parts)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    say(String(decoding: try encoder.encode(answer), as: UTF8.self))
  }
}
