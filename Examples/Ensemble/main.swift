// Lets several small networks read handwritten digits, each for itself and all together.

import ArgumentParser
import DigitsSet
import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ensemble",
    abstract: "Trains several small networks on handwritten digits and compares each with the mean of all.",
    discussion: """
      Each begins with weights of its own and learns from a draw of its own of the training digits, so that their mistakes \
      differ; the mean of what they predict makes fewer. The smaller they are, the more that helps.
      """)

  @Option(help: "How many networks.")
  var members = 9
  @Option(help: "How often each goes through its digits.")
  var epochs = 8
  @Option(help: "How many digits each learns from.")
  var draw = 700
  @Option(help: "Hidden numbers of each network: few, so that each is weak.")
  var hidden = 6
  @Option(help: "The seed of weights, draws and batches.")
  var seed = 0
  @Flag(help: "Fail where the mean is not better than each network.")
  var quick = false

  func validate() throws {
    guard members >= 2, epochs >= 1, draw >= 1, hidden >= 1, seed >= 0 else {
      throw ValidationError("--members wants 2 or more, --epochs, --draw and --hidden 1 or more, --seed 0 or more")
    }
  }

  func run() throws {
    let parts = Digits().split()
    let (images, labels) = parts.test.batch(Array(0..<parts.test.count))!
    var models: [Sequential] = []
    for member in 0..<members {
      manualSeed(seed + member)
      let model = Sequential {
        Flatten()
        Linear(64, hidden)
        ReLU()
        Linear(hidden, 10)
      }
      // Drawn with putting back, as in bagging: some digits come twice, others never.
      let drawn = RandomSampler(parts.train.count, replacement: true, numSamples: draw)
      train(model, on: Subset(parts.train, indices: Array(drawn)), epochs: epochs, "network \(member + 1)/\(members)")
      models.append(model)
    }

    for model in models { model.eval() }
    let predictions = noGrad { models.map { $0(images).softmax(dim: 1) } }
    let together = Tensor.stack(predictions).mean(dim: 0)
    var table = TextTable(["who", "test accuracy", "loss"])
    func append(_ who: String, _ probabilities: Tensor) -> Double {
      let accuracy = Metrics.accuracy(probabilities, labels)
      let loss = F.nllLoss(probabilities.log(), labels).item()
      table.append([who, fixed(accuracy * 100, 1) + "%", fixed(loss, 4)])
      return accuracy
    }
    var alone: [Double] = []
    for (index, prediction) in predictions.enumerated() { alone.append(append("network \(index + 1)", prediction)) }
    let all = append("their mean", together)
    print(table)
    print(
      "their mean reads \(fixed(all * 100, 1))% of \(parts.test.count) held-out digits, the best network \(fixed(alone.max()! * 100, 1))%"
    )
    if quick, all <= alone.max()! {
      Terminal.standardError.write("ensemble: the mean is not better than the best network\n")
      throw ExitCode.failure
    }
  }

  private func train(_ model: Sequential, on digits: Subset<Pairs>, epochs: Int, _ name: String) {
    let loader = DataLoader(digits, batchSize: 32, shuffle: true)
    let optimizer = Adam(model.parameters(), lr: 0.005)
    model.train()
    for _ in ProgressBar(1...epochs, name, unit: "epoch", leave: false) {
      for (x, y) in loader {
        let loss = F.crossEntropy(model(x), y)
        optimizer.zeroGrad()
        loss.backward()
        optimizer.step()
      }
    }
  }
}

Program.main()
