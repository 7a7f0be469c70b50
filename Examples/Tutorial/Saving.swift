// Weights, and whole states of a training, in files that PyTorch reads, and files that PyTorch wrote.

import Torch
import TorchNN
import TorchOptim

private func make() -> Sequential { Sequential(Linear(6, 8), ReLU(), Linear(8, 3)) }

let saving: Section = .init("saving", "Saving and loading") {
  row("S78", "The weights in a file")
  manualSeed(40)
  let x = Tensor.randn(16, 6)
  let y = Tensor.randint(0, 3, [16])
  func step(_ model: Sequential, _ optimizer: Adam) -> Tensor {
    let loss = F.crossEntropy(model(x), y)
    optimizer.zeroGrad()
    loss.backward()
    optimizer.step()
    return loss
  }

  var model = make()
  try save(model.stateDict(), "weights.pth")
  for (name, tensor) in try load("weights.pth").stateDict() { print(name, tensor.shape) }

  row("S78", "Into a model of the same make")
  let other = make()
  print(other(x).equal(model(x)))
  let keys = try other.loadStateDict(load("weights.pth"))
  print(keys.missing.count, keys.unexpected.count)
  other.eval()
  print(other(x).equal(model(x)))

  row("S78", "A model of another make says what does not fit")
  do {
    try Sequential(Linear(6, 8)).loadStateDict(load("weights.pth"))
  } catch {
    // load_state_dict: the state does not fit Sequential; the model is unchanged
    //   unknown to the model: 2.weight, 2.bias
    print("does not fit")
  }

  row("S77", "A whole model in a file")
  // A file holds weights, the program the type. A file of torch.save(model) is read by load(path, weightsOnly: false):
  // nothing in it is run, and its weights go into a model of the same make.
  try save(model.stateDict(), "model.pth")
  let again = make()
  try again.loadStateDict(load("model.pth", weightsOnly: false))
  print(again)
  print(again(x).equal(model(x)))

  row("S79", "A checkpoint: all that goes on from here")
  var optimizer = Adam(model.parameters(), lr: 0.1)
  var epoch = 0, loss = Tensor(0.0)
  for number in 0..<3 { (epoch, loss) = (number, step(model, optimizer)) }
  try save(
    [
      "epoch": epoch,
      "model_state_dict": model.stateDict(),
      "optimizer_state_dict": optimizer.stateDict(),
      "loss": loss,
    ],
    "checkpoint.pth")
  print(step(model, optimizer))
  print(step(model, optimizer))

  row("S79", "Going on")
  model = make()
  optimizer = Adam(model.parameters(), lr: 0.1)
  let checkpoint = try load("checkpoint.pth")
  try model.loadStateDict(checkpoint["model_state_dict"])
  try optimizer.loadStateDict(checkpoint["optimizer_state_dict"])
  epoch = try checkpoint["epoch"].int
  loss = try checkpoint["loss"].tensor
  print(epoch)
  print(loss)  // the tensor comes back with its requiresGrad: save loss.item() for a number
  print(step(model, optimizer))
  print(step(model, optimizer))
}
