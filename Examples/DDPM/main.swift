// Makes handwritten digits out of noise, step by step, with a diffusion model.

import ArgumentParser
import DigitsSet
import Foundation
import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils

/// Tells the noise in a noisy picture, of a digit that is wanted, after so many steps.
final class Denoiser: Module, Layer3 {
  let step: Embedding, digit: Embedding, enter: Conv2d, blocks: ModuleList<Conv2d>, leave: Conv2d

  init(steps: Int, channels: Int = 48) {
    step = Embedding(steps, channels)
    digit = Embedding(10, channels)
    enter = Conv2d(1, channels, kernelSize: 3, padding: 1)
    blocks = ModuleList((0..<4).map { _ in Conv2d(channels, channels, kernelSize: 3, padding: 1) })
    leave = Conv2d(channels, 1, kernelSize: 3, padding: 1)
  }

  func forward(_ x: Tensor, _ steps: Tensor, _ digits: Tensor) -> Tensor {
    let wanted = (step(steps) + digit(digits)).unsqueeze(-1).unsqueeze(-1)
    var x = enter(x)
    for block in blocks { x = x + F.silu(block(x + wanted)) }
    return leave(x)
  }
}

/// Noise that grows in steps, and the way back.
///
/// Ho, Jain and Abbeel, "Denoising Diffusion Probabilistic Models", 2020.
struct Diffusion {
  let steps: Int
  /// How much noise a step adds, how much of the picture it leaves, and how much all steps so far left.
  let beta: Tensor, alpha: Tensor, kept: Tensor

  init(steps: Int) {
    self.steps = steps
    beta = Tensor.linspace(1e-4, 0.08, steps)
    alpha = 1 - beta
    kept = alpha.cumprod(dim: 0)
  }

  /// The mean squared error of the noise that a network tells in pictures after random steps.
  func loss(_ model: Denoiser, _ pictures: Tensor, _ digits: Tensor) -> Tensor {
    let after = Tensor.randint(0, steps, [pictures.size(0)]), noise = Tensor.randn(like: pictures)
    let kept = kept[after].view(-1, 1, 1, 1)
    return F.mseLoss(model(kept.sqrt() * pictures + (1 - kept).sqrt() * noise, after, digits), noise)
  }

  /// Pictures of digits, from nothing but noise.
  func sample(_ model: Denoiser, _ digits: Tensor) -> Tensor {
    noGrad {
      var x = Tensor.randn(digits.size(0), 1, 8, 8)
      for step in (0..<steps).reversed() {
        let noise = model(x, Tensor.full([digits.size(0)], step, dtype: .int64), digits)
        x = (x - beta[step] / (1 - kept[step]).sqrt() * noise) / alpha[step].sqrt()
        if step > 0 { x = x + beta[step].sqrt() * Tensor.randn(like: x) }
      }
      return ((x + 1) / 2).clamp(min: 0, max: 1)
    }
  }
}

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ddpm",
    abstract: "Makes handwritten digits out of noise with a diffusion model.",
    discussion: "Written to --out: digits.png with rows of the digits 0 to 9, curves.png, ddpm.pth.")

  @Option(help: "How often to go through the digits.")
  var epochs = 60
  @Option(help: "Steps from a picture to noise.")
  var steps = 100
  @Option(help: "The seed of weights, batches and noise.")
  var seed = 0
  @Option(help: ArgumentHelp("Where results go, .cache/ddpm unless told.", valueName: "dir"))
  var out: String?
  @Flag(help: "Train for a few epochs, and fail where less than seven tenths of the noise is told.")
  var quick = false

  func validate() throws {
    guard epochs >= 1, steps >= 2, seed >= 0 else {
      throw ValidationError("--epochs wants 1 or more, --steps 2 or more, --seed 0 or more")
    }
  }

  func run() throws {
    do {
      try learn(out ?? (quick ? ".cache/quick/ddpm" : ".cache/ddpm"), epochs: quick ? min(epochs, 8) : epochs)
    } catch {
      Terminal.standardError.write("ddpm: \(error)\n")
      throw ExitCode.failure
    }
  }

  private func learn(_ out: String, epochs: Int) throws {
    let parts = Digits().split(), (held, heldDigits) = parts.test.batch(Array(0..<parts.test.count))!
    manualSeed(seed)
    let model = Denoiser(steps: steps), diffusion = Diffusion(steps: steps)
    let optimizer = Adam(model.parameters(), lr: 0.002)
    let schedule = CosineAnnealingLR(optimizer, tMax: epochs)
    let loader = DataLoader(parts.train, batchSize: 32, shuffle: true)
    let log = try TrainingLog()
    for epoch in 1...epochs {
      var loss = RunningMean()
      let bar = ProgressBar(loader, "epoch \(epoch)/\(epochs)", unit: "img", unitScale: 32, leave: false)
      for (pictures, digits) in bar {
        // From paper at -1 to ink at 1.
        let batchLoss = diffusion.loss(model, pictures * 2 - 1, digits)
        optimizer.zeroGrad()
        batchLoss.backward()
        optimizer.step()
        loss.add(batchLoss.item(), weight: pictures.size(0))
      }
      schedule.step()
      let watched = noGrad { diffusion.loss(model, held * 2 - 1, heldDigits).item() as Double }
      try log.append(["epoch": Double(epoch), "train loss": loss.mean, "held-out loss": watched])
      print("epoch \(epoch): loss \(fixed(loss.mean, 4)), held out \(fixed(watched, 4))")
    }

    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    let wanted = Tensor.arange(10).repeat(4)
    try ImageGrid(diffusion.sample(model, wanted), title: "Out of noise", nrow: 10, cell: 48)
      .write(to: "\(out)/digits.png")
    try log.curves("train loss", "held-out loss", x: "epoch", title: "Loss").write(to: "\(out)/curves.png")
    try save(model.stateDict(), "\(out)/ddpm.pth")
    let loss = log.last("held-out loss")!
    print("held-out loss \(fixed(loss, 4)), of a network that says no noise 1; results in \(out)")
    if quick, loss > 0.3 { throw NotLearnt(description: "a held-out loss of \(loss)") }
  }

  private struct NotLearnt: Error, CustomStringConvertible { let description: String }
}

Program.main()
