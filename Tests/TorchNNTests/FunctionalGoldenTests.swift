import Testing
import Torch
import TorchNN

/// Functions of `F` beside numbers recorded from PyTorch: outputs, gradients, and where the random stream stands.
@Suite struct FunctionalGoldenTests {
  typealias Function = @Sendable (Tensor) -> Tensor

  private static let labels = Tensor([[1, 2, 2], [3, 1, 0]])
  private static let bags = Tensor([0, 2, 1, 3, 3, 2]), starts = Tensor([0, 2, 2, 5])

  static let cases: [(name: String, shape: [Int], f: Function)] = [
    ("selu", [3, 5], { F.selu($0) }), ("celuNegative", [3, 5], { F.celu($0, alpha: -0.75) }),
    ("rrelu", [3, 5], { F.rrelu($0, lower: 0.1, upper: 0.4, training: true) }),
    ("rreluStrided", [3, 5], { F.rrelu($0.t(), lower: 0.1, upper: 0.4, training: true) }),
    ("gumbel", [3, 5], { F.gumbelSoftmax($0, tau: 0.7) }),
    ("gumbelHard", [3, 5], { F.gumbelSoftmax($0, hard: true, dim: 0) }),
    ("gumbelSingle", [3, 5], { F.gumbelSoftmax($0.float(), tau: 0.7).double() }),
    ("dropout1d", [3, 5], { F.dropout1d($0, p: 0.4) }), ("dropout2d", [2, 3, 2, 2], { F.dropout2d($0, p: 0.4) }),
    ("dropout3d", [2, 3, 2, 1, 2], { F.dropout3d($0, p: 0.4) }),
    ("alphaDropout", [3, 5], { F.alphaDropout($0, p: 0.4, training: true) }),
    ("featureAlphaDropout", [2, 3, 4], { F.featureAlphaDropout($0, p: 0.4, training: true) }),
    ("lpPool1d", [1, 2, 7], { F.lpPool1d($0, normType: 2, kernelSize: 3, stride: 2, ceilMode: true) }),
    ("lpPool2d", [1, 1, 4, 4], { F.lpPool2d($0.abs() + 0.1, normType: 1.5, kernelSize: [2, 3], stride: 1) }),
    ("lpPool3d", [1, 1, 3, 3, 2], { F.lpPool3d($0.abs() + 0.1, normType: 3, kernelSize: 2, stride: 1) }),
    ("lpPoolInf", [1, 2, 7], { F.lpPool1d($0, normType: .infinity, kernelSize: 3) }),
    (
      "fold", [2, 12, 6],
      { F.fold($0, outputSize: [4, 5], kernelSize: [2, 3], dilation: [1, 2], padding: [0, 1], stride: [2, 1]) }
    ),
    ("foldOverlap", [8, 4], { F.fold($0, outputSize: 3, kernelSize: 2) }),
    ("affineGrid2d", [2, 2, 3], { F.affineGrid($0, size: [2, 1, 3, 4]) }),
    ("affineGrid3d", [1, 3, 4], { F.affineGrid($0, size: [1, 1, 2, 1, 3], alignCorners: true) }),
    (
      "tripletDistance", [3, 4],
      {
        F.tripletMarginWithDistanceLoss(
          $0, $0.flip(dims: [0]), $0 * 0.5, distanceFunction: { ($0 - $1).abs().sum(dim: 1) }, swap: true)
      }
    ),
    ("pdist3", [4, 3], { F.pdist($0, p: 3) }), ("cdistBatch", [2, 4, 3], { Tensor.cdist($0, $0[0] * 0.5 + 0.1) }),
    ("cdistProduct", [30, 3], { Tensor.cdist($0, $0.flip(dims: [0])[0..<4] * 0.5 + 0.1) }),
    (
      "ctcMean", [6, 2, 4],
      { F.ctcLoss($0.logSoftmax(dim: -1), labels, inputLengths: [6, 5], targetLengths: [3, 2]) }
    ),
    (
      "ctcEmpty", [4, 3, 4],
      {
        F.ctcLoss(
          $0.logSoftmax(dim: -1), Tensor([1, 1, 1, 2]), inputLengths: [4, 2, 3], targetLengths: [0, 3, 1],
          reduction: .none, zeroInfinity: true)
      }
    ),
    (
      "ctcSingle", [5, 4],
      {
        F.ctcLoss($0.logSoftmax(dim: -1), labels[0, 0..<2], inputLengths: Tensor(5), targetLengths: Tensor(2), blank: 3)
      }
    ),
    ("bagMean", [4, 3], { F.embeddingBag(bags, $0, offsets: starts, scaleGradByFreq: true, paddingIdx: 1) }),
    ("bagMax", [4, 3], { F.embeddingBag(bags, $0, offsets: starts, mode: .max) }),
    (
      "bagSum", [4, 3],
      { F.embeddingBag(bags.view(3, 2), $0, mode: .sum, perSampleWeights: $0.flatten()[0..<6].view(3, 2)) }
    ),
    ("localResponse", [2, 5, 3], { F.localResponseNorm($0, size: 3, alpha: 0.5) }),
    ("bilinear", [3, 4], { F.bilinear($0, $0[0..., 0..<2], numbers([2, 4, 2]), $0[0, 0..<2]) }),
  ]

