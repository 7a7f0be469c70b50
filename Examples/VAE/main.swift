// Learns to draw handwritten digits with a variational autoencoder, and draws new ones.

import ArgumentParser
import DigitsSet
import Foundation
import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils

/// A picture becomes a normal distribution over a few numbers; a draw of it becomes a picture again.
///
/// Kingma and Welling, "Auto-Encoding Variational Bayes", 2013.
final class VAE: Module, Layer {
  let encoder: Sequential, mean: Linear, logVariance: Linear, decoder: Sequential
  let latentSize: Int

  init(latentSize: Int) {
    self.latentSize = latentSize
    encoder = Sequential(Flatten(), Linear(64, 128), ReLU())
    mean = Linear(128, latentSize)
    logVariance = Linear(128, latentSize)
    decoder = Sequential(Linear(latentSize, 128), ReLU(), Linear(128, 64), Unflatten(1, [1, 8, 8]))
  }

  /// The pictures drawn again, without the noise that training wants.
  func forward(_ x: Tensor) -> Tensor { decoder(mean(encoder(x))).sigmoid() }

  /// How badly pictures come back, and how far the distributions are from the standard normal one, a picture.
  func loss(_ x: Tensor) -> (drawing: Tensor, distance: Tensor) {
    let code = encoder(x), mean = mean(code), logVariance = logVariance(code)
    // The draw is moved and scaled noise, so that gradients reach what moves and scales it.
    let draw = mean + (logVariance * 0.5).exp() * Tensor.randn(like: mean)
    let drawing = F.binaryCrossEntropyWithLogits(decoder(draw), x, reduction: .sum) / x.size(0)
    let distance = (mean.pow(2) + logVariance.exp() - 1 - logVariance).sum() * 0.5 / x.size(0)
    return (drawing, distance)
  }

  /// New pictures.
  func sample(_ count: Int) -> Tensor { decoder(.randn(count, latentSize)).sigmoid() }
}

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vae",
    abstract: "Learns to draw handwritten digits with a variational autoencoder, and draws new ones.",
    discussion: "Written to --out: new.png, again.png (held-out digits and what comes back), curves.png, vae.pth.")

  @Option(help: "How often to go through the digits.")
  var epochs = 60
  @Option(help: "How many numbers a picture becomes.")
  var latent = 8
  @Option(help: "The seed of weights, batches and noise.")
  var seed = 0
  @Option(help: ArgumentHelp("Where results go, .cache/vae unless told.", valueName: "dir"))
  var out: String?
  @Flag(help: "Train for a few epochs, and fail where pictures come back no better than the mean of all would be.")
  var quick = false

  func validate() throws {
    guard epochs >= 1, latent >= 1, seed >= 0 else {
      throw ValidationError("--epochs and --latent want 1 or more, --seed 0 or more")
    }
  }

  func run() throws {
    do {
      try learn(out ?? (quick ? ".cache/quick/vae" : ".cache/vae"), epochs: quick ? min(epochs, 15) : epochs)
    } catch {
      Terminal.standardError.write("vae: \(error)\n")
      throw ExitCode.failure
    }
  }

  private func learn(_ out: String, epochs: Int) throws {
    let parts = Digits().split(), (held, _) = parts.test.batch(Array(0..<parts.test.count))!
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    let log = try TrainingLog()
    manualSeed(seed)
    let model = VAE(latentSize: latent)
    let optimizer = Adam(model.parameters(), lr: 0.002)
    let loader = DataLoader(parts.train, batchSize: 32, shuffle: true)
    let bar = ProgressBar(1...epochs, "drawing", unit: "epoch")
    for epoch in bar {
      var drawing = RunningMean(), distance = RunningMean()
      for (x, _) in loader {
        let loss = model.loss(x)
        optimizer.zeroGrad()
        (loss.drawing + loss.distance).backward()
        optimizer.step()
        drawing.add(loss.drawing.item(), weight: x.size(0))
        distance.add(loss.distance.item(), weight: x.size(0))
      }
      try log.append(["epoch": Double(epoch), "drawing": drawing.mean, "distance": distance.mean])
      bar.setPostfix(["drawing": fixed(drawing.mean, 2), "distance": fixed(distance.mean, 2)])
    }

    model.eval()
    try noGrad {
      let again = model(held[..<8])
      try ImageGrid(model.sample(64), title: "New digits", cell: 48).write(to: "\(out)/new.png")
      try ImageGrid(Tensor.cat([held[..<8], again], dim: 0), title: "Held-out digits, and again", cell: 48)
        .write(to: "\(out)/again.png")
      try log.curves("drawing", "distance", x: "epoch", title: "Loss a picture").write(to: "\(out)/curves.png")
      try save(model.stateDict(), "\(out)/vae.pth")

      let (train, _) = parts.train.batch(Array(0..<parts.train.count))!
      let error = F.mseLoss(model(held), held).item(),
        ofMean = F.mseLoss(train.mean(dim: 0).expand(as: held), held).item()
      print(
        "squared error of a held-out pixel: \(fixed(error, 4)), of the mean digit's \(fixed(ofMean, 4)); results in \(out)"
      )
      if quick, error > ofMean * 0.6 { throw NotLearnt(description: "\(error) is not much below \(ofMean)") }
    }
  }

  private struct NotLearnt: Error, CustomStringConvertible { let description: String }
}

Program.main()
