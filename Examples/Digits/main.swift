// Trains a small network on 1,797 handwritten digits that are part of the program.

import Torch
import TorchNN
import TorchUtils

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

let arguments = Array(CommandLine.arguments.dropFirst())
if arguments.contains("--help") || arguments.contains("-h") {
  print(Options.help)
  exit(0)
}

let options: Options
switch Options.parse(arguments) {
case .success(let parsed): options = parsed
case .failure(let complaint):
  Terminal.standardError.write("digits: \(complaint.text)\n")
  exit(2)
}

let (trainSet, testSet) = Digits().split()
print("\(trainSet.count) digits to learn from, \(testSet.count) held out")

var mean = RunningMean()
for seed in options.seed..<options.seed + options.seeds {
  manualSeed(seed)
  let model = makeModel()
  if seed == options.seed { print(model) }
  print("\nseed \(seed)")
  train(model, on: trainSet, test: testSet, epochs: options.epochs)
  let accuracy = evaluate(model, on: testSet)
  mean.add(accuracy)
  if seed == options.seed { show(model) }
  do {
    try checkSaved(model, accuracy: accuracy)
  } catch {
    Terminal.standardError.write("digits: \(error)\n")
    exit(1)
  }
}
print("\ntest accuracy: \(percent(mean.mean))")

/// Draws the first test digits with what the model takes them for.
func show(_ model: Sequential) {
  let count = 5
  let (images, labels) = testSet.batch(Array(0..<count))!
  let answers = noGrad { model(images).argmax(dim: 1) }.array(Int.self)
  let truths = labels.array(Int.self)
  let blocks = (0..<count).map { index in
    let picture = drawImage(images[index].array(Float.self), width: 8, height: 8, range: 0...1)
    let verdict = answers[index] == truths[index] ? "" : ", is \(truths[index])"
    return picture + "\nread as \(answers[index])\(verdict)"
  }
  print("\n" + sideBySide(blocks))
}

/// Saves the weights, loads them into a fresh model and checks that it reads the test digits just as well.
func checkSaved(_ model: Sequential, accuracy: Double) throws {
  let path = options.output ?? "/tmp/digits-\(getpid()).safetensors"
  defer { if options.output == nil { unlink(path) } }
  try Safetensors.save(model.stateDict(), to: path)
  let copy = makeModel()
  try copy.loadStateDict(StateDict(Safetensors.load(path)))
  let again = evaluate(copy, on: testSet)
  let place = options.output.map { " to \($0)" } ?? ""
  print("\nweights saved\(place) and loaded back: \(percent(again)) of the held-out digits read, as before")
  if again != accuracy {
    Terminal.standardError.write("digits: loaded weights read \(percent(again)), those saved \(percent(accuracy))\n")
    exit(1)
  }
}
