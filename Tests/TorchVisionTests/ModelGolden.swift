import Foundation
import Testing
import Torch
import TorchHub
import TorchNN
import TorchVision

/// What torchvision's networks do, as Tools/goldens/models.py recorded it.
struct ModelGolden: Decodable {
  struct Summary: Decodable {
    var sum: Double, max: Double, values: [Double]
  }

  struct Training: Decodable {
    var size: Int
    /// In float64; what torch's own float32 strays from them stands beside.
    var outputs: [Summary], moments: Double, gradient: Double
    var stray: [Double], strayMoments: Double, strayGradient: Double
  }

  var keys: String, count: Int, weights: Int, size: Int, text: String?
  var eval: Summary
  var train: Training?

  static let all: [String: ModelGolden] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/models.json")
    return try! JSONDecoder().decode([String: ModelGolden].self, from: Data(contentsOf: file))
  }()
}

extension ModelGolden.Summary {
  /// The largest distance of logits from the recorded ones.
  func distance(_ y: Tensor) -> Double {
    let got: [Double] = y.detach().to(.float64).flatten().array()
    let step = Swift.max(got.count / 16, 1)
    let values = Swift.zip(stride(from: 0, to: got.count, by: step), self.values).map { abs(got[$0] - $1) }
    return Swift.max(values.max()!, abs(got.reduce(0, +) - sum) / Double(got.count))
  }
}

extension ModelGolden {
  /// Makes the network with seed 0 and holds everything that was recorded against it.
  static func check(_ name: String, _ make: () throws -> any Layer) throws {
    let golden = try #require(all[name])
    manualSeed(0)
    let model = try make()
    let state = model.stateDict()
    let keys = state.map { key, value in "\(key) \(Array(value.shape))\n" }.joined()
    #expect(sha256(keys) == golden.keys, "\(name)'s keys and shapes")
    #expect(state.count == golden.count)
    #expect(model.parameters().reduce(0) { $0 + total($1) } == golden.weights, "\(name)'s first weights, to the bit")
    if let text = golden.text { #expect(sha256(model.description) == text, "\(model)") }
    if let head = (model as? VisionTransformer)?.heads["head"] as? Linear {
      manualSeed(3)
      Init.normal_(head.weight, std: 0.02)
    }
    manualSeed(1)
    let x = Tensor.randn(2, 3, golden.size, golden.size)
    model.eval()
    let distance = golden.eval.distance(noGrad { model(x) })
    #expect(distance <= 1e-5 * golden.eval.max, "\(name): \(distance) of \(golden.eval.max)")
    if let training = golden.train { try training.check(name, model) }
  }

  static func sha256(_ text: String) -> String {
    var hash = SHA256()
    Array(text.utf8).withUnsafeBytes { hash.update($0) }
    return String(hash.digest().prefix(16))
  }

  /// The sum of the bit patterns, which a single wrong bit changes.
  private static func total(_ x: Tensor) -> Int {
    x.detach().contiguous().withUnsafeBytes { $0.bindMemory(to: Int32.self).reduce(0) { $0 + Int($1) } }
  }
}

extension ModelGolden.Training {
  /// A step of training: logits of all heads, where the statistics went, and the gradients.
  ///
  /// Batch norms over few numbers magnify roundings, so what torch's float32 strays from float64 is the measure.
  func check(_ name: String, _ model: any Layer) throws {
    model.train()
    manualSeed(1)
    let x = Tensor.randn(2, 3, size, size)
    manualSeed(2)
    let logits: [Tensor?]
    switch model {
    case let model as Inception3:
      let all = model.withAuxLogits(x)
      logits = [all.logits, all.auxLogits]
    case let model as GoogLeNet:
      let all = model.withAuxLogits(x)
      logits = [all.logits, all.auxLogits2, all.auxLogits1]
    default: logits = [model(x)]
    }
    let heads = logits.compactMap { $0 }
    try #require(heads.count == outputs.count)
    for (i, y) in heads.enumerated() {
      let distance = outputs[i].distance(y)
      #expect(distance <= max(4 * stray[i], 1e-6 * outputs[i].max), "\(name): \(distance), torch strays \(stray[i])")
    }
    heads.map { ($0 * $0).mean() }.reduce(Tensor(0.0)) { $0 + $1 }.backward()
    func sum(_ tensors: [Tensor]) -> Double {
      tensors.reduce(0) { $0 + ($1.detach().to(.float64).abs().sum().item() as Double) }
    }
    let moments = sum(
      model.namedBuffers().filter { $0.name.hasSuffix("running_mean") || $0.name.hasSuffix("running_var") }.map(
        \.buffer))
    #expect(abs(moments - self.moments) <= max(4 * strayMoments, 1e-6 * self.moments), "\(name): \(moments)")
    let gradient = sum(model.parameters().compactMap(\.grad))
    #expect(abs(gradient - self.gradient) <= max(4 * strayGradient, 1e-6 * self.gradient), "\(name): \(gradient)")
  }
}
