// Real mistakes around models, losses, optimizers and loaders. Each test reads what a child process wrote as it ended.

import Testing
import TorchData
import TorchNN
import TorchOptim

private func classifier() -> Sequential {
  Sequential(named: [
    "features": Sequential(ReLU(), ReLU(), ReLU(), Conv2d(3, 64, kernelSize: 7)), "head": Linear(64, 10),
  ])
}

private final class Net: Module, Layer {
  let pools = ModuleDict<any Layer>(["a": MaxPool2d(2)])
  func forward(_ x: Tensor) -> Tensor { pools["a"]!(x) }
}

private final class Body: Module, Layer {
  @Parameter var weight: Tensor = .ones(4, 4)
  func forward(_ x: Tensor) -> Tensor { x.matmul(weight) }
}

private final class Head: Module, Layer {
  let inner = Body()
  func forward(_ x: Tensor) -> Tensor { inner(x) }
}

private final class Special: ReLU {}

private final class Branches: Module {
  let branches = ["left": Linear(1, 1)]
}

private struct Unreadable: Error { let name: String }

private struct Files: Dataset {
  let count = 10
  subscript(index: Int) -> (Tensor, Int) {
    get throws {
      if index == 5 { throw Unreadable(name: "5.png") }
      return (.ones(2), index)
    }
  }
}

private struct Sizes: Dataset {
  let count = 3
  subscript(index: Int) -> Tensor { .ones(index == 2 ? 4 : 3) }
}

