/// A section of the tutorial: what it shows, and the lines that show it.
struct Section: Sendable {
  /// What `./run tutorial` calls it; the Python side is PyTorch/NAME.py with underscores.
  let name: String
  let title: String
  let run: @Sendable () throws -> Void

  init(_ name: String, _ title: String, _ run: @escaping @Sendable () throws -> Void) {
    (self.name, self.title, self.run) = (name, title, run)
  }
}

/// Begins a row of the tutorial: prints its number and what it is about.
func row(_ number: String, _ title: String) { print("# \(number) \(title)") }

/// The sections in the tutorial's order. Each declares its type, so that the compiler need not look into all of them here.
let sections: [Section] = [
  install,
  tensorBasics,
  creatingTensors,
  indexing,
  operations,
  shapeTrap,
  autograd,
  modules,
  losses,
  backpropagation,
  optimizers,
  schedulers,
  linearLayers,
  convolutions,
  recurrentLayers,
  activations,
  pooling,
  normalisation,
  dropoutLayers,
  embeddings,
  datasets,
  loaders,
  transforms,
  foldersOfPictures,
  cifar10,
  trainingLoop,
  saving,
  cnn,
  imageClassification,
  rnnModels,
  selfAttention,
  transformerBlock,
  transformer,
  gpu,
  mixedPrecision,
  transferLearning,
  trainingTips,
  codeLayout,
]
