import Foundation
import Torch
import TorchData
import TorchNN
import TorchOptim
import TorchUtils

let config = Config()
manualSeed(config.seed)
try FileManager.default.createDirectory(atPath: config.out, withIntermediateDirectories: true)

let trainLoader = DataLoader(MyDataset(count: 2000), batchSize: config.batchSize, shuffle: true)
let validationLoader = DataLoader(MyDataset(count: 500), batchSize: 250)
let model = MyModel()
print(model)

let optimizer = Adam(model.parameters(), lr: config.learningRate)
let criterion = CrossEntropyLoss()
let log = try TrainingLog(csv: "\(config.out)/log.csv")
try log.removeAll { _ in true }  // of an earlier run
var stopping = EarlyStopping(patience: config.patience)

for epoch in 1...config.numEpochs {
  let loss = trainOneEpoch(model, trainLoader, optimizer, criterion, name: "epoch \(epoch)/\(config.numEpochs)")
  let held = evaluate(model, validationLoader, criterion)
  try log.append(["epoch": Double(epoch), "train loss": loss, "validation loss": held.loss, "accuracy": held.accuracy])
  print(
    "Epoch \(epoch): Train Loss: \(fixed(loss, 4)), Val Loss: \(fixed(held.loss, 4)), "
      + "Val Acc: \(fixed(held.accuracy * 100, 2))%")
  if stopping.update(held.loss) {
    try save(
      [
        "epoch": epoch, "model_state_dict": model.stateDict(), "optimizer_state_dict": optimizer.stateDict(),
        "loss": held.loss,
      ], "\(config.out)/checkpoint.pth")
  }
  if stopping.shouldStop {
    print("Early stopping")
    break
  }
}

// The best epoch, out of its file.
let checkpoint = try load("\(config.out)/checkpoint.pth")
try model.loadStateDict(checkpoint["model_state_dict"])
let best = evaluate(model, validationLoader, criterion)
try log.curves("train loss", "validation loss", x: "epoch", title: "Loss").write(to: "\(config.out)/curves.png")
print("epoch \(try checkpoint["epoch"].int) was best: \(fixed(best.accuracy * 100, 2))% right")
print("written to \(config.out): checkpoint.pth, curves.png, log.csv")