/// Mistakes in and around models: the message names the place in the model, the op, the rule and what it got.
@Suite struct ModuleFaultTests {
  @Test func wrongChannels() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = classifier()(.ones(8, 1, 28, 28))
    }
    says(
      end, "features.3 (Conv2d): conv2d: weight wants 3 input channels, input has 1; ",
      "got input [8, 1, 28, 28] float32, weight [64, 3, 7, 7] float32")
  }

  @Test func wrongFeatures() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential(Flatten(), Sequential(ReLU(), Linear(100, 10)))(.ones(2, 3, 4))
    }
    says(
      end,
      "1.1 (Linear): linear: weight wants 100 input features, input has 12; got input [2, 12] float32, weight [10, 100] float32"
    )
  }

  @Test func wrongRank() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential(Conv2d(3, 8, kernelSize: 3))(.ones(3, 32))
    }
    says(
      end,
      "0 (Conv2d): conv2d: input wants 4 dimensions, or 3 without a batch, it has 2; got input [3, 32] float32, weight [8, 3, 3, 3] float32"
    )
  }

  @Test func wrongRankIntoAPool() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Net()(.ones(4, 4))
    }
    says(
      end,
      "pools.a (MaxPool2d): max_pool2d: input wants 4 dimensions, or 3 without a batch, it has 2; got input [4, 4] float32"
    )
  }

  @Test func kernelLargerThanInput() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential(ReLU(), Conv2d(1, 2, kernelSize: 5))(.ones(1, 1, 4, 8))
    }
    says(
      end,
      "1 (Conv2d): conv2d: the kernel spans 5 at spatial dim 0, the padded input has 4; got input [1, 1, 4, 8] float32")
  }

  @Test func mixedDTypes() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential(Linear(2, 2)).double()(.ones(1, 2))
    }
    says(
      end,
      "0 (Linear): linear: input and weights have different dtypes; convert one with to(_:); got input [1, 2] float32, weight [2, 2] float64"
    )
  }

  @Test func wholeNumbersIntoALayer() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential(Conv1d(1, 1, kernelSize: 1))(.ones(1, 1, 4, dtype: .int64))
    }
    says(
      end,
      "0 (Conv1d): conv1d: input and weights want one dtype of numbers; convert one with to(_:); got input [1, 1, 4] int64"
    )
  }

  @Test func anOpInForward() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential(Head())(.ones(2, 3))
    }
    says(
      end, "0.inner (Body): matmul: ", "[2, 3] float32", "[4, 4] float32")
  }

  @Test func reflectionPastTheSize() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential(Conv2d(1, 1, kernelSize: 5, padding: 2, paddingMode: .reflect))(.ones(1, 1, 2, 8))
    }
    says(
      end,
      "0 (Conv2d): conv2d: paddingMode .reflect can extend the size 2 at spatial dim 0 by at most 1; got input [1, 1, 2, 8] float32, padding (2, 2)"
    )
  }

  @Test func groupsThatDoNotDivide() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Conv2d(3, 4, kernelSize: 3, groups: 2)
    }
    says(
      end, "conv2d: 3 input and 4 output channels do not divide into 2 groups")
  }

  @Test func samePaddingWithStride() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Conv2d(3, 4, kernelSize: 3, stride: 2, padding: .same)
    }
    says(
      end, "conv2d: padding .same wants a stride of 1, got 2")
  }

  @Test func threeSizesForTwoDimensions() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Conv2d(3, 4, kernelSize: [3, 3, 3])
    }
    says(
      end, "conv2d: kernelSize wants one number or 2, got (3, 3, 3)")
  }

  @Test func negativeFeatures() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Linear(2, -3)
    }
    says(
      end, "Linear: the numbers of features are at least 0, got 2 and -3")
  }

  @Test func negativeDropout() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Dropout(-0.1)
    }
    says(
      end, "Dropout: p is a probability between 0 and 1, got -0.1")
  }

  @Test func functionalDropout() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = F.dropout(.ones(2), p: 1.5)
    }
    says(
      end, "dropout: p is a probability between 0 and 1, got 1.5")
  }

  @Test func positionInAList() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ModuleList([ReLU(), ReLU()])[2]
    }
    says(
      end, "ModuleList: position 2 is out of range for 2 modules")
  }

  @Test func positionInASequence() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential(ReLU())[-2]
    }
    says(
      end, "Sequential: position -2 is out of range for 1 modules")
  }

  @Test func theSameNameTwice() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential(named: ["fc": Linear(1, 1), "fc": Linear(1, 1)])
    }
    says(
      end, "Sequential: the name fc appears twice")
  }

  @Test func aNameWithADot() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ModuleDict<Module>(["a.b": ReLU()])
    }
    says(
      end, "ModuleDict: a module's name is not empty and has no dot; got \"a.b\"")
  }

  @Test func dictionaryOfModules() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Branches().parameters()
    }
    says(
      end, "Branches: property branches is a dictionary of modules, which has no order; use a ModuleDict instead")
  }

  @Test func wholeNumberModel() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Linear(1, 1).to(.int64)
    }
    says(
      end, "to: a module converts to floating point dtypes only, not to int64")
  }

  @Test func copyWithoutCopied() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential(ReLU(), Head()).copy()
    }
    says(
      end,
      "copy: 1 (Head) has no copy: override copied(_:), or make a second Head and load this one's stateDict() into it")
  }

  @Test func copyOfASubclass() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Special().copy()
    }
    says(
      end, "copy: Special inherits a copied(_:) that makes a ReLU; override it to make a Special")
  }

  @Test func trainingAFrozenModel() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Sequential(Dropout(0.1))
      _ = model.frozen()
      model.train()
    }
    says(
      end, "train: Sequential was frozen and other threads may be calling it, so it must not change; change a copy()")
  }

  @Test func changingAFrozenModel() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Sequential(ReLU())
      _ = model.frozen()
      model[0] = Tanh()
    }
    says(
      end, "subscript: Sequential was frozen")
  }

  @Test func freezingHooks() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Sequential(ReLU())
      model[0].registerForwardHook { (_, _, _) -> Void in }
      _ = model.frozen()
    }
    says(
      end, "frozen: 0 (ReLU) has hooks, which cannot run on several threads at once; remove them first")
  }

  @Test func backwardHookThatReturnsTooMuch() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = Identity(), x = Tensor([1.0], requiresGrad: true)
      layer.registerFullBackwardHook { (_, inputs, _) -> [Tensor?]? in inputs + inputs }
      layer(x).sum().backward()
    }
    says(
      end, "backward: a backward hook of Identity returned 2 gradients for 1 inputs; return one for each, or nil")
  }

  @Test func writingToWatchedOutputs() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = Identity(), x = Tensor([1.0], requiresGrad: true)
      layer.registerFullBackwardHook { (_, _, _) -> Void in }
      _ = Sequential(layer, ReLU(inplace: true))(x * 2)
    }
    says(
      end, "1 (ReLU): relu: the tensor is a view made inside noGrad and is written outside of it")
  }
}