  static let grids: [(name: String, shape: [Int], f: Function)] = {
    var found: [(name: String, shape: [Int], f: Function)] = []
    for mode in [GridSampleMode.bilinear, .nearest, .bicubic] {
      for padding in [GridSamplePadding.zeros, .border, .reflection] {
        for align in [false, true] {
          let name = "grid.\(mode).\(padding).\(align ? "align" : "edge")"
          let sample: @Sendable (Tensor, Tensor) -> Tensor = {
            F.gridSample($0, $1 * 0.7, mode: mode, paddingMode: padding, alignCorners: align)
          }
          found.append((name, [1, 2, 4, 3], { sample($0, numbers([1, 3, 4, 2])) }))
          found.append((name + ".grid", [1, 3, 4, 2], { sample(numbers([1, 2, 4, 3]), $0) }))
          found.append((name + ".volume", [1, 2, 2, 3, 3], { sample($0, numbers([1, 2, 2, 2, 3])) }))
        }
      }
    }
    return found
  }()

  /// As Tools/goldens/functional.py.
  static func numbers(_ shape: [Int]) -> Tensor {
    let n = shape.reduce(1, *)
    return ((Tensor.arange(n) * 7 % 23 - 11).double() / 6).view(shape)
  }

  @Test func agreesWithPyTorch() throws {
    let file = try golden("functional")
    let all = Self.cases + Self.grids
    #expect(Set(file.keys) == Set(all.map(\.name)))
    for (name, shape, f) in all {
      let wanted = file[name] as! [String: Any]
      forkRNG {
        manualSeed(7)
        let x = Self.numbers(shape).requiresGrad_()
        let y = f(x)
        #expect(Array(y.shape) == wanted["shape"] as! [Int], "\(name)")
        (y * Self.numbers(Array(y.shape))).sum().backward()
        let error = distance(y.array(), wanted["output"]), slope = distance(x.grad!.array(), wanted["gradient"])
        let bound = name == "gumbelSingle" ? 4e-6 : 1e-11
        #expect(error <= bound, "\(name): output")
        #expect(slope <= bound, "\(name): gradient")
        #expect(distance(Tensor.rand(1, dtype: .float64).array(), wanted["next"]) <= 1e-14, "\(name): stream")
      }
    }
  }

  @Test func wrongUses() async {
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.maxUnpool1d(Tensor.ones(1, 2, 2), Tensor([[[0, 9], [1, 2]]]), kernelSize: 2)
      }, "max_unpool1d: an index lies outside of the result's planes of 4 elements")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.embeddingBag(Tensor([0, 4]), Tensor.ones(4, 3), offsets: Tensor([0]))
      }, "embedding_bag: 4 names none of the 4 rows")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.ctcLoss(Tensor.zeros(3, 1, 4), Tensor([[1, 7]]), inputLengths: [3], targetLengths: [2])
      }, "ctc_loss: label 7 is none of the 4 classes")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.multilabelMarginLoss(Tensor.ones(1, 3), Tensor([[0, 3, -1]]))
      }, "labels are -1 or from 0 to 2, one is not")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.fold(Tensor.ones(1, 4, 4), outputSize: 4, kernelSize: 2)
      }, "3 * 3 windows fit into the output, the input has 4")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.gridSample(Tensor.ones(1, 1, 2, 2), Tensor.ones(2, 1, 1, 2))
      }, "input and grid want one batch")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = F.dropout2d(Tensor.ones(3))
      }, "dropout2d: input wants at least 2 dimensions")
  }
}
