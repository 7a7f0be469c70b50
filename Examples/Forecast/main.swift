// Foretells a time series with an LSTM that sees the last day, and draws what it foretold.

import ArgumentParser
import Foundation
import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils

/// The next value of a series from those before it.
final class Forecaster: Module, Layer {
  let lstm: LSTM, fc: Linear
  init(hiddenSize: Int) {
    lstm = LSTM(1, hiddenSize, batchFirst: true)
    fc = Linear(hiddenSize, 1)
  }
  /// - Shape: `[batch, steps]` to `[batch]`.
  func forward(_ x: Tensor) -> Tensor { fc(lstm(x.unsqueeze(-1)).0[0..., -1]).squeeze(-1) }
}

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forecast",
    abstract: "Foretells the next hour of an invented load of a power grid with an LSTM over the last day.",
    discussion: """
      The load has a daily and a weekly rhythm and weather that drifts. The network learns from the first four fifths of \
      the hours and foretells the others, which come later; its error stands beside those of "as an hour ago" and "as \
      yesterday". Written to --out: forecast.png, curves.png, forecast.pth.
      """)

  @Option(help: "How often to go through the hours.")
  var epochs = 12
  @Option(help: "Hours that the network sees.")
  var window = 24
  @Option(help: "The seed of the series, weights and batches.")
  var seed = 0
  @Option(help: ArgumentHelp("Where results go, .cache/forecast unless told.", valueName: "dir"))
  var out: String?
  @Flag(help: "Train for a few epochs, and fail where the network is no better than the rules of thumb.")
  var quick = false

  func validate() throws {
    guard epochs >= 1, (2...500).contains(window), seed >= 0 else {
      throw ValidationError("--epochs wants 1 or more, --window 2 to 500, --seed 0 or more")
    }
  }

  func run() throws {
    do {
      try learn(out ?? (quick ? ".cache/quick/forecast" : ".cache/forecast"), epochs: quick ? min(epochs, 4) : epochs)
    } catch {
      Terminal.standardError.write("forecast: \(error)\n")
      throw ExitCode.failure
    }
  }

  private func learn(_ out: String, epochs: Int) throws {
    manualSeed(seed)
    let series = load(hours: 24 * 7 * 20), split = series.size(0) * 4 / 5
    // The scale is that of the past: of the future nothing is known.
    let (std, mean) = (series[..<split].std(), series[..<split].mean())
    let scaled = (series - mean) / std
    // Every stretch of `window` hours and the hour after it.
    let stretches = scaled.unfold(dimension: 0, size: window + 1, step: 1)
    let train = stretches[..<(split - window)], test = stretches[(split - window)...]
    let loader = DataLoader(
      TensorDataset(train[0..., ..<window].contiguous(), train[0..., -1].contiguous()), batchSize: 64, shuffle: true)

    let model = Forecaster(hiddenSize: 48)
    let optimizer = Adam(model.parameters(), lr: 0.005)
    let schedule = CosineAnnealingLR(optimizer, tMax: epochs)
    let log = try TrainingLog()
    for epoch in 1...epochs {
      var loss = RunningMean()
      for (x, y) in ProgressBar(loader, "epoch \(epoch)/\(epochs)", leave: false) {
        let batchLoss = F.mseLoss(model(x), y)
        optimizer.zeroGrad()
        batchLoss.backward()
        Utils.clipGradNorm_(model.parameters(), maxNorm: 1)
        optimizer.step()
        loss.add(batchLoss.item(), weight: x.size(0))
      }
      schedule.step()
      try log.append(["epoch": Double(epoch), "loss": loss.mean])
      print("epoch \(epoch): loss \(fixed(loss.mean, 4))")
    }

    model.eval()
    let truth = test[0..., -1]
    let foretold = noGrad { model(test[0..., ..<window]) }
    let rules =
      [("the network", foretold), ("as an hour ago", test[0..., -2])]
      + (window >= 24 ? [("as yesterday", test[0..., -25])] : [])
    var table = TextTable(["rule", "mean error, MW"])
    let errors = rules.map { ((($0.1 - truth).abs().mean() * std).item() as Double) }
    for (rule, error) in zip(rules, errors) { table.append([rule.0, fixed(error, 2)]) }
    print(table)

    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    var chart = LineChart("A week of the future", xLabel: "hour", yLabel: "MW")
    chart.add("load", (truth[..<168] * std + mean).array(Double.self))
    chart.add("foretold an hour before", (foretold[..<168] * std + mean).array(Double.self))
    try chart.write(to: "\(out)/forecast.png")
    try log.curves("loss", x: "epoch", title: "Loss", isLog: true).write(to: "\(out)/curves.png")
    try save(model.stateDict(), "\(out)/forecast.pth")
    print(
      "mean error \(fixed(errors[0], 2)) MW, of the best rule of thumb \(fixed(errors[1...].min()!, 2)); results in \(out)"
    )
    if quick, errors[0] > errors[1...].min()! * 0.9 {
      throw NotLearnt(description: "no better than the rules of thumb")
    }
  }

  /// Megawatts hour by hour: a day's and a week's rhythm, weather that wanders, and noise.
  private func load(hours: Int) -> Tensor {
    let hour = Tensor.arange(hours, dtype: .float32)
    let day = (hour * (2 * Double.pi / 24)).sin() * 20 + (hour * (4 * Double.pi / 24) + 1).sin() * 8
    let isWeekend = (hour / 24).floor().remainder(7) .>= 5
    var weather = 0.0
    let steps = Tensor.randn(hours).array(Double.self)
    let wandering = steps.map { step in
      weather = 0.98 * weather + step
      return weather
    }
    return day - isWeekend.float() * 15 + Tensor(wandering, dtype: .float32) + Tensor.randn(hours) + 100
  }

  private struct NotLearnt: Error, CustomStringConvertible { let description: String }
}

Program.main()