/// Mistakes between a model and its labels.
@Suite struct LossFaultTests {
  @Test func labelOutOfRange() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = CrossEntropyLoss()(.ones(2, 10), Tensor([3, 10]))
    }
    says(
      end,
      "CrossEntropyLoss: cross_entropy: label 10 is out of range for 10 classes; labels are 0 to 9, and -100 is ignored"
    )
  }

  @Test func floatLabels() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = CrossEntropyLoss()(.ones(2, 3), Tensor([0.0, 1]))
    }
    says(
      end,
      "CrossEntropyLoss: cross_entropy: probabilities want the shape of the input, or labels the dtype int64; got input [2, 3] float32, target [2] float32"
    )
  }

  @Test func int32Labels() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = NLLLoss()(.ones(2, 3), Tensor([0, 1], dtype: .int32))
    }
    says(
      end,
      "NLLLoss: nll_loss: labels want the dtype int64, convert with long(); got input [2, 3] float32, target [2] int32")
  }

  @Test func batchSizes() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = CrossEntropyLoss()(.ones(4, 3), Tensor([0, 1]))
    }
    says(
      end, "CrossEntropyLoss: cross_entropy: target wants the shape [4]; got input [4, 3] float32, target [2] int64")
  }

  @Test func classWeights() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = CrossEntropyLoss(weight: .ones(4))(.ones(2, 3), Tensor([0, 1]))
    }
    says(
      end,
      "CrossEntropyLoss: cross_entropy: weight wants one float32 for each of 3 classes; got weight [4] float32, input [2, 3] float32"
    )
  }

  @Test func shapesOfSquares() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MSELoss()(.ones(2, 3), .ones(2))
    }
    says(
      end, "MSELoss: mse_loss: shapes do not broadcast: size 3 meets 2 at dim -1; got [2, 3] and [2]")
  }

  @Test func smoothing() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = CrossEntropyLoss(labelSmoothing: 1.5)(.ones(2, 3), Tensor([0, 1]))
    }
    says(
      end, "CrossEntropyLoss: cross_entropy: labelSmoothing is between 0 and 1, got 1.5")
  }
}

/// Mistakes at the making of an optimizer.
@Suite struct OptimizerFaultTests {
  @Test func noParameters() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Adam(Sequential(ReLU()).parameters())
    }
    says(
      end, "Adam: got no parameters to train; give it model.parameters()")
  }

  @Test func negativeLearningRate() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SGD(Linear(1, 1).parameters(), lr: -0.1)
    }
    says(
      end, "SGD: lr must be 0 or more, got -0.1")
  }

  @Test func nesterovWithoutMomentum() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SGD(Linear(1, 1).parameters(), nesterov: true)
    }
    says(
      end, "SGD: nesterov wants a momentum above 0 and a dampening of 0, got 0.0 and 0.0")
  }

  @Test func betaOfOne() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = AdamW(Linear(1, 1).parameters(), betas: (0.9, 1))
    }
    says(
      end, "AdamW: betas must be from 0 to below 1, got (0.9, 1.0)")
  }

  @Test func negativeEpsilon() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Adam(Linear(1, 1).parameters(), eps: -1)
    }
    says(
      end, "Adam: eps must be 0 or more, got -1.0")
  }

  @Test func resultOfAnOp() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SGD([Tensor([1.0], requiresGrad: true) * 2])
    }
    says(
      end, "SGD: parameter 0 [1] is the result of an op; only leaves can be trained")
  }

  @Test func theSameParameterInTwoGroups() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let p = Tensor([1.0], requiresGrad: true)
      _ = SGD([ParamGroup([p]), ParamGroup([p])])
    }
    says(
      end, "SGD: parameter 0 [1] is given twice; a tensor may stand in one group, once")
  }

  @Test func groupWithANegativeRate() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let p = Tensor([1.0], requiresGrad: true)
      _ = SGD([ParamGroup([p], lr: -1)])
    }
    says(
      end, "SGD: lr must be 0 or more, got -1.0")
  }
}

/// Mistakes around data sets and loaders.
@Suite struct LoaderFaultTests {
  @Test func batchSizeZero() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = DataLoader(TensorDataset(.ones(4, 2)), batchSize: 0)
    }
    says(
      end, "DataLoader: batchSize must be positive, got 0")
  }

  @Test func shuffleAndSampler() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = DataLoader(TensorDataset(.ones(4, 2)), shuffle: true, sampler: SequentialSampler(4))
    }
    says(
      end, "DataLoader: a sampler decides the order; leave shuffle out")
  }

  @Test func shufflingNothing() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = DataLoader(TensorDataset(.ones(0, 2)), shuffle: true)
    }
    says(
      end, "RandomSampler: wants at least one sample to shuffle, got 0")
  }

  @Test func unreadableSample() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      for _ in DataLoader(Files(), batchSize: 4) {}
    }
    says(
      end, "DataLoader: sample 5: Unreadable(name: \"5.png\")")
  }

  @Test func samplesOfSeveralSizes() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      for _ in DataLoader(Sizes(), batchSize: 3) {}
    }
    says(
      end,
      "DataLoader: the batch of samples [0, 1, 2]: sample 0 has the shape [3], sample 2 [4]; make them alike or say how to combine them with collate:"
    )
  }

  @Test func rowsThatDiffer() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = TensorDataset(.ones(4, 2), .ones(5))
    }
    says(
      end, "TensorDataset: tensors differ in their first size at tensor 1; got [4, 2], [5]")
  }

  @Test func splitsThatDoNotAddUp() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = randomSplit(TensorDataset(.ones(4, 2)), [3, 2])
    }
    says(
      end, "randomSplit: the lengths [3, 2] do not add up to the 4 samples of the data set")
  }
}
