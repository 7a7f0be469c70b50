// Names what is on photographs, with a network that was trained on ImageNet.

import ArgumentParser
import Torch
import TorchUtils
import TorchVision

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Names what is on photographs: MobileNetV2 with torchvision's weights of ImageNet's 1000 classes.",
    discussion: """
      The weights, 14 MB, are fetched once into torch.hub's cache. Without a connection, --weights takes a file of them.
      """)

  @Argument(help: "Pictures: JPEG, PNG, BMP or PPM.")
  var photos: [String]
  @Option(help: ArgumentHelp("A file of the weights, instead of the one on the net.", valueName: "file"))
  var weights: String?
  @Option(help: "How many guesses to show.")
  var top = 5
  @Flag(help: "Do not draw the pictures.")
  var noPicture = false

  func validate() throws {
    guard 1...1000 ~= top else { throw ValidationError("--top wants 1 to 1000") }
  }

  func run() throws {
    let official = MobileNetV2Weights.imagenet1kV1
    let model: MobileNetV2
    do {
      if let weights {
        model = try Models.mobilenetV2()
        try model.loadStateDict(load(weights))
      } else {
        model = try Models.mobilenetV2(weights: official)
      }
    } catch {
      Terminal.standardError.write("classify: \(error)\n")
      throw ExitCode.failure
    }
    model.eval()
    let transform = official.transforms(), names = official.meta.categories!
    var failures = 0
    for photo in photos {
      do {
        let image = try Image(contentsOf: photo).convert(.rgb)
        let x = try transform(image).unsqueeze(0)
        let scores = noGrad { model(x).softmax(dim: 1)[0] }
        show(photo, image, scores, names)
      } catch {
        // One bad file does not stop the others.
        Terminal.standardError.write("classify: \(error)\n")
        failures += 1
      }
    }
    if failures > 0 { throw ExitCode.failure }
  }

  private func show(_ photo: String, _ image: Image, _ scores: Tensor, _ names: [String]) {
    let (values, indices) = scores.topk(k: top)
    if !noPicture { print(image.drawn(width: min(Terminal.standardOutput.width, 60))) }
    print(photo)
    for (share, index) in zip(values.array(Float.self), indices.array(Int.self)) {
      let bar = String(repeating: "█", count: Int((share * 24).rounded()))
      print("  \(percent(Double(share)))  \(names[index])  \(bar)")
    }
  }
}

/// A share with one place, as wide as 100.0%.
func percent(_ share: Double) -> String {
  let text = fixed(share * 100, 1) + "%"
  return String(repeating: " ", count: max(0, 6 - text.count)) + text
}

Program.main()
