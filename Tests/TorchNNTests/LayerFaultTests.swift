// Wrong uses of layers and losses. Each test reads what a child process wrote as it ended.

import Testing
import TorchNN

@Suite struct LayerFaultTests {
  @Test func channelsWithoutASlope() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential(Identity(), PReLU(numParameters: 3))(.ones(2, 4, 5))
    }
    says(end, "1 (PReLU): prelu: weight wants 1 number, or one for each of 4 channels; got input [2, 4, 5] float32")
  }

  @Test func boundsTheWrongWayRound() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Hardtanh(minVal: 1, maxVal: 1)
    }
    says(end, "Hardtanh: minVal wants to be below maxVal, got 1.0 and 1.0")
  }

  @Test func softmaxOfAVector() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential(Softmax2d())(.ones(4))
    }
    says(end, "0 (Softmax2d)", "input wants 4 dimensions, or 3 without a batch; got input [4] float32")
  }

  @Test func impossibleProbability() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = Dropout2d(1.5) }
    says(end, "Dropout2d: p is a probability between 0 and 1, got 1.5")
  }

  @Test func marginOfTriplets() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = TripletMarginWithDistanceLoss(margin: 0)
    }
    says(end, "TripletMarginWithDistanceLoss: margin wants to be above 0, is 0.0")
  }

  @Test func powerOfAMargin() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MultiMarginLoss(p: 3)
    }
    says(end, "MultiMarginLoss: p wants to be 1 or 2, is 3")
  }

  @Test func lossOfOtherShape() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BCEWithLogitsLoss()(.ones(4, 1), .ones(4))
    }
    says(end, "BCEWithLogitsLoss", "target wants the shape of the input; got input [4, 1] float32, target [4] float32")
  }

  @Test func norm0() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = LPPool2d(0, 2) }
    says(end, "LPPool2d: normType cannot be 0")
  }

  @Test func threeSizesForAnImage() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential(AdaptiveAvgPool2d([1, 2, 3]))(.ones(1, 1, 4, 4))
    }
    says(end, "0 (AdaptiveAvgPool2d): adaptive_avg_pool2d: outputSize wants one number or 2")
  }

  @Test func indicesOfADeepPool() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MaxPool2d(2).withIndices(.ones(4))
    }
    says(end, "MaxPool2d", "max_pool2d: input wants 4 dimensions, or 3 without a batch, it has 1")
  }

  @Test func windowsThatDoNotFit() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential(FractionalMaxPool2d(3, outputSize: 3))(.ones(1, 1, 4, 5))
    }
    says(
      end, "0 (FractionalMaxPool2d): fractional_max_pool2d: 3 windows of 3 do not fit at spatial dim 0, which has 4",
      "got input [1, 1, 4, 5] float32, kernelSize [3, 3]")
  }

  @Test func sharePastTheWhole() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = FractionalMaxPool3d(2, outputRatio: [0.5, 1, 0.5])
    }
    says(end, "fractional_max_pool3d: outputRatio wants to be between 0 and 1, both excluded, got [0.5, 1.0, 0.5]")
  }

  @Test func bagsWithoutOffsets() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = EmbeddingBag(4, 2)(Tensor([1, 2]))
    }
    says(end, "EmbeddingBag", "offsets go with an input of 1 dimension, and are needed there; got input [2] int64")
  }

  @Test func rowsOfOneDimension() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Embedding.fromPretrained(.ones(4))
    }
    says(end, "Embedding: embeddings want 2 dimensions, [rows, width]; got [4] float32")
  }

  @Test func cutoffsThatFall() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = AdaptiveLogSoftmaxWithLoss(8, 10, [4, 3])
    }
    says(end, "AdaptiveLogSoftmaxWithLoss: cutoffs want to rise from 1 to 9 at most, got [4, 3]")
  }

  @Test func nothingToDivideBy() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = AdaptiveLogSoftmaxWithLoss(8, 10, [4], divValue: 0)
    }
    says(end, "AdaptiveLogSoftmaxWithLoss: divValue 0.0 makes layers of inf features")
  }

  @Test func labelPastTheClasses() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = AdaptiveLogSoftmaxWithLoss(4, 6, [2])(.ones(2, 4), Tensor([0, 7]))
    }
    says(end, "labels are from 0 to 5, one is not; got input [2, 4] float32, target [2] int64")
  }

  @Test func labelsToIgnoreAmongProbabilities() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LinearCrossEntropyLoss(4, 3, ignoreIndex: 1)(.ones(2, 4), .ones(2, 3))
    }
    says(
      end, "LinearCrossEntropyLoss",
      "ignoreIndex is for labels, the target holds probabilities; got input [2, 4] float32")
  }

  @Test func aFrozenListOfParameters() async {
    final class Scaled: Module, Layer {
      let scales = ParameterList([.ones(1)])
      func forward(_ x: Tensor) -> Tensor { x * scales[0] }
    }
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Scaled(), frozen = model.frozen()
      _ = frozen(.ones(1))
      model.scales.append(.ones(1))
    }
    says(end, "append: ParameterList was frozen")
  }
}
