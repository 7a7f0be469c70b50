import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils
import TorchVision

/// A pretrained network whose last layer was replaced.
struct Network {
  enum Kind: String, CaseIterable { case mobilenet = "mobilenet_v2", resnet18 }

  let model: any Layer
  /// The part that is new, and learns from the first epoch on.
  let head: any Layer

  /// - Parameter weights: a file of the official weights; nil fetches them, "none" begins with random ones.
  init(_ kind: Kind, weights: String?, classes: Int) throws {
    let fetched = weights == nil
    switch kind {
    case .mobilenet:
      let net = try Models.mobilenetV2(weights: fetched ? .imagenet1kV1 : nil)
      if let weights, weights != "none" { try net.loadStateDict(load(weights)) }
      let new = Sequential(Dropout(0.2), Linear(net.lastChannel, classes))
      net.classifier = new
      (model, head) = (net, new)
    case .resnet18:
      let net = try Models.resnet18(weights: fetched ? .imagenet1kV1 : nil)
      if let weights, weights != "none" { try net.loadStateDict(load(weights)) }
      let new = Linear(512, classes)
      net.fc = new
      (model, head) = (net, new)
    }
  }
}

/// What a pass over the held-out pictures found.
struct Judgement {
  var loss: Double
  var matrix: ConfusionMatrix
}

/// The training: first the head alone, then everything with smaller steps, until the held-out loss no longer falls.
struct Training {
  let network: Network
  let loader: DataLoader<(Tensor, Tensor)>
  let judging: DataLoader<(Tensor, Tensor)>
  let classes: Int
  let log: TrainingLog
  /// Where the best state is kept.
  let best: String

  func run(frozen: Int, epochs: Int, lr: Double, patience: Int) throws {
    for parameter in network.model.parameters() { parameter.requiresGrad = false }
    for parameter in network.head.parameters() { parameter.requiresGrad = true }
    try phase("head", network.head.parameters(), epochs: frozen, lr: lr, patience: frozen)
    for parameter in network.model.parameters() { parameter.requiresGrad = true }
    // What is there already wants smaller steps than what is new.
    try phase("all", network.model.parameters(), epochs: epochs, lr: lr / 10, patience: patience)
    try network.model.loadStateDict(load(best))
  }

  private func phase(_ name: String, _ parameters: [Tensor], epochs: Int, lr: Double, patience: Int) throws {
    if epochs == 0 { return }
    let optimizer = AdamW(parameters, lr: lr, weightDecay: 0.01)
    let schedule = CosineAnnealingLR(optimizer, tMax: epochs)
    var stopping = EarlyStopping(patience: patience)
    for epoch in 1...epochs {
      let (loss, accuracy) = learn("\(name) \(epoch)/\(epochs)", optimizer)
      schedule.step()
      let held = judge()
      try log.append([
        "epoch": Double(log.count + 1), "train loss": loss, "held-out loss": held.loss, "train accuracy": accuracy,
        "held-out accuracy": held.matrix.accuracy,
      ])
      let isBest = log.best("held-out loss")?.row == log.count - 1
      if isBest { try save(network.model.stateDict(), best) }
      print(
        "\(name) \(epoch): loss \(fixed(loss, 4)), train \(percent(accuracy)); held out: loss \(fixed(held.loss, 4)), "
          + percent(held.matrix.accuracy) + (isBest ? "  kept" : ""))
      _ = stopping.update(held.loss)
      if stopping.shouldStop {
        print("no better for \(patience) epochs: that is enough")
        return
      }
    }
  }

  private func learn(_ name: String, _ optimizer: Optimizer) -> (loss: Double, accuracy: Double) {
    network.model.train()
    let criterion = CrossEntropyLoss()
    var loss = RunningMean(), accuracy = RunningMean()
    let bar = ProgressBar(loader, name)
    for (x, y) in bar {
      let output = network.model(x), batchLoss = criterion(output, y)
      optimizer.zeroGrad()
      batchLoss.backward()
      optimizer.step()
      loss.add(batchLoss.item(), weight: x.size(0))
      accuracy.add(Metrics.accuracy(output, y), weight: x.size(0))
      bar.setPostfix(["loss": fixed(loss.mean, 4), "acc": percent(accuracy.mean)])
    }
    return (loss.mean, accuracy.mean)
  }

  /// The loss and the confusion matrix of the held-out pictures.
  func judge() -> Judgement {
    network.model.eval()
    var loss = RunningMean(), matrix = ConfusionMatrix(classes: classes)
    noGrad {
      for (x, y) in judging {
        let output = network.model(x)
        loss.add(F.crossEntropy(output, y).item(), weight: x.size(0))
        matrix.add(output.argmax(dim: 1), y)
      }
    }
    return Judgement(loss: loss.mean, matrix: matrix)
  }
}

func percent(_ share: Double) -> String { fixed(share * 100, 1) + "%" }
