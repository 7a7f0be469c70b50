/// What can be turned without touching the rest.
struct Config: Sendable {
  var batchSize = 32
  var learningRate = 0.01
  var numEpochs = 20
  var seed = 0
  /// Epochs without a better loss before it ends.
  var patience = 5
  /// Where the best weights, the log and the curves go.
  var out = "out"
}
