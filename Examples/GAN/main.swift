// Lets two networks play against each other until one of them draws handwritten digits.

import ArgumentParser
import DigitsSet
import Foundation
import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gan",
    abstract: "Learns to draw handwritten digits with a generative adversarial network.",
    discussion: """
      Goodfellow et al., "Generative Adversarial Networks", 2014. The generator makes pictures of noise, the discriminator \
      tells them from real ones; each learns from the other. Written to --out: digits.png, curves.png, generator.pth.
      """)

  @Option(help: "How often to go through the digits.")
  var epochs = 150
  @Option(help: "The seed of weights, batches and noise.")
  var seed = 0
  @Option(help: ArgumentHelp("Where results go, .cache/gan unless told.", valueName: "dir"))
  var out: String?
  @Flag(help: "Play for some seconds, and fail where pictures are far from any digit or all the same.")
  var quick = false

  func validate() throws {
    guard epochs >= 1, seed >= 0 else { throw ValidationError("--epochs wants 1 or more, --seed 0 or more") }
  }

  func run() throws {
    do {
      try play(out ?? (quick ? ".cache/quick/gan" : ".cache/gan"), epochs: quick ? min(epochs, 40) : epochs)
    } catch {
      Terminal.standardError.write("gan: \(error)\n")
      throw ExitCode.failure
    }
  }

  private func play(_ out: String, epochs: Int) throws {
    let parts = Digits().split(), noiseSize = 16
    manualSeed(seed)
    let generator = Sequential {
      Linear(noiseSize, 128)
      LeakyReLU(negativeSlope: 0.2)
      Linear(128, 128)
      LeakyReLU(negativeSlope: 0.2)
      Linear(128, 64)
      Sigmoid()
      Unflatten(1, [1, 8, 8])
    }
    let discriminator = Sequential {
      Flatten()
      Linear(64, 128)
      LeakyReLU(negativeSlope: 0.2)
      Dropout(0.3)
      Linear(128, 1)
    }
    let drawing = Adam(generator.parameters(), lr: 1e-3, betas: (0.5, 0.999))
    let telling = Adam(discriminator.parameters(), lr: 1e-3, betas: (0.5, 0.999))
    let criterion = BCEWithLogitsLoss()
    let loader = DataLoader(parts.train, batchSize: 32, shuffle: true, dropLast: true)
    let real = Tensor.ones(32, 1), made = Tensor.zeros(32, 1)
    let log = try TrainingLog()
    let bar = ProgressBar(1...epochs, "playing", unit: "epoch")
    for epoch in bar {
      var drawn = RunningMean(), told = RunningMean()
      for (x, _) in loader {
        // Noise on both, so that the exact greys of scanned digits do not give them away.
        let pictures = generator(.randn(32, noiseSize)), blur = Tensor.randn(like: x) * 0.1
        // The discriminator's step leaves the generator as it is.
        let tellingLoss =
          criterion(discriminator(x + blur), real) + criterion(discriminator(pictures.detach() + blur), made)
        telling.zeroGrad()
        tellingLoss.backward()
        telling.step()

        // The generator wants its pictures to be taken for real ones.
        let drawingLoss = criterion(discriminator(pictures + blur), real)
        drawing.zeroGrad()
        drawingLoss.backward()
        drawing.step()
        drawn.add(drawingLoss.item())
        told.add(tellingLoss.item())
      }
      try log.append(["epoch": Double(epoch), "generator": drawn.mean, "discriminator": told.mean])
      bar.setPostfix(["generator": fixed(drawn.mean, 3), "discriminator": fixed(told.mean, 3)])
    }

    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    generator.eval()
    let pictures = noGrad { generator(.randn(360, noiseSize)) }
    try ImageGrid(pictures[..<64], title: "Invented digits", cell: 48).write(to: "\(out)/digits.png")
    try log.curves("generator", "discriminator", x: "epoch", title: "Losses").write(to: "\(out)/curves.png")
    try save(generator.stateDict(), "\(out)/generator.pth")

    // How far each picture is from the nearest digit that was learnt from, beside held-out digits and mere noise; and how
    // much the pictures differ from each other.
    let (train, _) = parts.train.batch(Array(0..<parts.train.count))!
    let (held, _) = parts.test.batch(Array(0..<parts.test.count))!
    func distance(_ x: Tensor) -> Double {
      Tensor.cdist(x.flatten(1), train.flatten(1)).min(dim: 1).values.mean().item()
    }
    func variety(_ x: Tensor) -> Double { x.std(dim: 0).mean().item() }
    let noise = held.flatten()[Tensor.randperm(held.numel())].view(-1, 1, 8, 8)
    var table = TextTable(["pictures", "distance to the nearest digit", "variety"])
    for (name, x) in [("invented", pictures), ("held-out digits", held), ("shuffled pixels", noise)] {
      table.append([name, fixed(distance(x), 3), fixed(variety(x), 3)])
    }
    print(table)
    print(
      "invented digits are \(fixed(distance(pictures) / distance(held), 2)) times as far from real ones as these; results in \(out)"
    )
    if quick, distance(pictures) > (distance(held) + distance(noise)) / 2 || variety(pictures) < variety(held) / 2 {
      throw NotLearnt(description: "pictures are far from any digit, or all the same")
    }
  }

  private struct NotLearnt: Error, CustomStringConvertible { let description: String }
}

Program.main()
