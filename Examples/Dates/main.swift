// Teaches the tutorial's Transformer to read dates: "Thursday, 3rd of March 1994" becomes 1994-03-03.

import ArgumentParser
import Foundation
import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dates",
    abstract: "Teaches the tutorial's Transformer to write dates in words and numbers as 1994-03-03.",
    discussion: """
      A tenth of the days between 1969 and 2068 never occurs in what is learnt from; the result is the share of such dates that is \
      written right to the last digit. Slashes stand in months first, dots and dashes in days first. Written to --out: \
      dates.pth, log.csv, curves.png.
      """)

  @Option(help: "How often to go through the days.")
  var epochs = 6
  @Option(help: "Dates in a batch.")
  var batchSize = 128
  @Option(help: "The largest step; the first steps are smaller.")
  var lr = 0.002
  @Option(help: "Answers that beam search keeps.")
  var beams = 4
  @Option(help: "The seed of weights, dates and batches.")
  var seed = 0
  @Option(help: ArgumentHelp("Where results go.", valueName: "dir"))
  var out = ".cache/dates"
  @Flag(help: "A short training on a few forms, which fails where nothing is learnt.")
  var quick = false
  @Argument(help: "Dates to read with the network of an earlier run, in place of a training.")
  var dates: [String] = []

  func validate() throws {
    guard epochs >= 1, batchSize >= 1, lr > 0, beams >= 1, seed >= 0 else {
      throw ValidationError("--epochs, --batch-size, --lr and --beams want more than 0, --seed 0 or more")
    }
  }

  func run() throws {
    do {
      if dates.isEmpty { try train() } else { try answer() }
    } catch let error as CheckpointError {
      Terminal.standardError.write("dates: \(error)\n")
      throw ExitCode.failure
    }
  }

  private func makeModel() -> Transformer {
    Transformer(
      srcVocabSize: Text.letters.count, trgVocabSize: Text.letters.count, embedSize: 64, numLayers: 2,
      forwardExpansion: 4, heads: 4, maxLength: Text.longest)
  }

  private func train() throws {
    // A try leaves the network of a whole training alone.
    let out = quick ? "\(out)/quick" : out
    manualSeed(seed)
    let forms = quick ? ["%e %B %Y", "%Y/%m/%d"] : Day.forms
    let days = Day.shuffled(seed: seed), held = days.prefix(days.count / 10)
    let learnt = quick ? days.suffix(6400) : days.dropFirst(held.count)
    print("\(learnt.count) days to learn from, \(held.count) others to judge by, \(forms.count) ways to write them")
    let model = makeModel()
    let count = model.parameters().reduce(0) { $0 + $1.numel() }
    print("\(count) parameters")

    let epochs = quick ? 2 : epochs, steps = epochs * (learnt.count / batchSize)
    let optimizer = Adam(model.parameters(), lr: lr)
    // A true warm-up, then half a wave down to nothing.
    let warmUp = min(200, steps / 5)
    let scheduler = SequentialLR(
      optimizer,
      schedulers: [
        LinearLR(optimizer, startFactor: 0.05, totalIters: warmUp), CosineAnnealingLR(optimizer, tMax: steps - warmUp),
      ], milestones: [warmUp])
    let criterion = CrossEntropyLoss(ignoreIndex: Text.pad)
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    let log = try TrainingLog(csv: "\(out)/log.csv")
    try log.removeAll { _ in true }
    for epoch in 1...epochs {
      model.train()
      var mean = RunningMean()
      // Every epoch writes each day in another form.
      let loader = DataLoader(
        pairs(learnt, forms), batchSize: batchSize, shuffle: true, dropLast: true)
      let bar = ProgressBar(loader, "epoch \(epoch)/\(epochs)", unit: "date", unitScale: batchSize)
      for (src, trg) in bar {
        let given = trg[0..., ..<(-1)], wanted = trg[0..., 1...]
        let scores = model(src, given, paddingMask(src, pad: Text.pad), causalMask(given))
        let loss = criterion(scores.reshape(-1, Text.letters.count), wanted.reshape(-1))
        optimizer.zeroGrad()
        loss.backward()
        Utils.clipGradNorm_(model.parameters(), maxNorm: 1.0)
        optimizer.step()
        scheduler.step()
        mean.add(loss.item())
        bar.setPostfix(["loss": fixed(mean.mean, 4)])
      }
      let exact = try judge(model, held.prefix(500), forms) { model.greedy($0) }
      try log.append(["epoch": Double(epoch), "loss": mean.mean, "exact": exact.share])
      print("epoch \(epoch): loss \(fixed(mean.mean, 4)), exact on 500 unseen days \(percent(exact.share))")
    }
    try save(model.stateDict(), "\(out)/dates.pth")
    try log.curves("loss", "exact", x: "epoch", title: "Dates").write(to: "\(out)/curves.png")

    let first = log.values("loss")[0], last = log.values("loss")[epochs - 1]
    if quick {
      print("loss \(fixed(first, 3)), then \(fixed(last, 3))")
      guard last < first * 0.8 else { throw ExitCode.failure }
      return
    }
    let greedy = try judge(model, held, forms) { model.greedy($0) }
    let beam = try judge(model, held, forms) { model.beam($0, width: beams) }
    for (text, answer) in greedy.examples { print("  \(text)  ->  \(answer)") }
    for (text, answer) in greedy.wrong.prefix(5) { print("  wrong: \(text)  ->  \(answer)") }
    print("exact match on \(held.count) unseen days: greedy \(percent(greedy.share)), ", terminator: "")
    print("beam of \(beams) \(percent(beam.share)); results in \(out)")
  }

  /// Reads the arguments with saved weights.
  private func answer() throws {
    let model = makeModel()
    try model.loadStateDict(load("\(out)/dates.pth"))
    model.eval()
    for (text, tokens) in zip(dates, model.beam(Text.tokens(dates, length: Text.longest), width: beams).rows) {
      print("\(text)  ->  \(Text.read(tokens))")
    }
  }

  private func judge(
    _ model: Transformer, _ days: some Collection<Day>, _ forms: [String], _ decode: (Tensor) -> Tensor
  ) throws -> (share: Double, examples: [(String, String)], wrong: [(String, String)]) {
    model.eval()
    let days = Array(days), written = days.enumerated().map { $1.written(forms[$0 % forms.count]) }
    var answers: [String] = []
    for start in stride(from: 0, to: days.count, by: 250) {
      let part = Array(written[start..<min(start + 250, days.count)])
      answers += decode(Text.tokens(part, length: Text.longest)).rows.map(Text.read)
    }
    let results = zip(written, answers).map { ($0, $1) }
    let wrong = zip(results, days).filter { $0.1 != $1.iso }.map(\.0)
    return (1 - Double(wrong.count) / Double(days.count), Array(results.prefix(5)), wrong)
  }

  private func pairs(_ days: ArraySlice<Day>, _ forms: [String]) -> TensorDataset<(Tensor, Tensor)> {
    let choice = Tensor.randint(0, forms.count, [days.count]).array(Int.self)
    let written = zip(days, choice).map { $0.written(forms[$1]) }
    return TensorDataset(
      Text.tokens(written, length: Text.longest), Text.tokens(days.map(\.iso), length: Text.answer))
  }
}

func percent(_ share: Double) -> String { fixed(share * 100, 2) + "%" }

Program.main()
